// SPDX-License-Identifier: EUPL-1.2

/** When the meeting says something of the others, and how often one of them can make it speak. */
import { act } from 'react';
import { createRoot, type Root } from 'react-dom/client';
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Call } from '../call/call';
import { Notices } from '../features/notices';
import { hands } from '../features/raise_hands/module';
import { aCall, Around, having, inMeeting, person, speakEnglish } from '../features/test_meeting';
import { Announcer } from './Announcer';

let root: Root;
let call: Call;
let said: string[];

beforeAll(speakEnglish);

beforeEach(() => {
  vi.useFakeTimers();
  Object.assign(globalThis, { IS_REACT_ACT_ENVIRONMENT: true });
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
        <Announcer />
      </Around>,
    ),
  );
});

afterEach(() => {
  act(() => root.unmount());
  vi.useRealTimers();
});

/** Names of those who are there; one with a time has raised a hand then. */
const there = (...people: (readonly [name: string, handRaisedAt?: string])[]) =>
  act(() =>
    call.store.update((state) =>
      having({ ...state, people: new Map(people.map(([name]) => person(name))) }, hands, {
        raised: new Map(people.flatMap(([name, at]) => (at === undefined ? [] : [[name, at]]))),
      }),
    ),
  );
const pass = (seconds: number) => act(() => vi.advanceTimersByTime(seconds * 1_000));

describe('the meeting says', () => {
  it('who comes a moment later, and who comes soon after them in ten seconds', () => {
    there(['Anna']);
    pass(1.2);
    expect(said).toEqual(['Anna has joined.']);
    there(['Anna'], ['Ben']);
    there(['Anna'], ['Ben'], ['Cem']);
    pass(9);
    expect(said).toHaveLength(1);
    pass(1);
    expect(said.slice(1)).toEqual(['Ben and Cem have joined.']);
    pass(60);
    there(['Anna'], ['Ben']);
    pass(1.2);
    expect(said.slice(2)).toEqual(['Cem has left.']);
  });

  it('who came before the line was cut and who came meanwhile, when it is back, and who comes then', () => {
    there(['Anna']);
    pass(1.2);
    there(['Anna'], ['Ben']);
    const back = new Map([person('Ben'), person('Cem')]);
    act(() => call.store.update((state) => ({ ...state, joins: state.joins + 1, people: back })));
    expect(said).toEqual(['Anna has joined.', 'Ben has joined.', 'Cem has joined.', 'Anna has left.']);
    there(['Ben'], ['Cem'], ['Dora']);
    pass(60);
    expect(said.slice(4)).toEqual(['Dora has joined.']);
  });

  it('little of somebody who comes and goes without end', () => {
    for (let count = 0; count < 20; count += 1) {
      there(['Anna'], [`Guest ${count}`]);
      pass(1.5);
      there(['Anna']);
      pass(1.5);
    }
    expect(said.length).toBeLessThanOrEqual(12);
  });

  it('once in ten seconds that a hand is raised which goes up and down without end, and each that stays up', () => {
    there(['Anna'], ['Rogue']);
    pass(60);
    said.length = 0;
    for (let count = 0; count < 20; count += 1) {
      there(['Anna'], ['Rogue', `2026-01-01T10:00:${10 + count}Z`]);
      pass(1.5);
      there(['Anna'], ['Rogue']);
      pass(1.5);
    }
    expect(said.length).toBeGreaterThan(1);
    expect(said.length).toBeLessThanOrEqual(6);
    pass(10);
    said.length = 0;
    there(['Anna'], ['Rogue', '2026-01-01T11:00:00Z']);
    pass(1.2);
    there(['Anna', '2026-01-01T11:00:01Z'], ['Rogue', '2026-01-01T11:00:00Z']);
    pass(10);
    there(['Anna', '2026-01-01T11:00:01Z'], ['Rogue']);
    there(['Anna', '2026-01-01T11:00:01Z'], ['Rogue', '2026-01-01T11:00:12Z']);
    pass(10);
    expect(said).toEqual([
      'Rogue has raised a hand, number 1 in the queue.',
      'Anna has raised a hand, number 2 in the queue.',
      'Rogue has raised a hand, number 2 in the queue.',
    ]);
  });
});
