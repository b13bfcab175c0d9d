// SPDX-License-Identifier: EUPL-1.2

/** Texts: one file per area and language; those of pages that guests never see come with their pages. The language is the one chosen on this device, then the account's, then the browser's. */
import i18next from 'i18next';
import { initReactI18next } from 'react-i18next';
import { lasting } from '../storage';

export const languages = ['de', 'en'] as const;
export type Language = (typeof languages)[number];

/** Each in itself, so that who reads only one finds it. */
export const languageNames: readonly { value: Language; label: string }[] = [
  { value: 'de', label: 'Deutsch' },
  { value: 'en', label: 'English' },
];

const CHOSEN = 'konvent.language';
/** Kept too, so that the next page begins in it. */
const ACCOUNT = 'konvent.account_language';
const files = import.meta.glob<object>(['../locales/*/*.json', '!../locales/*/{meetings,settings,administration,security}.json'], { eager: true, import: 'default' });

const resources: Record<string, Record<string, object>> = {};
for (const [path, texts] of Object.entries(files)) {
  const [language = '', file = ''] = path.split('/').slice(-2);
  (resources[language] ??= {})[file.replace('.json', '')] = texts;
}

function known(tag: string | null): Language | undefined {
  return languages.find((language) => language === tag?.slice(0, 2));
}

function firstLanguage(): Language {
  const wanted = [lasting.getItem(CHOSEN), lasting.getItem(ACCOUNT), ...navigator.languages];
  return wanted.map(known).find((language) => language !== undefined) ?? 'en';
}

void i18next.use(initReactI18next).init({
  resources: resources as never,
  lng: firstLanguage(),
  fallbackLng: 'en',
  defaultNS: 'app',
  interpolation: { escapeValue: false },
  showSupportNotice: false,
} as Parameters<typeof i18next.init>[0]);

const mark = (language: string) => document.documentElement.setAttribute('lang', language);
mark(i18next.language);
i18next.on('languageChanged', mark);

export function chooseLanguage(language: Language): void {
  lasting.setItem(CHOSEN, language);
  void i18next.changeLanguage(language);
}

/** The language of who is logged in, or of nobody; what was chosen on this device stays. */
export function followAccount(tag: string | undefined): void {
  const language = known(tag ?? null);
  if (language === undefined) lasting.removeItem(ACCOUNT);
  else lasting.setItem(ACCOUNT, language);
  const next = firstLanguage();
  if (next !== i18next.language) void i18next.changeLanguage(next);
}

export { i18next };
