// SPDX-License-Identifier: EUPL-1.2
import { ApiError } from '../../api/client';
import { TextField } from '../../ui';
import { useProfile } from '../profile';
import { useTexts } from './texts';

export interface CurrentPasswordProps {
  label: string;
  hint?: string;
  value: string;
  onChange: (password: string) => void;
  /** What was refused, perhaps for another reason. */
  error: unknown;
  autoFocus?: boolean;
}

export function CurrentPassword({ error, ...field }: CurrentPasswordProps) {
  const { t } = useTexts();
  const profile = useProfile();
  const wrong = error instanceof ApiError && error.fields['current_password'] !== undefined;
  return (
    <>
      {/* A password manager learns from it whose password this is. */}
      <input type="text" name="username" autoComplete="username" value={profile.data?.email ?? ''} readOnly hidden />
      <TextField
        {...field}
        name="current_password"
        type="password"
        autoComplete="current-password"
        error={wrong ? t('security.error.wrong_password') : undefined}
        required
      />
    </>
  );
}
