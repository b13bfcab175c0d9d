// SPDX-License-Identifier: EUPL-1.2

import { useId, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { here } from '../../call/select';
import type { ParticipantId } from '../../call/wire';
import { Button, Checkbox, Form, RadioGroup, TextField } from '../../ui';
import { useCall, useCallState } from '../feature';
import styles from './breakout.module.css';
import { dealt } from './module';

const WAYS = ['random', 'by_hand', 'by_choice'] as const;
type Way = (typeof WAYS)[number];

/** What the server takes. */
const ROOMS_AT_MOST = 100;
const NAME_AT_MOST = 100;
const MINUTES_AT_MOST = 1440;

const whole = (text: string): number => (/^\d{1,4}$/.test(text.trim()) ? Number(text) : 0);
/** The bytes of a text, as the server counts them. */
const bytes = (text: string): number => new TextEncoder().encode(text).length;

export function Start() {
  const { t } = useTranslation('call');
  const call = useCall();
  const [count, setCount] = useState('2');
  const [names, setNames] = useState<readonly string[]>([]);
  const [way, setWay] = useState<Way>('random');
  const [chosen, setChosen] = useState<ReadonlyMap<ParticipantId, number>>(new Map());
  const [bring, setBring] = useState(true);
  const [strict, setStrict] = useState(false);
  const [minutes, setMinutes] = useState('');
  const [checked, setChecked] = useState(false);
  const [busy, setBusy] = useState(false);
  // Who moderates goes from room to room.
  const people = useCallState((state) => here(state).filter(({ role }) => role !== 'moderator').map(({ id }) => id));

  const rooms = whole(count) <= ROOMS_AT_MOST ? whole(count) : 0;
  const called = Array.from({ length: rooms }, (_, id) => names[id] ?? t('breakout.room_name', { number: id + 1 }));
  const wrongName = (name: string): boolean => name.trim() === '' || bytes(name.trim()) > NAME_AT_MOST;
  const wrongMinutes = minutes.trim() !== '' && (whole(minutes) < 1 || whole(minutes) > MINUTES_AT_MOST);
  const wrong = rooms === 0 || called.some(wrongName) || wrongMinutes;
  const rename = (id: number, name: string) => setNames(called.map((one, other) => (other === id ? name : one)));

  const start = () => {
    setChecked(true);
    if (wrong) return;
    setBusy(true);
    const assigned = way === 'random' ? dealt(people, rooms, Math.random) : way === 'by_hand' ? chosen : new Map<ParticipantId, number>();
    const payload = {
      action: 'start',
      rooms: called.map((name, id) => ({ name: name.trim(), assignments: people.filter((one) => assigned.get(one) === id) })),
      ...(minutes.trim() === '' ? {} : { duration: whole(minutes) * 60 }),
      ...(way === 'by_choice' ? {} : { move_assigned: bring, assigned_only: strict }),
    } as const;
    void call.ask({ namespace: 'breakout', payload }).then((answer) => {
      setBusy(false);
      if (answer.is !== 'done') call.refuse('breakout', answer.is === 'refused' ? answer.error : 'lost');
    });
  };
  return (
    <Form problem={checked && wrong ? t('breakout.check') : undefined} onSubmit={start}>
      <TextField
        label={t('breakout.how_many')}
        value={count}
        onChange={setCount}
        inputMode="numeric"
        required
        error={checked && rooms === 0 ? t('breakout.how_many_wrong', { most: ROOMS_AT_MOST }) : undefined}
      />
      <details className={styles.names} open={checked && called.some(wrongName)}>
        <summary>{t('breakout.names')}</summary>
        {called.map((name, id) => (
          <TextField
            key={id}
            label={t('breakout.name_of', { number: id + 1 })}
            value={name}
            onChange={(text) => rename(id, text)}
            error={checked && wrongName(name) ? t('breakout.name_wrong') : undefined}
          />
        ))}
      </details>
      <RadioGroup
        label={t('breakout.who_where')}
        choices={WAYS.map((value) => ({ value, label: t(`breakout.${value}`) }))}
        value={way}
        onChange={(value) => setWay(value as Way)}
      />
      {way === 'random' && <p className={styles.hint}>{t('breakout.random_hint', { count: people.length })}</p>}
      {way === 'by_hand' && (
        <>
          <ByHand people={people} rooms={called} chosen={chosen} onChoose={(id, to) => setChosen(withChoice(chosen, id, to))} />
          <Button isDisabled={people.length === 0 || rooms === 0} onPress={() => setChosen(dealt(people, rooms, Math.random))}>
            {t('breakout.deal')}
          </Button>
        </>
      )}
      {way !== 'by_choice' && (
        <>
          <Checkbox label={t('breakout.bring')} isSelected={bring} onChange={setBring} />
          <Checkbox label={t('breakout.strict')} isSelected={strict} onChange={setStrict} />
        </>
      )}
      <TextField
        label={t('breakout.minutes')}
        hint={t('breakout.minutes_hint')}
        value={minutes}
        onChange={setMinutes}
        inputMode="numeric"
        error={checked && wrongMinutes ? t('breakout.minutes_wrong', { most: MINUTES_AT_MOST }) : undefined}
      />
      <Button type="submit" kind="primary" busy={busy}>
        {t('breakout.start')}
      </Button>
    </Form>
  );
}

function withChoice(before: ReadonlyMap<ParticipantId, number>, id: ParticipantId, to: number | undefined): ReadonlyMap<ParticipantId, number> {
  const next = new Map(before);
  if (to === undefined) next.delete(id);
  else next.set(id, to);
  return next;
}

interface ByHandProps {
  people: readonly ParticipantId[];
  rooms: readonly string[];
  chosen: ReadonlyMap<ParticipantId, number>;
  onChoose: (id: ParticipantId, to: number | undefined) => void;
}

function ByHand({ people, rooms, chosen, onChoose }: ByHandProps) {
  const { t } = useTranslation('call');
  const names = useCallState((state) => people.map((id) => state.people.get(id)?.name ?? ''));
  const label = useId();
  if (people.length === 0) return <p className={styles.hint}>{t('breakout.nobody')}</p>;
  return (
    <ul className={styles.byHand} aria-label={t('breakout.by_hand')}>
      {people.map((id, index) => {
        const to = chosen.get(id);
        return (
          <li key={id}>
            <label htmlFor={`${label}-${id}`}>{names[index]}</label>
            <select
              id={`${label}-${id}`}
              value={to === undefined || to >= rooms.length ? '' : to}
              onChange={({ target: { value } }) => onChoose(id, value === '' ? undefined : Number(value))}
            >
              <option value="">{t('breakout.no_room')}</option>
              {rooms.map((name, room) => (
                <option key={room} value={room}>
                  {name}
                </option>
              ))}
            </select>
          </li>
        );
      })}
    </ul>
  );
}
