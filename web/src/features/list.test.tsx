// SPDX-License-Identifier: EUPL-1.2

/** What holds of every feature, whatever it is about, and what one that is broken leaves of the meeting. */
import { act } from 'react';
import { createRoot, type Root } from 'react-dom/client';
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Call } from '../call/call';
import { sliceOf } from '../call/module';
import { reduce } from '../call/reduce';
import { initialState } from '../call/state';
import type { ServerFrame } from '../call/wire';
import { Meeting } from '../meeting/Meeting';
import { messages } from './chat/module';
import type { Feature } from './feature';
import { lazily } from './lazily';
import { features, modules } from './list';
import { aCall, Around, enabledModules, inMeeting, person, speakEnglish } from './test_meeting';

const folders = new Set(Object.keys(import.meta.glob('./*/*')).flatMap((path) => /^\.\/(\w+)\/index\.tsx?$/.exec(path)?.[1] ?? []));

describe('a feature', () => {
  it('is called like its folder, and every folder of one is in the list', () => {
    folders.delete('texts');
    expect(features.map(({ name }) => name).sort()).toEqual([...folders].sort());
  });

  it('has its namespace and its letters for itself', () => {
    const namespaces = modules.map(({ namespace }) => namespace);
    expect(new Set(namespaces).size).toBe(namespaces.length);
    const letters = features.flatMap(({ shortcuts = [] }) => shortcuts.map(({ letter }) => letter));
    expect(letters.length).toBeGreaterThan(2);
    expect(new Set(letters).size).toBe(letters.length);
  });
});

const fails = (): never => {
  throw new Error('broken');
};

const broken: Feature = {
  name: 'broken',
  module: { namespace: 'reaction', initial: {}, reduce: fails, joined: fails, overhear: fails },
  tools: [{ name: 'one', rank: 0, look: fails }],
  tab: { rank: 0, icon: 'chat', label: 'broken.title', Panel: fails, badge: fails, available: fails },
  Chip: fails,
  Banner: fails,
  BannerInDialog: fails,
  Stage: fails,
  Sheet: fails,
  People: fails,
  Settings: fails,
  moderation: { block: 'room', Part: fails },
  tile: fails,
  personActions: fails,
  title: fails,
  announce: fails,
  announceRarely: fails,
  announceAtOnce: fails,
};

const frame = (namespace: string, message: string, fields: object = {}) =>
  ({ namespace, timestamp: '2026-01-01T10:00:00Z', payload: { message, ...fields } }) as unknown as ServerFrame;

describe('a module that stumbles over every frame', () => {
  it('loses its own, and neither the others nor the core do', () => {
    const all = modules.map((module) => (module.namespace === 'reaction' ? (broken.module ?? module) : module));
    const history = { messages: [] };
    const inside = {
      id: 'me',
      connection_id: 'c',
      display_name: 'Me',
      role: 'user',
      enabled_modules: enabledModules,
      participants: [],
      module_data: { chat: { enabled: true, global_history: history } },
    };
    const frames = [frame('core', 'join_success', inside), frame('reaction', 'reacted'), frame('chat', 'chat_disabled', { issued_by: 'bo' })];
    const state = frames.reduce((before, next) => reduce(all, before, next), initialState);
    expect(state.phase.at).toBe('meeting');
    expect(sliceOf(state, messages).enabled).toBe(false);
  });

  it('is not asked in a meeting that does not have it', () => {
    const { reaction: _, ...enabled } = enabledModules;
    const state = inMeeting({ room: { modules: enabled } });
    expect(reduce(modules, state, frame('reaction', 'reacted', { participant_id: 'bo', reaction: 'clap' }))).toBe(state);
  });
});

describe('a feature whose every part throws', () => {
  let root: Root;
  let call: Call;
  let told: ReturnType<typeof vi.spyOn>;

  beforeAll(speakEnglish);
  beforeEach(() => {
    Object.assign(globalThis, { IS_REACT_ACT_ENVIRONMENT: true });
    vi.stubGlobal('CSS', { escape: (text: string) => text });
    vi.stubGlobal('ResizeObserver', class {
      observe = () => undefined;
      unobserve = () => undefined;
      disconnect = () => undefined;
    });
    HTMLElement.prototype.checkVisibility = () => true;
    // React tells the console of every caught error.
    told = vi.spyOn(console, 'error').mockImplementation(() => undefined);
    document.body.innerHTML = '<div></div>';
    root = createRoot(document.body.firstElementChild as HTMLElement);
    call = aCall();
    call.store.update(() => inMeeting({ people: new Map([person('Bo'), person('Cem')]) }));
    act(() =>
      root.render(
        <Around call={call} with={[...features.filter(({ name }) => name !== 'reaction'), broken]}>
          <Meeting title="Council" />
        </Around>,
      ),
    );
  });
  afterEach(() => {
    act(() => root.unmount());
    told.mockRestore();
    vi.unstubAllGlobals();
  });

  const button = (name: string) => document.querySelector<HTMLElement>(`[role="toolbar"] button[aria-label^="${name}"]`);

  it('leaves the meeting running, and says in each of its places that it is broken', () => {
    expect(document.querySelector('h1')?.textContent).toBe('Council');
    const alerts = [...document.querySelectorAll('[role="alert"]')].map(({ textContent }) => textContent);
    // Chip, banner, stage and sheet.
    expect(alerts).toHaveLength(4);
    expect(new Set(alerts)).toEqual(new Set(['Something went wrong in this part of the meeting. The meeting continues.Try again']));
    expect(document.title).toBe('Muted · Council');
    expect([...document.querySelectorAll('[data-tile]')].map((tile) => tile.getAttribute('aria-label'))).toContain('Bo, microphone off');
  });

  it('has a tool that says so, while the others work', async () => {
    expect(document.querySelectorAll('[role="toolbar"] button[data-locked="true"]').length).toBeGreaterThan(0);
    act(() => button('Chat')?.click());
    expect(document.querySelector('aside h2')?.textContent).toBe('Chat');
    await act(async () => button('People')?.click());
    await act(() => import('./people/Panel'));
    expect(document.querySelector('aside [aria-label="People"]')?.textContent).toContain('Bo');
    await act(async () => button('Moderation')?.click());
    await act(() => import('./moderation/Panel'));
    expect(document.querySelector('aside')?.textContent).toContain('Only moderators can speak');
  });

  it('can be tried again, and what could not be fetched is fetched then', async () => {
    let line = false;
    const Panel = lazily(() => (line ? Promise.resolve(() => <p>here it is</p>) : Promise.reject(new Error('offline'))));
    const later: Feature = { name: 'later', tab: { rank: 0, icon: 'chat', label: 'later', Panel } };
    act(() =>
      root.render(
        <Around call={call} with={[later]}>
          <Meeting title="Council" />
        </Around>,
      ),
    );
    await act(async () => button('later')?.click());
    const again = document.querySelector<HTMLElement>('aside [role="alert"] button');
    line = true;
    await act(async () => again?.click());
    expect(document.querySelector('aside')?.textContent).toContain('here it is');
  });
});
