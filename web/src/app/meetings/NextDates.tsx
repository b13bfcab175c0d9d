// SPDX-License-Identifier: EUPL-1.2

/** The next dates of a series; who runs it can cancel or move a single one. */
import { now } from '@internationalized/date';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { answer, api, ApiError, type EventResource } from '../../api/client';
import { Alert, announce, Button, Chip, Dialog } from '../../ui';
import { type DraftError, type Timing, timesBody, timingOf, wrongTimes } from './draft';
import type { Instance } from './instance';
import styles from './meetings.module.css';
import { useEventAction } from './queries';
import { useTexts } from './texts';
import { TimingFields } from './TimingFields';
import { Refusal, refusalText } from '../Refusal';
import { plannedOf, whenText } from './when';

type OneDate = Extract<Instance, { instance_id: string }>;
type Patch = Partial<NonNullable<ReturnType<typeof timesBody>>> & { status?: 'ok' | 'cancelled' };

const change = (date: OneDate, body: Patch) =>
  answer(
    api.PATCH('/v1/events/{event_id}/instances/{instance_id}', {
      params: { path: { event_id: date.recurring_event_id, instance_id: date.instance_id } },
      body,
    }),
  );

/** So many dates are shown at first, and so many more each time. */
const SHOWN = 8;
/** The server gives no more at a time. */
const MOST = 100;

export function NextDates({ event }: { event: EventResource }) {
  const { t } = useTexts();
  const [shown, setShown] = useState(SHOWN);
  const [moving, setMoving] = useState<OneDate>();
  const dates = useQuery({
    queryKey: ['events', 'dates', event.id, shown],
    placeholderData: keepPreviousData,
    queryFn: () =>
      answer(
        api.GET('/v1/events/{event_id}/instances', {
          params: { path: { event_id: event.id }, query: { time_min: new Date().toISOString(), per_page: shown } },
        }),
      ),
  });
  if (dates.data === undefined || dates.data.length === 0) return null;
  return (
    <section className={styles['card']}>
      <h2>{t('meeting.dates')}</h2>
      <ul className={styles['list']}>
        {dates.data.map((date) => (
          <Row key={date.id} date={date} onMove={event.can_edit ? () => setMoving(date) : undefined} />
        ))}
      </ul>
      {dates.data.length < shown ? null : shown < MOST ? (
        <Button busy={dates.isFetching} onPress={() => setShown(Math.min(MOST, shown * 3))}>
          {t('meetings.more_dates')}
        </Button>
      ) : (
        <p className={styles['quiet']}>{t('meeting.dates_in_month')}</p>
      )}
      {moving === undefined ? null : <MoveDialog date={moving} onClose={() => setMoving(undefined)} />}
    </section>
  );
}

function Row({ date, onMove }: { date: OneDate; onMove: (() => void) | undefined }) {
  const { t, i18n } = useTexts();
  const when = whenText(date, i18n.language) ?? '';
  const cancelled = date.status === 'cancelled';
  const planned = plannedOf(date, i18n.language);
  const cancel = useEventAction(
    () => change(date, { status: cancelled ? 'ok' : 'cancelled' }),
    () => announce(t(cancelled ? 'meeting.date_restored' : 'meeting.date_cancelled', { when })),
  );
  return (
    <li>
      <span className={styles['what']}>
        <span className={styles['date']} data-cancelled={cancelled}>
          {when}
        </span>
        {planned === undefined || cancelled ? null : <span>{t('meeting.instead_of', { when: planned })}</span>}
        {cancelled ? <Chip>{t('meeting.cancelled')}</Chip> : null}
      </span>
      {onMove === undefined || cancelled ? null : (
        <Button aria-label={t('meeting.move_date', { when })} onPress={onMove}>
          {t('meeting.move')}
        </Button>
      )}
      {onMove === undefined ? null : (
        <Button
          aria-label={t(cancelled ? 'meeting.restore_date' : 'meeting.cancel_date', { when })}
          busy={cancel.isPending}
          onPress={() => cancel.mutate(undefined)}
        >
          {t(cancelled ? 'meeting.restore' : 'meeting.cancel')}
        </Button>
      )}
      <Refusal error={cancel.error} failed={t('meeting.date_failed')} />
    </li>
  );
}

function MoveDialog({ date, onClose }: { date: OneDate; onClose: () => void }) {
  const { t, i18n } = useTexts();
  const [timing, setTiming] = useState<Timing>(() => timingOf(date, now(date.starts_at.timezone)));
  const [checked, setChecked] = useState(false);
  const move = useEventAction(
    () => change(date, timesBody(timing) ?? {}),
    () => {
      announce(t('meeting.date_moved'));
      onClose();
    },
  );
  const wrong = checked ? wrongTimes(timing) : [];
  const fields = move.error instanceof ApiError ? move.error.fields : {};
  /** Which of the days the server does not take, or that there are too many different ones. */
  const refused = (['starts_at', 'ends_at'] as const).find((field) => fields[field] !== undefined);
  const problem = () => {
    if (fields['instance_id'] === 'too_many') return t('meeting.too_many_different');
    return refused === undefined ? refusalText(move.error, t('meeting.date_failed'), t) : t(`plan.refused.${refused}`);
  };
  const error = (...kinds: DraftError[]) => {
    const kind = wrong.find((one) => kinds.includes(one));
    return kind === undefined ? undefined : t(`plan.error.${kind}`);
  };
  const submit = (submitted: FormEvent) => {
    submitted.preventDefault();
    setChecked(true);
    if (wrongTimes(timing).length === 0) move.mutate(undefined);
  };
  return (
    <Dialog title={t('meeting.move_title')} isOpen onClose={onClose}>
      <form className={styles['moving']} onSubmit={submit} noValidate>
        <p>{t('meeting.move_text', { when: whenText(date, i18n.language) })}</p>
        {move.isError ? <Alert kind="danger" title={problem()} live /> : null}
        <TimingFields timing={timing} onChange={(part) => setTiming((old) => ({ ...old, ...part }))} error={error} />
        <div className={styles['row']}>
          <Button onPress={onClose}>{t('plan.cancel')}</Button>
          <Button type="submit" kind="primary" busy={move.isPending}>
            {t('meeting.move_action')}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
