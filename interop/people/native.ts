// SPDX-License-Identifier: EUPL-1.2
// A person with the stock Python SDK, which is LiveKit's native client: another WebRTC build than any browser's. Expectations
// wait for frames and energy, as in `person.ts`.

import { expect } from '@playwright/test';
import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { createInterface, type Interface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { MEDIA, tokenFor, type Event, type Person, type Source } from './person.ts';
import { python } from './python.ts';
import { server } from './server.ts';
import { Wire } from './wire.ts';

type Received = { frames: number; changes?: number; width?: number; energy?: number };

const PROGRAM = fileURLToPath(new URL('native.py', import.meta.url));

export class Native {
  private constructor(
    readonly name: string,
    readonly wire: Wire,
    private readonly child: ChildProcessWithoutNullStreams,
    private readonly lines: AsyncIterator<string>,
  ) {}

  static async arrive(name: string): Promise<Native> {
    const child = spawn(`${python()}/python`, [PROGRAM], { stdio: ['pipe', 'pipe', 'pipe'] });
    const lines: Interface = createInterface({ input: child.stdout });
    return new Native(name, await Wire.to(server().url), child, lines[Symbol.asyncIterator]());
  }

  private async tell<T = null>(what: string, details: object = {}): Promise<T> {
    this.child.stdin.write(`${JSON.stringify({ do: what, with: details })}\n`);
    const { value: line, done } = await this.lines.next();
    if (done) throw new Error(`${this.name}: the Python client ended with ${this.child.exitCode}`);
    const { value, error } = JSON.parse(line);
    if (error !== undefined) throw new Error(`${this.name}: ${what}: ${error}`);
    return value;
  }

  async join(room: string, single: boolean): Promise<this> {
    await this.tell('join', { url: `ws://${this.wire.host}`, token: tokenFor(this.name, room), single });
    return this;
  }

  publish(source: Source) {
    return this.tell('publish', { source });
  }

  unpublish(source: Source) {
    return this.tell('unpublish', { source });
  }

  mute(source: Source, muted: boolean) {
    return this.tell('mute', { source, muted });
  }

  send(text: string, reliable: boolean, topic: string) {
    return this.tell('send', { text, reliable, topic });
  }

  events() {
    return this.tell<Event[]>('report');
  }

  async now(): Promise<number> {
    return (await this.events()).length;
  }

  async told(event: Event, since = 0) {
    await expect
      .poll(async () => (await this.events()).slice(since), { message: `${this.name} is told ${JSON.stringify(event)}`, ...MEDIA })
      .toContainEqual(expect.objectContaining(event));
  }

  /** Decoded pictures arrive, and they are not all the same. */
  async sees(who: Person | Native) {
    await this.grows(who, 'camera', 'moves', (before, now) => now.frames >= before.frames + 3 && now.changes! > before.changes!);
  }

  /** Decoded sound arrives, and it is not silence. */
  async hears(who: Person | Native) {
    await this.grows(who, 'microphone', 'sounds', (before, now) => now.frames > before.frames && now.energy! > before.energy! + 1e-4);
  }

  private async grows(who: Person | Native, source: Source, what: string, grown: (before: Received, now: Received) => boolean) {
    let before: Received | null = null;
    await expect
      .poll(
        async () => {
          const now = await this.tell<Received | null>('look_at', { who: who.name, source });
          before ??= now;
          return now !== null && before !== null && grown(before, now);
        },
        { message: `${this.name}: ${source} of ${who.name} ${what}`, ...MEDIA },
      )
      .toBe(true);
  }

  async leave() {
    if (this.child.exitCode === null) await this.tell('leave').catch(() => undefined);
    this.child.kill('SIGKILL');
    this.wire.close();
  }
}
