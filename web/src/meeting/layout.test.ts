// SPDX-License-Identifier: EUPL-1.2

import { describe, expect, it } from 'vitest';
import { besides, GAP, grid, paged } from './layout';

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


describe('beside a large picture', () => {
  it('the small ones fit without scrolling, and are smaller', () => {
    for (const [width, height] of [[1200, 640], [374, 720], [304, 480], [2400, 1200]] as const) {
      for (let count = 1; count <= 40; count++) {
        const { upright, mainHeight, tileWidth, tileHeight, fits } = besides(width, height, count);
        const shown = Math.min(count, fits);
        const columns = upright ? Math.floor((width + GAP) / (tileWidth + GAP)) : 1;
        const rows = Math.ceil(shown / columns);
        expect(shown).toBeGreaterThan(0);
        expect(rows * (tileHeight + GAP) - GAP).toBeLessThanOrEqual(upright ? height - mainHeight - GAP : height);
        expect(tileWidth).toBeLessThanOrEqual(upright ? width / 2 : width / 4);
      }
    }
  });
});
