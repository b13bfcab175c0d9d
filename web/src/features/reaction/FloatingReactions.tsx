// SPDX-License-Identifier: EUPL-1.2

import { nameOf } from '../../call/select';
import { EMOJI } from './emoji';
import { useCallState } from '../feature';
import styles from './reactions.module.css';

/** What people just sent, rising over the stage. Screen readers hear it as one gathered sentence. */
export function FloatingReactions() {
  const state = useCallState((now) => now);
  return (
    <div className={styles.rising} aria-hidden="true">
      {state.reactions.map(({ key, by, reaction }) => (
        <span key={key} className={styles.one} style={{ insetInlineStart: `${(key * 37) % 70}%` }}>
          <span className={styles.emoji}>{EMOJI[reaction]}</span>
          <span className={styles.who}>{nameOf(state, by)}</span>
        </span>
      ))}
    </div>
  );
}
