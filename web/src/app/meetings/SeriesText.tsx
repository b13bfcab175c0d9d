// SPDX-License-Identifier: EUPL-1.2

import { now } from '@internationalized/date';
import type { EventResource } from '../../api/client';
import { region } from '../region';
import { seriesOfEvent, timingOf } from './draft';
import { useTexts } from './texts';
import type { Times } from './when';

type Repeats = Times & Pick<EventResource, 'recurrence_pattern'>;

/** How a meeting repeats, as a sentence. */
export function SeriesText({ event }: { event: Repeats }) {
  return <>{useSeriesText(event)}</>;
}

/** Empty: it does not. */
export function useSeriesText(event: Repeats): string {
  const { t, i18n } = useTexts();
  if (!event.recurrence_pattern || !event.starts_at) return '';
  const series = seriesOfEvent(event, timingOf(event, now(event.starts_at.timezone)));
  if (series.frequency === 'none' || series.frequency === 'other') return t('series.text.other');
  const days = new Intl.ListFormat(i18n.language, { type: 'conjunction' }).format(series.days.map((day) => t(`series.day.${day}`)));
  const every = t(`series.text.${series.frequency}`, { count: series.interval, days });
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
