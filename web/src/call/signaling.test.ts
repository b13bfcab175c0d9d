// SPDX-License-Identifier: EUPL-1.2
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { openSignaling } from './signaling';
import type { ServerFrame } from './wire';

/** One end of a line: what was written to it, and what comes out of it. */
class Line extends EventTarget {
  static readonly OPEN = 1;
  static latest: Line;
  readyState = Line.OPEN;
  readonly written: string[] = [];
  onmessage: ((event: { data: unknown }) => void) | undefined;
  onclose: ((event: { code: number }) => void) | undefined;

  constructor(readonly url: string) {
    super();
    Line.latest = this;
  }

  send(text: string): void {
    this.written.push(text);
  }

  close(code: number): void {
    this.readyState = 3;
    this.onclose?.({ code });
  }

  brings(frame: object | string): void {
    this.onmessage?.({ data: typeof frame === 'string' ? frame : JSON.stringify(frame) });
  }
}

const PONG = { namespace: 'echo', payload: { message: 'pong' } };
const WELCOME = { namespace: 'core', payload: { message: 'in_waiting_room', participant_id: 'me' } };
const HAND = { namespace: 'raise_hands', payload: { action: 'raise_hand' } } as const;

function opened() {
  const told: string[] = [];
  const frames: ServerFrame[] = [];
  const signaling = openSignaling('ws://here', {
    frame: (frame) => frames.push(frame),
    silent: (now) => told.push(now ? 'silent' : 'answers'),
    ended: (how) => void told.push(how),
  });
  Line.latest.brings(WELCOME);
  return { signaling, line: Line.latest, told, frames };
}

const pings = (line: Line) => line.written.filter((text) => text.includes('ping')).length;

describe('a signaling connection', () => {
  beforeEach(() => {
    vi.useFakeTimers();
    vi.stubGlobal('WebSocket', Line);
  });
  afterEach(() => {
    vi.useRealTimers();
    vi.unstubAllGlobals();
  });

  it('that goes dead is told within five seconds, and ten later counts as lost', () => {
    const { told } = opened();
    vi.advanceTimersByTime(5_000);
    expect(told).toEqual(['silent']);
    vi.advanceTimersByTime(10_000);
    expect(told).toEqual(['silent', 'lost']);
  });

  it('that answers again is told, too', () => {
    const { line, told } = opened();
    vi.advanceTimersByTime(5_000);
    line.brings(PONG);
    expect(told).toEqual(['silent', 'answers']);
    vi.advanceTimersByTime(1_000);
    expect(told).toEqual(['silent', 'answers']);
  });

  it('asks at once when the browser says that the network is gone', () => {
    const { signaling, told } = opened();
    signaling.probe();
    vi.advanceTimersByTime(3_000);
    expect(told).toEqual(['silent']);
  });

  it('that is quiet is asked no more than once in two seconds, and one that brings frames is not asked at all', () => {
    const { line } = opened();
    for (let second = 0; second < 10; second += 1) {
      vi.advanceTimersByTime(1_000);
      line.brings(WELCOME);
    }
    expect(pings(line)).toBe(0);
    for (let tenth = 0; tenth < 200; tenth += 1) {
      const before = pings(line);
      vi.advanceTimersByTime(100);
      if (pings(line) > before) line.brings(PONG);
    }
    expect(pings(line)).toBeGreaterThan(5);
    expect(pings(line)).toBeLessThanOrEqual(10);
  });

  it('that is to answer something is asked soon whether it lives, and no more than once in two seconds', () => {
    const { signaling, line, told } = opened();
    vi.advanceTimersByTime(2_100);
    line.brings(PONG);
    for (let tenth = 0; tenth < 20; tenth += 1) {
      signaling.send(HAND, tenth);
      line.brings(WELCOME);
      vi.advanceTimersByTime(100);
    }
    expect(pings(line)).toBe(2);
    vi.advanceTimersByTime(3_000);
    expect(told).toEqual(['silent']);
  });

  it('hands on what answers a command, and takes no acknowledgement for the answer to a ping', () => {
    const { signaling, line, told, frames } = opened();
    expect(signaling.send(HAND, 7)).toBe(true);
    expect(JSON.parse(line.written.at(-1) ?? '')).toEqual({ ...HAND, transaction_id: 7 });
    const acknowledged = { ...PONG, transaction_id: 7 };
    for (let second = 0; second < 9; second += 1) {
      vi.advanceTimersByTime(1_000);
      line.brings(acknowledged);
    }
    expect(frames.at(-1)).toEqual(acknowledged);
    expect(told).toEqual([]);
  });

  it('passes over what is no frame', () => {
    const { line, frames, told } = opened();
    for (const rubbish of ['', 'null', '{', '[]', '{"namespace":"chat","payload":null}', '{"namespace":"chat"}']) line.brings(rubbish);
    expect(frames).toHaveLength(1);
    expect(told).toEqual([]);
  });
});
