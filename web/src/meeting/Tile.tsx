// SPDX-License-Identifier: EUPL-1.2

import { memo, useEffect, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import { camera, microphoneIsOn, nameOf } from '../call/select';
import type { Attachable, MediaTrack } from '../call/state';
import { useCallState, useSpeaking } from '../features/feature';
import { Avatar, Icon } from '../ui';
import { useFeatures } from '../features/Parts';
import { safely } from '../features/safely';
import styles from './tile.module.css';

interface TileProps {
  id: string;
  small?: boolean;
}

/** One person: their picture, and every sign that features put on it. */
export const Tile = memo(function Tile({ id, small = false }: TileProps) {
  const { t } = useTranslation('call');
  const features = useFeatures();
  const { name, picture, isSelf, video, microphoneOn, weakLine } = useCallState((state) => ({
    name: nameOf(state, id) ?? '',
    picture: (id === state.me?.id ? state.me : state.people.get(id))?.picture,
    isSelf: id === state.me?.id,
    video: camera(state.media, id)?.video,
    microphoneOn: microphoneIsOn(state.media, id),
    weakLine: state.media.weakLine.has(id),
  }));
  const speaking = useSpeaking((ids) => ids.includes(id));
  const marks = useCallState((state) => features.flatMap((feature) => safely(undefined, () => feature.tile?.(state, id)) ?? []));
  const shown = isSelf ? t('tile.you', { name }) : name;
  const says = [
    microphoneOn ? '' : t('tile.muted'),
    ...marks.map(({ label }) => t(label)),
    weakLine ? t('tile.weak_line') : '',
    speaking ? t('tile.speaking') : '',
  ].filter(Boolean);
  return (
    <div role="group" aria-label={[shown, ...says].join(', ')} className={styles.tile} data-tile="person" data-speaking={speaking} data-small={small}>
      {video ? (
        <Video track={video} mirrored={isSelf} whole={false} />
      ) : (
        <Avatar name={name} picture={picture} large />
      )}
      {marks.length > 0 && (
        <span className={styles.marks} aria-hidden="true">
          {marks.map(({ icon, label }) => (
            <span key={label} className={styles.mark}>
              <Icon name={icon} size={20} />
            </span>
          ))}
        </span>
      )}
      <span className={styles.label} aria-hidden="true">
        {!microphoneOn && <Icon name="microphone_off" size={16} />}
        {weakLine && <Icon name="weak_line" size={16} />}
        <span className={styles.name}>{shown}</span>
      </span>
    </div>
  );
});

/** Somebody's screen. */
export const ShareTile = memo(function ShareTile({ track: { participantId, video } }: { track: MediaTrack }) {
  const { t } = useTranslation('call');
  const { name, isSelf } = useCallState((state) => ({ name: nameOf(state, participantId) ?? '', isSelf: participantId === state.me?.id }));
  const shown = isSelf ? t('tile.your_screen') : t('tile.screen_of', { name });
  return (
    <div role="group" aria-label={shown} className={styles.tile} data-tile="share" data-speaking={false} data-small={false}>
      {video && <Video track={video} mirrored={false} whole />}
      <span className={styles.label} aria-hidden="true">
        <Icon name="share" size={16} />
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
