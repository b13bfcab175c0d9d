// SPDX-License-Identifier: EUPL-1.2

import { useEffect, useState } from 'react';

/** Why there is no picture or sound: each has its own advice. */
export type DeviceProblem = 'denied' | 'in_use' | 'missing' | 'insecure' | 'other';

export function problemOf(error: unknown): DeviceProblem {
  const name = error instanceof Error || error instanceof DOMException ? error.name : '';
  if (name === 'NotAllowedError' || name === 'SecurityError') return 'denied';
  if (name === 'NotReadableError' || name === 'AbortError') return 'in_use';
  if (name === 'NotFoundError' || name === 'OverconstrainedError') return 'missing';
  return 'other';
}

export interface Track {
  stream?: MediaStream;
  problem?: DeviceProblem;
  busy: boolean;
}

/** Holds the device while `on`; lets it go when turned off or when the page is left. */
export function useTrack(kind: 'camera' | 'microphone', on: boolean, deviceId: string | undefined): Track {
  const [track, setTrack] = useState<Track>({ busy: false });
  useEffect(() => {
    if (!on) return;
    if (!navigator.mediaDevices) {
      setTrack({ busy: false, problem: 'insecure' });
      return;
    }
    let gone = false;
    let opened: MediaStream | undefined;
    setTrack({ busy: true });
    const wanted = deviceId ? { deviceId: { exact: deviceId } } : true;
    navigator.mediaDevices.getUserMedia(kind === 'camera' ? { video: wanted } : { audio: wanted }).then(
      (stream) => {
        opened = stream;
        if (gone) stop(stream);
        else setTrack({ busy: false, stream });
      },
      (error: unknown) => {
        if (!gone) setTrack({ busy: false, problem: problemOf(error) });
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
