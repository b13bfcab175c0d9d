// SPDX-License-Identifier: EUPL-1.2

/**
 * One signaling connection: frames out, frames in, a ping every 12 seconds. It does not reconnect
 * and knows no meeting: it says once how it ended, and whether coming back makes sense.
 */
import type { ClientFrame, ServerFrame } from './wire';

/** Profile §4.1.5: a ping this often … */
export const PING_EVERY_MS = 12_000;
/** … and anything from the server within this time, or the connection counts as lost. */
export const PONG_WITHIN_MS = 10_000;

/** Close codes that a cut line, a restart or an overload produces (profile §4.1.6). */
const LOST = new Set([1001, 1005, 1006, 1007, 1012, 1013, 4999]);

export type Ending = 'closed' | 'lost';

export interface Signaling {
  /** False when the connection is not open: the frame was not sent. */
  send(frame: ClientFrame): boolean;
  close(): void;
}

export interface SignalingEvents {
  frame(frame: ServerFrame): void;
  ended(how: Ending, code: number): void;
}

export function signalingUrl(roomserverAddress: string, token: string): string {
  const base = roomserverAddress.replace(/^http/, 'ws').replace(/\/+$/, '');
  return `${base}/v1/signaling/${encodeURIComponent(token)}`;
}

export function openSignaling(url: string, events: SignalingEvents): Signaling {
  const socket = new WebSocket(url);
  let over = false;
  let ping: ReturnType<typeof setInterval> | undefined;

  const end = (code: number, how: Ending): void => {
    if (over) return;
    over = true;
    clearInterval(ping);
    clearTimeout(pong);
    events.ended(how, code);
  };
  const send = (frame: ClientFrame): boolean => {
    if (socket.readyState !== WebSocket.OPEN) return false;
    socket.send(JSON.stringify(frame));
    return true;
  };

  const expectAnswer = (): ReturnType<typeof setTimeout> =>
    setTimeout(() => {
      // A dead line may take minutes to report its close: do not wait for it.
      end(4999, 'lost');
      socket.close(4999);
    }, PONG_WITHIN_MS);
  // The server speaks first.
  let pong = expectAnswer();

  socket.onopen = () => {
    ping = setInterval(() => {
      if (!send({ namespace: 'echo', payload: { action: 'ping' } })) return;
      clearTimeout(pong);
      pong = expectAnswer();
    }, PING_EVERY_MS);
  };
  socket.onmessage = ({ data }) => {
    const frame = parse(data);
    if (frame === undefined || over) return;
    // Whatever comes shows that the line lives.
    clearTimeout(pong);
    if (frame.namespace !== 'echo') events.frame(frame);
  };
  socket.onclose = ({ code }) => end(code, LOST.has(code) ? 'lost' : 'closed');

  return {
    send,
    close() {
      end(1000, 'closed');
      socket.close(1000);
    },
  };
}

function parse(data: unknown): ServerFrame | undefined {
  if (typeof data !== 'string') return undefined;
  try {
    const frame = JSON.parse(data) as ServerFrame | null;
    return frame !== null && typeof frame === 'object' && typeof frame.payload === 'object'
      ? frame
      : undefined;
  } catch {
    return undefined;
  }
}
