// SPDX-License-Identifier: EUPL-1.2

/** The texts of administration, loaded with its pages. */
import { useTranslation } from 'react-i18next';
import de from '../../locales/de/administration.json';
import en from '../../locales/en/administration.json';
import { i18next } from '../i18n';

i18next.addResourceBundle('de', 'administration', de);
i18next.addResourceBundle('en', 'administration', en);

/** What is not found there comes from the texts of every page. */
export const useTexts = () => useTranslation(['administration', 'app'], { nsMode: 'fallback' });
