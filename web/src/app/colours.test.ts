// SPDX-License-Identifier: EUPL-1.2
import { describe, expect, it } from 'vitest';
import { accent, accents, contrast } from './colours';

describe('the accent of an organisation', () => {
  it('is measured as WCAG does', () => {
    expect(contrast('#000000', '#ffffff')).toBeCloseTo(21);
    expect(contrast('#767676', '#ffffff')).toBeCloseTo(4.54, 2);
  });

  it('is taken as it is when it can be read', () => {
    expect(accent('#0B5394', 'light')).toBe('#0b5394');
    expect(accent('#9fc5e8', 'dark')).toBe('#9fc5e8');
  });

  it('can be read, and on it, whatever colour is given', () => {
    const steps = ['00', '33', '66', '99', 'cc', 'ff'];
    for (const red of steps)
      for (const green of steps)
        for (const blue of steps) {
          const given = `#${red}${green}${blue}`;
          const [light = '', dark = ''] = [accent(given, 'light'), accent(given, 'dark')];
          for (const ground of ['#ffffff', '#f3f4f7']) expect(contrast(light, ground), given).toBeGreaterThanOrEqual(4.5);
          for (const ground of ['#131525', '#1d2034', '#000000']) expect(contrast(dark, ground), given).toBeGreaterThanOrEqual(4.5);
        }
  });

  it('keeps its hue when it is darkened', () => {
    const [red = 0, green = 0, blue = 0] = (accent('#ffdd00', 'light') ?? '').match(/[0-9a-f]{2}/g)?.map((part) => parseInt(part, 16)) ?? [];
    expect(blue).toBe(0);
    expect(green / red).toBeCloseTo(0xdd / 0xff, 1);
  });

  it('is made from the other theme when only one is given, and is none without a colour', () => {
    expect(accents({ light: '#0b5394', dark: null })).toEqual({ light: '#0b5394', dark: accent('#0b5394', 'dark') });
    expect(accents({ light: null, dark: null })).toBeUndefined();
    expect(accents({ light: 'red; } body { display: none' })).toBeUndefined();
  });
});
