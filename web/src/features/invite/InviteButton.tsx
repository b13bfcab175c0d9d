// SPDX-License-Identifier: EUPL-1.2

import { useState } from 'react';
import { Button as AriaButton, DialogTrigger } from 'react-aria-components';
import { useTranslation } from 'react-i18next';
import { isModerator } from '../../call/select';
import { Button, CopyButton, Icon, TextField } from '../../ui';
import { useCall, useCallState } from '../feature';
import { MeetingDialog } from '../MeetingDialog';
import room from '../../meeting/meeting.module.css';

/** Looks for the link when the dialog opens: the room's own one is shown while it works. */
export function InviteButton() {
  const { t } = useTranslation('call');
  const call = useCall();
  const moderator = useCallState(isModerator);
  const known = useCallState((state) => state.room.inviteCode);
  const password = useCallState((state) => state.room.password);
  const [link, setLink] = useState('');
  const [problem, setProblem] = useState<'failed' | 'ended'>();
  if (!moderator && known === undefined) return null;
  const open = async (isOpen: boolean): Promise<void> => {
    if (!isOpen) return;
    setProblem(undefined);
    setLink('');
    try {
      const code = await call.invite();
      if (code === undefined) setProblem('ended');
      else setLink(`${location.origin}/invite/${code}`);
    } catch {
      setProblem('failed');
    }
  };
  return (
    <DialogTrigger onOpenChange={(isOpen) => void open(isOpen)}>
      <AriaButton className={room.invite ?? ''}>
        <Icon name="link" size={20} /> {t('invite.button')}
      </AriaButton>
      <MeetingDialog
        title={t('invite.title')}
        actions={({ close }) => (
          <>
            <Button onPress={close}>{t('room.close')}</Button>
            {problem ? null : (
              <CopyButton text={link} label={t('invite.copy')} copied={t('invite.copied')} refused={t('copy.refused', { ns: 'app' })} kind="primary" disabled={link === ''} />
            )}
          </>
        )}
      >
        {problem ? (
          <p role="alert">{t(`invite.${problem}`)}</p>
        ) : (
          <>
            <p>{t('invite.text')}</p>
            <TextField label={t('invite.link')} value={link} onChange={() => undefined} readOnly />
            {password !== undefined && <p>{t('invite.password', { password })}</p>}
          </>
        )}
      </MeetingDialog>
    </DialogTrigger>
  );
}
