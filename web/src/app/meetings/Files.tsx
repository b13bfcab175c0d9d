// SPDX-License-Identifier: EUPL-1.2

/** The files of a meeting: what people put there, and what the meeting itself makes. */
import { useMutation, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { answer, api, ApiError } from '../../api/client';
import { Alert, announce, Button, Dialog, IconButton } from '../../ui';
import { FileButton } from '../../ui/FileButton';
import { region } from '../region';
import styles from './meetings.module.css';
import { useTexts } from './texts';

/** As it is said: 12 kB, 3.4 MB. */
export function sizeText(bytes: number, language: string): string {
  const units = ['byte', 'kilobyte', 'megabyte', 'gigabyte', 'terabyte'] as const;
  const step = bytes < 1 ? 0 : Math.min(units.length - 1, Math.floor(Math.log10(bytes) / 3));
  return new Intl.NumberFormat(region(language), {
    style: 'unit',
    unit: units[step] ?? 'byte',
    unitDisplay: 'short',
    maximumFractionDigits: 1,
  }).format(bytes / 1000 ** step);
}

export function Files({ roomId, canEdit }: { roomId: string; canEdit: boolean }) {
  const { t, i18n } = useTexts();
  const path = { room_id: roomId };
  const [removing, setRemoving] = useState<{ id: string; filename: string }>();
  const files = useQuery({
    queryKey: ['files', roomId],
    queryFn: () => answer(api.GET('/v1/rooms/{room_id}/assets', { params: { path } })),
  });
  const upload = useMutation({
    mutationFn: (file: File) => {
      const dot = file.name.lastIndexOf('.');
      const query = {
        kind: 'file',
        file_extension: dot < 0 ? 'bin' : file.name.slice(dot + 1).toLowerCase().slice(0, 10),
        // The stored name begins with this; the interface has no field for a whole name.
        event_title: (dot < 0 ? file.name : file.name.slice(0, dot)).slice(0, 255),
      };
      return answer(
        api.POST('/v1/rooms/{room_id}/assets', {
          params: { path, query },
          body: file as never,
          bodySerializer: (body: unknown) => body as BodyInit,
          headers: { 'Content-Type': 'application/octet-stream' },
        }),
      );
    },
    onSuccess: async (_, file) => {
      announce(t('files.added', { name: file.name }));
      await files.refetch();
    },
  });
  const remove = useMutation({
    mutationFn: (id: string) =>
      answer(api.DELETE('/v1/rooms/{room_id}/assets/{asset_id}', { params: { path: { ...path, asset_id: id } } })),
    onSuccess: async () => {
      announce(t('files.removed'));
      setRemoving(undefined);
      await files.refetch();
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
  const full = upload.error instanceof ApiError && upload.error.code === 'storage_quota_exceeded';
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
      {upload.isError ? <Alert kind="danger" title={t(full ? 'files.full' : 'files.add_failed')} live /> : null}
      {download.isError || remove.isError || files.isError ? <Alert kind="danger" title={t('files.failed')} live /> : null}
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
      <Dialog
        title={t('files.remove_title', { name: removing?.filename ?? '' })}
        isOpen={removing !== undefined}
        onClose={() => setRemoving(undefined)}
        urgent
        actions={
          <>
            <Button onPress={() => setRemoving(undefined)}>{t('plan.cancel')}</Button>
            <Button kind="danger" busy={remove.isPending} onPress={() => removing && remove.mutate(removing.id)}>
              {t('meeting.delete')}
            </Button>
          </>
        }
      >
        <p>{t('files.remove_text')}</p>
      </Dialog>
    </section>
  );
}
