// SPDX-License-Identifier: EUPL-1.2

/** A month as a table, one cell a day; on a narrow page only the days on which something takes place. */
import { type CalendarDate, endOfMonth, getWeeksInMonth, startOfMonth, startOfWeek, today, toZoned } from '@internationalized/date';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { Button, IconButton } from '../../ui';
import { eventOf, type Instance, isCancelled } from './instance';
import { region } from '../region';
import styles from './month.module.css';
import { useInstances } from './queries';
import { dayOf, daysOf, localZone, timeText } from './when';
import { Refusal } from '../Refusal';
import { useTexts } from './texts';

/** Weeks begin on Monday everywhere Konvent is at home. */
const MONDAY = 'mon';

/** When it begins, on the day on which it does. */
function timeOn(event: Instance, day: CalendarDate, language: string) {
  const text = dayOf(event) === day.toString() ? timeText(event, language) : undefined;
  return text === undefined ? null : <b>{text}</b>;
}

export function Month() {
  const { t, i18n } = useTexts();
  const zone = localZone();
  const [month, setMonth] = useState(() => startOfMonth(today(zone)));
  const from = startOfWeek(month, 'de-DE', MONDAY);
  const weeks = getWeeksInMonth(month, 'de-DE', MONDAY);
  const events = useInstances({
    time_min: toZoned(month, zone).toAbsoluteString(),
    time_max: toZoned(endOfMonth(month).add({ days: 1 }), zone).toAbsoluteString(),
    per_page: 100,
    instances_max: 100,
    whole: true,
  });
  const locale = region(i18n.language);
  const name = (options: Intl.DateTimeFormatOptions, day: CalendarDate) =>
    new Intl.DateTimeFormat(locale, { ...options, timeZone: zone }).format(day.toDate(zone));
  const byDay = new Map<string, Instance[]>();
  for (const event of events.data ?? []) {
    for (const day of daysOf(event, month, endOfMonth(month))) byDay.set(day, [...(byDay.get(day) ?? []), event]);
  }
  const title = name({ month: 'long', year: 'numeric' }, month);
  return (
    <section aria-label={title} className={styles['month']}>
      <div className={styles['head']}>
        <IconButton icon="back" label={t('meetings.earlier')} onPress={() => setMonth(month.subtract({ months: 1 }))} />
        <h2 aria-live="polite">{title}</h2>
        <IconButton icon="on" label={t('meetings.later')} onPress={() => setMonth(month.add({ months: 1 }))} />
        <Button onPress={() => setMonth(startOfMonth(today(zone)))}>{t('meetings.today')}</Button>
      </div>
      <Refusal error={events.error} failed={t('home.meetings_failed')} />
      {events.data?.length === 0 ? <p className={styles['quiet']}>{t('meetings.empty.month')}</p> : null}
      <table className={styles['table']}>
        <thead>
          <tr>
            {Array.from({ length: 7 }, (_, index) => from.add({ days: index })).map((day) => (
              <th key={day.toString()} scope="col">
                <span aria-hidden="true">{name({ weekday: 'short' }, day)}</span>
                <span className="sr-only">{name({ weekday: 'long' }, day)}</span>
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {Array.from({ length: weeks }, (_, week) => (
            <tr key={week}>
              {Array.from({ length: 7 }, (_, index) => {
                const day = from.add({ days: week * 7 + index });
                const here = day.month === month.month ? (byDay.get(day.toString()) ?? []) : [];
                return (
                  <td
                    key={index}
                    data-outside={day.month !== month.month}
                    data-today={day.compare(today(zone)) === 0}
                    data-empty={here.length === 0}
                  >
                    <span className={styles['number']}>
                      <span aria-hidden="true" className={styles['short']}>
                        {day.day}
                      </span>
                      <span className={styles['long']}>{name({ weekday: 'long', day: 'numeric', month: 'long' }, day)}</span>
                    </span>
                    {here.map((event) => (
                      <Link
                        key={event.id}
                        to="/dashboard/meetings/$eventId"
                        params={{ eventId: eventOf(event) }}
                        data-cancelled={isCancelled(event)}
                      >
                        {isCancelled(event) ? <span className="sr-only">{t('meeting.cancelled')}: </span> : null}
                        {timeOn(event, day, i18n.language)} {event.title}
                      </Link>
                    ))}
                  </td>
                );
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
