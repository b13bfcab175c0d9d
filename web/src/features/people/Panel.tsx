// SPDX-License-Identifier: EUPL-1.2

import { useState } from 'react';
import { Button, Input, Label, Menu, MenuItem, MenuTrigger, Popover, SearchField } from 'react-aria-components';
import { useTranslation } from 'react-i18next';
import { atTheDoor, isModerator, microphoneIsOn, present } from '../../call/select';
import type { Person } from '../../call/state';
import type { ClientFrame } from '../../call/wire';
import { useCall, useCallState } from '../feature';
import { Icon } from '../icons';
import { Confirm } from '../Confirm';
import room from '../../meeting/meeting.module.css';
import toolbar from '../../meeting/toolbar/toolbar.module.css';

type Moderation = Extract<ClientFrame, { namespace: 'moderation' }>['payload'];

export function Panel() {
  const { t } = useTranslation('call');
  const call = useCall();
  const state = useCallState((now) => now);
  const [search, setSearch] = useState('');
  const [removing, setRemoving] = useState<{ person: Person; action: 'kick' | 'ban' }>();
  const moderator = isModerator(state);
  const wanted = search.toLocaleLowerCase();
  const others = present(state).filter(({ name }) => name.toLocaleLowerCase().includes(wanted));
  const moderate = (payload: Moderation): boolean => call.send({ namespace: 'moderation', payload });
  const waiting = atTheDoor(state);
  // Who is silent already cannot be muted. Without media nobody's microphone is known.
  const heard = ({ id }: Person): boolean => state.media.connection !== 'connected' || microphoneIsOn(state.media, id);
  return (
    <div className={room.panelBody}>
      {moderator && waiting.length > 0 && (
        <section aria-labelledby="waiting-heading">
          <h3 id="waiting-heading">{t('people.waiting', { count: waiting.length })}</h3>
          <ul className={room.list}>
            {waiting.map(({ id, name }) => (
              <li key={id}>
                <span className={room.grow}>{name}</span>
                <Button className={room.small ?? ''} aria-label={t('people.admit_name', { name })} onPress={() => moderate({ action: 'accept', target: id })}>
                  {t('people.admit')}
                </Button>
                <Button className={room.quiet ?? ''} aria-label={t('people.deny_name', { name })} onPress={() => moderate({ action: 'kick', target: id })}>
                  {t('people.deny')}
                </Button>
              </li>
            ))}
          </ul>
          {waiting.length > 1 && (
            <Button className={room.small ?? ''} onPress={() => void waiting.every(({ id }) => moderate({ action: 'accept', target: id }))}>
              {t('people.admit_all')}
            </Button>
          )}
        </section>
      )}
      <SearchField className={room.field ?? ''} value={search} onChange={setSearch}>
        <Label>{t('people.search')}</Label>
        <Input />
      </SearchField>
      {moderator && (
        <Button className={room.quiet ?? ''} isDisabled={!others.some(heard)} onPress={() => moderate({ action: 'mute', participants: others.map(({ id }) => id) })}>
          {wanted === '' ? t('people.mute_all') : t('people.mute_found', { count: others.length })}
        </Button>
      )}
      <ul className={room.list} aria-label={t('people.title')}>
        {state.me && state.me.name.toLocaleLowerCase().includes(wanted) && (
          <Row id={state.me.id} name={t('tile.you', { name: state.me.name })} role={state.me.role} hand={state.me.handRaisedAt !== undefined} microphone={microphoneIsOn(state.media, state.me.id)} />
        )}
        {others.map((person) => (
          <Row key={person.id} id={person.id} name={person.name} role={person.kind === 'guest' ? 'guest' : person.role} hand={person.handRaisedAt !== undefined} microphone={microphoneIsOn(state.media, person.id)}>
            {moderator && <Actions person={person} heard={heard(person)} moderate={moderate} onRemove={(action) => setRemoving({ person, action })} />}
          </Row>
        ))}
      </ul>
      <Confirm
        isOpen={removing !== undefined}
        title={t(`people.${removing?.action ?? 'kick'}_title`, { name: removing?.person.name ?? '' })}
        text={t(`people.${removing?.action ?? 'kick'}_text`)}
        action={t(`people.${removing?.action ?? 'kick'}`)}
        onClose={() => setRemoving(undefined)}
        onConfirm={() => removing && moderate({ action: removing.action, target: removing.person.id })}
      />
    </div>
  );
}

interface RowProps {
  id: string;
  name: string;
  role: string;
  hand: boolean;
  microphone: boolean;
  children?: React.ReactNode;
}

function Row({ name, role, hand, microphone, children }: RowProps) {
  const { t } = useTranslation('call');
  return (
    <li>
      <span className={room.grow}>
        <span>{name}</span>
        <span className={room.muted}>
          {[t(`role.${role}`), hand ? t('tile.hand') : '', microphone ? '' : t('tile.muted')].filter(Boolean).join(' · ')}
        </span>
      </span>
      {children}
    </li>
  );
}

interface ActionsProps {
  person: Person;
  heard: boolean;
  moderate: (payload: Moderation) => boolean;
  onRemove: (action: 'kick' | 'ban') => void;
}

function Actions({ person, heard, moderate, onRemove }: ActionsProps) {
  const { t } = useTranslation('call');
  const call = useCall();
  const granted = useCallState((state) => state.media.mayShare.has(person.id));
  const guest = person.kind === 'guest';
  const { id } = person;
  const actions: [string, () => void][] = [
    ...(heard ? ([['mute', () => moderate({ action: 'mute', participants: [id] })]] as [string, () => void][]) : []),
    ...(person.handRaisedAt === undefined ? [] : ([['lower_hand', () => call.send({ namespace: 'raise_hands', payload: { action: 'reset_raised_hands', target: [id] } })]] as [string, () => void][])),
    [granted ? 'revoke_share' : 'grant_share', () => call.send({ namespace: 'livekit', payload: { action: granted ? 'revoke_screen_share_permission' : 'grant_screen_share_permission', participants: [id] } })],
    ...(guest || person.owner ? [] : ([[person.role === 'moderator' ? 'demote' : 'promote', () => moderate({ action: 'update_role', participant_id: id, new_role: person.role === 'moderator' ? 'user' : 'moderator' })]] as [string, () => void][])),
    ...(person.owner ? [] : ([['to_waiting_room', () => moderate({ action: 'send_to_waiting_room', target: id })], ['kick', () => onRemove('kick')]] as [string, () => void][])),
    ...(guest || person.owner ? [] : ([['ban', () => onRemove('ban')]] as [string, () => void][])),
  ];
  return (
    <MenuTrigger>
      <Button className={room.iconButton ?? ''} aria-label={t('people.actions', { name: person.name })}>
        <Icon name="more" />
      </Button>
      <Popover className={toolbar.popover ?? ''} placement="bottom end">
        <Menu className={toolbar.menu ?? ''} aria-label={t('people.actions', { name: person.name })} onAction={(key) => actions.find(([name]) => name === key)?.[1]()}>
          {actions.map(([name]) => (
            <MenuItem key={name} id={name} className={toolbar.entry ?? ''}>
              {t(`people.${name}`)}
            </MenuItem>
          ))}
        </Menu>
      </Popover>
    </MenuTrigger>
  );
}
