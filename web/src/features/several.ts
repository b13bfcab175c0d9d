// SPDX-License-Identifier: EUPL-1.2

import type { Texts } from './feature';

/** A sentence about one, two or many people: `key` is a text with `_one`, `_both` and `_other`, for "and 1 others" is nothing that anybody says. */
export function several(t: Texts, key: string, names: readonly string[]): string {
  const [name = '', second = ''] = names;
  return t(names.length === 2 ? `${key}_both` : key, { count: names.length, name, second, rest: names.length - 1 });
}
