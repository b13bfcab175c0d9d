// SPDX-License-Identifier: EUPL-1.2

const KEY = 'konvent.device_secret';

/**
 * The secret by which the server knows this browser again: a reconnecting guest gets the same
 * place in the meeting. 32 random bytes, base64url, kept in this browser only. A browser that
 * forbids storage gets a secret for the life of the page.
 */
export function deviceSecret(storage: Pick<Storage, 'getItem' | 'setItem'> = localStorage): string {
  try {
    const known = storage.getItem(KEY);
    if (known !== null && known.length >= 16) return known;
  } catch {
    return (forThisPage ??= newSecret());
  }
  const secret = (forThisPage ??= newSecret());
  try {
    storage.setItem(KEY, secret);
  } catch {
    // Storage is full or forbidden: the secret then lives as long as the page.
  }
  return secret;
}

let forThisPage: string | undefined;

function newSecret(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(32));
  return btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '');
}
