// SPDX-License-Identifier: EUPL-1.2
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { answer, api, removed } from '../../api/client';
import { announce, Button, Dialog } from '../../ui';
import { Refusal } from '../Refusal';
import { useTexts } from './texts';

export interface RemoveFileProps {
  file: { id: string; filename: string };
  roomId: string;
  onClose: () => void;
}

/** Asks before a file is deleted. */
export function RemoveFile({ file, roomId, onClose }: RemoveFileProps) {
  const { t } = useTexts();
  const queries = useQueryClient();
  const remove = useMutation({
    mutationFn: () =>
      removed(answer(api.DELETE('/v1/rooms/{room_id}/assets/{asset_id}', { params: { path: { room_id: roomId, asset_id: file.id } } }))),
    onSuccess: async () => {
      announce(t('files.removed'));
      await Promise.all([queries.invalidateQueries({ queryKey: ['files'] }), queries.invalidateQueries({ queryKey: ['me'] })]);
      onClose();
    },
  });
  return (
    <Dialog
      title={t('files.remove_title', { name: file.filename })}
      isOpen
      onClose={onClose}
      urgent
      actions={
        <>
          <Button onPress={onClose}>{t('plan.cancel')}</Button>
          <Button kind="danger" busy={remove.isPending} onPress={() => remove.mutate()}>
            {t('meeting.delete')}
          </Button>
        </>
      }
    >
      <p>{t('files.remove_text')}</p>
      <Refusal error={remove.error} failed={t('files.failed')} />
    </Dialog>
  );
}
