// SPDX-License-Identifier: EUPL-1.2

/** Tells who plans a meeting whom no mail about it has reached, and what to do. */
import { useQuery } from '@tanstack/react-query';
import { answer, api } from '../../api/client';
import { Alert } from '../../ui';
import { installation } from '../config';
import styles from './meetings.module.css';
import { useTexts } from './texts';

export function Undelivered({ eventId }: { eventId: string }) {
  const { t } = useTexts();
  const found = useQuery({
    // Asked anew with the meeting: who is no longer invited is no longer listed.
    queryKey: ['events', 'undelivered', eventId],
    queryFn: () => answer(api.GET('/v1/events/{event_id}/undelivered_mails', { params: { path: { event_id: eventId } } })),
    // Mails are sent after the meeting has been saved.
    refetchInterval: 10_000,
    enabled: installation().mails === true,
  });
  if (found.data === undefined || found.data.length === 0) return null;
  return (
    <Alert kind="danger" title={t('undelivered.title', { count: found.data.length })} live>
      <ul className={styles['undelivered']}>
        {found.data.map(({ display_name, email, reason }) => (
          <li key={email}>
            <strong>{display_name ? `${display_name}, ${email}` : email}</strong>
            <br />
            {t(`undelivered.${reason}`)}
          </li>
        ))}
      </ul>
    </Alert>
  );
}
