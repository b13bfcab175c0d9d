// SPDX-License-Identifier: EUPL-1.2

import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { hasModule, sliceOf } from '../../call/module';
import { isModerator, present } from '../../call/select';
import type { CallState } from '../../call/state';
import type { ParticipantId } from '../../call/wire';
import room from '../../meeting/meeting.module.css';
import { Button, Form, IconButton, Menu, TextField } from '../../ui';
import { Confirm } from '../Confirm';
import { useCall, useCallState, useSlice } from '../feature';
import { MeetingDialog } from '../MeetingDialog';
import { useNotices } from '../notices';
import styles from './breakout.module.css';
import { go, place } from './go';
import { breakout, mayEnter, type Room } from './module';
import { TimeLeft } from './TimeLeft';

const NONE: readonly Room[] = [];
/** How long people have to come to an end, in seconds. */
const SOON = 60;

/** What the open rooms are and who is where; for moderators also everything that can be done with them. */
export function Open() {
  const { t } = useTranslation('call');
  const moderates = useCallState(isModerator);
  const rooms = useSlice(breakout, ({ running }) => running?.rooms ?? NONE);
  const [renaming, setRenaming] = useState<Room>();
  return (
    <>
      <p className={styles.hint}>
        <TimeLeft />
      </p>
      <ul className={styles.rooms} aria-label={t('breakout.title')}>
        <Entry id={undefined} name={t('breakout.main')} />
        {rooms.map((one) => (
          <Entry key={one.id} id={one.id} name={one.name} needsHelp={one.needsHelp} {...(moderates ? { onRename: () => setRenaming(one) } : {})} />
        ))}
      </ul>
      {moderates && (
        <>
          <ToAll />
          <Close />
          {renaming !== undefined && <Rename room={renaming} onClose={() => setRenaming(undefined)} />}
        </>
      )}
    </>
  );
}

interface EntryProps {
  /** Absent: the main room. */
  id: number | undefined;
  name: string;
  needsHelp?: boolean;
  onRename?: () => void;
}

const inside = (state: CallState, id: number | undefined): { id: ParticipantId; name: string }[] => [
  ...(state.me !== undefined && state.me.breakout === id ? [state.me] : []),
  ...present(state).filter((person) => person.breakout === id),
];

function Entry({ id, name, needsHelp = false, onRename }: EntryProps) {
  const { t } = useTranslation('call');
  const call = useCall();
  const here = useCallState(({ me }) => me?.breakout === id);
  const moderates = useCallState(isModerator);
  const me = useCallState((state) => state.me?.id);
  const open = useCallState((state) => id === undefined || mayEnter(sliceOf(state, breakout), state, id));
  const people = useCallState((state) => inside(state, id).map((one) => one.id));
  const names = useCallState((state) => inside(state, id).map((one) => one.name));
  const heading = `breakout-${id ?? 'main'}`;
  return (
    <li className={styles.room} data-here={here}>
      <div className={styles.head}>
        <h3 id={heading} tabIndex={-1}>
          {t('breakout.room_with', { name, people: people.length })}
        </h3>
        {here && <span className={styles.here}>{t('breakout.you_are_here')}</span>}
        {!here && open && (
          <Button aria-label={t('breakout.go_to', { name })} onPress={() => go(call, id, () => document.getElementById(heading)?.focus())}>
            {t('breakout.go')}
          </Button>
        )}
        {onRename && (
          <Button aria-label={t('breakout.rename_name', { name })} onPress={onRename}>
            {t('breakout.rename')}
          </Button>
        )}
      </div>
      {needsHelp && <p className={styles.help}>{t('breakout.needs_help')}</p>}
      {people.length > 0 && (
        <ul className={room.list} aria-label={t('breakout.people_in', { name })}>
          {people.map((one, index) => (
            <li key={one}>
              <span className={room.grow}>{one === me ? t('tile.you', { name: names[index] }) : names[index]}</span>
              {moderates && one !== me && <Move id={one} name={names[index] ?? ''} from={id} />}
            </li>
          ))}
        </ul>
      )}
    </li>
  );
}

/** By a menu, so that no key that only looks through the rooms brings anybody anywhere. */
function Move({ id, name, from }: { id: ParticipantId; name: string; from: number | undefined }) {
  const { t } = useTranslation('call');
  const call = useCall();
  const rooms = useSlice(breakout, ({ running }) => running?.rooms ?? NONE);
  const entries = [{ id: 'main', label: t('breakout.main') }, ...rooms.map((one) => ({ id: String(one.id), label: one.name }))].filter((one) => one.id !== String(from ?? 'main'));
  const label = t('breakout.move', { name });
  const bring = (to: string) =>
    call.send({ namespace: 'breakout', payload: { action: 'move_participants', participants: [id], ...place(to === 'main' ? undefined : Number(to)) } });
  return (
    <Menu label={label} entries={entries} onAction={bring}>
      <IconButton icon="more" label={label} />
    </Menu>
  );
}

function Rename({ room: { id, name }, onClose }: { room: Room; onClose: () => void }) {
  const { t } = useTranslation('call');
  const call = useCall();
  const [text, setText] = useState(name);
  const wrong = text.trim() === '';
  const [checked, setChecked] = useState(false);
  const rename = () => {
    setChecked(true);
    if (wrong) return;
    call.send({ namespace: 'breakout', payload: { action: 'rename_room', id, name: text.trim() } });
    onClose();
  };
  return (
    <MeetingDialog isOpen title={t('breakout.rename_name', { name })} onClose={onClose}>
      <Form problem={undefined} onSubmit={rename}>
        <TextField autoFocus label={t('breakout.new_name')} value={text} onChange={setText} error={checked && wrong ? t('breakout.name_wrong') : undefined} />
        <Button type="submit" kind="primary">
          {t('breakout.rename')}
        </Button>
      </Form>
    </MeetingDialog>
  );
}

/** What is written to everybody reaches every room. */
function ToAll() {
  const { t } = useTranslation('call');
  const call = useCall();
  const notices = useNotices();
  const [text, setText] = useState('');
  const there = useCallState((state) => hasModule(state, { namespace: 'chat' }));
  if (!there) return null;
  const send = () => {
    const content = text.trim();
    if (content === '') return;
    void call.ask({ namespace: 'chat', payload: { action: 'send_message', scope: 'global', content } }).then((answer) => {
      if (answer.is !== 'done') return call.refuse('chat', answer.is === 'refused' ? answer.error : 'lost');
      setText('');
      notices.say({ text: t('breakout.told_all'), shown: true, about: 'breakout told' });
    });
  };
  return (
    <Form problem={undefined} onSubmit={send}>
      <TextField label={t('breakout.to_all')} value={text} onChange={setText} />
      <Button type="submit">{t('breakout.tell_all')}</Button>
    </Form>
  );
}

function Close() {
  const { t } = useTranslation('call');
  const call = useCall();
  const [asking, setAsking] = useState(false);
  const stop = (delay: number) => call.send({ namespace: 'breakout', payload: { action: 'stop', ...(delay === 0 ? {} : { delay }) } });
  return (
    <>
      <Button onPress={() => stop(SOON)}>{t('breakout.close_soon')}</Button>
      <Button kind="danger" onPress={() => setAsking(true)}>
        {t('breakout.close')}
      </Button>
      <Confirm
        isOpen={asking}
        title={t('breakout.close_title')}
        text={t('breakout.close_text')}
        action={t('breakout.close')}
        onClose={() => setAsking(false)}
        onConfirm={() => stop(0)}
      />
    </>
  );
}
