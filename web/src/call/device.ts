// SPDX-License-Identifier: EUPL-1.2

import { type Kept, lasting } from '../storage';

const KEY = 'konvent.device_secret';

/**
 * The secret by which the server knows this browser again: a reconnecting guest gets the same
 * place in the meeting. 32 random bytes, base64url, kept in this browser only. A browser that
 * forbids storage gets a secret for the life of the page.
 */
export function deviceSecret(storage: Kept = lasting): string {
  const known = storage.getItem(KEY);
  if (known !== null && known.length >= 16) return known;
  const secret = newSecret();
  storage.setItem(KEY, secret);
  return secret;
}

function newSecret(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(32));
  return btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '');
}
