// SPDX-License-Identifier: EUPL-1.2

/** The texts of the features: a file per feature and language, loaded in one piece with the meeting and in its language alone. */
import i18next from 'i18next';

type Texts = Readonly<Record<string, object>>;

const files: Readonly<Record<string, () => Promise<{ default: Texts }>>> = { de: () => import('./de'), en: () => import('./en') };

/** Adds them to those that the page has. In English where there is no other. */
export async function loadTexts(language = i18next.language): Promise<void> {
  const { default: texts } = await (files[language.slice(0, 2)] ?? files['en'])?.() ?? { default: {} };
  i18next.addResourceBundle(language, 'call', texts, true, true);
}
