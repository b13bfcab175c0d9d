// SPDX-License-Identifier: EUPL-1.2
// Somebody who speaks the signaling protocol without any SDK, and not always correctly.

import { get } from 'node:http';
import { expect, type Browser, type Page } from '@playwright/test';
import { JoinRequest, SignalRequest, SignalResponse, WrappedJoinRequest } from '@livekit/protocol';
import type { PartialMessage } from '@bufbuild/protobuf';
import { server } from './server.ts';

type Line = { opened: boolean; closed?: number; frames: (number[] | string)[] };

export class Stranger {
  private constructor(private readonly page: Page) {}

  /** Opens `/rtc` the way the SDKs do with two peer connections. */
  static async dial(browser: Browser, token: string, path = '/rtc', more: Record<string, string> = {}): Promise<Stranger> {
    const { pages, url } = server();
    const page = await browser.newPage();
    await page.goto(`${pages}/sdk/2.23.0/person.html`);
    const query = new URLSearchParams({ access_token: token, auto_subscribe: '1', sdk: 'js', version: '2.15.16', protocol: '16', ...more });
    await page.evaluate((address) => {
      const line: Line = { opened: false, frames: [] };
      const socket = new WebSocket(address);
      socket.binaryType = 'arraybuffer';
      socket.onopen = () => (line.opened = true);
      socket.onclose = (event) => (line.closed = event.code);
      socket.onmessage = ({ data }) => line.frames.push(typeof data === 'string' ? data : [...new Uint8Array(data)]);
      Object.assign(window, { line, socket });
    }, `ws://${url.host}${path}?${query}`);
    const stranger = new Stranger(page);
    await expect.poll(async () => (await stranger.line()).frames.length, { message: 'the stranger is let in' }).toBeGreaterThan(0);
    return stranger;
  }

  /** Opens `/rtc/v1` with a join request of one's own making. */
  static join(browser: Browser, token: string, request: PartialMessage<JoinRequest>): Promise<Stranger> {
    const wrapped = new WrappedJoinRequest({ joinRequest: new JoinRequest(request).toBinary() });
    return Stranger.dial(browser, token, '/rtc/v1', { join_request: Buffer.from(wrapped.toBinary()).toString('base64url') });
  }

  /** Opens so many further sockets with this token at once; how many of them are open when nothing changes any more. */
  crowd(token: string, count: number): Promise<number> {
    const address = `ws://${server().url.host}/rtc?${new URLSearchParams({ access_token: token })}`;
    return this.page.evaluate(
      async ([to, times]) => {
        const sockets = Array.from({ length: times }, () => new WebSocket(to));
        const settled = (socket: WebSocket) =>
          new Promise<void>((done) => {
            socket.onmessage = socket.onclose = () => done();
          });
        await Promise.all(sockets.map(settled));
        return sockets.filter((socket) => socket.readyState === WebSocket.OPEN).length;
      },
      [address, count] as const,
    );
  }

  /** Sends an offer that the server can use, a hundred times a second, until the server closes the socket. */
  offerWithoutEnd(): Promise<number> {
    return this.page.evaluate(async (head) => {
      const connection = new RTCPeerConnection();
      for (let i = 0; i < 10; i += 1) connection.addTransceiver('video', { direction: 'recvonly' });
      const { sdp } = await connection.createOffer();
      connection.close();
      const { socket } = window as unknown as { socket: WebSocket };
      let sent = 0;
      const timer = setInterval(() => {
        sent += 1;
        socket.send(JSON.stringify({ offer: { ...head, sdp, id: sent } }));
      }, 10);
      await new Promise((closed) => socket.addEventListener('close', closed));
      clearInterval(timer);
      return sent;
    }, { type: 'offer' });
  }

  /** Asks for a pong ten times a second from now on. What it returns ends that, and tells how long each answer took, in milliseconds. */
  async pingOn(): Promise<() => Promise<number[]>> {
    await this.page.evaluate(() => {
      const { socket } = window as unknown as { socket: WebSocket };
      const [sent, took]: number[][] = [[], []];
      const timer = setInterval(() => {
        sent.push(performance.now());
        socket.send('{"pingReq":{"timestamp":"1","rtt":"1"}}');
      }, 100);
      // Whoever asks in JSON is answered in JSON, and in the order of the questions.
      socket.addEventListener('message', ({ data }) => {
        if (typeof data === 'string' && 'pongResp' in JSON.parse(data)) took.push(performance.now() - (sent[took.length] ?? NaN));
      });
      Object.assign(window, { endPings: () => (clearInterval(timer), { asked: sent.length, took }) });
    });
    return async () => {
      const end = () => this.page.evaluate(() => (window as unknown as { endPings(): { asked: number; took: number[] } }).endPings());
      await expect.poll(async () => (({ asked, took }) => asked - took.length)(await end()), { message: 'every ping is answered' }).toBe(0);
      return (await end()).took;
    };
  }

  line(): Promise<Line> {
    return this.page.evaluate(() => (window as unknown as { line: Line }).line);
  }

  send(frame: Uint8Array | string) {
    const content = typeof frame === 'string' ? frame : [...frame];
    return this.page.evaluate((data) => {
      (window as unknown as { socket: WebSocket }).socket.send(typeof data === 'string' ? data : new Uint8Array(data));
    }, content);
  }

  /** Sends the same frame over and over. */
  flood(frame: Uint8Array, times: number) {
    return this.page.evaluate(
      ([data, count]) => {
        const { socket } = window as unknown as { socket: WebSocket };
        for (let i = 0; i < count; i += 1) socket.send(new Uint8Array(data));
      },
      [[...frame], times] as const,
    );
  }

  /** Sends `size` bytes as one frame. */
  sendZeros(size: number) {
    return this.page.evaluate((length) => (window as unknown as { socket: WebSocket }).socket.send(new Uint8Array(length)), size);
  }

  request(message: SignalRequest['message']) {
    return this.send(new SignalRequest({ message }).toBinary());
  }

  async responses(): Promise<SignalResponse['message'][]> {
    const { frames } = await this.line();
    return frames.map((frame) =>
      typeof frame === 'string'
        ? SignalResponse.fromJsonString(frame).message
        : SignalResponse.fromBinary(new Uint8Array(frame)).message,
    );
  }

  async answered(kind: SignalResponse['message']['case']) {
    await expect.poll(async () => (await this.responses()).map((message) => message.case)).toContain(kind);
  }

  leave() {
    return this.page.close();
  }
}

/** The status of an HTTP request: a plain one, or one that asks for a WebSocket (101 = let in). */
export function status(path: string, { token, bearer, upgrade = false }: { token?: string; bearer?: string; upgrade?: boolean }) {
  const url = new URL(server().url.origin + path);
  if (token !== undefined) url.searchParams.set('access_token', token);
  const headers: Record<string, string> = bearer === undefined ? {} : { authorization: `Bearer ${bearer}` };
  if (upgrade) {
    Object.assign(headers, {
      connection: 'Upgrade',
      upgrade: 'websocket',
      'sec-websocket-version': '13',
      'sec-websocket-key': Buffer.from('sixteen bytes ok').toString('base64'),
    });
  }
  return new Promise<number>((resolve, reject) => {
    const request = get(url, { headers }, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    request.on('upgrade', (response, socket) => {
      socket.destroy();
      resolve(response.statusCode ?? 0);
    });
    request.on('error', reject);
  });
}
