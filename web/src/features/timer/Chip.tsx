// SPDX-License-Identifier: EUPL-1.2

import { useTranslation } from 'react-i18next';
import { useSlice } from '../feature';
import { Icon } from '../../ui';
import { timer } from './module';
import { Time } from './Time';
import styles from './timer.module.css';

/** The time beside the title of the meeting, whatever panel is open. */
export function Chip() {
  const { t } = useTranslation('call');
  const running = useSlice(timer, (slice) => slice.running);
  if (running === undefined) return null;
  const name = running.title ?? t(running.isBreak ? 'timer.break' : running.endsAt === undefined ? 'timer.stopwatch' : 'timer.countdown');
  return (
    <span className={styles.chip}>
      <Icon name="clock" size={18} />
      <span className={styles.name}>{name}</span>
      <Time of={running} />
    </span>
  );
}
