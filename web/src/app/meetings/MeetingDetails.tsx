// SPDX-License-Identifier: EUPL-1.2

/** One meeting: when, who, by which rules, its one link for everybody, and one's own answer. */
import { Link, useNavigate, useParams } from '@tanstack/react-router';
import { useState } from 'react';
import { answer, api, type EventResource, removed } from '../../api/client';
import { announce, Avatar, Button, buttonClass, Chip, Dialog, Icon, IconButton } from '../../ui';
import { installation } from '../config';
import { Problem, problemOf } from '../pages/Problem';
import { useProfile } from '../profile';
import { useTitle } from '../title';
import { Answer } from './Answer';
import { CallIn } from './CallIn';
import { Files } from './Files';
import { GuestLink } from './GuestLink';
import { Invitation } from './Invitation';
import styles from './meetings.module.css';
import { NextDates } from './NextDates';
import { guestOf, type Invitee, useEvent, useEventAction } from './queries';
import { SeriesText } from './SeriesText';
import { whenText } from './when';
import { useTexts } from './texts';
import { Refusal } from '../Refusal';
import { Undelivered } from './Undelivered';

export function MeetingDetails() {
  const { t } = useTexts();
  const { eventId } = useParams({ from: '/dashboard/meetings/$eventId' });
  const event = useEvent(eventId);
  useTitle(event.data?.title ?? t('meeting.title'));
  if (event.isError) return <Problem kind={problemOf(event.error)} retry={() => void event.refetch()} />;
  if (event.data === undefined) return <p role="status">{t('loading')}</p>;
  return <Details event={event.data} />;
}

function Details({ event }: { event: EventResource }) {
  const { t, i18n } = useTexts();
  const [deleting, setDeleting] = useState(false);
  const me = useProfile().data;
  const params = { params: { path: { event_id: event.id } } };
  const reply = useEventAction((given: 'accepted' | 'declined') =>
    given === 'accepted'
      ? answer(api.PATCH('/v1/events/{event_id}/invite', params))
      : answer(api.DELETE('/v1/events/{event_id}/invite', params)),
  );
  return (
    <div className={styles['page']}>
      <div className={styles['head']}>
        <div className={styles['titled']}>
          <h1 data-long={event.title.length > 80 || undefined}>{event.title}</h1>
          <Favorite event={event} />
        </div>
        <p className={styles['lead']}>
          <Icon name="calendar" size={20} />
          <span>
            {whenText(event, i18n.language) ?? t('home.any_time')}
            {event.recurrence_pattern ? (
              <>
                <br />
                <SeriesText event={event} />
              </>
            ) : null}
          </span>
        </p>
        <p className={styles['quiet']}>{t('meeting.by', { name: event.created_by.display_name })}</p>
      </div>
      <div className={styles['row']}>
        <Link to="/room/$roomId" params={{ roomId: event.room.id }} className={buttonClass} data-kind="primary" data-large>
          <Icon name="camera" />
          <span>{t('meeting.open')}</span>
        </Link>
        {event.can_edit ? (
          <>
            <Link to="/dashboard/meetings/$eventId/edit" params={{ eventId: event.id }} className={buttonClass} data-kind="secondary" data-large>
              {t('meeting.edit')}
            </Link>
            <Button large onPress={() => setDeleting(true)}>
              {t('meeting.delete')}
            </Button>
          </>
        ) : null}
      </div>
      {event.can_edit ? <Undelivered eventId={event.id} /> : null}
      {event.can_edit && !installation().mails ? <Invitation event={event} /> : null}
      {event.can_edit ? null : <Answer status={event.invite_status} onAnswer={reply.mutateAsync} />}
      {event.description ? (
        <section className={styles['card']}>
          <h2>{t('plan.description')}</h2>
          <p className={styles['text']}>{event.description}</p>
        </section>
      ) : null}
      <div className={styles['two']}>
        {event.can_edit ? (
          <GuestLink room={event.room} />
        ) : (
          <section className={styles['card']}>
            <h2>{t('meeting.link')}</h2>
            <p>{t('meeting.link_member')}</p>
          </section>
        )}
        <section className={styles['card']}>
          <h2>{t('plan.rules')}</h2>
          <ul className={styles['rules']}>
            <li>{t(event.room.waiting_room ? 'meeting.rule.waiting_room' : 'meeting.rule.no_waiting_room')}</li>
            <li>{t(`meeting.rule.guests_${event.room.guest_access}`)}</li>
            {event.room.password ? <li>{t('meeting.rule.password', { password: event.room.password })}</li> : null}
          </ul>
        </section>
        {event.room.call_in ? <CallIn callIn={event.room.call_in} /> : null}
      </div>
      <section className={styles['card']}>
        <h2>{t('people.invited')}</h2>
        <Invited invitees={event.invitees} truncated={event.invitees_truncated} />
      </section>
      {event.recurrence_pattern ? <NextDates event={event} /> : null}
      <Files roomId={event.room.id} canEdit={event.can_edit} own={event.created_by.id === me?.id} />
      <DeleteDialog event={event} isOpen={deleting} onClose={() => setDeleting(false)} />
    </div>
  );
}

