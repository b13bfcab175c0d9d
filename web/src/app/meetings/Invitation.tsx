// SPDX-License-Identifier: EUPL-1.2

/** Where the server sends no mails: says so, and offers the text of an invitation to send in some other way. */
import { useQuery } from '@tanstack/react-query';
import { answer, api, type EventResource } from '../../api/client';
import { Alert, announce, Button, CopyButton, TextField } from '../../ui';
import { linkOf, useMakeLink } from './GuestLink';
import styles from './meetings.module.css';
import { guestOf } from './queries';
import { useSeriesText } from './SeriesText';
import { useTexts } from './texts';
import { refusalText } from '../Refusal';
import { localZone, plannedOf, whenText } from './when';

export function Invitation({ event }: { event: EventResource }) {
  const { t } = useTexts();
  const { text, linkless } = useInvitation(event);
  const make = useMakeLink(event.room.id, () => announce(t('meeting.link_made')));
  const guests = event.invitees.filter((invitee) => guestOf(invitee).id === undefined).length;
  const closed = event.room.guest_access === 'disabled';
  return (
    <section className={styles['card']}>
      <h2>{t('invitation.title')}</h2>
      <Alert kind="warning" title={t('invitation.no_mails')}>
        {t('invitation.advice')}
      </Alert>
      <TextField label={t('invitation.text')} lines={Math.min(text.split('\n').length + 1, 12)} value={text} onChange={() => undefined} readOnly />
      {guests > 0 && closed ? <Alert kind="warning" title={t('invitation.guests_disabled')} /> : null}
      {linkless ? (
        <Alert kind={guests > 0 ? 'warning' : 'info'} title={t(guests > 0 ? 'invitation.guests_left_out' : 'invitation.no_link')}>
          {make.isError ? <p>{refusalText(make.error, t('meeting.link_not_changed'), t)}</p> : null}
          <Button icon="link" busy={make.isPending} onPress={() => make.mutate()}>
            {t('invitation.make_link')}
          </Button>
        </Alert>
      ) : null}
      <CopyButton text={text} label={t('invitation.copy')} copied={t('invitation.copied')} refused={t('copy.refused')} />
    </section>
  );
}

/** As many of the next dates are looked through for those that are not as the series says. */
const DATES = 100;

/** What of the next dates of a series is not as the series says, a line each. */
function useExceptions(event: EventResource): readonly string[] {
  const { t, i18n } = useTexts();
  const dates = useQuery({
    queryKey: ['events', 'dates', event.id, DATES],
    queryFn: () =>
      answer(
        api.GET('/v1/events/{event_id}/instances', {
          params: { path: { event_id: event.id }, query: { time_min: new Date().toISOString(), per_page: DATES } },
        }),
      ),
    enabled: (event.recurrence_pattern ?? []).length > 0,
  });
  return (dates.data ?? []).flatMap((date) => {
    const when = whenText(date, i18n.language) ?? '';
    if (date.status === 'cancelled') return [t('invitation.cancelled', { when })];
    const planned = plannedOf(date, i18n.language);
    return planned === undefined ? [] : [t('invitation.moved', { when, planned })];
  });
}

/** The text, and whether a link for guests could stand in it and there is none. */
function useInvitation(event: EventResource): { text: string; linkless: boolean } {
  const { t, i18n } = useTexts();
  const series = useSeriesText(event);
  const { room } = event;
  const asked = room.guest_access !== 'disabled';
  const exceptions = useExceptions(event);
  const found = useQuery({ queryKey: ['guest_link', room.id], queryFn: () => linkOf(room.id), enabled: asked }).data;
  const link = found?.link;
  const address = `${location.origin}/room/${room.id}`;
  const when = whenText(event, i18n.language);
  const time = when === undefined ? t('home.any_time') : event.is_all_day ? when : `${when} (${localZone().replaceAll('_', ' ')})`;
  const called = room.call_in && [
    t('invitation.call', { tel: room.call_in.tel }),
    t('invitation.call_codes', { id: room.call_in.id, password: room.call_in.password }),
  ];
  const parts = [
    t('invitation.by', { name: event.created_by.display_name }),
    [event.title, time, series, ...exceptions].filter(Boolean).join('\n'),
    event.description,
    link === undefined
      ? `${t('invitation.members_only')}\n${address}`
      : `${t('invitation.link')}\n${address}?invite=${link.invite_code}`,
    called?.join('\n'),
    room.password ? t('invitation.password') : undefined,
  ];
  return { text: parts.filter(Boolean).join('\n\n'), linkless: found !== undefined && link === undefined };
}
