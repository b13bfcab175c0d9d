// SPDX-License-Identifier: EUPL-1.2

/** Where the server sends no mails: says so, and offers the text of an invitation to send in some other way. */
import { useQuery } from '@tanstack/react-query';
import type { EventResource } from '../../api/client';
import { Alert, CopyButton, TextField } from '../../ui';
import { linkOf } from './GuestLink';
import styles from './meetings.module.css';
import { useSeriesText } from './SeriesText';
import { useTexts } from './texts';
import { localZone, whenText } from './when';

export function Invitation({ event }: { event: EventResource }) {
  const { t } = useTexts();
  const text = useInvitation(event);
  return (
    <section className={styles['card']}>
      <h2>{t('invitation.title')}</h2>
      <Alert kind="warning" title={t('invitation.no_mails')}>
        {t('invitation.advice')}
      </Alert>
      <TextField label={t('invitation.text')} lines={Math.min(text.split('\n').length + 1, 12)} value={text} onChange={() => undefined} readOnly />
      <CopyButton text={text} label={t('invitation.copy')} copied={t('invitation.copied')} refused={t('copy.refused')} />
    </section>
  );
}

function useInvitation(event: EventResource): string {
  const { t, i18n } = useTexts();
  const series = useSeriesText(event);
  const { room } = event;
  const asked = room.guest_access !== 'disabled';
  const link = useQuery({ queryKey: ['guest_link', room.id], queryFn: () => linkOf(room.id), enabled: asked }).data?.link;
  const address = `${location.origin}/room/${room.id}`;
  const when = whenText(event, i18n.language);
  const time = when === undefined ? t('home.any_time') : event.is_all_day ? when : `${when} (${localZone().replaceAll('_', ' ')})`;
  const called = room.call_in && [
    t('invitation.call', { tel: room.call_in.tel }),
    t('invitation.call_codes', { id: room.call_in.id, password: room.call_in.password }),
  ];
  const parts = [
    t('invitation.by', { name: event.created_by.display_name }),
    [event.title, time, series].filter(Boolean).join('\n'),
    event.description,
    link === undefined
      ? `${t('invitation.members_only')}\n${address}`
      : `${t('invitation.link')}\n${address}?invite=${link.invite_code}`,
    called?.join('\n'),
    room.password ? t('invitation.password') : undefined,
  ];
  return parts.filter(Boolean).join('\n\n');
}
