// SPDX-License-Identifier: EUPL-1.2

/** What is opened, and who is offered what while rooms are open. */
import { act } from 'react';
import { createRoot, type Root } from 'react-dom/client';
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Call } from '../../call/call';
import { aCall, Around, having, inMeeting, person, speakEnglish } from '../test_meeting';
import { breakout } from './module';
import { Panel } from './Panel';

let root: Root;
let call: Call;

beforeAll(speakEnglish);

beforeEach(() => {
  Object.assign(globalThis, { IS_REACT_ACT_ENVIRONMENT: true });
  vi.stubGlobal('CSS', { escape: (text: string) => text });
  document.body.innerHTML = '<aside tabindex="-1"></aside>';
  root = createRoot(document.body.firstElementChild as HTMLElement);
  call = aCall();
  call.store.update(() => inMeeting({ people: new Map([person('Bo'), person('Cem', { breakout: 1 })]) }));
});

afterEach(() => {
  act(() => root.unmount());
  vi.unstubAllGlobals();
});

const open = () =>
  act(() =>
    root.render(
      <Around call={call}>
        <Panel />
      </Around>,
    ),
  );
const button = (name: string) => [...document.querySelectorAll('button')].find((one) => (one.getAttribute('aria-label') ?? one.textContent) === name);
const ROOMS = [{ id: 0, name: 'North', needsHelp: false }, { id: 1, name: 'South', needsHelp: false }];
const running = (assignedOnly: boolean) => act(() => call.store.update((state) => having(state, breakout, { running: { rooms: ROOMS, assignedOnly } })));

describe('breakout rooms', () => {
  it('are opened with everybody here in a room by chance, but for moderators', async () => {
    const ask = vi.spyOn(call, 'ask').mockResolvedValue({ is: 'done' });
    open();
    await act(async () => button('Open the rooms')?.click());
    const [frame] = ask.mock.calls[0] ?? [];
    expect(frame?.payload).toMatchObject({ action: 'start', move_assigned: true, assigned_only: false, rooms: [{ name: 'Room 1', assignments: ['Bo'] }, { name: 'Room 2', assignments: [] }] });
  });

  it('are not opened with a number that is none, and the field says why', () => {
    const ask = vi.spyOn(call, 'ask').mockResolvedValue({ is: 'done' });
    open();
    const field = document.querySelector('input') as HTMLInputElement;
    act(() => {
      Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, 'value')?.set?.call(field, '101');
      field.dispatchEvent(new Event('input', { bubbles: true }));
    });
    act(() => button('Open the rooms')?.click());
    expect(ask).not.toHaveBeenCalled();
    expect(document.activeElement).toBe(field);
    expect(document.body.textContent).toContain('Enter a whole number from 1 to 100.');
  });

  it('show who is where, and offer to who is no moderator only what they may do', () => {
    call.store.update((state) => ({ ...state, me: { id: 'me', name: 'Me', role: 'user', owner: false } }));
    running(true);
    open();
    expect([...document.querySelectorAll('h3')].map(({ textContent }) => textContent)).toEqual(['Main room (2)', 'North (0)', 'South (1)']);
    expect(document.querySelectorAll('button')).toHaveLength(0);
    running(false);
    expect([...document.querySelectorAll('button')].map((one) => one.getAttribute('aria-label'))).toEqual(['Go to North', 'Go to South']);
  });

  it('take nobody’s focus to nowhere when they open', () => {
    open();
    act(() => button('Open the rooms')?.focus());
    running(false);
    expect(document.activeElement).toBe(document.querySelector('aside'));
  });
});
