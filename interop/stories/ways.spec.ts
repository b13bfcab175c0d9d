// SPDX-License-Identifier: EUPL-1.2
// How media gets through: over TCP for whoever's network lets no UDP through.

import { chromium, expect, test } from '@playwright/test';
import { MEDIA, newRoom, Person } from '../people/person.ts';

for (const singlePeerConnection of [false, true]) {
  const mode = singlePeerConnection ? 'one peer connection' : 'two peer connections';

  test(`who has no UDP is heard and seen, and hears and sees, ${mode} @core`, async ({ browser, launchOptions }) => {
    // A browser that sends no datagram, as behind a firewall that drops them.
    const args = [...(launchOptions.args ?? []), '--force-webrtc-ip-handling-policy=disable_non_proxied_udp', '--webrtc-ip-handling-policy=disable_non_proxied_udp'];
    const behind = await chromium.launch({ ...launchOptions, args });
    const room = newRoom();
    const anna = await (await Person.arrive(behind, 'anna')).join({ room, singlePeerConnection });
    const bo = await (await Person.arrive(browser, 'bo')).join({ room, singlePeerConnection });
    for (const person of [anna, bo]) await person.me((me) => me.enableCameraAndMicrophone());
    for (const [who, whom] of [[anna, bo], [bo, anna]] as const) {
      await who.sees(whom);
      await who.hears(whom);
    }
    for (const [person, whom, protocol] of [[anna, bo, 'tcp'], [bo, anna, 'udp']] as const) {
      await expect
        .poll(() => person.track(whom, 'camera', async (publication) => {
          const report = await publication.track?.receiver?.getStats();
          const all = [...(report?.values() ?? [])];
          const pair = all.find((one) => one.type === 'candidate-pair' && one.nominated && one.state === 'succeeded');
          return all.find((one) => one.id === pair?.localCandidateId)?.protocol;
        }), MEDIA)
        .toBe(protocol);
    }
    for (const person of [anna, bo]) await person.leave();
    await behind.close();
  });
}
