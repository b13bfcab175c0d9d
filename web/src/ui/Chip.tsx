// SPDX-License-Identifier: EUPL-1.2

import type { ReactNode } from 'react';
import styles from './chip.module.css';

/** The state of what it stands beside, in a word or two. */
export function Chip({ kind = 'plain', children }: { kind?: 'plain' | 'good' | 'bad'; children: ReactNode }) {
  return (
    <span className={styles['chip']} data-kind={kind}>
      {children}
    </span>
  );
}
