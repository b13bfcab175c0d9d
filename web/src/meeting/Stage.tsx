// SPDX-License-Identifier: EUPL-1.2

import { type ReactNode, useLayoutEffect, useRef, useState } from 'react';
import { Button } from 'react-aria-components';
import { useTranslation } from 'react-i18next';
import { atTheDoor, present, shares } from '../call/select';
import type { ParticipantId } from '../call/wire';
import { BeneathContext } from '../features/curtain';
import { useCallState, useSpeaking } from '../features/feature';
import { Icon } from '../ui';
import { Parts, useFeatures } from '../features/Parts';
import { besides, GAP, grid, type Layout, paged, type PageSize } from './layout';
import { bySight, inOrder } from './order';
import { ShareTile, Tile } from './Tile';
import styles from './stage.module.css';

export function Stage({ layout, pageSize }: { layout: Layout; pageSize: PageSize }) {
  const { t } = useTranslation('call');
  const features = useFeatures();
  const [area, size] = useSize();
  const screens = useCallState(({ media }) => shares(media));
  const everybody = useCallState(inOrder);
  const sorted = useCallState((state) => bySight(state, features));
  // Whoever is alone in a breakout room needs nobody else.
  const alone = useCallState((state) => present(state).length === 0);
  const nobodyWaits = useCallState((state) => atTheDoor(state).length === 0);
  const [self, ...others] = everybody;
  const speaker = useLastSpeaker(self);
  const [wantedPage, setPage] = useState(0);
  const narrow = size.width < 600;
  const beneath = useRef<HTMLDivElement>(null);

  let main: ReactNode;
  if (screens.length > 0) {
    main = (
      <WithStrip strip={everybody} sorted={sorted} self={self} {...size}>
        {screens.slice(0, 2).map((track) => (
          <ShareTile key={track.key} track={track} />
        ))}
      </WithStrip>
    );
  } else if (layout === 'speaker' && others.length > 0) {
    const big = others.find((id) => id === speaker) ?? others[0];
    const rest = (ids: readonly ParticipantId[]) => ids.filter((id) => id !== big);
    main = (
      <WithStrip strip={rest(everybody)} sorted={rest(sorted)} self={self} {...size}>
        {big === undefined ? null : <Tile id={big} />}
      </WithStrip>
    );
  } else if (others.length === 1 && self !== undefined) {
    main = (
      <>
        <Tiles ids={others} width={size.width} height={size.height} filled={narrow} />
        <div className={styles.self}>
          <Tile id={self} small />
        </div>
      </>
    );
  } else {
    const perPage = narrow ? Math.min(pageSize, 8) : pageSize;
    const { entries, page, pages } = paged(everybody.length > perPage ? sorted : everybody, perPage, wantedPage);
    main = (
      <>
        <Tiles ids={entries} width={size.width} height={size.height} />
        {pages > 1 && (
          <div className={styles.pager} role="group" aria-label={t('stage.pages')}>
            <Button
              className={styles.page ?? ''}
              aria-label={t('stage.previous')}
              isDisabled={page === 0}
              onPress={() => setPage(page - 1)}
            >
              <Icon name="back" />
            </Button>
            <span>{t('stage.page', { page: page + 1, pages })}</span>
            <Button
              className={styles.page ?? ''}
              aria-label={t('stage.next')}
              isDisabled={page === pages - 1}
              onPress={() => setPage(page + 1)}
            >
              <Icon name="on" />
            </Button>
          </div>
        )}
      </>
    );
  }
  return (
    <div ref={area} className={styles.stage}>
      <div ref={beneath} className={styles.beneath}>
        {main}
        {alone && screens.length === 0 && nobodyWaits && <p className={styles.alone}>{t('stage.alone')}</p>}
      </div>
      <BeneathContext value={beneath}>
        <Parts of={({ Stage: Part }) => Part} />
      </BeneathContext>
    </div>
  );
}

interface TilesProps {
  ids: readonly ParticipantId[];
  width: number;
  height: number;
  /** One tile over the whole stage instead of a picture's shape. */
  filled?: boolean;
}

function Tiles({ ids, width, height, filled = false }: TilesProps) {
  const { columns, tileWidth, tileHeight } = grid(width, height, ids.length);
  const size = filled ? { width, height } : { width: tileWidth, height: tileHeight };
  return (
    <ul
      className={styles.grid}
      style={{ maxWidth: filled ? width : columns * tileWidth + (columns - 1) * GAP }}
    >
      {ids.map((id) => (
        <li key={id} style={size}>
          <Tile id={id} small={size.width < 260} />
        </li>
      ))}
    </ul>
  );
}

interface WithStripProps {
  strip: readonly ParticipantId[];
  /** The same people, those first who show or say something. */
  sorted: readonly ParticipantId[];
  self: ParticipantId | undefined;
  width: number;
  height: number;
  children: ReactNode;
}

/** One or two large pictures, and as many small ones as fit without scrolling; the rest is a number. */
function WithStrip({ strip, sorted, self, width, height, children }: WithStripProps) {
  const { t } = useTranslation('call');
  const { fits, upright, ...sizes } = besides(width, height, strip.length);
  const shown = strip.length > fits ? sorted.slice(0, fits - 1) : strip;
  const others = strip.filter((id) => id !== self && !shown.includes(id)).length;
  return (
    <div className={styles.withStrip} data-upright={upright}>
      <div className={styles.main} style={upright ? { blockSize: sizes.mainHeight } : undefined}>
        {children}
      </div>
      <ul className={styles.strip}>
        {shown.map((id) => (
          <li key={id} style={{ width: sizes.tileWidth, height: sizes.tileHeight }}>
            <Tile id={id} small={sizes.tileWidth < 260} />
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

/** The other person who spoke last, so that the large picture stays when it is quiet. */
function useLastSpeaker(self: ParticipantId | undefined): ParticipantId | undefined {
  const last = useRef<ParticipantId | undefined>(undefined);
  const now = useSpeaking((ids) => ids.find((id) => id !== self));
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
