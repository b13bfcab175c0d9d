// SPDX-License-Identifier: EUPL-1.2

/** The texts of passwords, logins, second factors and passkeys, loaded with their page. */
import { useTranslation } from 'react-i18next';
import { ApiError } from '../../api/client';
import de from '../../locales/de/security.json';
import en from '../../locales/en/security.json';
import { i18next } from '../i18n';
import { refusalText } from '../Refusal';

i18next.addResourceBundle('de', 'security', de);
i18next.addResourceBundle('en', 'security', en);

export const useTexts = () => useTranslation(['security', 'app'], { nsMode: 'fallback' });

/** What was refused, where it is nothing of its own. */
export function useRefusal(): (error: unknown) => string | undefined {
  const { t } = useTexts();
  return (error) => {
    if (!error) return undefined;
    if (error instanceof ApiError && Object.keys(error.fields).length > 0) return t('setup.check');
    if (error instanceof ApiError && error.status === 429) return t('security.slow');
    return refusalText(error, t('security.failed'), t);
  };
}
