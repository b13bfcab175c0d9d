// SPDX-License-Identifier: EUPL-1.2

/** Texts: one file per area and language; those of pages that guests never see come with their pages. The language comes from this device, then the browser. */
import i18next from 'i18next';
import { initReactI18next } from 'react-i18next';

export const languages = ['de', 'en'] as const;
export type Language = (typeof languages)[number];

const KEY = 'konvent.language';
const files = import.meta.glob<object>(['../locales/*/*.json', '!../locales/*/{meetings,settings,administration}.json'], { eager: true, import: 'default' });

const resources: Record<string, Record<string, object>> = {};
for (const [path, texts] of Object.entries(files)) {
  const [language = '', file = ''] = path.split('/').slice(-2);
  (resources[language] ??= {})[file.replace('.json', '')] = texts;
}

function firstLanguage(): Language {
  const wanted = [localStorage.getItem(KEY), ...navigator.languages].map((tag) => tag?.slice(0, 2));
  return languages.find((language) => language === wanted.find((tag) => tag === 'de' || tag === 'en')) ?? 'en';
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
  localStorage.setItem(KEY, language);
  void i18next.changeLanguage(language);
}

export { i18next };
