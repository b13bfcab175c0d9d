// SPDX-License-Identifier: EUPL-1.2

/** A date, with or without its time: typed part by part, or chosen from a month by keyboard or pointer. */
import type { CalendarDate, CalendarDateTime, DateValue, ZonedDateTime } from '@internationalized/date';
import {
  Button as AriaButton,
  Calendar,
  CalendarCell,
  CalendarGrid,
  CalendarGridBody,
  CalendarGridHeader,
  CalendarHeaderCell,
  DateInput,
  DatePicker,
  DateSegment,
  Dialog as AriaDialog,
  FieldError,
  Group,
  Heading,
  Label,
  Popover,
} from 'react-aria-components';
import date from './date.module.css';
import styles from './field.module.css';
import { Icon } from './Icon';

export interface DateFieldProps<T extends DateValue> {
  label: string;
  /** `null`: nothing chosen yet. */
  value: T | null;
  onChange: (value: T | null) => void;
  /** What stands in an empty field when its first part is typed. */
  placeholder?: T;
  error?: string | undefined;
  required?: boolean;
}

/** Whether the time can be entered is decided by the value: a calendar date has none. */
export function DateField<T extends CalendarDate | CalendarDateTime | ZonedDateTime>({
  label,
  value,
  onChange,
  placeholder,
  error,
  required,
}: DateFieldProps<T>) {
  const example = value ?? placeholder;
  return (
    <DatePicker
      className={styles['field'] ?? ''}
      value={value as never}
      onChange={(next) => onChange(next as T | null)}
      granularity={example !== undefined && 'hour' in example ? 'minute' : 'day'}
      hideTimeZone
      isRequired={required ?? false}
      isInvalid={error !== undefined}
      validationBehavior="aria"
      {...(placeholder === undefined ? {} : { placeholderValue: placeholder as never })}
    >
      <Label className={styles['label']}>{label}</Label>
      <Group className={date['group'] ?? ''}>
        <DateInput className={date['input'] ?? ''}>
          {(segment) => <DateSegment segment={segment} className={date['segment'] ?? ''} />}
        </DateInput>
        <AriaButton className={date['open'] ?? ''}>
          <Icon name="calendar" size={20} />
        </AriaButton>
      </Group>
      <FieldError className={styles['error'] ?? ''}>
        <Icon name="alert" size={18} />
        <span>{error}</span>
      </FieldError>
      <Popover className={date['popover'] ?? ''}>
        <AriaDialog className={date['dialog'] ?? ''}>
          <Calendar>
            <header className={date['month']}>
              <AriaButton slot="previous" className={date['turn'] ?? ''} data-turn="back">
                <Icon name="chevron" size={20} />
              </AriaButton>
              <Heading className={date['name'] ?? ''} level={2} />
              <AriaButton slot="next" className={date['turn'] ?? ''} data-turn="on">
                <Icon name="chevron" size={20} />
              </AriaButton>
            </header>
            <CalendarGrid className={date['grid'] ?? ''}>
              <CalendarGridHeader>{(day) => <CalendarHeaderCell>{day}</CalendarHeaderCell>}</CalendarGridHeader>
              <CalendarGridBody>{(day) => <CalendarCell date={day} className={date['day'] ?? ''} />}</CalendarGridBody>
            </CalendarGrid>
          </Calendar>
        </AriaDialog>
      </Popover>
    </DatePicker>
  );
}
