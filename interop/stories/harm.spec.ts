// SPDX-License-Identifier: EUPL-1.2
// Somebody breaks the protocol, in many ways. Anna and Bo, in the same room, go on as if nothing had happened.

import { chromium, expect, test } from '@playwright/test';
import { createSocket } from 'node:dgram';
import { randomBytes } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { SessionDescription, SignalRequest, SubscriptionPermission, TrackPermission, UpdateTrackSettings } from '@livekit/protocol';
import { allSeeAndHear, newRoom, Person, tokenFor } from '../people/person.ts';
import { memory, server } from '../people/server.ts';
import { Stranger } from '../people/stranger.ts';

const room = newRoom();
const offer = (sdp: string) => ({ case: 'offer' as const, value: new SessionDescription({ type: 'offer', sdp, id: 1 }) });

const median = (values: number[]) => [...values].sort((a, b) => a - b)[values.length >> 1] ?? NaN;

const AUDIO = (mid: number) => `m=audio 9 UDP/TLS/RTP/SAVPF 111\r\nc=IN IP4 0.0.0.0\r\na=mid:${mid}\r\na=rtpmap:111 opus/48000/2\r\n`;
const SESSION = 'v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n';

/** What each does to its own connection is the server's choice; the others decide what passes. */
const attacks: Record<string, (mallory: Stranger) => Promise<unknown>> = {
  'rubbish instead of protobuf': async (mallory) => {
    for (let i = 0; i < 50; i += 1) await mallory.send(randomBytes(200));
  },
  'rubbish instead of JSON': async (mallory) => {
    for (const text of ['{', 'null', '[]', '{"offer":7}', '{"addTrack":{"cid":{}}}', '['.repeat(50_000)]) await mallory.send(text);
  },
  'an empty frame': async (mallory) => mallory.send(new Uint8Array()),
  'a frame of 8 MiB': async (mallory) => mallory.sendZeros(8 * 1024 * 1024),
  'rubbish as SDP': async (mallory) => {
    for (const sdp of ['', 'rubbish', 'v=0\r\n', SESSION + 'm=\r\n', SESSION + AUDIO(0), SESSION + 'm=audio 9 UDP/TLS/RTP/SAVPF 999\r\n']) {
      await mallory.request(offer(sdp));
    }
  },
  'an SDP with 2000 sections': async (mallory) =>
    mallory.request(offer(SESSION + Array.from({ length: 2_000 }, (_, mid) => AUDIO(mid)).join(''))),
  'an answer that nobody asked for': async (mallory) =>
    mallory.request({ case: 'answer', value: new SessionDescription({ type: 'answer', sdp: SESSION + AUDIO(0), id: 7 }) }),
  'rubbish as candidates': async (mallory) => {
    for (const candidateInit of ['', '{', '{"candidate":"rubbish"}', `{"candidate":"${'x'.repeat(10_000)}"}`]) {
      await mallory.request({ case: 'trickle', value: { candidateInit, target: 9 } as never });
    }
  },
  '500 tracks that never come': async (mallory) => {
    for (let i = 0; i < 500; i += 1) {
      await mallory.request({ case: 'addTrack', value: { cid: `c${i}`, name: 'x'.repeat(300), type: i % 3, source: i % 5 } as never });
    }
  },
  'mute, subscription and settings of unknown tracks': async (mallory) => {
    await mallory.request({ case: 'mute', value: { sid: 'TR_unknown', muted: true } as never });
    await mallory.request({ case: 'subscription', value: { trackSids: ['TR_unknown', ''], subscribe: true } as never });
    await mallory.request({ case: 'trackSetting', value: { trackSids: ['TR_unknown'], quality: 99, width: 4e9, height: 4e9 } as never });
  },
  'a second way of leaving': async (mallory) => {
    await mallory.request({ case: 'leave', value: { reason: 99, action: 99 } as never });
    await mallory.request({ case: 'ping', value: 1n });
  },
  'a flood of small requests': async (mallory) => {
    const ping = new SignalRequest({ message: { case: 'pingReq', value: { timestamp: 1n, rtt: 1n } as never } }).toBinary();
    await mallory.flood(ping, 5_000);
  },
};

