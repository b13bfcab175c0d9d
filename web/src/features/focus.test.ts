// SPDX-License-Identifier: EUPL-1.2
import { expect, it } from 'vitest';
import { isShown } from './focus';

const button = (answers: Partial<HTMLElement>): HTMLElement => Object.assign(document.createElement('button'), answers);
const boxes = (count: number) => () => Array.from({ length: count }) as unknown as DOMRectList;

it('a button is shown as the browser says, and by what it takes up where a browser cannot say', () => {
  expect(isShown(button({ checkVisibility: () => true, getClientRects: boxes(0) }))).toBe(true);
  expect(isShown(button({ checkVisibility: () => false, getClientRects: boxes(1) }))).toBe(false);
  const unknown = { checkVisibility: undefined as never };
  expect(isShown(button({ ...unknown, getClientRects: boxes(1) }))).toBe(true);
  expect(isShown(button({ ...unknown, getClientRects: boxes(0) }))).toBe(false);
});
