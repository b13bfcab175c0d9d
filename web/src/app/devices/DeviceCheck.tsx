// SPDX-License-Identifier: EUPL-1.2

/** Camera, microphone and speaker before a meeting. Asks for a device only after a tap; joining works without any. */
import { type Dispatch, type SetStateAction, useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Alert, Button, Icon, RadioGroup, ToggleButton } from '../../ui';
import page from '../pages/pages.module.css';
import styles from './devices.module.css';
import { type DeviceProblem, useDeviceList, useTrack } from './media';
import { LevelGauge, playTone } from './sound';

export interface Devices {
  microphone: boolean;
  camera: boolean;
  microphoneId?: string | undefined;
  cameraId?: string | undefined;
  speakerId?: string | undefined;
}

type Kind = 'camera' | 'microphone';

export const noDevices: Devices = { microphone: false, camera: false };

export function DeviceCheck({ devices, onChange }: { devices: Devices; onChange: Dispatch<SetStateAction<Devices>> }) {
  const { t } = useTranslation();
  const [problems, setProblems] = useState<Partial<Record<Kind, DeviceProblem>>>({});
  const close = (kind: Kind) => setProblems(({ [kind]: _, ...others }) => others);
  const turn = (kind: Kind, on: boolean) => {
    if (on) close(kind);
    onChange({ ...devices, [kind]: on });
  };
  // What cannot be had is off, and shown so: the reason stays until it is closed or the next try.
  const failed = (kind: Kind) => (problem: DeviceProblem) => {
    setProblems((others) => ({ ...others, [kind]: problem }));
    onChange((before) => ({ ...before, [kind]: false }));
  };
  const camera = useTrack('camera', devices.camera, devices.cameraId, failed('camera'));
  const microphone = useTrack('microphone', devices.microphone, devices.microphoneId, failed('microphone'));
  const list = useDeviceList(`${camera.stream?.id ?? ''} ${microphone.stream?.id ?? ''}`);
  const choices = (kind: MediaDeviceKind) =>
    list
      .filter((device) => device.kind === kind && device.deviceId !== '' && device.label !== '')
      .map((device) => ({ value: device.deviceId, label: device.label }));
  const cameras = choices('videoinput');
  const microphones = choices('audioinput');
  const speakers = choices('audiooutput');

  return (
    <section className={page['card']} aria-labelledby="device-check">
      <h2 id="device-check">{t('devices.title')}</h2>
      <div className={styles['preview']}>
        {camera.stream ? (
          <Preview stream={camera.stream} label={t('devices.preview')} />
        ) : (
          <p className={styles['dark']}>
            <Icon name="camera_off" size={32} />
            {camera.busy ? t('devices.asking') : t('devices.camera_off')}
          </p>
        )}
        <div className={styles['toggles']}>
          <ToggleButton
            round
            icons={['microphone_off', 'microphone']}
            label={t('devices.microphone')}
            isSelected={devices.microphone}
            onChange={(on) => turn('microphone', on)}
          />
          <ToggleButton
            round
            icons={['camera_off', 'camera']}
            label={t('devices.camera')}
            isSelected={devices.camera}
            onChange={(on) => turn('camera', on)}
          />
        </div>
      </div>
      {!devices.camera && !devices.microphone ? <p className={page['lead']}>{t('devices.explain')}</p> : null}
      {(['camera', 'microphone'] as const).map((kind) =>
        problems[kind] === undefined ? null : (
          <Alert
            key={kind}
            kind="warning"
            title={t(`devices.problem.${kind}_${problems[kind]}`)}
            close={{ label: t(`devices.close_${kind}`), onClose: () => close(kind) }}
            live
          >
            {t(`devices.problem.${problems[kind]}`)}
          </Alert>
        ),
      )}
      {microphone.stream ? <LevelGauge stream={microphone.stream} label={t('devices.level')} hint={t('devices.silent')} /> : null}
      <div className={page['row']}>
        <Button icon="speaker" onPress={() => void playTone(devices.speakerId)}>
          {t('devices.tone')}
        </Button>
      </div>
      {microphones.length > 1 ? (
        <RadioGroup
          label={t('devices.microphone')}
          choices={microphones}
          value={devices.microphoneId ?? microphones[0]?.value ?? ''}
          onChange={(microphoneId) => onChange({ ...devices, microphoneId })}
        />
      ) : null}
      {cameras.length > 1 ? (
        <RadioGroup
          label={t('devices.camera')}
          choices={cameras}
          value={devices.cameraId ?? cameras[0]?.value ?? ''}
          onChange={(cameraId) => onChange({ ...devices, cameraId })}
        />
      ) : null}
      {speakers.length > 1 ? (
        <RadioGroup
          label={t('devices.speaker')}
          choices={speakers}
          value={devices.speakerId ?? speakers[0]?.value ?? ''}
          onChange={(speakerId) => onChange({ ...devices, speakerId })}
        />
      ) : null}
    </section>
  );
}

function Preview({ stream, label }: { stream: MediaStream; label: string }) {
  const video = useRef<HTMLVideoElement>(null);
  useEffect(() => {
    if (video.current) video.current.srcObject = stream;
  }, [stream]);
  return <video ref={video} className={styles['video']} aria-label={label} autoPlay playsInline muted />;
}
