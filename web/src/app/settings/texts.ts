// SPDX-License-Identifier: EUPL-1.2

/** The texts of one's settings, loaded with their page. */
import { useTranslation } from 'react-i18next';
import de from '../../locales/de/settings.json';
import en from '../../locales/en/settings.json';
import { i18next } from '../i18n';

i18next.addResourceBundle('de', 'settings', de);
i18next.addResourceBundle('en', 'settings', en);

export const useTexts = () => useTranslation(['settings', 'app'], { nsMode: 'fallback' });
