// SPDX-License-Identifier: EUPL-1.2

/** Camera, microphone and speaker before a meeting. Asks for a device only after a tap; joining works without any. */
import { useEffect, useMemo, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import type { Devices } from '../../call/devices';
import { Alert, Button, Icon, RadioGroup, ToggleButton } from '../../ui';
import page from '../pages/pages.module.css';
import styles from './devices.module.css';
import { LevelGauge, playTone } from './sound';
import { useDeviceList, useDevices } from './use';

const CHOICES = [
  ['audioinput', 'microphone'],
  ['videoinput', 'camera'],
  ['audiooutput', 'speaker'],
] as const;

export function DeviceCheck({ devices }: { devices: Devices }) {
  const { t } = useTranslation();
  const { own, problems, tracks } = useDevices(devices);
  useEffect(() => {
    devices.open();
    devices.resume();
  }, [devices]);
  const camera = useStream(own.camera === 'on' ? tracks.get('camera') : undefined);
  const microphone = useStream(own.microphone === 'on' ? tracks.get('microphone') : undefined);
  const list = useDeviceList(`${camera?.id ?? ''} ${microphone?.id ?? ''}`);

  return (
    <section className={page['card']} aria-labelledby="device-check">
      <h2 id="device-check">{t('devices.title')}</h2>
      <div className={styles['preview']}>
        {camera ? (
          <Preview stream={camera} label={t('devices.preview')} />
        ) : (
          <p className={styles['dark']}>
            <Icon name="camera_off" size={32} />
            {own.camera === 'starting' ? t('devices.asking') : t('devices.camera_off')}
          </p>
        )}
        <div className={styles['toggles']}>
          <ToggleButton
            round
            icons={['microphone_off', 'microphone']}
            label={t('devices.microphone')}
            isSelected={own.microphone !== 'off'}
            onChange={(on) => void devices.set('microphone', on)}
          />
          <ToggleButton
            round
            icons={['camera_off', 'camera']}
            label={t('devices.camera')}
            isSelected={own.camera !== 'off'}
            onChange={(on) => void devices.set('camera', on)}
          />
        </div>
      </div>
      {own.camera === 'off' && own.microphone === 'off' ? <p className={page['lead']}>{t('devices.explain')}</p> : null}
      {(['camera', 'microphone'] as const).map((kind) =>
        problems[kind] === undefined ? null : (
          <Alert
            key={kind}
            kind="warning"
            title={t(`devices.problem.${kind}_${problems[kind]}`)}
            close={{ label: t(`devices.close_${kind}`), onClose: () => devices.forgetProblem(kind) }}
            live
          >
            {t(`devices.problem.${problems[kind]}`)}
          </Alert>
        ),
      )}
      {microphone ? <LevelGauge stream={microphone} label={t('devices.level')} hint={t('devices.silent')} /> : null}
      <div className={page['row']}>
        <Button icon="speaker" onPress={() => void playTone(devices.chosen('audiooutput'))}>
          {t('devices.tone')}
        </Button>
      </div>
      {CHOICES.map(([kind, name]) => {
        const found = list.filter((device) => device.kind === kind && device.deviceId !== '' && device.label !== '');
        const choices = found.map(({ deviceId, label }) => ({ value: deviceId, label }));
        const chosen = choices.find(({ value }) => value === devices.chosen(kind)) ?? choices[0];
        return choices.length > 1 ? (
          <RadioGroup
            key={kind}
            label={t(`devices.${name}`)}
            choices={choices}
            value={chosen?.value ?? ''}
            onChange={(id) => void devices.choose(kind, id)}
          />
        ) : null;
      })}
    </section>
  );
}

/** What a `<video>` and a level gauge take. */
function useStream(track: MediaStreamTrack | undefined): MediaStream | undefined {
  return useMemo(() => (track === undefined ? undefined : new MediaStream([track])), [track]);
}

function Preview({ stream, label }: { stream: MediaStream; label: string }) {
  const video = useRef<HTMLVideoElement>(null);
  useEffect(() => {
    if (video.current) video.current.srcObject = stream;
  }, [stream]);
  return <video ref={video} className={styles['video']} aria-label={label} autoPlay playsInline muted />;
}
