// SPDX-License-Identifier: EUPL-1.2
// The server is killed and comes back at the same address: everybody is in the room again without a reload.

import { test } from '@playwright/test';
import { allSeeAndHear, newRoom, Person } from '../people/person.ts';
import { freeTcpPort, freeUdpPort, launch, server } from '../people/server.ts';

const { kind } = server();

/** A server that somebody else runs is not killed. */
const whenOurs = kind === 'external' ? () => undefined : test;

whenOurs('a killed server that comes back lets everybody rejoin @core', async ({ browser }) => {
  const [tcp, udp] = [await freeTcpPort(), await freeUdpPort()];
  const first = await launch(kind, tcp, udp);
  const url = new URL(`http://127.0.0.1:${tcp}`);
  const room = newRoom();
  const anna = await Person.arrive(browser, 'anna', '2.23.0', url);
  const bo = await Person.arrive(browser, 'bo', '2.15.16', url);
  for (const person of [anna, bo]) {
    await person.join({ room, singlePeerConnection: person === anna });
    await person.me((me) => me.setCameraEnabled(true, { resolution: { width: 640, height: 360 } }));
    await person.me((me) => me.setMicrophoneEnabled(true));
  }
  await allSeeAndHear([anna, bo]);
  const since = [await anna.now(), await bo.now()];

  first.kill('SIGKILL');
  await anna.told({ name: 'signalReconnecting' }, since[0]);
  const second = await launch(kind, tcp, udp);
  await anna.told({ name: 'reconnected' }, since[0]);
  await bo.told({ name: 'reconnected' }, since[1]);
  await allSeeAndHear([anna, bo]);

  for (const person of [anna, bo]) await person.leave();
  second.kill('SIGKILL');
});
