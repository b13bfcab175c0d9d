// SPDX-License-Identifier: EUPL-1.2

import type { DeviceProblem } from './state';

/** What a failed `getUserMedia` means for the person (names as in the Media Capture specification). */
export function deviceProblem(error: unknown, secure = isSecureContext): DeviceProblem {
  if (!secure) return 'insecure';
  switch (errorName(error)) {
    case 'NotAllowedError':
    case 'SecurityError':
      return 'denied';
    case 'NotFoundError':
    case 'OverconstrainedError':
      return 'missing';
    case 'NotReadableError':
    case 'AbortError':
      return 'in_use';
    default:
      return 'failed';
  }
}

/** By its name: not every browser's `OverconstrainedError` is an `Error`. */
export function errorName(error: unknown): string {
  const name = error !== null && typeof error === 'object' && 'name' in error ? error.name : '';
  return typeof name === 'string' ? name : '';
}
