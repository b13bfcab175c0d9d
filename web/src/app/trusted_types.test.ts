// SPDX-License-Identifier: EUPL-1.2

import { describe, expect, it } from 'vitest';
import { ownScript } from './trusted_types';

const PAGE = 'https://meet.example.org/room/1';

describe('a worker', () => {
  it('may be a file of the build', () => {
    expect(ownScript('/assets/blur-1a2b3c4d.js', PAGE)).toBe('/assets/blur-1a2b3c4d.js');
    expect(ownScript('https://meet.example.org/assets/blur.js', PAGE)).toBe('https://meet.example.org/assets/blur.js');
  });

  it('is nothing of elsewhere, nothing that the page has put together, and no file that somebody has uploaded', () => {
    for (const address of [
      'https://example.com/assets/blur.js',
      '//example.com/assets/blur.js',
      'http://meet.example.org/assets/blur.js',
      'data:text/javascript,1',
      'blob:https://meet.example.org/0f3c',
      '/v1/files/1',
      '/assets/../v1/files/1',
      'https://',
    ])
      expect(ownScript(address, PAGE)).toBeUndefined();
  });
});
