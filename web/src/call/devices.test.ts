// SPDX-License-Identifier: EUPL-1.2
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type FakeDevices, type FakeTrack, stubDevices } from './captured.fixture';
import { deviceProblem } from './device_problem';
import { Devices } from './devices';

let media: FakeDevices;
let kept: Map<string, string>;
let devices: Devices;

const open = () => {
  const storage = {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => void kept.set(key, value),
    removeItem: (key: string) => void kept.delete(key),
  };
  const opened = new Devices(storage);
  opened.open();
  return opened;
};
const now = () => devices.store.getSnapshot();
const settled = () => new Promise((done) => setTimeout(done));
const last = () => media.tracks.at(-1) as FakeTrack;

describe('the devices of a person', () => {
  beforeEach(() => {
    media = stubDevices();
    kept = new Map();
    devices = open();
  });
  afterEach(() => {
    devices.close();
    vi.unstubAllGlobals();
  });

  it('ask once for microphone and camera where both are turned on', async () => {
    void devices.set('microphone', true);
    await devices.set('camera', true);
    expect(media.asked).toEqual(['audio any and video any']);
    expect(now().own).toEqual({ microphone: 'on', camera: 'on', screen_share: 'off' });
  });

  it('give the one that there is where the other is missing, and never ask again who said no', async () => {
    media.here.video = [];
    void devices.set('microphone', true);
    await devices.set('camera', true);
    expect([now().own.microphone, now().own.camera, now().problems]).toEqual(['on', 'off', { camera: 'missing' }]);

    devices.close();
    media.asked.length = 0;
    media.refusal = () => 'NotAllowedError';
    void devices.set('microphone', true);
    await devices.set('camera', true);
    expect(media.asked).toHaveLength(1);
    expect(now().problems).toEqual({ microphone: 'denied', camera: 'denied' });
  });

  it('are silent at once when they are turned off, and nothing of the camera runs on', async () => {
    void devices.set('microphone', true);
    await devices.set('camera', true);
    void devices.set('microphone', false);
    void devices.set('camera', false);
    expect(now().own).toMatchObject({ microphone: 'off', camera: 'off' });
    expect(media.live()).toEqual(['built-in']);
    expect(media.tracks[0]?.enabled).toBe(false);
    await devices.set('microphone', true);
    expect([media.asked.length, media.tracks[0]?.enabled, now().own.microphone]).toEqual([1, true, 'on']);
  });

  it('take the last word, also while the browser still asks', async () => {
    void devices.set('camera', true);
    await undefined;
    expect(now().own.camera).toBe('starting');
    void devices.set('camera', false);
    expect(now().own.camera).toBe('off');
    await settled();
    expect([now().own.camera, media.live()]).toEqual(['off', []]);
  });

  it('capture nothing while their person waits, and then what they wanted', async () => {
    await devices.set('microphone', true);
    devices.hold();
    expect([now().own.microphone, media.live()]).toEqual(['off', []]);
    await devices.set('camera', true);
    expect(media.live()).toEqual([]);
    devices.resume();
    await settled();
    expect(media.asked.at(-1)).toBe('audio any and video any');
    expect(media.live()).toEqual(['built-in', 'lid']);
  });

  it('are the chosen ones in this browser from then on, and any where that one is not there', async () => {
    await devices.set('microphone', true);
    await devices.choose('audioinput', 'headset');
    expect([now().own.microphone, media.live(), devices.chosen('audioinput')]).toEqual(['on', ['headset'], 'headset']);
    devices.close();
    devices = open();
    await devices.set('microphone', true);
    expect(media.asked.at(-1)).toBe('audio headset');
    devices.close();
    media.here.audio = ['built-in'];
    await devices.set('microphone', true);
    expect(media.asked.slice(-2)).toEqual(['audio headset', 'audio any']);
    expect(now().own.microphone).toBe('on');
  });

  it('live with a storage that holds anything', async () => {
    for (const rubbish of ['', 'null', '[1]', '{"audioinput":7}', '{']) {
      kept.set('konvent.devices', rubbish);
      expect(open().chosen('audioinput')).toBeUndefined();
    }
  });

  it('say which took the place of one that was unplugged, or that there is none', async () => {
    await devices.choose('audioinput', 'headset');
    await devices.set('microphone', true);
    media.here.audio = ['built-in'];
    last().ends();
    expect(now().own.microphone).toBe('starting');
    await settled();
    expect(now().replaced).toEqual({ kind: 'microphone', by: 'the built-in', count: 1 });
    expect(now().own.microphone).toBe('on');

    media.here.audio = [];
    last().ends();
    await settled();
    expect([now().own.microphone, now().problems]).toEqual(['off', { microphone: 'unplugged' }]);
  });

  it('say nothing of a silent one that is unplugged: it is captured anew when it is wanted', async () => {
    await devices.set('microphone', true);
    await devices.set('microphone', false);
    last().ends();
    await settled();
    expect([now().problems, now().replaced]).toEqual([{}, undefined]);
    await devices.set('microphone', true);
    expect(media.asked).toHaveLength(2);
  });

  it('offer what is plugged in, and take it when it is wanted', async () => {
    await devices.set('microphone', true);
    await settled();
    media.plugs('AirPods');
    await settled();
    expect(now().offered).toEqual({ kind: 'audioinput', id: 'AirPods', label: 'the AirPods' });
    await devices.choose('audioinput', 'AirPods');
    expect([now().offered, media.live()]).toEqual([undefined, ['AirPods']]);
    media.plugs('speakerphone');
    await settled();
    devices.decline();
    expect([now().offered, media.live()]).toEqual([undefined, ['AirPods']]);
  });

  it('show no picture that was to be changed and could not be', async () => {
    const blurred = async (raw: MediaStreamTrack) => ({ track: raw.clone(), stop: () => undefined });
    await devices.process('camera', blurred);
    await devices.set('camera', true);
    expect(now().tracks.get('camera')).not.toBe(media.tracks[0]);
    await devices.process('camera', () => Promise.reject(new Error('no model')));
    expect([now().own.camera, now().problems, now().tracks.size, media.live()]).toEqual(['off', { camera: 'failed' }, 0, []]);
    devices.forgetProblem('camera');
    await devices.process('camera', undefined);
    await devices.set('camera', true);
    expect(now().tracks.get('camera')).toBe(last());
  });

  it('can be asked for the screen again by who has closed the dialog of the browser', async () => {
    const choose = navigator.mediaDevices.getDisplayMedia;
    navigator.mediaDevices.getDisplayMedia = () => Promise.reject(new DOMException('', 'NotAllowedError'));
    await devices.set('screen_share', true);
    expect([now().own.screen_share, now().problems]).toEqual(['off', {}]);
    navigator.mediaDevices.getDisplayMedia = choose;
    await devices.set('screen_share', true);
    expect(now().own.screen_share).toBe('on');
  });

  it('let go of the screen when the browser ends it, and when it is taken away', async () => {
    await devices.set('screen_share', true);
    expect(now().own.screen_share).toBe('on');
    last().ends();
    expect([now().own.screen_share, now().tracks.size]).toEqual(['off', 0]);
    await devices.set('screen_share', true);
    devices.hold();
    expect([now().own.screen_share, media.live()]).toEqual(['off', []]);
  });
});

it('tells denied, occupied and missing devices apart, and a page that is not secure', () => {
  const problem = (name: string, secure = true) => deviceProblem(new DOMException('', name), secure);
  expect(problem('NotAllowedError')).toBe('denied');
  expect(problem('NotReadableError')).toBe('in_use');
  expect(problem('NotFoundError')).toBe('missing');
  expect(problem('OverconstrainedError')).toBe('missing');
  expect(problem('NotFoundError', false)).toBe('insecure');
  expect(deviceProblem('surprise', true)).toBe('failed');
});
