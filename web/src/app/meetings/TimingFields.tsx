// SPDX-License-Identifier: EUPL-1.2

import { now } from '@internationalized/date';
import { DateField } from '../../ui/DateField';
import { type DraftError, moved, type Timing } from './draft';
import styles from './meetings.module.css';
import { useTexts } from './texts';
import { zoneText } from './when';

export interface TimingFieldsProps {
  timing: Timing;
  onChange: (part: Partial<Timing>) => void;
  /** What to say of the first of these that is wrong. */
  error: (...kinds: DraftError[]) => string | undefined;
}

/** Beginning and end, or first and last day. */
export function TimingFields({ timing, onChange, error }: TimingFieldsProps) {
  const { t, i18n } = useTexts();
  if (timing.kind === 'any_time') return <p className={styles['quiet']}>{t('plan.any_time_text')}</p>;
  if (timing.kind === 'all_day')
    return (
      <div className={styles['dates']}>
        <DateField
          label={t('plan.first_day')}
          value={timing.firstDay}
          onChange={(firstDay) =>
            onChange({ firstDay, ...(firstDay && timing.lastDay && timing.lastDay.compare(firstDay) < 0 ? { lastDay: firstDay } : {}) })
          }
          error={error('starts')}
          required
        />
        <DateField
          label={t('plan.last_day')}
          value={timing.lastDay}
          onChange={(lastDay) => onChange({ lastDay })}
          error={error('ends', 'ends_before')}
          required
        />
      </div>
    );
  return (
    <>
      <div className={styles['dates']}>
        <DateField
          label={t('plan.start')}
          value={timing.starts}
          onChange={(starts) => onChange(moved(timing, starts))}
          placeholder={timing.ends ?? now(timing.timezone)}
          error={error('starts')}
          required
        />
        <DateField
          label={t('plan.end')}
          value={timing.ends}
          onChange={(ends) => onChange({ ends })}
          placeholder={timing.starts ?? now(timing.timezone)}
          error={error('ends', 'ends_before')}
          required
        />
      </div>
      <p className={styles['quiet']}>{t('plan.zone', { zone: zoneText(timing.timezone, i18n.language) })}</p>
    </>
  );
}
