// SPDX-License-Identifier: EUPL-1.2

/** The chosen language as it is written where this browser is at home. */
export function region(language: string): string {
  return navigator.languages.find((tag) => tag.startsWith(language)) ?? (language === 'de' ? 'de-DE' : 'en-GB');
}
