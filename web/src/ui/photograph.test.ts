// SPDX-License-Identifier: EUPL-1.2
import { expect, it } from 'vitest';
import { photograph } from './photograph';

it('is the picture that somebody has set, and no initials that the server draws', () => {
  expect(photograph('https://konvent.example/v1/avatars/7')).toBe('/v1/avatars/7');
  expect(photograph('https://konvent.example/v1/avatars/initials/AA')).toBeUndefined();
  expect(photograph('')).toBeUndefined();
  expect(photograph(undefined)).toBeUndefined();
});
