// SPDX-License-Identifier: EUPL-1.2

import { useEffect, useState } from 'react';
import { Button, Heading } from 'react-aria-components';
import { useTranslation } from 'react-i18next';
import { useCall } from '../../features/feature';
import { features } from '../../features/list';
import { MeetingDialog } from '../../features/MeetingDialog';
import room from '../meeting.module.css';
import { announcementLevel, LEVELS, setAnnouncementLevel } from './level';
import { isApple, shortcutsAreOn, turnShortcuts } from './shortcuts';

const KINDS = ['audioinput', 'videoinput', 'audiooutput'] as const;

interface SettingsDialogProps {
  isOpen: boolean;
  onOpenChange: (open: boolean) => void;
}

export function SettingsDialog(props: SettingsDialogProps) {
  return <MeetingDialog {...props}>{({ close }) => <Settings close={close} />}</MeetingDialog>;
}

function Settings({ close }: { close: () => void }) {
  const { t } = useTranslation('call');
  const [level, setLevel] = useState(announcementLevel);
  const [shortcuts, setShortcuts] = useState(shortcutsAreOn);
  return (
    <>
      <Heading slot="title">{t('settings.title')}</Heading>
      {KINDS.map((kind) => (
        <DeviceChoice key={kind} kind={kind} />
      ))}
      <fieldset className={room.group}>
        <legend>{t('settings.announcements')}</legend>
        {LEVELS.map((one) => (
          <label key={one} className={room.radio}>
            <input
              type="radio"
              name="announcements"
              checked={level === one}
              onChange={() => {
                setAnnouncementLevel(one);
                setLevel(one);
              }}
            />
            {t(`settings.level_${one}`)}
          </label>
        ))}
      </fieldset>
      <h3>{t('shortcuts.title')}</h3>
      <label className={room.radio}>
        <input
          type="checkbox"
          checked={shortcuts}
          onChange={({ target }) => {
            turnShortcuts(target.checked);
            setShortcuts(target.checked);
          }}
        />
        {t('shortcuts.on')}
      </label>
      <dl className={room.shortcuts}>
        {features.flatMap(({ shortcuts = [] }) =>
          shortcuts.map(({ letter, label }) => (
            <div key={letter}>
              <dt>{t(label)}</dt>
              <dd>
                <kbd>{isApple() ? '⌘' : t('shortcuts.ctrl')}</kbd> <kbd>⇧</kbd> <kbd>{letter}</kbd>
              </dd>
            </div>
          )),
        )}
        <div>
          <dt>{t('shortcuts.regions')}</dt>
          <dd>
            <kbd>F6</kbd>
          </dd>
        </div>
      </dl>
      <Button className={room.primary ?? ''} onPress={close}>
        {t('settings.done')}
      </Button>
    </>
  );
}

function DeviceChoice({ kind }: { kind: (typeof KINDS)[number] }) {
  const { t } = useTranslation('call');
  const call = useCall();
  const [devices, setDevices] = useState<MediaDeviceInfo[]>([]);
  const [chosen, setChosen] = useState('');
  useEffect(() => {
    const media = navigator.mediaDevices as MediaDevices | undefined;
    const load = async (): Promise<void> => {
      const all = (await media?.enumerateDevices()) ?? [];
      // Before the permission the browser names no device: nothing to choose from.
      setDevices(all.filter((device) => device.kind === kind && device.deviceId !== ''));
      setChosen((await call.activeDevice(kind)) ?? '');
    };
    const reload = (): void => void load();
    reload();
    media?.addEventListener('devicechange', reload);
    return () => media?.removeEventListener('devicechange', reload);
  }, [call, kind]);
  return (
    <label className={room.field}>
      <span>{t(`settings.${kind}`)}</span>
      <select
        value={chosen}
        disabled={devices.length === 0}
        onChange={({ target }) => {
          setChosen(target.value);
          void call.switchDevice(kind, target.value);
        }}
      >
        {devices.length === 0 && <option value="">{t('settings.default_device')}</option>}
        {devices.map(({ deviceId, label }) => (
          <option key={deviceId} value={deviceId}>
            {label || t('settings.default_device')}
          </option>
        ))}
      </select>
    </label>
  );
}
