// SPDX-License-Identifier: EUPL-1.2

import { useEffect, useState, useSyncExternalStore } from 'react';
import type { Devices, DevicesState } from '../../call/devices';

export function useDevices({ store }: Devices): DevicesState {
  return useSyncExternalStore(store.subscribe, store.getSnapshot);
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
