// SPDX-License-Identifier: EUPL-1.2

/** The texts of passwords, logins, second factors and passkeys, loaded with their page. */
import { useTranslation } from 'react-i18next';
import de from '../../locales/de/security.json';
import en from '../../locales/en/security.json';
import { i18next } from '../i18n';

i18next.addResourceBundle('de', 'security', de);
i18next.addResourceBundle('en', 'security', en);

export const useTexts = () => useTranslation(['security', 'app'], { nsMode: 'fallback' });
