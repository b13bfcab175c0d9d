// SPDX-License-Identifier: EUPL-1.2

import { useEffect, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import { Legal } from '../features/legal';
import type { Over as Why, Phase } from '../call/state';
import { Button } from '../ui';
import styles from './meeting.module.css';

/** Coming back makes no sense, or would be refused, after these. */
const FINAL = new Set<Why>(['banned', 'room_deleted', 'debriefed']);

interface OverProps {
  phase: Extract<Phase, { at: 'over' }>;
  onLeft: (to: 'home' | 'rejoin') => void;
}

export function Over({ phase, onLeft }: OverProps) {
  const { t } = useTranslation('call');
  const heading = useRef<HTMLHeadingElement>(null);
  const key = phase.refusal === undefined ? phase.why : `refused_${phase.refusal}`;
  useEffect(() => {
    document.title = t(`over.${key}`);
    heading.current?.focus();
  }, [t, key]);
  return (
    <main className={styles.card}>
      <h1 ref={heading} tabIndex={-1}>
        {t(`over.${key}`)}
      </h1>
      <p>{t(`over.${key}_advice`)}</p>
      <div className={styles.actions}>
        {!FINAL.has(phase.why) && (
          <Button kind="primary" onPress={() => onLeft('rejoin')}>
            {t(phase.why === 'turned_away' ? 'banner.again' : 'over.rejoin')}
          </Button>
        )}
        <Button onPress={() => onLeft('home')}>
          {t('over.home')}
        </Button>
      </div>
      <Legal />
    </main>
  );
}
