// SPDX-License-Identifier: EUPL-1.2

/** Quotas as people write them: gigabytes and hours, with the comma or point of their language. */
export const GIGABYTE = 1_000_000_000;
export const HOUR = 3600;

/** An amount in a unit, or nothing for no limit. */
export function amountText(amount: number | null | undefined, unit: number, language: string): string {
  if (amount === null || amount === undefined) return '';
  return new Intl.NumberFormat(language, { maximumFractionDigits: 3, useGrouping: false }).format(amount / unit);
}

/** `null`: no limit. `undefined`: not a number. What was not changed keeps its exact amount. */
export function amountOf(text: string, unit: number, language: string, before?: number | null): number | null | undefined {
  const written = text.trim();
  if (before !== null && before !== undefined && written === amountText(before, unit, language)) return before;
  if (written === '') return null;
  if (!/^\d+([.,]\d+)?$/.test(written)) return undefined;
  return Math.round(Number(written.replace(',', '.')) * unit);
}
