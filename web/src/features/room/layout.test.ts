// SPDX-License-Identifier: EUPL-1.2

import { describe, expect, it } from 'vitest';
import { GAP, grid, initials, paged } from './layout';

describe('the grid', () => {
  it('never leaves the stage, whatever its size', () => {
    for (const [width, height] of [[1200, 640], [374, 620], [304, 400], [2400, 1200]] as const) {
      for (let count = 1; count <= 25; count++) {
        const { columns, rows, tileWidth, tileHeight } = grid(width, height, count);
        expect(columns * rows).toBeGreaterThanOrEqual(count);
        expect(columns * tileWidth + (columns - 1) * GAP).toBeLessThanOrEqual(width);
        expect(rows * tileHeight + (rows - 1) * GAP).toBeLessThanOrEqual(height);
      }
    }
  });

  it('puts two side by side on a laptop, and on a phone two of five in a row', () => {
    expect(grid(1200, 640, 2).columns).toBe(2);
    expect(grid(374, 720, 2).columns).toBe(1);
    expect(grid(374, 720, 5).columns).toBe(2);
  });
});

describe('pages', () => {
  it('show the last page when the wanted one is gone', () => {
    expect(paged([1, 2, 3, 4, 5], 2, 7)).toEqual({ entries: [5], page: 2, pages: 3 });
    expect(paged([], 9, 0)).toEqual({ entries: [], page: 0, pages: 1 });
  });
});

describe('initials', () => {
  it('are the first letters of first and last word', () => {
    expect(initials('Anna Maria Öztürk')).toBe('AÖ');
    expect(initials('bo')).toBe('B');
    expect(initials('')).toBe('');
  });
});
