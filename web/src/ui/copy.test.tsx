// SPDX-License-Identifier: EUPL-1.2
import { act } from 'react';
import { createRoot } from 'react-dom/client';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { LiveRegions } from './announce';
import { CopyButton } from './CopyButton';

beforeEach(() => Object.assign(globalThis, { IS_REACT_ACT_ENVIRONMENT: true }));
afterEach(() => Reflect.deleteProperty(navigator, 'clipboard'));

async function pressed(writeText: (text: string) => Promise<void>): Promise<HTMLElement> {
  Object.defineProperty(navigator, 'clipboard', { value: { writeText }, configurable: true });
  const page = document.createElement('div');
  document.body.replaceChildren(page);
  const button = <CopyButton text="https://example.org/room" label="Copy" copied="It is copied." refused="Please copy it yourself." />;
  act(() => createRoot(page).render([<LiveRegions key="said" />, <div key="page">{button}</div>]));
  await act(async () => page.querySelector('button')?.click());
  return page;
}

it('a text that the browser takes is copied, and the page says so', async () => {
  const taken: string[] = [];
  const page = await pressed(async (text) => void taken.push(text));
  expect(taken).toEqual(['https://example.org/room']);
  expect(page.querySelector('[data-live="polite"]')?.textContent).toBe('It is copied.');
  expect(page.querySelector('textarea')).toBeNull();
});

it('a text that the browser does not take stands there, selected, and the page says what to do', async () => {
  const page = await pressed(() => Promise.reject(new DOMException('', 'NotAllowedError')));
  const field = page.querySelector('textarea');
  expect(document.activeElement).toBe(field);
  expect(field?.value.slice(field.selectionStart, field.selectionEnd)).toBe('https://example.org/room');
  expect(page.querySelector('[data-live="assertive"]')?.textContent).toBe('Please copy it yourself.');
});
