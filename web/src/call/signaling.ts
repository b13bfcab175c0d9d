// SPDX-License-Identifier: EUPL-1.2

/**
 * One signaling connection: frames out, frames in, and a ping whenever it is quiet. It does not reconnect and knows no meeting: it
 * says when the server does not answer, and once how it ended and whether coming back makes sense.
 */
import type { ClientFrame, ServerFrame } from './wire';

/** After so much silence, or a command, it asks whether the server is there. The profile's 12 s (§4.1.5) are its upper limit. */
export const PING_EVERY_MS = 2_000;
/** Nothing at all since a ping for so long: people are told. With the above within five seconds of the line's death. */
export const SILENT_AFTER_MS = 2_500;
/** Profile §4.1.5: and after so long the connection counts as lost. */
export const LOST_AFTER_MS = 10_000;
const LOOK_EVERY_MS = 250;

/** Close codes that a cut line, a restart or an overload produces (profile §4.1.6). */
const LOST = new Set([1001, 1005, 1006, 1007, 1012, 1013, 4999]);

export type Ending = 'closed' | 'lost';

export interface Signaling {
  readonly open: boolean;
  /** False when the connection is not open: the frame was not sent. `number`: it is to be answered, under this `transaction_id`. */
  send(frame: ClientFrame, number?: number): boolean;
  /** Asks at once whether the server is there: the browser has said that the network is gone. */
  probe(): void;
  close(): void;
}

export interface SignalingEvents {
  frame(frame: ServerFrame): void;
  /** The server has stopped answering, or answers again. */
  silent(now: boolean): void;
  ended(how: Ending): void;
}

export function signalingUrl(roomserverAddress: string, token: string): string {
  const base = roomserverAddress.replace(/^http/, 'ws').replace(/\/+$/, '');
  return `${base}/v1/signaling/${encodeURIComponent(token)}`;
}

export function openSignaling(url: string, events: SignalingEvents): Signaling {
  const socket = new WebSocket(url);
  let over = false;
  let silent = false;
  // The server speaks first.
  let opening = true;
  let awaiting = true;
  let askedAt = performance.now();
  let heardAt = askedAt;
  /** Something that is to be answered went out since the last ping: whether the line lives is worth asking soon. */
  let asked = false;

  const end = (how: Ending): void => {
    if (over) return;
    over = true;
    clearInterval(looking);
    events.ended(how);
  };
  const open = (): boolean => !over && socket.readyState === WebSocket.OPEN;
  const write = (frame: ClientFrame, number?: number): boolean => {
    if (!open()) return false;
    socket.send(JSON.stringify(number === undefined ? frame : { ...frame, transaction_id: number }));
    return true;
  };
  const ping = (): void => {
    if (!write({ namespace: 'echo', payload: { action: 'ping' } })) return;
    awaiting = true;
    askedAt = performance.now();
    asked = false;
  };
  const looking = setInterval(() => {
    const now = performance.now();
    if (!awaiting) {
      const due = now - heardAt >= PING_EVERY_MS || asked;
      if (due && now - askedAt >= PING_EVERY_MS) ping();
      return;
    }
    const waited = now - Math.max(askedAt, heardAt);
    if (waited >= LOST_AFTER_MS) {
      // A dead line may take minutes to report its close: do not wait for it.
      end('lost');
      socket.close(4999);
    } else if (waited >= SILENT_AFTER_MS && !silent && socket.readyState === WebSocket.OPEN) {
      silent = true;
      events.silent(true);
    }
  }, LOOK_EVERY_MS);

  socket.onmessage = ({ data }) => {
    const frame = parse(data);
    if (frame === undefined || over) return;
    // Whatever comes shows that the line lives.
    heardAt = performance.now();
    if (silent) {
      silent = false;
      events.silent(false);
    }
    // With a number it answers a command.
    if (frame.namespace !== 'echo' || frame.transaction_id !== undefined) {
      // The first frame answers the opening; after that a ping is answered by its pong.
      if (opening) awaiting = false;
      opening = false;
      events.frame(frame);
      return;
    }
    awaiting = false;
  };
  socket.onclose = ({ code }) => end(LOST.has(code) ? 'lost' : 'closed');

  return {
    get open() {
      return open();
    },
    send(frame, number) {
      const done = write(frame, number);
      if (done && number !== undefined) asked = true;
      return done;
    },
    probe: ping,
    close() {
      end('closed');
      socket.close(1000);
    },
  };
}

function parse(data: unknown): ServerFrame | undefined {
  if (typeof data !== 'string') return undefined;
  try {
    const frame = JSON.parse(data) as ServerFrame | null;
    return frame !== null && typeof frame === 'object' && frame.payload !== null && typeof frame.payload === 'object'
      ? frame
      : undefined;
  } catch {
    return undefined;
  }
}
