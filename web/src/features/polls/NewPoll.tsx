// SPDX-License-Identifier: EUPL-1.2

import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Button, Checkbox, Form, Select, TextField } from '../../ui';
import { useCall } from '../feature';
import styles from './polls.module.css';

/** What the server takes: bytes of a text, choices, and how long a poll may run, in minutes. */
const TEXT_AT_MOST = 100;
const CHOICES_AT_MOST = 64;
const MINUTES = ['1', '2', '5', '10', '30', '60'] as const;

const fits = (text: string): boolean => {
  const { length } = new TextEncoder().encode(text.trim());
  return length > 0 && length <= TEXT_AT_MOST;
};

/** A moderator asks something. Choices left empty are left out. */
export function NewPoll() {
  const { t } = useTranslation('call');
  const call = useCall();
  const [topic, setTopic] = useState('');
  const [choices, setChoices] = useState<readonly string[]>(['', '']);
  const [multiple, setMultiple] = useState(false);
  const [live, setLive] = useState(true);
  const [minutes, setMinutes] = useState<string>('2');
  const [checked, setChecked] = useState(false);
  const [busy, setBusy] = useState(false);

  const given = choices.map((choice) => choice.trim()).filter((choice) => choice !== '');
  const wrongTopic = !fits(topic);
  const wrongChoice = (choice: string) => choice.trim() !== '' && !fits(choice);
  const tooFew = given.length < 2;
  const wrong = wrongTopic || tooFew || choices.some(wrongChoice);
  const start = () => {
    setChecked(true);
    if (wrong) return;
    setBusy(true);
    const payload = { action: 'start', topic: topic.trim(), live, multiple_choice: multiple, choices: given, duration: Number(minutes) * 60 } as const;
    void call.ask({ namespace: 'polls', payload }).then((answer) => {
      setBusy(false);
      if (answer.is === 'refused') call.refuse('polls', answer.error);
      if (answer.is === 'lost') call.refuse('polls', 'lost');
    });
  };
  const errorOf = (choice: string, index: number): string | undefined => {
    if (!checked) return undefined;
    if (wrongChoice(choice)) return t('polls.too_long');
    return tooFew && choice.trim() === '' && index < 2 ? t('polls.choice_missing') : undefined;
  };
  return (
    <Form problem={checked && wrong ? t('polls.check') : undefined} onSubmit={start}>
      <TextField
        label={t('polls.topic')}
        value={topic}
        onChange={setTopic}
        required
        error={checked && wrongTopic ? t(topic.trim() === '' ? 'polls.topic_missing' : 'polls.too_long') : undefined}
      />
      {choices.map((choice, index) => (
        <TextField
          key={index}
          label={t('polls.choice', { number: index + 1 })}
          value={choice}
          onChange={(text) => setChoices(choices.map((one, other) => (other === index ? text : one)))}
          required={index < 2}
          error={errorOf(choice, index)}
        />
      ))}
      {choices.length < CHOICES_AT_MOST ? <Button onPress={() => setChoices([...choices, ''])}>{t('polls.add_choice')}</Button> : null}
      <Checkbox label={t('polls.multiple')} isSelected={multiple} onChange={setMultiple} />
      <Checkbox label={t('polls.live')} isSelected={live} onChange={setLive} />
      <Select label={t('polls.duration')} choices={MINUTES.map((value) => ({ value, label: t('polls.minutes', { count: Number(value) }) }))} value={minutes} onChange={setMinutes} />
      <p className={styles.note}>{t('polls.who_sees')}</p>
      <Button type="submit" kind="primary" busy={busy}>
        {t('polls.start')}
      </Button>
    </Form>
  );
}
