// SPDX-License-Identifier: EUPL-1.2
import { region } from '../region';
import { useTexts } from './texts';

/** Date and time as they are written where this browser is at home. */
export function useWhen(): (time: string) => string {
  const { i18n } = useTexts();
  const format = new Intl.DateTimeFormat(region(i18n.language), { dateStyle: 'medium', timeStyle: 'short' });
  return (time) => format.format(new Date(time));
}
