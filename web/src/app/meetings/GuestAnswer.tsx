// SPDX-License-Identifier: EUPL-1.2
import { useQueryClient } from '@tanstack/react-query';
import { answer, api } from '../../api/client';
import { Answer, type InviteStatus } from './Answer';
import { useTexts } from './texts';
import { type Times, whenText } from './when';

export interface GuestAnswerProps {
  code: string;
  invitation: Times & { answer: InviteStatus; organiser: string; is_series: boolean };
}

/** For whom a link belongs to in person, because they were invited by mail: when it is, who invites, and their answer. */
export function GuestAnswer({ code, invitation }: GuestAnswerProps) {
  const { t, i18n } = useTexts();
  const queries = useQueryClient();
  const reply = async (given: 'accepted' | 'declined') => {
    await answer(api.PUT('/v1/invite/answer', { body: { invite_code: code, answer: given } }));
    await queries.invalidateQueries({ queryKey: ['invite', code] });
  };
  return (
    <Answer status={invitation.answer} onAnswer={reply}>
      <p>{t('meeting.invited_by', { name: invitation.organiser })}</p>
      {invitation.is_series ? <p>{t('meeting.next_of_series')}</p> : null}
      <p>
        <strong>{whenText(invitation, i18n.language) ?? t('home.any_time')}</strong>
      </p>
    </Answer>
  );
}
