// SPDX-License-Identifier: EUPL-1.2

import { useEffect, useRef, useState } from 'react';

/** Why there is no picture or sound: each has its own advice. */
export type DeviceProblem = 'denied' | 'in_use' | 'missing' | 'insecure' | 'unplugged' | 'other';

export function problemOf(error: unknown): DeviceProblem {
  const name = error instanceof Error || error instanceof DOMException ? error.name : '';
  if (name === 'NotAllowedError' || name === 'SecurityError') return 'denied';
  if (name === 'NotReadableError' || name === 'AbortError') return 'in_use';
  if (name === 'NotFoundError' || name === 'OverconstrainedError') return 'missing';
  return 'other';
}

export interface Track {
  stream?: MediaStream;
  busy: boolean;
}

/**
 * Holds the device while `on`; lets it go when turned off or when the page is left. `onProblem`: it cannot be had, or is gone. `unplugged`
 * is told of a device that worked.
 */
export function useTrack(
  kind: 'camera' | 'microphone',
  on: boolean,
  deviceId: string | undefined,
  onProblem: (problem: DeviceProblem) => void,
): Track {
  const [track, setTrack] = useState<Track>({ busy: false });
  const tell = useRef(onProblem);
  useEffect(() => {
    tell.current = onProblem;
  });
  useEffect(() => {
    if (!on) return;
    if (!navigator.mediaDevices) {
      tell.current('insecure');
      return;
    }
    let gone = false;
    let opened: MediaStream | undefined;
    setTrack({ busy: true });
    const wanted = deviceId ? { deviceId: { exact: deviceId } } : true;
    navigator.mediaDevices.getUserMedia(kind === 'camera' ? { video: wanted } : { audio: wanted }).then(
      (stream) => {
        opened = stream;
        if (gone) return stop(stream);
        setTrack({ busy: false, stream });
        for (const one of stream.getTracks()) one.addEventListener('ended', () => gone || tell.current('unplugged'));
      },
      (error: unknown) => {
        if (!gone) tell.current(problemOf(error));
      },
    );
    return () => {
      gone = true;
      if (opened) stop(opened);
      setTrack({ busy: false });
    };
  }, [kind, on, deviceId]);
  return track;
}

function stop(stream: MediaStream): void {
  for (const track of stream.getTracks()) track.stop();
}

/** Browsers tell the names only after permission: `moment` changes when that may have happened. */
export function useDeviceList(moment: string): readonly MediaDeviceInfo[] {
  const [list, setList] = useState<readonly MediaDeviceInfo[]>([]);
  useEffect(() => {
    const media = navigator.mediaDevices;
    if (!media) return;
    let gone = false;
    const read = () =>
      void media.enumerateDevices().then(
        (devices) => gone || setList(devices),
        () => undefined,
      );
    read();
    media.addEventListener('devicechange', read);
    return () => {
      gone = true;
      media.removeEventListener('devicechange', read);
    };
  }, [moment]);
  return list;
}
