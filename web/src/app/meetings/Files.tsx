// SPDX-License-Identifier: EUPL-1.2

/** The files of a meeting: what people put there, and what the meeting itself makes. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { answer, api, ApiError, unhurried } from '../../api/client';
import { Alert, announce, Button, IconButton } from '../../ui';
import { FileButton } from '../../ui/FileButton';
import { region } from '../region';
import styles from './meetings.module.css';
import { RemoveFile } from './RemoveFile';
import { shortened } from './filename';
import { sizeText } from './size';
import { StorageMeter } from './StorageMeter';
import { refusalText } from '../Refusal';
import { useTexts } from './texts';

/** What the server says against a file, for the texts. */
const REFUSALS: Partial<Record<string, string>> = {
  storage_quota_exceeded: 'files.full',
  file_too_large: 'files.too_large',
  too_many_uploads: 'files.too_many',
  storage_full: 'files.disk_full',
  storage_unavailable: 'files.unavailable',
};

export interface FilesProps {
  roomId: string;
  canEdit: boolean;
  /** The files count against this person's own storage. */
  own: boolean;
}

export function Files({ roomId, canEdit, own }: FilesProps) {
  const { t, i18n } = useTexts();
  const queries = useQueryClient();
  const path = { room_id: roomId };
  const [removing, setRemoving] = useState<{ id: string; filename: string }>();
  const files = useQuery({
    queryKey: ['files', roomId],
    queryFn: () => answer(api.GET('/v1/rooms/{room_id}/assets', { params: { path } })),
  });
  const upload = useMutation({
    mutationFn: (file: File) => {
      const query = { kind: 'file', filename: shortened(file.name) };
      return answer(
        api.POST('/v1/rooms/{room_id}/assets', {
          ...unhurried,
          params: { path, query },
          body: file as never,
          bodySerializer: (body: unknown) => body as BodyInit,
          headers: { 'Content-Type': 'application/octet-stream' },
        }),
      );
    },
    onSuccess: async (_, file) => {
      announce(t('files.added', { name: file.name }));
      await Promise.all([files.refetch(), queries.invalidateQueries({ queryKey: ['me'] })]);
    },
  });
  const download = useMutation({
    mutationFn: (id: string) =>
      answer(
        api.GET('/v1/rooms/{room_id}/assets/{asset_id}/download', {
          params: { path: { ...path, asset_id: id }, query: { redirect: false } },
        }),
      ),
    // The address works once and is served as a download: this page stays.
    onSuccess: ({ url }) => location.assign(new URL(url, location.origin)),
  });
  const empty = upload.variables?.size === 0;
  const refusal = (error: unknown, failed: string) => {
    const own = error instanceof ApiError ? REFUSALS[error.code] : undefined;
    return own === undefined ? refusalText(error, t(failed), t) : t(own);
  };
  return (
    <section className={styles['card']}>
      <div className={styles['between']}>
        <h2>{t('files.title')}</h2>
        {canEdit ? (
          <FileButton onFile={(file) => upload.mutate(file)} busy={upload.isPending}>
            {t('files.add')}
          </FileButton>
        ) : null}
      </div>
      {own ? <StorageMeter /> : null}
      {upload.isError ? <Alert kind="danger" title={empty ? t('files.empty') : refusal(upload.error, 'files.add_failed')} live /> : null}
      {download.isError || files.isError ? (
        <Alert kind="danger" title={refusal(download.error ?? files.error, 'files.failed')} live />
      ) : null}
      {files.data?.length === 0 ? <p className={styles['quiet']}>{t('files.none')}</p> : null}
      {files.data && files.data.length > 0 ? (
        <ul className={styles['list']}>
          {files.data.map((file) => (
            <li key={file.id}>
              <span className={styles['what']}>
                <strong>{file.filename}</strong>
                <span>
                  {sizeText(file.size, i18n.language)} ·{' '}
                  {new Intl.DateTimeFormat(region(i18n.language), { dateStyle: 'medium', timeStyle: 'short' }).format(
                    new Date(file.created_at),
                  )}
                </span>
              </span>
              <Button aria-label={t('files.download_named', { name: file.filename })} onPress={() => download.mutate(file.id)}>
                {t('files.download')}
              </Button>
              {canEdit ? (
                <IconButton
                  icon="close"
                  label={t('files.remove', { name: file.filename })}
                  onPress={() => setRemoving({ id: file.id, filename: file.filename })}
                />
              ) : null}
            </li>
          ))}
        </ul>
      ) : null}
      {removing ? <RemoveFile file={removing} roomId={roomId} onClose={() => setRemoving(undefined)} /> : null}
    </section>
  );
}
