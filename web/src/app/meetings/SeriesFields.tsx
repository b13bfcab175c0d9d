// SPDX-License-Identifier: EUPL-1.2

import { parseDate } from '@internationalized/date';
import { Checkbox, RadioGroup, Select, TextField } from '../../ui';
import { DateField } from '../../ui/DateField';
import styles from './meetings.module.css';
import { type Ends, type FirstDay, firstOfSeries, type Frequency, MOST_DATES, type Series, weekdays, weekOfMonth } from './recurrence';
import { useTexts } from './texts';
import { dayText } from './when';

const frequencies: readonly Frequency[] = ['none', 'daily', 'weekly', 'monthly_day', 'monthly_weekday', 'yearly'];

export interface SeriesFieldsProps {
  series: Series;
  onChange: (series: Series) => void;
  /** The first date, as far as it is chosen. */
  first: FirstDay | undefined;
  error?: string | undefined;
}

/** Whether and how a meeting repeats. */
export function SeriesFields({ series, onChange, first, error }: SeriesFieldsProps) {
  const { t, i18n } = useTexts();
  // What was made elsewhere can be taken back again.
  const isForeign = series.stored?.shown.length === 0;
  const choices = isForeign ? [...frequencies, 'other' as const] : frequencies;
  const choose = (frequency: Frequency) => {
    const days = frequency === 'weekly' && first !== undefined ? [weekdays[first.weekday] ?? 'MO'] : [];
    onChange({ ...series, frequency, days: frequency === 'weekly' && series.days.length > 0 ? series.days : days });
  };
  const label = (frequency: Frequency): string =>
    t(`series.${frequency}`, {
      day: first?.day ?? '',
      weekday: first ? t(`series.day.${weekdays[first.weekday] ?? 'MO'}`) : '',
      which: first ? t(`series.which.${weekOfMonth(first.day)}`) : '',
    });
  const begins = firstOfSeries(series, first);
  const repeats = series.frequency !== 'none' && series.frequency !== 'other';
  return (
    <div className={styles['series']}>
      <Select
        label={t('series.label')}
        choices={choices.map((frequency) => ({ value: frequency, label: label(frequency) }))}
        value={series.frequency}
        onChange={(value) => choose(value as Frequency)}
      />
      {series.frequency === 'other' ? (
        <div className={styles['foreign']}>
          <p>{t('series.foreign')}</p>
          <p>
            <code>{series.stored?.rules.join('\n')}</code>
          </p>
          <p>{t('series.stays')}</p>
        </div>
      ) : null}
      {repeats ? (
        <>
          <TextField
            label={t(`series.every.${series.frequency}`)}
            value={String(series.interval || '')}
            inputMode="numeric"
            maxLength={2}
            onChange={(text) => onChange({ ...series, interval: Number(text.replaceAll(/\D/g, '')) })}
          />
          {series.frequency === 'weekly' ? (
            <div role="group" aria-label={t('series.days')} className={styles['days']}>
              {weekdays.map((day) => (
                <Checkbox
                  key={day}
                  label={t(`series.day.${day}`)}
                  isSelected={series.days.includes(day)}
                  onChange={(on) =>
                    onChange({ ...series, days: on ? [...series.days, day] : series.days.filter((other) => other !== day) })
                  }
                />
              ))}
            </div>
          ) : null}
          {begins === undefined ? null : <p className={styles['quiet']}>{t('series.begins', { day: dayText(begins, i18n.language) })}</p>}
          <EndsField ends={series.ends} onChange={(ends) => onChange({ ...series, ends })} />
        </>
      ) : null}
      {error ? (
        <p className={styles['wrong']} role="alert">
          {error}
        </p>
      ) : null}
    </div>
  );
}

function EndsField({ ends, onChange }: { ends: Ends; onChange: (ends: Ends) => void }) {
  const { t } = useTexts();
  const choose = (kind: string) => {
    if (kind === 'count') onChange({ kind, count: 10 });
    else if (kind === 'until') onChange({ kind, day: '' });
    else onChange({ kind: 'never' });
  };
  return (
    <>
      <RadioGroup
        label={t('series.ends')}
        choices={(['never', 'until', 'count'] as const).map((kind) => ({ value: kind, label: t(`series.end.${kind}`) }))}
        value={ends.kind}
        onChange={choose}
      />
      {ends.kind === 'count' ? (
        <TextField
          label={t('series.count')}
          hint={t('series.most', { most: MOST_DATES })}
          value={String(ends.count || '')}
          inputMode="numeric"
          maxLength={4}
          onChange={(text) => onChange({ kind: 'count', count: Number(text.replaceAll(/\D/g, '')) })}
        />
      ) : null}
      {ends.kind === 'until' ? (
        <DateField
          label={t('series.last_day')}
          value={ends.day === '' ? null : parseDate(ends.day)}
          onChange={(day) => onChange({ kind: 'until', day: day?.toString() ?? '' })}
        />
      ) : null}
    </>
  );
}