test.describe('somebody breaks the protocol', () => {
  let anna: Person, bo: Person;

  test.beforeAll(async ({ browser }) => {
    anna = await (await Person.arrive(browser, 'anna')).join({ room });
    bo = await (await Person.arrive(browser, 'bo', '2.15.16')).join({ room, singlePeerConnection: false });
    for (const person of [anna, bo]) {
      await person.me((me) => me.setCameraEnabled(true, { resolution: { width: 640, height: 360 } }));
      await person.me((me) => me.setMicrophoneEnabled(true));
    }
    await allSeeAndHear([anna, bo]);
  });

  test.afterAll(async () => {
    for (const person of [anna, bo]) await person.leave();
  });

  for (const [what, attack] of Object.entries(attacks)) {
    test(`with ${what}: nobody else notices`, async ({ browser }) => {
      const since = [await anna.now(), await bo.now()];
      const mallory = await Stranger.dial(browser, tokenFor('mallory', room));
      await attack(mallory);
      await allSeeAndHear([anna, bo]);
      await mallory.leave();
      for (const person of [anna, bo]) await person.misses('mallory');
      const happened = [...(await anna.events()).slice(since[0]), ...(await bo.events()).slice(since[1])].map((event) => event.name);
      for (const event of ['disconnected', 'reconnecting', 'signalReconnecting']) expect(happened).not.toContain(event);
    });
  }

  test('with rubbish on the media port: nobody else notices @core', async () => {
    const socket = createSocket('udp4');
    const first = [0x00, 0x01, 0x16, 0x17, 0x40, 0x80, 0x90, 0xff];
    for (let i = 0; i < 2_000; i += 1) {
      const datagram = randomBytes(1 + ((i * 7) % 1400));
      datagram[0] = first[i % first.length];
      await new Promise((sent) => socket.send(datagram, server().udp, '127.0.0.1', sent));
    }
    socket.close();
    await allSeeAndHear([anna, bo]);
  });

  test('with everything at once from another room: nobody here notices, and the server keeps its size @core', async ({ browser, launchOptions }) => {
    const elsewhere = newRoom();
    // What the attackers' own pages compute is not the server's work, and would be done on their machine.
    const theirs = await chromium.launch({ ...launchOptions, executablePath: fileURLToPath(new URL('../people/another-machine', import.meta.url)) });
    const rubbish = ['', 'rubbish', 'v=0\r\n', SESSION + 'm=\r\n', SESSION + AUDIO(0), SESSION + 'm=audio 9 UDP/TLS/RTP/SAVPF 999\r\n'];
    const ways = [[anna, bo], [bo, anna]].flatMap(([who, whom]) => (['camera', 'microphone'] as const).map((source) => ({ who, whom, source })));
    const counted = () => Promise.all(ways.map(({ who, whom, source }) => who.received(whom, source)));
    const accomplice = await Stranger.dial(theirs, tokenFor('accomplice', elsewhere));
    const witness = await Stranger.join(browser, tokenFor('witness', room), {});
    const endPings = await witness.pingOn();
    const chat = anna.me(async (me) => {
      const took: number[] = [];
      while (!('enough' in window)) {
        const since = performance.now();
        await me.performRpc({ destinationIdentity: 'bo', method: 'greet', payload: 'hello' });
        took.push(performance.now() - since);
        await new Promise((next) => setTimeout(next, 100));
      }
      return took;
    });
    const [before, size] = [await counted(), memory()];
    let largest = size;
    const step = async <T>(attack: Promise<T>): Promise<T> => {
      const result = await attack;
      largest = Math.max(largest, memory());
      return result;
    };

    for (const [index, sdp] of rubbish.entries()) {
      const token = tokenFor(`mallory-${index}`, elsewhere);
      const publisherOffer = new SessionDescription({ type: 'offer', sdp, id: 1 });
      const refused = await step(Stranger.join(theirs, token, { publisherOffer }));
      await refused.answered('leave');
      const joined = await Stranger.join(theirs, token, {});
      const [first] = await joined.responses();
      const participantSid = first.case === 'join' ? first.value.participant?.sid : undefined;
      const resumed = await step(Stranger.join(theirs, token, { reconnect: true, participantSid, publisherOffer }));
      await resumed.answered('leave');
      for (const stranger of [refused, joined, resumed]) await stranger.leave();
    }

    const sids = (count: number) => Array.from({ length: count }, (_, track) => `TR_${String(track).padStart(12, '0')}`);
    const settings = (count: number) => ({ case: 'trackSetting' as const, value: new UpdateTrackSettings({ trackSids: sids(count) }) });
    const permission = (person: number) => new TrackPermission({ participantIdentity: `p${person}`, allTracks: true });
    const trackPermissions = Array.from({ length: 50_000 }, (_, person) => permission(person));
    // Who joins so is offered nothing by the server, and need not answer while the large frames are on their way.
    const mallory = await Stranger.join(theirs, tokenFor('mallory', elsewhere), {});
    await step(mallory.request(settings(35_000)));
    await step(mallory.request({ case: 'subscriptionPermission', value: new SubscriptionPermission({ trackPermissions }) }));
    await expect
      .poll(async () => (await mallory.responses()).filter((message) => message.case === 'requestResponse').length, { message: 'both are refused' })
      .toBe(2);
    await step(mallory.request(settings(90_000)));
    await expect.poll(async () => (await mallory.line()).closed, { message: 'a frame of a megabyte and a half is the last' }).toBe(1009);
    await mallory.leave();

    const offering = await Stranger.dial(theirs, tokenFor('offering', elsewhere));
    const offers = await step(offering.offerWithoutEnd());
    await offering.leave();

    const crowding = await Stranger.dial(theirs, tokenFor('crowding', elsewhere));
    const open = await step(crowding.crowd(tokenFor('crowding', elsewhere), 150));
    expect(open).toBeLessThanOrEqual(1);
    await crowding.leave();

    const [talker, listener] = await Promise.all(
      ['talker', 'listener'].map(async (name) => (await Person.arrive(theirs, name)).join({ room: elsewhere })),
    );
    await talker.knows(listener);
    const messages = await step(
      talker.me(async (me) => {
        let sent = 0;
        for (const end = performance.now() + 5_000; performance.now() < end; sent += 1) {
          await me.publishData(new Uint8Array(10), { reliable: false });
        }
        return sent;
      }),
    );
    for (const person of [talker, listener]) await person.leave();

    await allSeeAndHear([anna, bo]);
    await anna.page.evaluate(() => Object.assign(window, { enough: true }));
    const [chats, pings] = [await chat, await endPings()];
    await witness.leave();
    const after = await counted();
    const losses = ways.map((_, way) => {
      const [lost, came] = (['lost', 'packets'] as const).map((count) => (after[way]?.[count] ?? 0) - (before[way]?.[count] ?? 0));
      return lost / (lost + came);
    });
    const [slowestPing, slowestChat] = [Math.max(...pings), Math.max(...chats)];
    console.log(
      `${offers} offers, ${messages} messages; lost at most ${(100 * Math.max(...losses)).toFixed(2)} %; ${(largest - size).toFixed(1)} MB more;`,
      `${pings.length} pings, median ${median(pings).toFixed(1)} ms, slowest ${slowestPing.toFixed(0)} ms;`,
      `${chats.length} questions to Bo, median ${median(chats).toFixed(1)} ms, slowest ${slowestChat.toFixed(0)} ms`,
    );
    for (const loss of losses) expect(loss).toBeLessThan(0.01);
    expect(largest - size).toBeLessThan(50);
    await accomplice.leave();
    await theirs.close();
  });

  test('JSON frames are understood and answered with JSON', async ({ browser }) => {
    const jo = await Stranger.dial(browser, tokenFor('jo', room));
    await jo.send('{"pingReq":{"timestamp":"1","rtt":"1"}}');
    await jo.answered('pongResp');
    expect((await jo.line()).frames.some((frame) => typeof frame === 'string')).toBe(true);
    await jo.leave();
  });
});
