// SPDX-License-Identifier: EUPL-1.2

/** The texts of planning, loaded with its pages, so that a guest's page does not carry them. */
import { useTranslation } from 'react-i18next';
import de from '../../locales/de/meetings.json';
import en from '../../locales/en/meetings.json';
import { i18next } from '../i18n';

i18next.addResourceBundle('de', 'meetings', de);
i18next.addResourceBundle('en', 'meetings', en);

/** What is not found there comes from the texts of every page. */
export const useTexts = () => useTranslation(['meetings', 'app'], { nsMode: 'fallback' });
