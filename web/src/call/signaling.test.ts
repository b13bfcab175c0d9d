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
    ended: (how, unsure) => told.push(unsure ? `${how}, unsure` : how),
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

  it('knows whether the last command has arrived when the line breaks', () => {
    const sure = opened();
    sure.signaling.send(HAND, true);
    vi.advanceTimersByTime(2_500);
    sure.line.brings(PONG);
    sure.line.close(1006);
    expect(sure.told).toEqual(['lost']);

    const unsure = opened();
    unsure.signaling.send(HAND, true);
    // Something that was under way already tells nothing about the command.
    unsure.line.brings(WELCOME);
    unsure.line.close(1006);
    expect(unsure.told).toEqual(['lost, unsure']);
  });

  it('passes over what is no frame', () => {
    const { line, frames, told } = opened();
    for (const rubbish of ['', 'null', '{', '[]', '{"namespace":"chat","payload":null}', '{"namespace":"chat"}']) line.brings(rubbish);
    expect(frames).toHaveLength(1);
    expect(told).toEqual([]);
  });
});
