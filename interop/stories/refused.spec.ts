// SPDX-License-Identifier: EUPL-1.2
// Tokens that open nothing, and grants that open only a part.

import { expect, test } from '@playwright/test';
import { newRoom, Person, tokenFor } from '../people/person.ts';
import { server } from '../people/server.ts';
import { status, Stranger } from '../people/stranger.ts';
import { seconds, sign, unsigned, type Claims } from '../people/token.ts';

const video = { roomJoin: true, room: 'closed' };

function claims(changed: Partial<Claims> = {}): Claims {
  const now = seconds();
  return { iss: server().key, sub: 'mallory', nbf: now - 5, exp: now + 600, video, ...changed };
}

const bad: [string, () => string, number][] = [
  ['with a wrong signature', () => sign(claims(), 'another-secret-that-is-long-enough-too'), 401],
  ['of an unknown key', () => sign(claims({ iss: 'nobody' }), server().secret), 401],
  ['that has expired', () => sign(claims({ nbf: seconds() - 7200, exp: seconds() - 3600 }), server().secret), 401],
  ['that is not valid yet', () => sign(claims({ nbf: seconds() + 3600, exp: seconds() + 7200 }), server().secret), 401],
  ['without a signature (alg none)', () => unsigned(claims()), 401],
  ['with another algorithm in its header', () => sign(claims(), server().secret, { alg: 'HS512', typ: 'JWT' }), 401],
  ['that is not a token', () => 'rubbish', 401],
  ['without roomJoin', () => sign(claims({ video: { room: 'closed' } }), server().secret), 401],
  ['without a grant', () => sign(claims({ video: undefined }), server().secret), 401],
  ['without an identity', () => sign(claims({ sub: undefined }), server().secret), 400],
];

for (const [what, token, expected] of bad) {
  test(`a token ${what} is refused @core`, async () => {
    expect(await status('/rtc/validate', { token: token() })).toBe(expected);
    expect(await status('/rtc/validate', { bearer: token() })).toBe(expected);
    expect(await status('/rtc', { token: token(), upgrade: true })).toBe(expected);
  });
}

test('a person with a refused token does not get in @core', async ({ browser }) => {
  const mallory = await Person.arrive(browser, 'mallory');
  for (const singlePeerConnection of [false, true]) {
    const token = sign(claims(), 'another-secret-that-is-long-enough-too');
    await expect(mallory.join({ room: 'closed', token, singlePeerConnection })).rejects.toThrow('ConnectionError');
  }
  await mallory.leave();
});

test('no token at all is refused, a good one validates @core', async () => {
  expect(await status('/rtc/validate', {})).toBe(401);
  expect(await status('/rtc', { upgrade: true })).toBe(401);
  expect(await status('/rtc/validate', { token: tokenFor('anna', 'open') })).toBe(200);
  expect(await status('/rtc/validate', { bearer: tokenFor('anna', 'open') })).toBe(200);
  expect(await status('//rtc/validate', { token: tokenFor('anna', 'open') })).toBe(200);
  expect(await status('/rtc', { token: tokenFor('anna', 'open'), upgrade: true })).toBe(101);
});

/** Switches off the SDK's own check, so that the server has to refuse. */
const insist = (person: Person) =>
  person.page.evaluate(() => ((window.room.localParticipant as any).hasPermissionsToPublish = () => true));

/** Publishes and says what came of it; the SDK gives up after 10 s when nobody answers. */
const tries = (person: Person, what: 'setCameraEnabled' | 'setMicrophoneEnabled') =>
  person.me((me, method) => (me as any)[method](true).then(() => 'published', () => 'refused'), what);

