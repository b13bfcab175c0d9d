// SPDX-License-Identifier: EUPL-1.2
import { region } from '../region';

/** How long something lasts, as it is said: 1 hour 30 minutes. */
export function lengthText(seconds: number, language: string): string {
  const locale = region(language);
  const amounts = [
    ['hour', Math.floor(seconds / 3600)],
    ['minute', Math.floor(seconds / 60) % 60],
    ['second', seconds % 60],
  ] as const;
  const parts = amounts
    .filter(([, amount]) => amount > 0)
    .map(([unit, amount]) => new Intl.NumberFormat(locale, { style: 'unit', unit, unitDisplay: 'long' }).format(amount));
  return new Intl.ListFormat(locale, { type: 'unit', style: 'narrow' }).format(parts);
}
