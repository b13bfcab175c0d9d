// SPDX-License-Identifier: EUPL-1.2

import { nameOf } from '../../call/select';
import type { ParticipantId } from '../../call/wire';
import { useCallState, useSlice } from '../feature';
import { EMOJI } from './emoji';
import { reactions } from './module';
import styles from './reaction.module.css';

/** What people just sent, rising over the stage. Screen readers hear it as one gathered sentence. */
export function Rising() {
  const shown = useSlice(reactions, (slice) => slice.shown);
  return (
    <div className={styles.rising} aria-hidden="true">
      {shown.map(({ key, by, reaction }) => (
        <span key={key} className={styles.one} style={{ insetInlineStart: `${(key * 37) % 70}%` }}>
          <span className={styles.emoji}>{EMOJI[reaction]}</span>
          <Name of={by} />
        </span>
      ))}
    </div>
  );
}

function Name({ of }: { of: ParticipantId }) {
  return <span className={styles.who}>{useCallState((state) => nameOf(state, of))}</span>;
}