function Favorite({ event }: { event: EventResource }) {
  const { t } = useTexts();
  const params = { params: { path: { event_id: event.id } } };
  const change = useEventAction(
    () =>
      event.is_favorite
        ? answer(api.DELETE('/v1/users/me/event_favorites/{event_id}', params))
        : answer(api.PUT('/v1/users/me/event_favorites/{event_id}', params)),
    () => announce(t(event.is_favorite ? 'meeting.no_favorite' : 'meeting.favorite')),
  );
  return (
    <IconButton
      icon={event.is_favorite ? 'star_on' : 'star'}
      label={t(event.is_favorite ? 'meeting.remove_favorite' : 'meeting.add_favorite')}
      onPress={() => change.mutate(undefined)}
    />
  );
}

/** Who has no account answers by a link from an e-mail. */
const canAnswer = (invitee: Invitee): boolean => installation().mails || invitee.status !== 'pending' || guestOf(invitee).id !== undefined;

export function Invited({ invitees, truncated }: { invitees: readonly Invitee[]; truncated: boolean }) {
  const { t } = useTexts();
  if (invitees.length === 0) return <p className={styles['quiet']}>{t('people.none')}</p>;
  const withoutAccount = t(installation().mails ? 'people.by_email' : 'people.without_account');
  return (
    <>
      <ul className={styles['guests']}>
        {invitees.map((invitee) => {
          const guest = guestOf(invitee);
          return (
            <li key={guest.id ?? guest.email}>
              <Avatar name={guest.name} />
              <span className={styles['name']}>
                <strong>{guest.name}</strong>
                <span>
                  {[guest.email, guest.id === undefined ? withoutAccount : ''].filter((text) => text !== '' && text !== guest.name).join(' · ')}
                  {guest.role === 'moderator' ? ` · ${t('people.moderator')}` : ''}
                </span>
              </span>
              {canAnswer(invitee) ? (
                <Chip kind={({ accepted: 'good', declined: 'bad' } as const)[invitee.status as string]}>{t(`people.status.${invitee.status}`)}</Chip>
              ) : null}
            </li>
          );
        })}
      </ul>
      {truncated ? <p className={styles['quiet']}>{t('people.truncated')}</p> : null}
    </>
  );
}

function DeleteDialog({ event, isOpen, onClose }: { event: EventResource; isOpen: boolean; onClose: () => void }) {
  const { t } = useTexts();
  const navigate = useNavigate();
  const remove = useEventAction(
    () => removed(answer(api.DELETE('/v1/events/{event_id}', { params: { path: { event_id: event.id } } }))),
    () => {
      announce(t('meeting.deleted', { title: event.title }));
      void navigate({ to: '/dashboard/meetings' });
    },
  );
  return (
    <Dialog
      title={t('meeting.delete_title', { title: event.title })}
      isOpen={isOpen}
      onClose={onClose}
      urgent
      actions={
        <>
          <Button onPress={onClose}>{t('plan.cancel')}</Button>
          <Button kind="danger" busy={remove.isPending} onPress={() => remove.mutate(undefined)}>
            {t('meeting.delete')}
          </Button>
        </>
      }
    >
      <p>{t(installation().mails ? 'meeting.delete_text' : 'meeting.delete_text_no_mail')}</p>
      <Refusal error={remove.error} failed={t('meeting.delete_failed')} />
    </Dialog>
  );
}
