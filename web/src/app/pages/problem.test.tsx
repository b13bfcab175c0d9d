// SPDX-License-Identifier: EUPL-1.2

/** What a page says that cannot be shown. */
import { createMemoryHistory, createRootRoute, createRouter, RouterProvider } from '@tanstack/react-router';
import i18next from 'i18next';
import { act } from 'react';
import { createRoot, type Root } from 'react-dom/client';
import { initReactI18next } from 'react-i18next';
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import texts from '../../locales/en/app.json';
import { Broken } from './Problem';

let root: Root;

beforeAll(() => i18next.use(initReactI18next).init({ lng: 'en', defaultNS: 'app', resources: { en: { app: texts } } }));

beforeEach(() => {
  Object.assign(globalThis, { IS_REACT_ACT_ENVIRONMENT: true });
  // jsdom has none, and React and the router tell the console of every caught error.
  vi.stubGlobal('scrollTo', () => undefined);
  vi.spyOn(console, 'error').mockImplementation(() => undefined);
  vi.spyOn(console, 'warn').mockImplementation(() => undefined);
  document.body.innerHTML = '<div></div>';
  root = createRoot(document.body.firstElementChild as HTMLElement);
});

afterEach(() => {
  act(() => root.unmount());
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

async function pageThatThrows(error: Error): Promise<string | null | undefined> {
  const component = (): never => {
    throw error;
  };
  const router = createRouter({ routeTree: createRootRoute({ component, errorComponent: Broken }), history: createMemoryHistory() });
  await act(async () => root.render(<RouterProvider router={router as never} />));
  return document.querySelector('h1')?.textContent;
}

describe('a page', () => {
  it('says that the server does not answer when a part of it could not be fetched', async () => {
    const error = new TypeError('Failed to fetch');
    dispatchEvent(Object.assign(new Event('vite:preloadError'), { payload: error }));
    expect(await pageThatThrows(error)).toBe('The server is not responding');
  });

  it('says that it is broken when it is', async () => {
    expect(await pageThatThrows(new TypeError('undefined is not a function'))).toBe('Something went wrong');
  });
});
