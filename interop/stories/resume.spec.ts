// SPDX-License-Identifier: EUPL-1.2
// The signaling connection breaks while media flows: nobody else notices, and nothing is lost.

import { expect, test } from '@playwright/test';
import { allSeeAndHear, newRoom, Person } from '../people/person.ts';
import type { Sdk } from '../people/pages.ts';

const cases: [Sdk, boolean][] = [
  ['2.15.16', false],
  ['2.19.2', false],
  ['2.23.0', true],
];

for (const [sdk, singlePeerConnection] of cases) {
  const mode = singlePeerConnection ? 'one peer connection' : 'two peer connections';

  test.describe(`a cut signaling connection, SDK ${sdk}, ${mode} @core`, () => {
    let anna: Person, bo: Person;

    test.beforeAll(async ({ browser }) => {
      const room = newRoom();
      anna = await Person.arrive(browser, 'anna', sdk);
      bo = await Person.arrive(browser, 'bo', '2.23.0');
      for (const person of [anna, bo]) {
        await person.join({ room, singlePeerConnection });
        await person.me((me) => me.setCameraEnabled(true, { resolution: { width: 640, height: 360 } }));
        await person.me((me) => me.setMicrophoneEnabled(true));
      }
      await allSeeAndHear([anna, bo]);
    });

    test.afterAll(async () => {
      for (const person of [anna, bo]) await person.leave();
    });

    test('heals without a restart, and others do not notice', async () => {
      const [since, sinceBo] = [await anna.now(), await bo.now()];
      const sid = await anna.me((me) => me.sid);
      anna.wire.snap();
      await anna.told({ name: 'signalReconnecting' }, since);
      await anna.told({ name: 'reconnected' }, since);
      await allSeeAndHear([anna, bo]);
      expect(await anna.me((me) => me.sid)).toBe(sid);
      expect(await anna.events()).not.toContainEqual(expect.objectContaining({ name: 'reconnecting' }));
      expect((await bo.events()).slice(sinceBo).map((event) => event.name)).not.toContain('participantDisconnected');
    });

    test('what happened during the cut is known afterwards', async () => {
      const since = await anna.now();
      anna.wire.cut();
      await anna.told({ name: 'signalReconnecting' }, since);
      await bo.me((me) => me.setMicrophoneEnabled(false));
      anna.wire.mend();
      await anna.told({ name: 'reconnected' }, since);
      await anna.told({ name: 'trackMuted', who: 'bo', source: 'microphone' }, since);
      await bo.me((me) => me.setMicrophoneEnabled(true));
      await anna.hears(bo);
    });

    test('the healed connection carries requests: mute, data and a new track', async () => {
      const since = await bo.now();
      await anna.me((me) => me.setMicrophoneEnabled(false));
      await bo.told({ name: 'trackMuted', who: 'anna', source: 'microphone' }, since);
      await anna.me((me) => me.publishData(new TextEncoder().encode('still here'), { reliable: true }));
      await bo.told({ name: 'dataReceived', who: 'anna', text: 'still here' }, since);
      await anna.me((me) => me.unpublishTrack(me.getTrackPublication('camera' as never)!.track!));
      await bo.told({ name: 'trackUnpublished', who: 'anna', source: 'camera' }, since);
      await anna.me((me) => me.setCameraEnabled(true));
      await bo.sees(anna);
    });
  });
}

test('a full reconnect, asked for by the SDK, replaces the old session', async ({ browser }) => {
  const room = newRoom();
  const anna = await (await Person.arrive(browser, 'anna')).join({ room });
  const bo = await (await Person.arrive(browser, 'bo')).join({ room });
  await anna.me((me) => me.setMicrophoneEnabled(true));
  await bo.hears(anna);
  const [since, sid] = [await anna.now(), await anna.me((me) => me.sid)];
  await anna.page.evaluate(() => window.room.simulateScenario('full-reconnect'));
  await anna.told({ name: 'reconnecting' }, since);
  await anna.told({ name: 'reconnected' }, since);
  await bo.hears(anna);
  expect(await anna.me((me) => me.sid)).not.toBe(sid);
  for (const person of [anna, bo]) await person.leave();
});
