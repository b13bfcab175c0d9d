// SPDX-License-Identifier: EUPL-1.2

import { useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { isModerator } from '../../call/select';
import { Button, Checkbox, Form, RadioGroup } from '../../ui';
import { Confirm } from '../Confirm';
import { useCall, useCallState, useSlice } from '../feature';
import { useNotices } from '../notices';
import { chosen, polls, type Running } from './module';
import { Results } from './Results';
import styles from './polls.module.css';

/** The poll that runs: one chooses, sees what one has chosen, and may choose anew until it ends. */
export function Ballot({ poll }: { poll: Running }) {
  const { t } = useTranslation('call');
  const call = useCall();
  const moderates = useCallState(isModerator);
  const mine = useSlice(polls, (slice) => slice.mine);
  const counts = useSlice(polls, (slice) => slice.counts);
  const [changing, setChanging] = useState(false);
  const [ending, setEnding] = useState(false);
  const notices = useNotices();
  const heading = useRef<HTMLHeadingElement>(null);
  // What had the focus may have gone: the form that started it, or the choice that was sent.
  useEffect(() => {
    if (document.activeElement === document.body) heading.current?.focus();
  }, []);
  const contents = (ids: readonly number[]) => poll.choices.filter(({ id }) => ids.includes(id)).map(({ content }) => content).join(', ');
  const done = (ids: readonly number[]) => {
    setChanging(false);
    notices.say({ text: t('polls.chosen', { choices: contents(ids) }) });
    heading.current?.focus();
  };
  return (
    <>
      <h3 className={styles.topic} ref={heading} tabIndex={-1}>
        {poll.topic}
      </h3>
      <TimeLeft of={poll} />
      {mine === undefined || changing ? (
        <Choose poll={poll} mine={mine} onDone={done} />
      ) : (
        <>
          <p>{t('polls.chosen', { choices: contents(mine) })}</p>
          <Button onPress={() => setChanging(true)}>{t('polls.change')}</Button>
        </>
      )}
      {poll.live ? (
        <>
          <h4>{t('polls.so_far')}</h4>
          <Results question={poll} counts={counts ?? new Map()} mine={mine} />
        </>
      ) : (
        <p>{t('polls.results_later')}</p>
      )}
      <p className={styles.note}>{t('polls.who_sees')}</p>
      {moderates ? <Button onPress={() => setEnding(true)}>{t('polls.finish')}</Button> : null}
      <Confirm
        isOpen={ending}
        title={t('polls.finish_title')}
        text={t('polls.finish_text')}
        action={t('polls.finish')}
        onClose={() => setEnding(false)}
        onConfirm={() => call.send({ namespace: 'polls', payload: { action: 'finish', id: poll.id } })}
      />
    </>
  );
}

function Choose({ poll, mine, onDone }: { poll: Running; mine: readonly number[] | undefined; onDone: (picked: readonly number[]) => void }) {
  const { t } = useTranslation('call');
  const call = useCall();
  const [picked, setPicked] = useState<readonly number[]>(mine ?? []);
  const [missing, setMissing] = useState(false);
  const [busy, setBusy] = useState(false);
  const vote = () => {
    setMissing(picked.length === 0);
    if (picked.length === 0) return;
    setBusy(true);
    const [first = 0] = picked;
    const choices = poll.multiple ? { choice_ids: [...picked] } : { choice_id: first };
    void call.ask({ namespace: 'polls', payload: { action: 'vote', poll_id: poll.id, ...choices } }).then((answer) => {
      setBusy(false);
      if (answer.is === 'refused') return call.refuse('polls', answer.error);
      if (answer.is === 'lost') return call.refuse('polls', 'lost');
      call.slice(polls).update((slice) => chosen(slice, poll.id, picked));
      onDone(picked);
    });
  };
  const toggle = (id: number, on: boolean) => setPicked(on ? [...picked, id] : picked.filter((one) => one !== id));
  return (
    <Form problem={missing && picked.length === 0 ? t('polls.choose_first') : undefined} onSubmit={vote}>
      {poll.multiple ? (
        <fieldset className={styles.choices}>
          <legend>{t('polls.choose_several')}</legend>
          {poll.choices.map(({ id, content }) => (
            <Checkbox key={id} label={content} isSelected={picked.includes(id)} onChange={(on) => toggle(id, on)} />
          ))}
        </fieldset>
      ) : (
        <RadioGroup
          label={t('polls.choose_single')}
          choices={poll.choices.map(({ id, content }) => ({ value: String(id), label: content }))}
          value={picked[0] === undefined ? '' : String(picked[0])}
          onChange={(id) => setPicked([Number(id)])}
        />
      )}
      <Button type="submit" kind="primary" busy={busy}>
        {t('polls.vote')}
      </Button>
    </Form>
  );
}

/** In words that change once a minute, and in the last one with every second. */
function TimeLeft({ of }: { of: Running }) {
  const { t } = useTranslation('call');
  const ahead = useSlice(polls, (slice) => slice.ahead);
  const [, tick] = useState(0);
  useEffect(() => {
    const ticking = setInterval(() => tick((count) => count + 1), 500);
    return () => clearInterval(ticking);
  }, []);
  const seconds = Math.max(0, Math.ceil((of.endsAt - Date.now() - ahead) / 1000));
  return <p role="timer" aria-live="off">{seconds > 60 ? t('polls.minutes_left', { count: Math.ceil(seconds / 60) }) : t('polls.seconds_left', { count: seconds })}</p>;
}
