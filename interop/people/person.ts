// SPDX-License-Identifier: EUPL-1.2
// A person in a story: one page with one stock SDK, told what to do and asked what it sees and hears.
// Every expectation waits for its condition; nothing waits for a time.

import { expect, type Browser, type Page } from '@playwright/test';
import { randomUUID } from 'node:crypto';
import type { LocalParticipant, Room } from 'livekit-client-2-23';
import { server } from './server.ts';
import { seconds, sign, type Claims, type Grant } from './token.ts';
import type { Sdk } from './pages.ts';
import { Wire } from './wire.ts';

export type Source = 'camera' | 'microphone' | 'screen_share';
export type Event = { name: string; who?: string; [key: string]: unknown };
export type Received = { codec?: string; decoded: number; shown: number; width: number; energy: number; packets: number; lost: number; muted: boolean };

type InPage = {
  events: Event[];
  join(how: object): Promise<void>;
  publishTone(loudness: number): Promise<void>;
  setLoudness(loudness: number): void;
  received(identity: string, source: Source): Promise<Received | undefined>;
  sent(source: Source): Promise<Record<string, number>>;
  publication(identity: string, source: Source): any;
};

declare global {
  interface Window {
    person: InPage;
    room: Room;
  }
}

export type Joining = {
  room: string;
  grant?: Grant;
  claims?: Claims;
  token?: string;
  singlePeerConnection?: boolean;
  options?: object;
  connect?: object;
  passphrase?: string;
};

/** Media takes a while to come up when several encoders share two cores. */
export const MEDIA = { timeout: 40_000 };

export const newRoom = () => `room-${randomUUID().slice(0, 8)}`;

export function tokenFor(identity: string, room: string, grant: Grant = {}, claims: Claims = {}): string {
  const { key, secret } = server();
  const now = seconds();
  const video = { roomJoin: true, room, canPublish: true, canSubscribe: true, canPublishData: true, ...grant };
  return sign({ iss: key, sub: identity, name: identity, nbf: now - 5, exp: now + 600, video, ...claims }, secret);
}

export class Person {
  private constructor(
    readonly name: string,
    readonly page: Page,
    readonly wire: Wire,
  ) {}

  static async arrive(browser: Browser, name: string, sdk: Sdk = '2.23.0', url = server().url): Promise<Person> {
    const { pages } = server();
    const page = await browser.newPage();
    await page.goto(`${pages}/sdk/${sdk}/person.html`);
    return new Person(name, page, await Wire.to(url));
  }

  async join({ room, grant, claims, token, singlePeerConnection = true, options, connect, passphrase }: Joining): Promise<this> {
    await this.page.evaluate((how) => window.person.join(how), {
      url: `ws://${this.wire.host}`,
      token: token ?? tokenFor(this.name, room, grant, claims),
      options: { singlePeerConnection, ...options },
      connect,
      passphrase,
    });
    return this;
  }

  async leave() {
    await this.page.close();
    this.wire.close();
  }

  /** Runs in the page with the stock `LocalParticipant`. */
  me<T, A>(act: (me: LocalParticipant, argument: A) => T | Promise<T>, argument?: A): Promise<T> {
    return this.page.evaluate(
      ([code, value]) => (0, eval)(`(${code})`)(window.room.localParticipant, value),
      [act.toString(), argument] as const,
    ) as Promise<T>;
  }

  /** Runs in the page with this person's view of somebody's track. */
  track<T>(who: Person | string, source: Source, act: (publication: any) => T | Promise<T>): Promise<T> {
    return this.page.evaluate(
      ([code, identity, kind]) => (0, eval)(`(${code})`)(window.person.publication(identity, kind as Source)),
      [act.toString(), nameOf(who), source] as const,
    ) as Promise<T>;
  }

  publishTone(loudness = 0.5) {
    return this.page.evaluate((value) => window.person.publishTone(value), loudness);
  }

  setLoudness(loudness: number) {
    return this.page.evaluate((value) => window.person.setLoudness(value), loudness);
  }

  received(who: Person | string, source: Source) {
    return this.page.evaluate(([identity, kind]) => window.person.received(identity, kind as Source), [nameOf(who), source] as const);
  }

  sent(source: Source) {
    return this.page.evaluate((kind) => window.person.sent(kind), source);
  }

  events(): Promise<Event[]> {
    return this.page.evaluate(() => window.person.events);
  }

  /** A place in the event log: pass it to `told` to ask only for what came later. */
  async now(): Promise<number> {
    return (await this.events()).length;
  }

  async told(event: Event, since = 0, options = MEDIA) {
    await expect
      .poll(async () => (await this.events()).slice(since), { message: `${this.name} is told ${JSON.stringify(event)}`, ...options })
      .toContainEqual(expect.objectContaining(event));
  }

  async sees(who: Person | string, source: Source = 'camera') {
    await this.grows(who, source, 'shows new frames', (before, now) => now.decoded >= before.decoded + 3 && now.shown >= before.shown + 3);
  }

  async hears(who: Person | string) {
    await this.grows(who, 'microphone', 'plays sound', (before, now) => now.energy > before.energy && now.packets > before.packets);
  }

  private async grows(who: Person | string, source: Source, what: string, grown: (before: Received, now: Received) => boolean) {
    let before: Received | undefined;
    await expect
      .poll(
        async () => {
          const now = await this.received(who, source);
          before ??= now;
          return now !== undefined && before !== undefined && grown(before, now);
        },
        { message: `${this.name}: ${source} of ${nameOf(who)} ${what}`, ...MEDIA },
      )
      .toBe(true);
  }

  async knows(who: Person | string) {
    await this.agrees(`${this.name} knows ${nameOf(who)}`, (room, identity) => room.remoteParticipants.has(identity), nameOf(who));
  }

  async misses(who: Person | string) {
    await this.agrees(`${this.name} misses ${nameOf(who)}`, (room, identity) => !room.remoteParticipants.has(identity), nameOf(who));
  }

  /** Waits until a statement about the stock `Room` of this person holds. */
  async agrees<A>(message: string, holds: (room: Room, argument: A) => boolean, argument?: A, options = MEDIA) {
    await expect
      .poll(
        () =>
          this.page.evaluate(([code, value]) => (0, eval)(`(${code})`)(window.room, value), [holds.toString(), argument] as const),
        { message, ...options },
      )
      .toBe(true);
  }
}

function nameOf(who: Person | string): string {
  return typeof who === 'string' ? who : who.name;
}

/** Each person of the list sees and hears each other one. */
export async function allSeeAndHear(people: Person[]) {
  for (const person of people) {
    for (const other of people.filter((other) => other !== person)) {
      await person.sees(other);
      await person.hears(other);
    }
  }
}
