// SPDX-License-Identifier: EUPL-1.2
// Three people with the three SDK versions in use meet in one room, once with two peer connections and once with one.

import { expect, test } from '@playwright/test';
import { allSeeAndHear, newRoom, Person } from '../people/person.ts';

for (const singlePeerConnection of [false, true]) {
  test.describe(`three SDK versions in one room, ${singlePeerConnection ? 'one peer connection' : 'two peer connections'} @core`, () => {
    let anna: Person, bo: Person, cem: Person;

    test.beforeAll(async ({ browser }) => {
      const room = newRoom();
      anna = await Person.arrive(browser, 'anna', '2.15.16');
      bo = await Person.arrive(browser, 'bo', '2.19.2');
      cem = await Person.arrive(browser, 'cem', '2.23.0');
      for (const person of [anna, bo, cem]) {
        await person.join({ room, singlePeerConnection });
        await person.me((me) => me.setCameraEnabled(true, { resolution: { width: 640, height: 360 } }));
        await person.me((me) => me.setMicrophoneEnabled(true));
      }
    });

    test.afterAll(async () => {
      for (const person of [anna, bo, cem]) await person.leave();
    });

    test('everybody sees and hears everybody', async () => {
      await allSeeAndHear([anna, bo, cem]);
    });

    test('muting and unmuting is announced, and sound comes back', async () => {
      await anna.me((me) => me.setMicrophoneEnabled(false));
      for (const other of [bo, cem]) await other.told({ name: 'trackMuted', who: 'anna', source: 'microphone' });
      await anna.me((me) => me.setMicrophoneEnabled(true));
      for (const other of [bo, cem]) {
        await other.told({ name: 'trackUnmuted', who: 'anna', source: 'microphone' });
        await other.hears(anna);
      }
    });

    test('a camera that is unpublished goes away, and is seen again when republished', async () => {
      await bo.me((me) => me.unpublishTrack(me.getTrackPublication('camera' as never)!.track!));
      for (const other of [anna, cem]) await other.told({ name: 'trackUnpublished', who: 'bo', source: 'camera' });
      const since = [await anna.now(), await cem.now()];
      await bo.me((me) => me.setCameraEnabled(true));
      await anna.told({ name: 'trackSubscribed', who: 'bo', source: 'camera' }, since[0]);
      await cem.told({ name: 'trackSubscribed', who: 'bo', source: 'camera' }, since[1]);
      for (const other of [anna, cem]) await other.sees(bo);
    });

    test('data reaches everybody, reliable and lossy', async () => {
      for (const reliable of [true, false]) {
        const text = reliable ? 'sure' : 'perhaps';
        await cem.me((me, [words, sure]) => me.publishData(new TextEncoder().encode(words), { reliable: sure, topic: 'note' }), [
          text,
          reliable,
        ] as [string, boolean]);
        const kind = reliable ? 'reliable' : 'lossy';
        for (const other of [anna, bo]) await other.told({ name: 'dataReceived', who: 'cem', text, kind, topic: 'note' });
      }
    });

    test('data for one person reaches that person alone', async () => {
      await anna.me((me) =>
        me.publishData(new TextEncoder().encode('for bo'), { reliable: true, destinationIdentities: ['bo'] }),
      );
      await anna.me((me) => me.publishData(new TextEncoder().encode('for all'), { reliable: true }));
      for (const other of [bo, cem]) await other.told({ name: 'dataReceived', who: 'anna', text: 'for all' });
      await bo.told({ name: 'dataReceived', text: 'for bo' });
      expect(await cem.events()).not.toContainEqual(expect.objectContaining({ text: 'for bo' }));
    });

    test('text streams and remote calls pass', async () => {
      await bo.me((me) => me.sendText('a longer note '.repeat(5_000), { topic: 'note' }));
      for (const other of [anna, cem]) {
        await other.told({ name: 'textStream', who: 'bo', text: 'a longer note '.repeat(5_000) });
      }
      expect(await cem.me((me) => me.performRpc({ destinationIdentity: 'anna', method: 'greet', payload: 'Good day' }))).toBe(
        'Good day, cem',
      );
    });

    test('who unsubscribes receives nothing until subscribing again', async () => {
      await cem.track(anna, 'camera', (publication) => publication.setSubscribed(false));
      await cem.told({ name: 'trackUnsubscribed', who: 'anna', source: 'camera' });
      const since = await cem.now();
      await cem.track(anna, 'camera', (publication) => publication.setSubscribed(true));
      await cem.told({ name: 'trackSubscribed', who: 'anna', source: 'camera' }, since);
      await cem.sees(anna);
    });

    test('who leaves is gone at once', async () => {
      const since = await anna.now();
      await cem.page.evaluate(() => window.room.disconnect());
      for (const other of [anna, bo]) await other.misses(cem);
      expect((await anna.events()).slice(since)).toContainEqual({ name: 'participantDisconnected', who: 'cem' });
    });
  });
}
