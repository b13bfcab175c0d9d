// SPDX-License-Identifier: EUPL-1.2

/** How much room one's files take, and which they are, so that one can make room. */
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { answer, api } from '../../api/client';
import { IconButton } from '../../ui';
import { RemoveFile } from '../meetings/RemoveFile';
import { sizeText } from '../meetings/size';
import { StorageMeter } from '../meetings/StorageMeter';
import { region } from '../region';
import styles from './settings.module.css';
import { Refusal } from '../Refusal';
import { useTexts } from './texts';

const SHOWN = 100;

export function Storage() {
  const { t, i18n } = useTexts();
  const [removing, setRemoving] = useState<{ id: string; filename: string; room_id: string }>();
  const files = useQuery({
    queryKey: ['files', 'mine'],
    queryFn: () => answer(api.GET('/v1/users/me/assets', { params: { query: { per_page: SHOWN } } })),
  });
  const found = files.data?.owned_assets ?? [];
  return (
    <section className={styles['card']}>
      <h2>{t('settings.files')}</h2>
      <p>{t('settings.files_hint')}</p>
      <StorageMeter />
      <Refusal error={files.error} failed={t('settings.files_failed')} />
      {found.length === 0 ? null : (
        <ul className={styles['files']}>
          {found.map((file) => (
            <li key={file.id}>
              <span className={styles['file']}>
                <strong>{file.filename}</strong>
                <span>
                  {sizeText(file.size, i18n.language)} · {new Date(file.created_at).toLocaleDateString(region(i18n.language), { dateStyle: 'medium' })}
                </span>
              </span>
              {file.event_id ? (
                <Link
                  to="/dashboard/meetings/$eventId"
                  params={{ eventId: file.event_id }}
                  aria-label={t('settings.files_meeting_of', { name: file.filename })}
                >
                  {t('settings.files_meeting')}
                </Link>
              ) : null}
              <IconButton icon="close" label={t('settings.files_remove', { name: file.filename })} onPress={() => setRemoving(file)} />
            </li>
          ))}
        </ul>
      )}
      {found.length === SHOWN ? <p>{t('settings.files_more', { count: SHOWN })}</p> : null}
      {removing ? <RemoveFile file={removing} roomId={removing.room_id} onClose={() => setRemoving(undefined)} /> : null}
    </section>
  );
}
