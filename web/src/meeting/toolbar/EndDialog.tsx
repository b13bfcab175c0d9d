// SPDX-License-Identifier: EUPL-1.2

import { DialogTrigger } from 'react-aria-components';
import { useTranslation } from 'react-i18next';
import { useCall } from '../../features/feature';
import { MeetingDialog } from '../../features/MeetingDialog';
import { Button } from '../../ui';
import { Tool } from './Tool';

/** A moderator leaves alone, or ends the meeting for all. */
export function EndDialog() {
  const { t } = useTranslation('call');
  const call = useCall();
  const end = (): boolean => call.send({ namespace: 'moderation', payload: { action: 'debrief', kick_scope: 'all' } });
  return (
    <DialogTrigger>
      <Tool icon="hang_up" label={t('toolbar.leave')} danger />
      <MeetingDialog
        title={t('end.title')}
        stacked
        actions={({ close }) => (
          <>
            <Button kind="primary" autoFocus onPress={() => call.leave()}>
              {t('end.leave')}
            </Button>
            <Button kind="danger" onPress={end}>
              {t('end.for_all')}
            </Button>
            <Button onPress={close}>{t('end.stay')}</Button>
          </>
        )}
      >
        <p>{t('end.text')}</p>
      </MeetingDialog>
    </DialogTrigger>
  );
}
