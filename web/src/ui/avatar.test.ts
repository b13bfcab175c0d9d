// SPDX-License-Identifier: EUPL-1.2

import { describe, expect, it } from 'vitest';
import { initials } from './Avatar';

describe('initials', () => {
  it('are the first letters of first and last word', () => {
    expect(initials('Anna Maria Öztürk')).toBe('AÖ');
    expect(initials('bo')).toBe('B');
    expect(initials('')).toBe('');
  });
});
