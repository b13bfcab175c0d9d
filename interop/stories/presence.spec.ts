// SPDX-License-Identifier: EUPL-1.2
// Who speaks, how good the connection is, who comes twice, who vanishes.

import { chromium, expect, test } from '@playwright/test';
import { newRoom, Person } from '../people/person.ts';

/** `DisconnectReason` of the protocol. */
const DUPLICATE_IDENTITY = 2;

test('who is loud is an active speaker, who is silent is not', async ({ browser }) => {
  const room = newRoom();
  const anna = await (await Person.arrive(browser, 'anna')).join({ room });
  const bo = await (await Person.arrive(browser, 'bo', '2.15.16')).join({ room, singlePeerConnection: false });
  await anna.publishTone(0.8);
  await bo.publishTone(0);
  for (const person of [anna, bo]) await person.told({ name: 'activeSpeakersChanged', speakers: ['anna'] });
  const since = await bo.now();
  await anna.setLoudness(0);
  await bo.told({ name: 'activeSpeakersChanged', speakers: [] }, since);
  await bo.setLoudness(0.8);
  await anna.told({ name: 'activeSpeakersChanged', speakers: ['bo'] });
  for (const person of [anna, bo]) await person.leave();
});

test('a microphone in silence sends less than five packets a second, and is heard and a speaker as soon as it speaks', async ({ browser }) => {
  const room = newRoom();
  const anna = await (await Person.arrive(browser, 'anna')).join({ room });
  const bo = await (await Person.arrive(browser, 'bo', '2.15.16')).join({ room, singlePeerConnection: false });
  await anna.publishTone(0.8);
  await bo.told({ name: 'activeSpeakersChanged', speakers: ['anna'] });
  expect(await packetsPerSecond(anna), 'who speaks sends fifty, or less on a busy machine').toBeGreaterThan(20);
  const since = await bo.now();
  await anna.setLoudness(0);
  await bo.told({ name: 'activeSpeakersChanged', speakers: [] }, since);
  const silent = await packetsPerSecond(anna);
  expect(silent).toBeGreaterThan(0);
  expect(silent).toBeLessThan(5);
  const before = await bo.now();
  await anna.setLoudness(0.8);
  await bo.told({ name: 'activeSpeakersChanged', speakers: ['anna'] }, before);
  await bo.hears('anna');
  for (const person of [anna, bo]) await person.leave();
});

/** What a microphone sends, over the time that passes between two reports of it at least five seconds apart. */
async function packetsPerSecond(person: Person): Promise<number> {
  const report = () =>
    person.page.evaluate(async () => {
      const microphone = window.person.publication(window.room.localParticipant.identity, 'microphone' as never);
      const stats = [...(await microphone.track.sender.getStats()).values()];
      const sent = stats.find((entry) => entry.type === 'outbound-rtp');
      return { at: sent.timestamp as number, packets: sent.packetsSent as number };
    });
  const first = await report();
  let last = first;
  await expect.poll(async () => (last = await report()).at - first.at, { timeout: 30_000 }).toBeGreaterThan(5_000);
  return ((last.packets - first.packets) * 1000) / (last.at - first.at);
}

test('the connection quality of everybody who publishes is told to everybody', async ({ browser }) => {
  const room = newRoom();
  const anna = await (await Person.arrive(browser, 'anna')).join({ room });
  const bo = await (await Person.arrive(browser, 'bo', '2.19.2')).join({ room });
  for (const person of [anna, bo]) await person.me((me) => me.setMicrophoneEnabled(true));
  for (const person of [anna, bo]) {
    await person.told({ name: 'connectionQualityChanged', who: 'anna', quality: 'excellent' });
    await person.told({ name: 'connectionQualityChanged', who: 'bo', quality: 'excellent' });
  }
  for (const person of [anna, bo]) await person.leave();
});

test('name, metadata and attributes reach the others, when the grant allows changing them', async ({ browser }) => {
  const room = newRoom();
  const anna = await (await Person.arrive(browser, 'anna')).join({
    room,
    grant: { canUpdateOwnMetadata: true },
    claims: { metadata: 'chair', attributes: { seat: '1' } },
  });
  const bo = await (await Person.arrive(browser, 'bo', '2.15.16')).join({ room, singlePeerConnection: false });
  await bo.agrees('bo sees what the token says', (view) => {
    const anna = view.remoteParticipants.get('anna');
    return anna?.metadata === 'chair' && anna.attributes.seat === '1';
  });
  await anna.me((me) => me.setName('Anna A.'));
  await anna.me((me) => me.setMetadata('deputy chair'));
  await anna.me((me) => me.setAttributes({ seat: '2' }));
  await bo.told({ name: 'participantNameChanged', who: 'anna', displayName: 'Anna A.' });
  await bo.told({ name: 'participantMetadataChanged', who: 'anna', metadata: 'deputy chair' });
  await bo.told({ name: 'participantAttributesChanged', who: 'anna', changed: { seat: '2' } });
  expect(await bo.me((me) => me.setName('Bogus').then(() => 'done', (error: Error) => error.name))).not.toBe('done');
  for (const person of [anna, bo]) await person.leave();
});

test('who joins with the same identity replaces the earlier one @core', async ({ browser }) => {
  const room = newRoom();
  const bo = await (await Person.arrive(browser, 'bo')).join({ room });
  const first = await (await Person.arrive(browser, 'anna')).join({ room });
  await bo.knows('anna');
  const second = await (await Person.arrive(browser, 'anna', '2.15.16')).join({ room, singlePeerConnection: false });
  await first.told({ name: 'disconnected', reason: DUPLICATE_IDENTITY });
  await second.me((me) => me.setMicrophoneEnabled(true));
  await bo.hears('anna');
  for (const person of [first, second, bo]) await person.leave();
});

test('a hidden participant hears and is not seen', async ({ browser }) => {
  const room = newRoom();
  const anna = await (await Person.arrive(browser, 'anna')).join({ room });
  await anna.me((me) => me.setMicrophoneEnabled(true));
  const ghost = await (await Person.arrive(browser, 'ghost')).join({ room, grant: { hidden: true, canPublish: false } });
  await ghost.hears(anna);
  const bo = await (await Person.arrive(browser, 'bo')).join({ room });
  await anna.knows(bo);
  await anna.misses(ghost);
  await bo.misses(ghost);
  for (const person of [anna, bo, ghost]) await person.leave();
});

test('a browser that vanishes leaves after about 20 seconds', async ({ browser }) => {
  const room = newRoom();
  const bo = await (await Person.arrive(browser, 'bo')).join({ room });
  const { executablePath, args } = test.info().project.use.launchOptions ?? {};
  const doomed = await chromium.launchServer({ executablePath, args });
  const anna = await (await Person.arrive(await chromium.connect(doomed.wsEndpoint()), 'anna')).join({ room });
  await anna.me((me) => me.setMicrophoneEnabled(true));
  await bo.hears(anna);
  const started = Date.now();
  await doomed.kill();
  await bo.agrees('the vanished browser is gone', (view) => !view.remoteParticipants.has('anna'), undefined, { timeout: 40_000 });
  expect(Date.now() - started).toBeLessThan(35_000);
  anna.wire.close();
  await bo.leave();
});
