// SPDX-License-Identifier: EUPL-1.2

/** Camera, microphone and speaker before a meeting. Asks for a device only after a tap; joining works without any. */
import { useEffect, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import { Alert, Button, Icon, RadioGroup, ToggleButton } from '../../ui';
import page from '../pages/pages.module.css';
import styles from './devices.module.css';
import { useDeviceList, useTrack } from './media';
import { LevelGauge, playTone } from './sound';

export interface Devices {
  microphone: boolean;
  camera: boolean;
  microphoneId?: string | undefined;
  cameraId?: string | undefined;
  speakerId?: string | undefined;
}

export const noDevices: Devices = { microphone: false, camera: false };

export function DeviceCheck({ devices, onChange }: { devices: Devices; onChange: (devices: Devices) => void }) {
  const { t } = useTranslation();
  const camera = useTrack('camera', devices.camera, devices.cameraId);
  const microphone = useTrack('microphone', devices.microphone, devices.microphoneId);
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
            onChange={(on) => onChange({ ...devices, microphone: on })}
          />
          <ToggleButton
            round
            icons={['camera_off', 'camera']}
            label={t('devices.camera')}
            isSelected={devices.camera}
            onChange={(on) => onChange({ ...devices, camera: on })}
          />
        </div>
      </div>
      {!devices.camera && !devices.microphone ? <p className={page['lead']}>{t('devices.explain')}</p> : null}
      {camera.problem ? (
        <Alert kind="warning" title={t(`devices.problem.camera_${camera.problem}`)} live>
          {t(`devices.problem.${camera.problem}`)}
        </Alert>
      ) : null}
      {microphone.problem ? (
        <Alert kind="warning" title={t(`devices.problem.microphone_${microphone.problem}`)} live>
          {t(`devices.problem.${microphone.problem}`)}
        </Alert>
      ) : null}
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
