// SPDX-License-Identifier: EUPL-1.2

/** A break lies over the stage: who has the focus where. */
import { act } from 'react';
import { createRoot, type Root } from 'react-dom/client';
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Call } from '../call/call';
import { aCall, Around, having, inMeeting, person, speakEnglish } from '../features/test_meeting';
import { timer } from '../features/timer/module';
import { Stage } from './Stage';

let root: Root;
let call: Call;

beforeAll(speakEnglish);

beforeEach(() => {
  Object.assign(globalThis, { IS_REACT_ACT_ENVIRONMENT: true });
  vi.stubGlobal('ResizeObserver', class { observe(): void {} disconnect(): void {} });
  document.body.innerHTML = '<div></div>';
  root = createRoot(document.body.firstElementChild as HTMLElement);
  call = aCall();
  call.store.update(() => inMeeting({ people: new Map(Array.from({ length: 12 }, (_, index) => person(`P${index}`))) }));
  act(() =>
    root.render(
      <Around call={call}>
        <button id="tool" />
        <main data-region tabIndex={-1}>
          <Stage layout="grid" pageSize={9} />
        </main>
      </Around>,
    ),
  );
});

afterEach(() => {
  act(() => root.unmount());
  vi.unstubAllGlobals();
});

const button = (name: string): HTMLElement => {
  const found = [...document.querySelectorAll('button')].find((one) => (one.getAttribute('aria-label') ?? one.textContent) === name);
  if (found === undefined) throw new Error(`no button ${name}`);
  return found;
};
const begin = () =>
  act(() =>
    call.store.update((state) => having(state, timer, { running: { startedAt: '2026-01-01T10:00:00Z', heardAt: '2026-01-01T10:00:00Z', isBreak: true, asksWhoIsReady: false } })),
  );
const end = () =>
  act(() =>
    call.store.update((state) => {
      const { running: _, ...over } = timer.initial;
      return { ...state, slices: { ...state.slices, timer: over } };
    }),
  );
const curtain = () => document.querySelector('section');

describe('a break over the stage', () => {
  it('takes what lies under it out of reach, and leads who was there to it and back', () => {
    const page = button('Next page');
    page.focus();
    begin();
    expect(page.closest('[inert]')).not.toBeNull();
    expect(document.activeElement).toBe(curtain());
    expect(curtain()?.closest('[inert]')).toBeNull();
    end();
    expect(page.closest('[inert]')).toBeNull();
    expect(document.activeElement).toBe(page);
  });

  it('leads to the stage who opens it and was not there before, and takes the focus from nobody elsewhere', () => {
    document.getElementById('tool')?.focus();
    begin();
    expect(document.activeElement?.id).toBe('tool');
    const open = button('Show the meeting');
    open.focus();
    act(() => open.click());
    expect(curtain()).toBeNull();
    expect(document.activeElement).toBe(document.querySelector('main'));
  });

  it('can be ended there by who moderates, and by nobody else', () => {
    const sent = vi.spyOn(call, 'send').mockReturnValue(true);
    begin();
    act(() => button('End the break').click());
    expect(sent).toHaveBeenCalledWith({ namespace: 'timer', payload: { action: 'stop' } });
    act(() => call.store.update((state) => (state.me === undefined ? state : { ...state, me: { ...state.me, role: 'user' } })));
    expect(() => button('End the break')).toThrow('no button');
  });
});
