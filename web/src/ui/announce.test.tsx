// SPDX-License-Identifier: EUPL-1.2

/** What a screen reader hears of the page's own words. */
import { virtual } from '@guidepup/virtual-screen-reader';
import { act } from 'react';
import { createRoot, type Root } from 'react-dom/client';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { announce, LiveRegions } from './announce';

const style = getComputedStyle;
let root: Root;

beforeEach(async () => {
  // jsdom has no CSS, and no style of what comes before or after an element.
  vi.stubGlobal('getComputedStyle', (element: Element) => style(element));
  vi.stubGlobal('CSS', { escape: (text: string) => text });
  Object.assign(globalThis, { IS_REACT_ACT_ENVIRONMENT: true });
  document.body.innerHTML = '<div></div>';
  root = createRoot(document.body.firstElementChild as HTMLElement);
  act(() => root.render(<LiveRegions />));
  await virtual.start({ container: document.body });
});

afterEach(async () => {
  await virtual.stop();
  act(() => root.unmount());
  vi.unstubAllGlobals();
});

const says = async (...texts: string[]): Promise<void> => {
  await act(async () => {
    for (const text of texts) announce(text, 'assertive');
  });
};
const heard = async (): Promise<string[]> => (await virtual.spokenPhraseLog()).filter((phrase) => phrase.startsWith('assertive: '));

describe('a screen reader', () => {
  it('hears each of two messages of one moment, and the first not again with the second', async () => {
    await says('Bo has muted you.', 'The meeting ends in 1 minute.');
    await says('You are connected again.');
    expect(await heard()).toEqual(['assertive: Bo has muted you.', 'assertive: The meeting ends in 1 minute.', 'assertive: You are connected again.']);
  });

  it('hears the same words twice when they are said twice, and once when one deed brings them many times', async () => {
    const now = vi.spyOn(performance, 'now').mockReturnValue(0);
    await says('Your message was not sent.');
    for (let count = 1; count <= 20; count += 1) {
      now.mockReturnValue(count * 500);
      await says('This person is no longer waiting.', 'This person is no longer waiting.');
    }
    now.mockReturnValue(20_000);
    await says('This person is no longer waiting.');
    await says('Your message was not sent.');
    now.mockRestore();
    const once = ['assertive: Your message was not sent.', 'assertive: This person is no longer waiting.'];
    expect(await heard()).toEqual([...once, ...once.toReversed()]);
  });

  it('finds no old words behind the page when there are new ones', async () => {
    const now = vi.spyOn(performance, 'now').mockReturnValue(0);
    await says('one', 'two');
    now.mockReturnValue(5_000);
    await says('three');
    now.mockRestore();
    expect(document.querySelector('[data-live="assertive"]')?.textContent).toBe('three');
    expect(await heard()).toEqual(['assertive: one', 'assertive: two', 'assertive: three']);
  });
});
