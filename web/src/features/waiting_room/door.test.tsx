// SPDX-License-Identifier: EUPL-1.2

/** What the moderation sees and hears of who waits, and what one who waits can do to their ears. */
import { act } from 'react';
import { createRoot, type Root } from 'react-dom/client';
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Call } from '../../call/call';
import { Confirm } from '../Confirm';
import { Notices } from '../notices';
import { aCall, Around, inMeeting, speakEnglish } from '../test_meeting';
import { AtTheDoor } from './AtTheDoor';

let root: Root;
let call: Call;
let said: string[];
/** The sounds, and how many of them hold the device. */
let sounds: { open: number; most: number; played: number };

beforeAll(speakEnglish);

beforeEach(() => {
  vi.useFakeTimers();
  Object.assign(globalThis, { IS_REACT_ACT_ENVIRONMENT: true });
  sounds = { open: 0, most: 0, played: 0 };
  vi.stubGlobal('AudioContext', silentContext());
  document.body.innerHTML = '<div></div>';
  root = createRoot(document.body.firstElementChild as HTMLElement);
  call = aCall();
  call.store.update(() => inMeeting());
  const notices = new Notices();
  said = [];
  notices.listen((now) => said.push(...now.map(({ text }) => text)));
  act(() =>
    root.render(
      <Around call={call} notices={notices}>
        <main data-region tabIndex={-1} />
        <AtTheDoor />
      </Around>,
    ),
  );
});

afterEach(() => {
  act(() => root.unmount());
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

/** A browser that holds sound back until somebody touches the page: no tone ends. */
function silentContext() {
  const param = { value: 0, setValueAtTime: () => undefined, linearRampToValueAtTime: () => undefined, exponentialRampToValueAtTime: () => undefined };
  return class {
    currentTime = 0;
    readonly counted = sounds;
    constructor() {
      sounds.open += 1;
      sounds.played += 1;
      sounds.most = Math.max(sounds.most, sounds.open);
    }
    createOscillator = () => ({ frequency: param, connect: (next: unknown) => next, start: () => undefined, stop: () => undefined });
    createGain = () => ({ gain: param, connect: (next: unknown) => next });
    close = async () => void (this.counted.open -= 1);
  };
}

const waits = (...names: string[]) =>
  act(() =>
    call.store.update((state) => ({
      ...state,
      waiting: names.map((name) => ({ id: `id of ${name}`, name, joinedAt: '', accepted: false })),
    })),
  );
const pass = (seconds: number) => act(() => vi.advanceTimersByTime(seconds * 1_000));
const button = (name: string) => [...document.querySelectorAll('button')].find(({ textContent }) => textContent === name);

describe('somebody who waits', () => {
  it('knocks once, and is named once', () => {
    waits('Anna');
    pass(60);
    expect([sounds.played, said]).toEqual([1, ['Anna is waiting.']]);
  });

  it('rings no more than once in ten seconds, though they come and go under ever new names', () => {
    for (let count = 0; count < 100; count += 1) {
      waits(`Guest ${count}`);
      pass(0.1);
      waits();
      pass(0.1);
    }
    expect([sounds.played, said.length]).toEqual([2, 2]);
    pass(60);
    expect([sounds.played, said.length]).toEqual([2, 2]);
    expect(sounds.most).toBe(1);
  });

  it('is not lost behind one who rang and went', () => {
    waits('Rogue');
    waits();
    pass(3);
    waits('Anna');
    expect(said).toEqual(['Rogue is waiting.']);
    pass(7);
    expect([sounds.played, said]).toEqual([2, ['Rogue is waiting.', 'Anna is waiting.']]);
  });

  it('does not knock while somebody else waits already, and is still named', () => {
    waits('Anna');
    pass(1);
    waits('Anna', 'Ben');
    pass(1);
    waits('Anna', 'Ben', 'Cem');
    pass(60);
    expect([sounds.played, said]).toEqual([1, ['Anna is waiting.', 'Ben and Cem are waiting.']]);
  });
});

describe('the moderation', () => {
  it('lets in whom the button names, whoever has come meanwhile', () => {
    const sent = vi.spyOn(call, 'send').mockReturnValue(true);
    const accepted = () => sent.mock.calls.map(([{ payload }]) => 'target' in payload && payload.target);
    waits('Anna');
    expect(button('Let everybody in')).toBeUndefined();
    const named = button('Let Anna in');
    waits('Anna', 'Ben');
    act(() => named?.click());
    expect(accepted()).toEqual(['id of Anna']);
    expect(document.querySelector('[role="region"]')?.textContent).toContain('Anna and Ben are waiting to be let in.');
    act(() => button('Let everybody in')?.click());
    expect(accepted()).toEqual(['id of Anna', 'id of Anna', 'id of Ben']);
  });

  it('is told once that nobody could be let in without a connection', () => {
    waits('Anna', 'Ben', 'Cem');
    act(() => button('Let everybody in')?.click());
    expect(call.store.getSnapshot().refusal).toMatchObject({ count: 1, error: 'not_sent' });
  });

  it('presses nobody else in when the one that the button named has gone', () => {
    const sent = vi.spyOn(call, 'send').mockReturnValue(true);
    waits('Anna', 'Ben');
    const named = button('Let Anna in');
    act(() => named?.focus());
    waits('Ben');
    act(() => named?.click());
    expect(sent).not.toHaveBeenCalled();
    expect(document.activeElement?.getAttribute('role')).toBe('region');
    act(() => button('Let Ben in')?.focus());
    waits();
    expect(document.activeElement).toBe(document.querySelector('main'));
  });
});

describe('an open dialog', () => {
  it('shows who waits and lets them in, and keeps the focus when they have gone', () => {
    const sent = vi.spyOn(call, 'send').mockReturnValue(true);
    vi.stubGlobal('CSS', { escape: (text: string) => text });
    act(() =>
      root.render(
        <Around call={call}>
            <main data-region tabIndex={-1} />
            <AtTheDoor />
            <Confirm isOpen title="Remove?" text="" action="Remove" onConfirm={() => undefined} onClose={() => undefined} />
        </Around>,
      ),
    );
    waits('Anna');
    const dialog = document.querySelector('[role="alertdialog"]');
    expect(dialog?.textContent).toContain('Anna is waiting to be let in.');
    const named = [...(dialog?.querySelectorAll('button') ?? [])].find(({ textContent }) => textContent === 'Let Anna in');
    act(() => named?.focus());
    act(() => named?.click());
    expect(sent).toHaveBeenCalledWith({ namespace: 'moderation', payload: { action: 'accept', target: 'id of Anna' } });
    waits();
    expect(document.activeElement).toBe(dialog);
  });
});
