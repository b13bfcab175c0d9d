// SPDX-License-Identifier: EUPL-1.2

import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import room from '../../meeting/meeting.module.css';
import { useCall } from '../feature';

const KINDS = ['audioinput', 'videoinput', 'audiooutput'] as const;

/** Which microphone, camera and loudspeaker. */
export function DeviceChoices() {
  return KINDS.map((kind) => <DeviceChoice key={kind} kind={kind} />);
}

function DeviceChoice({ kind }: { kind: (typeof KINDS)[number] }) {
  const { t } = useTranslation('call');
  const { devices } = useCall();
  const [found, setFound] = useState<MediaDeviceInfo[]>([]);
  const [chosen, setChosen] = useState('');
  useEffect(() => {
    const media = navigator.mediaDevices as MediaDevices | undefined;
    const load = async (): Promise<void> => {
      const all = (await media?.enumerateDevices()) ?? [];
      // Before the permission the browser names no device: nothing to choose from.
      setFound(all.filter((device) => device.kind === kind && device.deviceId !== ''));
      setChosen(devices.chosen(kind) ?? 'default');
    };
    const reload = (): void => void load();
    reload();
    media?.addEventListener('devicechange', reload);
    return () => media?.removeEventListener('devicechange', reload);
  }, [devices, kind]);
  return (
    <label className={room.field}>
      <span>{t(`livekit.settings.${kind}`)}</span>
      <select
        value={chosen}
        disabled={found.length === 0}
        onChange={({ target }) => {
          setChosen(target.value);
          void devices.choose(kind, target.value);
        }}
      >
        {found.length === 0 && <option value="">{t('livekit.settings.default_device')}</option>}
        {found.map(({ deviceId, label }) => (
          <option key={deviceId} value={deviceId}>
            {label || t('livekit.settings.default_device')}
          </option>
        ))}
      </select>
    </label>
  );
}
