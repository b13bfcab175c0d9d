// SPDX-License-Identifier: EUPL-1.2

import { Button, useLocale } from 'react-aria-components';
import { useTranslation } from 'react-i18next';
import type { DeviceKind, Media } from '../../call/state';
import { useCall, useCallState } from '../feature';
import { Icon } from '../icons';
import { timeText } from '../time';
import styles from './meeting.module.css';

const DOWN = new Set<Media['connection']>(['unreachable', 'reconnecting']);

/** What is wrong now, what happens about it, and what the person can do. One line each. */
export function Banner() {
  const { t } = useTranslation('call');
  const call = useCall();
  const link = useCallState((state) => state.link);
  const media = useCallState((state) => state.media);
  const closing = useCallState((state) => (state.room.closing === undefined ? undefined : state.room.closesAt));
  const { locale } = useLocale();
  const problems = Object.entries(media.problems) as [DeviceKind, string][];
  const lost = link.state !== 'open';
  const quiet = !lost && closing === undefined && problems.length === 0 && !media.soundBlocked && !DOWN.has(media.connection);
  if (quiet) return null;
  return (
    <div className={styles.banners} role="region" aria-label={t('banner.name')}>
      {lost && (
        <p className={styles.banner} data-kind="warning">
          <Icon name="warning" size={20} />
          <span>{t(link.attempt > 2 ? 'banner.lost_long' : 'banner.lost')}</span>
          <Button className={styles.bannerButton ?? ''} onPress={() => call.retryNow()}>
            {t('banner.try_now')}
          </Button>
        </p>
      )}
      {!lost && DOWN.has(media.connection) && (
        <p className={styles.banner} data-kind="warning" role="status">
          <Icon name="warning" size={20} />
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
          <Icon name="sound" size={20} />
          <span>{t('banner.sound_blocked')}</span>
          <Button className={styles.bannerButton ?? ''} onPress={() => void call.playSound()}>
            {t('banner.play_sound')}
          </Button>
        </p>
      )}
      {problems.map(([kind, problem]) => (
        <p key={kind} className={styles.banner} data-kind="warning" role="alert">
          <Icon name="warning" size={20} />
          <span>
            {t(`device.${kind}`)}: {t(`device.${problem}`)}
          </span>
        </p>
      ))}
    </div>
  );
}
