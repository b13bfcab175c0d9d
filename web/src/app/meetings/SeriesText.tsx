// SPDX-License-Identifier: EUPL-1.2

import { now } from '@internationalized/date';
import type { EventResource } from '../../api/client';
import { region } from '../region';
import { firstDayOf, seriesOfEvent, timingOf } from './draft';
import { type FirstDay, weekdays, weekOfMonth } from './recurrence';
import { useTexts } from './texts';
import type { Times } from './when';

const dayOfYear = ({ month, day }: FirstDay, language: string): string =>
  new Intl.DateTimeFormat(region(language), { day: 'numeric', month: 'long', timeZone: 'UTC' }).format(new Date(Date.UTC(2000, month - 1, day)));

type Repeats = Times & Pick<EventResource, 'recurrence_pattern'>;

/** How a meeting repeats, as a sentence. */
export function SeriesText({ event }: { event: Repeats }) {
  return <>{useSeriesText(event)}</>;
}

/** Empty: it does not. */
export function useSeriesText(event: Repeats): string {
  const { t, i18n } = useTexts();
  if (!event.recurrence_pattern || !event.starts_at) return '';
  const timing = timingOf(event, now(event.starts_at.timezone));
  const series = seriesOfEvent(event, timing);
  if (series.frequency === 'none' || series.frequency === 'other') return t('series.text.other');
  const days = new Intl.ListFormat(i18n.language, { type: 'conjunction' }).format(series.days.map((day) => t(`series.day.${day}`)));
  const first = firstDayOf(timing);
  const every = t(`series.text.${series.frequency}`, {
    count: series.interval,
    days,
    day: first?.day,
    which: first && t(`series.which.${weekOfMonth(first.day)}`),
    weekday: first && t(`series.day.${weekdays[first.weekday] ?? 'MO'}`),
    date: first && dayOfYear(first, i18n.language),
  });
  const { ends } = series;
  const end =
    ends.kind === 'count'
      ? t('series.text.count', { count: ends.count })
      : ends.kind === 'until'
        ? t('series.text.until', {
            day: new Intl.DateTimeFormat(region(i18n.language), { dateStyle: 'long', timeZone: 'UTC' }).format(new Date(`${ends.day}T00:00:00Z`)),
          })
        : '';
  return [every, end].filter(Boolean).join(', ');
}