for (const singlePeerConnection of [false, true]) {
  const mode = singlePeerConnection ? 'one peer connection' : 'two peer connections';

  test(`who may not publish does not, ${mode}`, async ({ browser }) => {
    const room = newRoom();
    const anna = await (await Person.arrive(browser, 'anna')).join({ room });
    const eve = await (await Person.arrive(browser, 'eve')).join({ room, singlePeerConnection, grant: { canPublish: false } });
    await insist(eve);
    expect(await tries(eve, 'setCameraEnabled')).toBe('refused');
    await anna.me((me) => me.setMicrophoneEnabled(true));
    await eve.hears(anna);
    expect(await anna.page.evaluate(() => window.room.remoteParticipants.get('eve')?.trackPublications.size)).toBe(0);
    for (const person of [anna, eve]) await person.leave();
  });

  test(`who may publish the microphone only cannot publish a camera, ${mode}`, async ({ browser }) => {
    const room = newRoom();
    const anna = await (await Person.arrive(browser, 'anna')).join({ room });
    const eve = await (await Person.arrive(browser, 'eve')).join({ room, singlePeerConnection, grant: { canPublishSources: ['microphone'] } });
    await insist(eve);
    expect(await tries(eve, 'setCameraEnabled')).toBe('refused');
    expect(await tries(eve, 'setMicrophoneEnabled')).toBe('published');
    await anna.hears(eve);
    expect(await anna.received(eve, 'camera')).toBeUndefined();
    for (const person of [anna, eve]) await person.leave();
  });

  test(`who may not subscribe receives nothing, and is heard, ${mode}`, async ({ browser }) => {
    const room = newRoom();
    const anna = await (await Person.arrive(browser, 'anna')).join({ room });
    await anna.me((me) => me.setMicrophoneEnabled(true));
    const eve = await (await Person.arrive(browser, 'eve')).join({ room, singlePeerConnection, grant: { canSubscribe: false } });
    await eve.me((me) => me.setMicrophoneEnabled(true));
    await anna.hears(eve);
    await eve.page.evaluate(() => {
      for (const publication of window.room.remoteParticipants.get('anna')?.trackPublications.values() ?? []) publication.setSubscribed(true);
    });
    await anna.me((me) => me.publishData(new TextEncoder().encode('later'), { reliable: true }));
    await anna.hears(eve);
    expect(await eve.received(anna, 'microphone')).toBeUndefined();
    for (const person of [anna, eve]) await person.leave();
  });

  test(`data of somebody who may not send data reaches nobody, ${mode}`, async ({ browser }) => {
    const room = newRoom();
    const anna = await (await Person.arrive(browser, 'anna')).join({ room });
    const bo = await (await Person.arrive(browser, 'bo')).join({ room });
    const eve = await (await Person.arrive(browser, 'eve')).join({ room, singlePeerConnection, grant: { canPublishData: false } });
    await anna.knows(eve);
    await eve.me((me) =>
      Promise.race([
        me.publishData(new TextEncoder().encode('forbidden'), { reliable: true }).catch(() => 'refused'),
        new Promise((later) => setTimeout(later, 3_000)),
      ]),
    );
    await eve.me((me) => me.setMicrophoneEnabled(true));
    await anna.hears(eve);
    await bo.me((me) => me.publishData(new TextEncoder().encode('allowed'), { reliable: true }));
    await anna.told({ name: 'dataReceived', who: 'bo', text: 'allowed' });
    expect(await anna.events()).not.toContainEqual(expect.objectContaining({ text: 'forbidden' }));
    for (const person of [anna, bo, eve]) await person.leave();
  });
}

test('the refusal of a track names its request', async ({ browser }) => {
  const eve = await Stranger.dial(browser, tokenFor('eve', newRoom(), { canPublish: false }));
  await eve.request({ case: 'addTrack', value: { cid: 'mine', name: 'camera', type: 1, source: 1 } as never });
  await eve.answered('requestResponse');
  const refusal = (await eve.responses()).find((message) => message.case === 'requestResponse');
  expect(refusal?.value).toMatchObject({ reason: 2, request: { case: 'addTrack', value: { cid: 'mine' } } });
  await eve.leave();
});
