// SPDX-License-Identifier: EUPL-1.2

import { Button, useLocale } from 'react-aria-components';
import { useTranslation } from 'react-i18next';
import type { Offer } from '../call/devices';
import type { DeviceKind, Media } from '../call/state';
import { useCall, useCallState } from '../features/feature';
import { Icon } from '../ui';
import { timeText } from '../features/time';
import styles from './meeting.module.css';

/** A headset that has just been plugged in: whether it is used is asked, nothing changes by itself. */
function Offered({ offer: { kind, id, label } }: { offer: Offer }) {
  const { t } = useTranslation('call');
  const { devices } = useCall();
  return (
    <p className={styles.banner}>
      <Icon name="microphone" size={20} />
      <span>{t('device.offered', { label })}</span>
      <Button className={styles.bannerButton ?? ''} aria-label={t('device.use_name', { label })} onPress={() => void devices.choose(kind, id)}>
        {t('device.use')}
      </Button>
      <Button className={styles.bannerButton ?? ''} aria-label={t('device.decline', { label })} onPress={() => devices.decline()}>
        <Icon name="close" size={20} />
      </Button>
    </p>
  );
}

const DOWN = new Set<Media['connection']>(['unreachable', 'reconnecting']);

/** What is wrong now, what happens about it, and what the person can do. One line each; the announcer says them. */
export function Banner() {
  const { t } = useTranslation('call');
  const call = useCall();
  const link = useCallState((state) => state.link);
  const media = useCallState((state) => state.media);
  const closing = useCallState((state) => (state.room.closing === undefined ? undefined : state.room.closesAt));
  const { locale } = useLocale();
  const problems = Object.entries(media.problems) as [DeviceKind, string][];
  const lost = link.state === 'lost' || link.state === 'connecting';
  const down = link.state === 'open' && DOWN.has(media.connection);
  const quiet = link.state === 'open' && closing === undefined && problems.length === 0 && media.offered === undefined && !media.soundBlocked && !down;
  if (quiet) return null;
  return (
    <div className={styles.banners} role="region" aria-label={t('banner.name')} data-region tabIndex={-1}>
      {link.state === 'silent' && (
        <p className={styles.banner} data-kind="warning">
          <Icon name="alert" size={20} />
          <span>{t('banner.silent')}</span>
        </p>
      )}
      {lost && (
        <p className={styles.banner} data-kind="warning">
          <Icon name="alert" size={20} />
          <span>{t(link.attempt > 2 ? 'banner.lost_long' : 'banner.lost')}</span>
          <Button className={styles.bannerButton ?? ''} onPress={() => call.retryNow()}>
            {t('banner.try_now')}
          </Button>
        </p>
      )}
      {down && (
        <p className={styles.banner} data-kind="warning">
          <Icon name="alert" size={20} />
          <span>{t(`banner.media_${media.connection}`)}</span>
        </p>
      )}
      {closing !== undefined && (
        <p className={styles.banner}>
          <Icon name="clock" size={20} />
          <span>{t('closing.banner', { time: timeText(closing, locale) })}</span>
        </p>
      )}
      {media.soundBlocked && media.connection === 'connected' && (
        <p className={styles.banner}>
          <Icon name="speaker" size={20} />
          <span>{t('banner.sound_blocked')}</span>
          <Button className={styles.bannerButton ?? ''} onPress={() => void call.rooms.playSound()}>
            {t('banner.play_sound')}
          </Button>
        </p>
      )}
      {media.offered !== undefined && <Offered offer={media.offered} />}
      {problems.map(([kind, problem]) => (
        <p key={kind} className={styles.banner} data-kind="warning">
          <Icon name="alert" size={20} />
          <span>
            {t(`device.${kind}`)}: {t(`device.${problem}`)}
          </span>
          <Button className={styles.bannerButton ?? ''} aria-label={t('device.again', { device: t(`device.${kind}`) })} onPress={() => call.set(kind, true)}>
            {t('banner.again')}
          </Button>
          <Button className={styles.bannerButton ?? ''} aria-label={t('device.close', { device: t(`device.${kind}`) })} onPress={() => call.devices.forgetProblem(kind)}>
            <Icon name="close" size={20} />
          </Button>
        </p>
      ))}
    </div>
  );
}
