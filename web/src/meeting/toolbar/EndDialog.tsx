// SPDX-License-Identifier: EUPL-1.2

import { Button, DialogTrigger, Heading } from 'react-aria-components';
import { useTranslation } from 'react-i18next';
import { useCall } from '../../features/feature';
import { MeetingDialog } from '../../features/MeetingDialog';
import room from '../meeting.module.css';
import { Tool } from './Tool';

/** A moderator leaves alone, or ends the meeting for all. */
export function EndDialog() {
  const { t } = useTranslation('call');
  const call = useCall();
  return (
    <DialogTrigger>
      <Tool icon="hang_up" label={t('toolbar.leave')} danger />
      <MeetingDialog>
        {({ close }) => (
          <>
            <Heading slot="title">{t('end.title')}</Heading>
            <p>{t('end.text')}</p>
            <div className={room.stacked}>
              <Button className={room.primary ?? ''} autoFocus onPress={() => call.leave()}>
                {t('end.leave')}
              </Button>
              <Button
                className={room.danger ?? ''}
                onPress={() =>
                  call.send({
                    namespace: 'moderation',
                    payload: { action: 'debrief', kick_scope: 'all' },
                  })
                }
              >
                {t('end.for_all')}
              </Button>
              <Button className={room.secondary ?? ''} onPress={close}>
                {t('end.stay')}
              </Button>
            </div>
          </>
        )}
      </MeetingDialog>
    </DialogTrigger>
  );
}
