// SPDX-License-Identifier: EUPL-1.2

import { useLayoutEffect, useMemo, useRef, useState } from 'react';
import { Button } from 'react-aria-components';
import { useTranslation } from 'react-i18next';
import { atTheDoor, camera, microphoneIsOn, present, shares, speakers } from '../call/select';
import type { CallState, Me, MediaTrack, Person } from '../call/state';
import { useCallState } from '../features/feature';
import { Icon } from '../features/icons';
import { besides, GAP, grid, type Layout, paged, type PageSize } from './layout';
import { FloatingReactions } from '../features/reaction/FloatingReactions';
import { Tile, type TileProps } from './Tile';
import styles from './stage.module.css';

export function Stage({ layout, pageSize }: { layout: Layout; pageSize: PageSize }) {
  const { t } = useTranslation('call');
  const state = useCallState((now) => now);
  const [area, size] = useSize();
  const screens = shares(state.media);
  const tiles = useMemo(() => personTiles(state), [state]);
  const self = tiles[0];
  const others = tiles.slice(1);
  const speaker = useLastSpeaker(state);
  const [wantedPage, setPage] = useState(0);
  const narrow = size.width < 600;

  let main: React.ReactNode;
  if (screens.length > 0) {
    main = <WithStrip main={screens.map((track) => shareTile(state, track))} strip={tiles} {...size} />;
  } else if (layout === 'speaker' && others.length > 0) {
    const big = others.find(({ id }) => id === speaker) ?? others[0];
    main = <WithStrip main={big ? [big] : []} strip={tiles.filter((tile) => tile !== big)} {...size} />;
  } else if (others.length === 1 && self !== undefined) {
    main = (
      <>
        <Tiles entries={others} width={size.width} height={size.height} filled={narrow} />
        <div className={styles.self}>
          <Tile {...self} small />
        </div>
      </>
    );
  } else {
    const perPage = narrow ? Math.min(pageSize, 8) : pageSize;
    const { entries, page, pages } = paged(inSight(tiles, perPage), perPage, wantedPage);
    main = (
      <>
        <Tiles entries={entries} width={size.width} height={size.height} />
        {pages > 1 && (
          <div className={styles.pager} role="group" aria-label={t('stage.pages')}>
            <Button
              className={styles.page ?? ''}
              aria-label={t('stage.previous')}
              isDisabled={page === 0}
              onPress={() => setPage(page - 1)}
            >
              <Icon name="previous" />
            </Button>
            <span>{t('stage.page', { page: page + 1, pages })}</span>
            <Button
              className={styles.page ?? ''}
              aria-label={t('stage.next')}
              isDisabled={page === pages - 1}
              onPress={() => setPage(page + 1)}
            >
              <Icon name="next" />
            </Button>
          </div>
        )}
      </>
    );
  }
  return (
    <div ref={area} className={styles.stage}>
      {main}
      {others.length === 0 && screens.length === 0 && atTheDoor(state).length === 0 && (
        <p className={styles.alone}>{t('stage.alone')}</p>
      )}
      <FloatingReactions />
    </div>
  );
}

interface TilesProps {
  entries: TileProps[];
  width: number;
  height: number;
  /** One tile over the whole stage instead of a picture's shape. */
  filled?: boolean;
}

function Tiles({ entries, width, height, filled = false }: TilesProps) {
  const { columns, tileWidth, tileHeight } = grid(width, height, entries.length);
  const size = filled ? { width, height } : { width: tileWidth, height: tileHeight };
  return (
    <ul
      className={styles.grid}
      style={{ maxWidth: filled ? width : columns * tileWidth + (columns - 1) * GAP }}
    >
      {entries.map((tile) => (
        <li key={tile.id} style={size}>
          <Tile {...tile} small={size.width < 260} />
        </li>
      ))}
    </ul>
  );
}

interface WithStripProps {
  main: TileProps[];
  strip: TileProps[];
  width: number;
  height: number;
}

/** One or two large pictures, and as many small ones as fit without scrolling; the rest is a number. */
function WithStrip({ main, strip, width, height }: WithStripProps) {
  const { t } = useTranslation('call');
  const { fits, upright, ...sizes } = besides(width, height, strip.length);
  const shown = inSight(strip, fits).slice(0, strip.length > fits ? fits - 1 : fits);
  const others = strip.filter((tile) => !tile.isSelf && !shown.includes(tile)).length;
  return (
    <div className={styles.withStrip} data-upright={upright}>
      <div className={styles.main} style={upright ? { blockSize: sizes.mainHeight } : undefined}>
        {main.slice(0, 2).map((tile) => (
          <Tile key={tile.id} {...tile} />
        ))}
      </div>
      <ul className={styles.strip}>
        {shown.map((tile) => (
          <li key={tile.id} style={{ width: sizes.tileWidth, height: sizes.tileHeight }}>
            <Tile {...tile} small={sizes.tileWidth < 260} />
          </li>
        ))}
        {shown.length < strip.length && (
          <li className={styles.rest} style={{ width: sizes.tileWidth, height: sizes.tileHeight }}>
            {t('stage.rest', { count: others })}
          </li>
        )}
      </ul>
    </div>
  );
}

/** Self first, then everybody in the order they came. */
function personTiles(state: CallState): TileProps[] {
  const { me, media } = state;
  if (me === undefined) return [];
  const speaking = new Set(speakers(media));
  const tile = ({ id, name, picture, handRaisedAt }: Me | Person): TileProps => ({
    id,
    name,
    picture,
    video: camera(media, id)?.video,
    microphoneOn: microphoneIsOn(media, id),
    speaking: speaking.has(id),
    handRaised: handRaisedAt !== undefined,
    weakLine: media.weakLine.has(id),
  });
  return [
    { ...tile(me), isSelf: true },
    ...present(state).map((person) => tile(person)),
  ];
}

function shareTile(state: CallState, track: MediaTrack): TileProps {
  const own = track.participantId === state.me?.id;
  const name = own ? (state.me?.name ?? '') : (state.people.get(track.participantId)?.name ?? '');
  return { id: track.key, name, video: track.video, isShare: true, isSelf: own };
}

/** When not everybody fits, those who show or say something come first. */
function inSight(tiles: TileProps[], perPage: number): TileProps[] {
  if (tiles.length <= perPage) return tiles;
  const weight = (tile: TileProps): number =>
    tile.isSelf ? 0 : tile.video !== undefined || tile.handRaised ? 1 : tile.microphoneOn ? 2 : 3;
  return [...tiles].sort((a, b) => weight(a) - weight(b));
}

/** The other person who spoke last, so that the large picture stays when it is quiet. */
function useLastSpeaker(state: CallState): string | undefined {
  const last = useRef<string | undefined>(undefined);
  const now = speakers(state.media).find((id) => id !== state.me?.id);
  if (now !== undefined) last.current = now;
  return last.current;
}

function useSize() {
  const element = useRef<HTMLDivElement>(null);
  const [size, setSize] = useState({ width: 0, height: 0 });
  useLayoutEffect(() => {
    const area = element.current;
    if (area === null) return;
    const observer = new ResizeObserver(([entry]) => {
      if (entry === undefined) return;
      const { width, height } = entry.contentRect;
      setSize({ width: Math.floor(width), height: Math.floor(height) });
    });
    observer.observe(area);
    return () => observer.disconnect();
  }, []);
  return [element, size] as const;
}
