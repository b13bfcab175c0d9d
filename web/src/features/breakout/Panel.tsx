// SPDX-License-Identifier: EUPL-1.2

import { type ReactNode, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import { isModerator } from '../../call/select';
import room from '../../meeting/meeting.module.css';
import { useCallState, useSlice } from '../feature';
import { useFocusAfter } from '../focus';
import styles from './breakout.module.css';
import { breakout } from './module';
import { Open } from './Open';
import { Start } from './Start';

export function Panel() {
  const { t } = useTranslation('call');
  const open = useSlice(breakout, ({ running }) => running !== undefined);
  const moderates = useCallState(isModerator);
  return <div className={room.panelBody}>{open ? <Part key="open"><Open /></Part> : moderates ? <Part key="start"><Start /></Part> : <p>{t('breakout.none')}</p>}</div>;
}

const toThePanel = (gone: HTMLElement) => [gone.closest('aside')];

/** Who is in one of the two when the rooms open or close is in the panel then. */
function Part({ children }: { children: ReactNode }) {
  const part = useRef<HTMLDivElement>(null);
  useFocusAfter(part, toThePanel);
  return (
    <div ref={part} className={styles.part}>
      {children}
    </div>
  );
}
