// SPDX-License-Identifier: EUPL-1.2
// Simulcast: which layer a subscriber gets, and which layers a publisher has to send at all.

import { expect, test } from '@playwright/test';
import { MEDIA, newRoom, Person } from '../people/person.ts';

/** 960×540 makes the SDK publish three layers: 240, 480 and 960 pixels wide. */
const CAMERA = { resolution: { width: 960, height: 540, frameRate: 15 } };
const PUBLISH = {
  simulcast: true,
  videoSimulcastLayers: [
    { width: 240, height: 135, resolution: {}, encoding: { maxBitrate: 80_000, maxFramerate: 15 } },
    { width: 480, height: 270, resolution: {}, encoding: { maxBitrate: 250_000, maxFramerate: 15 } },
  ],
};

async function width(person: Person, of: Person, expected: number) {
  await expect
    .poll(async () => (await person.received(of, 'camera'))?.width, { message: `${person.name} gets ${expected} wide`, ...MEDIA })
    .toBe(expected);
  await person.sees(of);
}

for (const singlePeerConnection of [false, true]) {
  const mode = singlePeerConnection ? 'one peer connection' : 'two peer connections';

  test.describe(`simulcast, ${mode}`, () => {
    let anna: Person, bo: Person;

    test.beforeAll(async ({ browser }) => {
      const room = newRoom();
      anna = await (await Person.arrive(browser, 'anna')).join({ room, singlePeerConnection, options: { dynacast: true } });
      bo = await (await Person.arrive(browser, 'bo')).join({ room, singlePeerConnection });
      await anna.me((me, [camera, publish]) => me.setCameraEnabled(true, camera as never, publish as never), [CAMERA, PUBLISH]);
      await bo.sees(anna);
    });

    test.afterAll(async () => {
      for (const person of [anna, bo]) await person.leave();
    });

    test('the wanted quality decides the layer', async () => {
      await width(bo, anna, 960);
      await bo.track(anna, 'camera', (publication) => publication.setVideoQuality(0));
      await width(bo, anna, 240);
      await bo.track(anna, 'camera', (publication) => publication.setVideoQuality(1));
      await width(bo, anna, 480);
      await bo.track(anna, 'camera', (publication) => publication.setVideoQuality(2));
      await width(bo, anna, 960);
    });

    test('the size of the picture decides the layer', async () => {
      await bo.track(anna, 'camera', (publication) => publication.setVideoDimensions({ width: 200, height: 112 }));
      await width(bo, anna, 240);
      await bo.track(anna, 'camera', (publication) => publication.setVideoDimensions({ width: 960, height: 540 }));
      await width(bo, anna, 960);
    });

    test('a layer that nobody wants is not sent, and is sent again when wanted', async () => {
      await bo.track(anna, 'camera', (publication) => publication.setVideoQuality(0));
      await width(bo, anna, 240);
      await stillSends(anna, ['q']);
      await bo.track(anna, 'camera', (publication) => publication.setVideoQuality(2));
      await width(bo, anna, 960);
    });

    test('a disabled track pauses and comes back', async () => {
      await bo.track(anna, 'camera', (publication) => publication.setEnabled(false));
      await stillSends(anna, []);
      await bo.track(anna, 'camera', (publication) => publication.setEnabled(true));
      await bo.sees(anna);
    });
  });
}

/** Waits until exactly these layers (by rid) send packets between two looks. */
async function stillSends(person: Person, rids: string[]) {
  let before: Record<string, number> = {};
  await expect
    .poll(
      async () => {
        const now = await person.sent('camera');
        const sending = Object.keys(now).filter((rid) => now[rid] > (before[rid] ?? 0));
        before = now;
        return sending.sort();
      },
      { message: `${person.name} sends only ${rids}`, intervals: [1_000], ...MEDIA },
    )
    .toEqual(rids);
}

test('with adaptive stream the size of the element decides the layer, and a hidden picture pauses', async ({ browser }) => {
  const room = newRoom();
  const anna = await (await Person.arrive(browser, 'anna')).join({ room });
  const bo = await (await Person.arrive(browser, 'bo')).join({ room, options: { adaptiveStream: { pixelDensity: 1 } } });
  await anna.me((me, [camera, publish]) => me.setCameraEnabled(true, camera as never, publish as never), [CAMERA, PUBLISH]);
  await bo.sees(anna);
  await bo.page.addStyleTag({ content: 'video { width: 200px !important; height: 112px !important }' });
  await width(bo, anna, 240);
  await bo.page.addStyleTag({ content: 'video { width: 960px !important; height: 540px !important }' });
  await width(bo, anna, 960);
  await bo.page.addStyleTag({ content: 'video { display: none }' });
  await expect.poll(() => arriving(bo, anna), { message: 'nothing arrives for a hidden picture', intervals: [1_000], ...MEDIA }).toBe(0);
  for (const person of [anna, bo]) await person.leave();
});

const [ONE, TWO] = [true, false];
const connections = (one: boolean) => (one ? 'one connection' : 'two connections');
/**
 * Publisher and viewer. AV1 in spatial layers cannot be decoded without the dependency descriptor, and Chromium offers to
 * receive it only when the server asks: a viewer with one connection sees no AV1, with LiveKit's server neither.
 */
const pairs: Record<string, [boolean, boolean][]> = {
  vp8: [[ONE, TWO]],
  h264: [[ONE, TWO]],
  vp9: [[ONE, ONE], [ONE, TWO], [TWO, ONE], [TWO, TWO]],
  av1: [[ONE, TWO], [TWO, TWO]],
};

for (const [videoCodec, modes] of Object.entries(pairs)) {
  for (const [publisher, viewer] of modes) {
    test(`a camera in ${videoCodec} arrives as what it is, from ${connections(publisher)} to ${connections(viewer)}`, async ({ browser }) => {
      const room = newRoom();
      const anna = await (await Person.arrive(browser, 'anna')).join({ room, singlePeerConnection: publisher });
      const bo = await (await Person.arrive(browser, 'bo', '2.15.16')).join({ room, singlePeerConnection: viewer });
      await anna.me(
        (me, codec) =>
          me.setCameraEnabled(true, { resolution: { width: 640, height: 360 } }, { videoCodec: codec, backupCodec: false } as never),
        videoCodec,
      );
      await bo.sees(anna);
      expect((await bo.received(anna, 'camera'))?.codec?.toLowerCase()).toBe(`video/${videoCodec}`);
      for (const person of [anna, bo]) await person.leave();
    });
  }
}

/** Packets of the camera that arrive within one turn of the statistics. */
async function arriving(person: Person, of: Person): Promise<number> {
  const before = (await person.received(of, 'camera'))?.packets ?? 0;
  await person.page.evaluate(() => new Promise((frames) => setTimeout(frames, 500)));
  return ((await person.received(of, 'camera'))?.packets ?? 0) - before;
}
