// SPDX-License-Identifier: EUPL-1.2

import { memo, useEffect, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import type { Attachable } from '../call/state';
import { Icon } from '../features/icons';
import { colourOf, initials } from './layout';
import { photograph } from '../ui/photograph';
import styles from './tile.module.css';

export interface TileProps {
  id: string;
  name: string;
  video: Attachable | undefined;
  /** Address of a picture of the person, for while there is no video. */
  picture?: string | undefined;
  isSelf?: boolean;
  isShare?: boolean;
  microphoneOn?: boolean;
  speaking?: boolean;
  handRaised?: boolean;
  weakLine?: boolean;
  small?: boolean;
}

export const Tile = memo(function Tile(props: TileProps) {
  const { t } = useTranslation('call');
  const { id, name, video, picture, isSelf, isShare, microphoneOn, speaking, handRaised, weakLine } = props;
  const shown = isShare ? (isSelf ? t('tile.your_screen') : t('tile.screen_of', { name })) : isSelf ? t('tile.you', { name }) : name;
  const state = [
    isShare || microphoneOn ? '' : t('tile.muted'),
    handRaised ? t('tile.hand') : '',
    weakLine ? t('tile.weak_line') : '',
    speaking ? t('tile.speaking') : '',
  ].filter(Boolean);
  const photo = photograph(picture);
  return (
    <div
      role="group"
      aria-label={[shown, ...state].join(', ')}
      className={styles.tile}
      data-tile={isShare ? 'share' : 'person'}
      data-speaking={speaking === true}
      data-small={props.small === true}
    >
      {video ? (
        <Video track={video} mirrored={isSelf === true && !isShare} whole={isShare === true} />
      ) : photo !== undefined ? (
        <img className={styles.avatar} src={photo} alt="" />
      ) : (
        <span className={styles.avatar} data-colour={colourOf(id, 6)} aria-hidden="true">
          {initials(name)}
        </span>
      )}
      {handRaised && (
        <span className={styles.hand} aria-hidden="true">
          <Icon name="hand" size={20} />
        </span>
      )}
      <span className={styles.label} aria-hidden="true">
        {!isShare && !microphoneOn && <Icon name="microphone_off" size={16} />}
        {isShare && <Icon name="share" size={16} />}
        {weakLine && <Icon name="weak_line" size={16} />}
        <span className={styles.name}>{shown}</span>
      </span>
    </div>
  );
});

/** While the element is on the stage the picture is received; off the stage it is not. */
function Video({ track, mirrored, whole }: { track: Attachable; mirrored: boolean; whole: boolean }) {
  const element = useRef<HTMLVideoElement>(null);
  useEffect(() => {
    const video = element.current;
    if (video === null) return;
    track.attach(video);
    return () => void track.detach(video);
  }, [track]);
  return (
    <video
      ref={element}
      className={styles.video}
      data-mirrored={mirrored}
      data-whole={whole}
      autoPlay
      muted
      playsInline
      disablePictureInPicture={mirrored}
      aria-hidden="true"
      tabIndex={-1}
    />
  );
}
