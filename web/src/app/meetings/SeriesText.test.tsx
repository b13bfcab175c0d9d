// SPDX-License-Identifier: EUPL-1.2
import i18next from 'i18next';
import { act } from 'react';
import { createRoot } from 'react-dom/client';
import { expect, it } from 'vitest';
import { SeriesText } from './SeriesText';

const at = (datetime: string) => ({ datetime, timezone: 'Europe/Berlin' });

async function said(language: string, day: string, rule: string): Promise<string | null> {
  Object.assign(globalThis, { IS_REACT_ACT_ENVIRONMENT: true });
  await i18next.changeLanguage(language);
  const event = { is_all_day: false, starts_at: at(`${day}T09:00:00Z`), ends_at: at(`${day}T10:00:00Z`), recurrence_pattern: [`RRULE:${rule}`] };
  document.body.innerHTML = '<div></div>';
  const root = createRoot(document.body.firstElementChild as HTMLElement);
  act(() => root.render(<SeriesText event={event} />));
  const text = document.body.textContent;
  act(() => root.unmount());
  return text;
}

// Dates are written as where the browser is at home: here in the United States.
it.each([
  ['2030-01-09', 'FREQ=DAILY;INTERVAL=2', 'Alle 2 Tage', 'Every 2 days'],
  ['2030-01-09', 'FREQ=WEEKLY;BYDAY=MO,WE', 'Wöchentlich am Montag und Mittwoch', 'Weekly on Monday and Wednesday'],
  ['2030-01-09', 'FREQ=MONTHLY;BYMONTHDAY=9', 'Monatlich am 9.', 'Monthly on day 9'],
  ['2030-01-09', 'FREQ=MONTHLY;BYMONTHDAY=9;INTERVAL=3', 'Alle 3 Monate am 9.', 'Every 3 months on day 9'],
  ['2030-01-09', 'FREQ=MONTHLY;BYDAY=2WE', 'Jeden zweiten Mittwoch im Monat', 'Every second Wednesday of the month'],
  ['2030-01-30', 'FREQ=MONTHLY;BYDAY=-1WE;INTERVAL=2', 'Alle 2 Monate am letzten Mittwoch', 'Every 2 months on the last Wednesday'],
  ['2030-01-09', 'FREQ=YEARLY;COUNT=3', 'Jährlich am 9. Januar, 3-mal', 'Yearly on January 9, 3 times'],
])('a series says on which days it is: %s, %s', async (day, rule, german, english) => {
  expect(await said('de', day, rule)).toBe(german);
  expect(await said('en', day, rule)).toBe(english);
});
