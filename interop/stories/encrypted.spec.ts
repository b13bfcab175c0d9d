// SPDX-License-Identifier: EUPL-1.2
// End-to-end encryption with the SDK's own worker: the server forwards what it cannot read.

import { expect, test } from '@playwright/test';
import { allSeeAndHear, newRoom, Person } from '../people/person.ts';

for (const singlePeerConnection of [false, true]) {
  const mode = singlePeerConnection ? 'one peer connection' : 'two peer connections';

  test(`three versions with one passphrase understand each other, another passphrase does not, ${mode}${singlePeerConnection ? ' @core' : ''}`, async ({ browser }) => {
    const room = newRoom();
    const people = [
      await Person.arrive(browser, 'anna', '2.15.16'),
      await Person.arrive(browser, 'bo', '2.19.2'),
      await Person.arrive(browser, 'cem', '2.23.0'),
    ];
    const [anna, bo, cem] = people;
    for (const person of people) {
      await person.join({ room, singlePeerConnection, passphrase: 'the council in closed session' });
      await person.me((me) => me.setCameraEnabled(true, { resolution: { width: 640, height: 360 } }));
      await person.me((me) => me.setMicrophoneEnabled(true));
    }
    await allSeeAndHear(people);
    expect(await anna.track(bo, 'camera', (publication) => publication.isEncrypted)).toBe(true);
    await bo.me((me) => me.publishData(new TextEncoder().encode('in confidence'), { reliable: true }));
    for (const other of [anna, cem]) await other.told({ name: 'dataReceived', who: 'bo', text: 'in confidence' });

    const dora = await Person.arrive(browser, 'dora', '2.23.0');
    await dora.join({ room, singlePeerConnection, passphrase: 'a wrong guess' });
    await expect.poll(async () => (await dora.received(anna, 'camera'))?.packets ?? 0, { timeout: 20_000 }).toBeGreaterThan(30);
    await dora.told({ name: 'encryptionError' });
    expect((await dora.received(anna, 'camera'))?.decoded).toBe(0);
    expect((await dora.received(anna, 'microphone'))?.energy).toBe(0);
    for (const person of [...people, dora]) await person.leave();
  });
}
