// SPDX-License-Identifier: EUPL-1.2

import { useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { isModerator } from '../../call/select';
import { Button } from '../../ui';
import { useCurtain } from '../curtain';
import { useCall, useCallState, useSlice } from '../feature';
import { Icon } from '../../ui';
import { timeText } from '../time';
import { type Running, timer } from './module';
import { ReadyButton } from './Ready';
import { Time } from './Time';
import styles from './timer.module.css';

/** A break covers the stage, until it is over or one has seen enough of it. */
export function Curtain() {
  const running = useSlice(timer, (slice) => slice.running);
  // Who lifted it does not find it down again after a lost line.
  const [lifted, setLifted] = useState<string>();
  if (running === undefined || !running.isBreak || lifted === running.startedAt) return null;
  return <Drawn of={running} onLift={() => setLifted(running.startedAt)} />;
}

function Drawn({ of, onLift }: { of: Running; onLift: () => void }) {
  const { t, i18n } = useTranslation('call');
  const call = useCall();
  const moderates = useCallState(isModerator);
  const curtain = useRef<HTMLElement>(null);
  useCurtain(curtain);
  return (
    <section ref={curtain} tabIndex={-1} className={styles.curtain} aria-labelledby="timer_break">
      <Icon name="clock" size={48} />
      <h2 id="timer_break">{of.title ?? t('timer.break')}</h2>
      <p className={styles.large}>
        <Time of={of} />
      </p>
      {of.endsAt === undefined ? null : <p>{t('timer.on_at', { time: timeText(of.endsAt, i18n.language) })}</p>}
      <p>{t('timer.still_on')}</p>
      <div className={styles.buttons}>
        {of.asksWhoIsReady ? <ReadyButton /> : null}
        <Button onPress={onLift}>{t('timer.lift')}</Button>
        {moderates ? <Button onPress={() => call.send({ namespace: 'timer', payload: { action: 'stop' } })}>{t('timer.stop_break')}</Button> : null}
      </div>
    </section>
  );
}
