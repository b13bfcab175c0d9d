// SPDX-License-Identifier: EUPL-1.2

/** How tiles lie on the stage. Pure: sizes in CSS pixels. */

export type Layout = 'grid' | 'speaker';
export const PAGE_SIZES = [9, 16, 25] as const;
export type PageSize = (typeof PAGE_SIZES)[number];

export interface Grid {
  columns: number;
  rows: number;
  tileWidth: number;
  tileHeight: number;
}

export const GAP = 8;

/** Shapes a tile may take, the best first: a camera picture loses little in any of them. */
const SHAPES = [16 / 9, 4 / 3, 1, 3 / 4];

/**
 * The arrangement with the largest tiles. On a wide stage a squarer shape must win clearly, so that
 * the tiles do not jump while a window is pulled; on a phone held upright any shape is as good.
 */
export function grid(width: number, height: number, count: number): Grid {
  let best: Grid = { columns: 1, rows: Math.max(count, 1), tileWidth: 0, tileHeight: 0 };
  let bestScore = 0;
  SHAPES.forEach((shape, order) => {
    for (let columns = 1; columns <= Math.max(count, 1); columns++) {
      const rows = Math.ceil(count / columns) || 1;
      const room = (width - GAP * (columns - 1)) / columns;
      const tall = (height - GAP * (rows - 1)) / rows;
      const tileWidth = Math.floor(Math.min(room, tall * shape));
      const tileHeight = Math.floor(tileWidth / shape);
      const score = tileWidth * tileHeight * (height > width ? 1 : 1 - order * 0.12);
      if (score > bestScore) {
        bestScore = score;
        best = { columns, rows, tileWidth, tileHeight };
      }
    }
  });
  return best;
}

export interface Besides {
  /** The stage is higher than wide: the small pictures lie below the large one, not beside it. */
  upright: boolean;
  mainHeight: number;
  tileWidth: number;
  tileHeight: number;
  /** How many small pictures have room. */
  fits: number;
}

const SMALL_SHAPE = 16 / 10;

/** Room for `count` small pictures next to a large one. */
export function besides(width: number, height: number, count: number): Besides {
  if (height <= width) {
    const tileWidth = Math.floor(Math.min(Math.max(width * 0.17, 140), 220));
    const tileHeight = Math.floor(tileWidth / SMALL_SHAPE);
    const fits = Math.max(1, Math.floor((height + GAP) / (tileHeight + GAP)));
    return { upright: false, mainHeight: height, tileWidth, tileHeight, fits };
  }
  const mainHeight = Math.floor(Math.min(width / (4 / 3), height * 0.6));
  // Never one alone in a row: it would be as large as the main picture.
  const columns = count > 4 ? 3 : 2;
  const rows = Math.min(Math.ceil(count / columns) || 1, 3);
  const tileWidth = Math.floor((width - GAP * (columns - 1)) / columns);
  const tall = (height - mainHeight - GAP * rows) / rows;
  return { upright: true, mainHeight, tileWidth, tileHeight: Math.floor(Math.min(tall, tileWidth * (4 / 3))), fits: columns * rows };
}

export interface Page<T> {
  entries: T[];
  page: number;
  pages: number;
}

/** The wanted page, or the last one there is. */
export function paged<T>(all: readonly T[], size: number, wanted: number): Page<T> {
  const pages = Math.max(1, Math.ceil(all.length / size));
  const page = Math.min(Math.max(wanted, 0), pages - 1);
  return { entries: all.slice(page * size, (page + 1) * size), page, pages };
}
