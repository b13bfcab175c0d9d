// SPDX-License-Identifier: EUPL-1.2

/**
 * What the server refuses, told in a sentence: the one place that turns its codes into words. A page says what it wanted to do
 * (`failed`), which is the whole story only where trying again may help.
 */
import type { TFunction } from 'i18next';
import { useTranslation } from 'react-i18next';
import { ApiError } from '../api/client';
import { Alert } from '../ui';
import { i18next } from './i18n';

/** Whether the same may be taken a moment later: there was no answer, or none for now. */
const passes = ({ status }: ApiError): boolean => status === 0 || status === 408 || status === 429 || status >= 500;

export function refusalText(error: unknown, failed: string, t: TFunction): string {
  // Whose login had ended has logged in again when they read this: now it may be done.
  if (!(error instanceof ApiError) || error.status === 401) return failed;
  const key = `app:refusal.${error.code}`;
  if (i18next.exists(key)) return t(key);
  return passes(error) ? failed : t('app:refusal.other', { code: error.code });
}

/** Nothing while nothing has failed. */
export function Refusal({ error, failed }: { error: unknown; failed: string }) {
  const { t } = useTranslation();
  return error ? <Alert kind="danger" title={refusalText(error, failed, t)} live /> : null;
}
