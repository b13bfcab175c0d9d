// SPDX-License-Identifier: EUPL-1.2

import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { isModerator } from '../../call/select';
import { Button, Checkbox, Form, RadioGroup, TextField } from '../../ui';
import { useCall, useCallState, useSlice } from '../feature';
import room from '../../meeting/meeting.module.css';
import { BREAK, type Running, timer } from './module';
import { ReadyButton, WhoIsReady } from './Ready';
import { Time } from './Time';
import styles from './timer.module.css';

const KINDS = ['countdown', 'stopwatch', 'break'] as const;
type Kind = (typeof KINDS)[number];
/** A day; the server takes no more. */
const MINUTES_AT_MOST = 1440;
const TITLE_AT_MOST = 100;

export function Panel() {
  const running = useSlice(timer, (slice) => slice.running);
  return <div className={room.panelBody}>{running === undefined ? <Start /> : <Now running={running} />}</div>;
}

function Now({ running }: { running: Running }) {
  const { t } = useTranslation('call');
  const call = useCall();
  const moderates = useCallState(isModerator);
  const kind = running.isBreak ? 'break' : running.endsAt === undefined ? 'stopwatch' : 'countdown';
  return (
    <>
      <h3>{running.title ?? t(`timer.${kind}`)}</h3>
      <p className={styles.large}>
        <Time of={running} />
      </p>
      {running.asksWhoIsReady ? (
        <>
          <ReadyButton />
          <WhoIsReady />
        </>
      ) : null}
      {moderates ? <Button onPress={() => call.send({ namespace: 'timer', payload: { action: 'stop' } })}>{t(`timer.stop_${kind}`)}</Button> : null}
    </>
  );
}

/** The bytes of a text, as the server counts them. */
const bytes = (text: string): number => new TextEncoder().encode(text).length;

function Start() {
  const { t } = useTranslation('call');
  const call = useCall();
  const moderates = useCallState(isModerator);
  const [kind, setKind] = useState<Kind>('countdown');
  const [minutes, setMinutes] = useState('5');
  const [title, setTitle] = useState('');
  const [asks, setAsks] = useState(false);
  const [checked, setChecked] = useState(false);
  const [busy, setBusy] = useState(false);
  if (!moderates) return <p>{t('timer.none')}</p>;

  const whole = /^\d{1,4}$/.test(minutes.trim()) ? Number(minutes) : 0;
  const wrongMinutes = kind !== 'stopwatch' && (whole < 1 || whole > MINUTES_AT_MOST);
  const wrongTitle = bytes(title.trim()) > TITLE_AT_MOST;
  const start = () => {
    setChecked(true);
    if (wrongMinutes || wrongTitle) return;
    setBusy(true);
    const named = title.trim() === '' ? {} : { title: title.trim() };
    const styled = kind === 'break' ? { style: BREAK } : {};
    const payload = { action: 'start', enable_ready_check: asks, ...named, ...styled } as const;
    const timed = kind === 'stopwatch' ? ({ kind: 'stopwatch' } as const) : ({ kind: 'countdown', duration: whole * 60 } as const);
    void call.ask({ namespace: 'timer', payload: { ...payload, ...timed } }).then((answer) => {
      setBusy(false);
      if (answer.is === 'refused') call.refuse('timer', answer.error);
      if (answer.is === 'lost') call.refuse('timer', 'lost');
    });
  };
  return (
    <Form problem={checked && (wrongMinutes || wrongTitle) ? t('timer.check') : undefined} onSubmit={start}>
      <RadioGroup label={t('timer.kind')} choices={KINDS.map((value) => ({ value, label: t(`timer.${value}`) }))} value={kind} onChange={(value) => setKind(value as Kind)} />
      {kind === 'stopwatch' ? null : (
        <TextField
          label={t('timer.minutes')}
          value={minutes}
          onChange={setMinutes}
          inputMode="numeric"
          required
          error={checked && wrongMinutes ? t('timer.minutes_wrong', { most: MINUTES_AT_MOST }) : undefined}
        />
      )}
      <TextField label={t('timer.title')} value={title} onChange={setTitle} error={checked && wrongTitle ? t('timer.title_wrong') : undefined} />
      <Checkbox label={t('timer.ask_ready')} isSelected={asks} onChange={setAsks} />
      <Button type="submit" kind="primary" busy={busy}>
        {t('timer.start')}
      </Button>
    </Form>
  );
}
