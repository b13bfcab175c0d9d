// SPDX-License-Identifier: EUPL-1.2

import { useState } from 'react';
import { Button } from 'react-aria-components';
import { useTranslation } from 'react-i18next';
import { hands, present } from '../../call/select';
import type { KickScope, WaitingRoom } from '../../call/wire';
import { Switch } from '../../ui';
import { Confirm } from '../Confirm';
import { useCall, useCallState } from '../feature';
import room from '../../meeting/meeting.module.css';

const DOORS: WaitingRoom[] = ['disabled', 'for_guests', 'for_everyone'];

/** Waiting, speaking, in the room: always in this order. */
export function Panel() {
  const { t } = useTranslation('call');
  const call = useCall();
  const state = useCallState((now) => now);
  const [ending, setEnding] = useState<KickScope>();
  const [lowering, setLowering] = useState<'lower_all' | 'hands_off'>();
  const { waitingRoom, microphones, names, banned } = state.moderation;
  const moderators = [...(state.me ? [state.me] : []), ...present(state)].filter(({ role }) => role === 'moderator').map(({ id }) => id);
  const queue = hands(state);
  const hand = (action: 'enable_raise_hands' | 'disable_raise_hands' | 'reset_raised_hands'): boolean =>
    call.send({ namespace: 'raise_hands', payload: { action } });
  return (
    <div className={room.panelBody}>
      <fieldset className={room.group}>
        <legend>{t('moderation.waiting_room')}</legend>
        {DOORS.map((door) => (
          <label key={door} className={room.radio}>
            <input type="radio" name="waiting-room" checked={waitingRoom === door} onChange={() => call.send({ namespace: 'moderation', payload: { action: 'change_waiting_room_state', new_state: door } })} />
            {t(`moderation.door_${door}`)}
          </label>
        ))}
      </fieldset>
      <section>
        <h3>{t('moderation.hands', { count: queue.length })}</h3>
        <ol className={room.list}>
          {queue.map(({ id, name }) => (
            <li key={id}>
              <span className={room.grow}>{name}</span>
              <Button className={room.quiet ?? ''} aria-label={t('moderation.lower_name', { name })} onPress={() => call.send({ namespace: 'raise_hands', payload: { action: 'reset_raised_hands', target: [id] } })}>
                {t('moderation.lower')}
              </Button>
            </li>
          ))}
        </ol>
        {queue.length > 1 && (
          <Button className={room.quiet ?? ''} onPress={() => setLowering('lower_all')}>
            {t('moderation.lower_all')}
          </Button>
        )}
        <Switch label={t('moderation.hands_allowed')} isSelected={state.handsEnabled} onChange={(on) => (!on && queue.length > 0 ? setLowering('hands_off') : hand(on ? 'enable_raise_hands' : 'disable_raise_hands'))} />
      </section>
      <section>
        <h3>{t('moderation.in_the_room')}</h3>
        <Switch
          label={t('moderation.chat_on')}
          isSelected={state.chat.enabled}
          onChange={(on) => call.send({ namespace: 'chat', payload: { action: on ? 'enable_chat' : 'disable_chat' } })}
        />
        <Switch
          label={t('moderation.only_moderators_speak')}
          isSelected={microphones.type === 'enabled'}
          onChange={(on) =>
            call.send({ namespace: 'moderation', payload: on ? { action: 'enable_microphone_restrictions', unrestricted_participants: moderators } : { action: 'disable_microphone_restrictions' } })
          }
        />
        <Switch
          label={t('moderation.names_fixed')}
          isSelected={names.type === 'enabled'}
          onChange={(on) =>
            call.send({ namespace: 'moderation', payload: on ? { action: 'enable_display_name_change_restrictions', unrestricted_participants: [] } : { action: 'disable_display_name_change_restrictions' } })
          }
        />
        {banned.length > 0 && <h3>{t('moderation.banned')}</h3>}
        <ul className={room.list}>
          {banned.map(({ id, name }) => (
            <li key={id}>
              <span className={room.grow}>{name ?? id}</span>
              <Button className={room.quiet ?? ''} onPress={() => call.send({ namespace: 'moderation', payload: { action: 'unban', target: id } })}>
                {t('moderation.unban')}
              </Button>
            </li>
          ))}
        </ul>
        <Button className={room.quiet ?? ''} onPress={() => setEnding('guests')}>
          {t('moderation.debrief_guests')}
        </Button>
        <Button className={room.quiet ?? ''} onPress={() => setEnding('users_and_guests')}>
          {t('moderation.debrief_users')}
        </Button>
      </section>
      <Confirm
        isOpen={lowering !== undefined}
        title={t(lowering === 'hands_off' ? 'moderation.hands_off_title' : 'moderation.lower_all_title')}
        text={[...(lowering === 'hands_off' ? [t('moderation.hands_off_text')] : []), t('moderation.lower_all_text', { count: queue.length })].join(' ')}
        action={t(lowering === 'hands_off' ? 'moderation.hands_off' : 'moderation.lower_all')}
        onClose={() => setLowering(undefined)}
        onConfirm={() => hand(lowering === 'hands_off' ? 'disable_raise_hands' : 'reset_raised_hands')}
      />
      <Confirm
        isOpen={ending !== undefined}
        title={t(`moderation.${ending === 'guests' ? 'debrief_guests' : 'debrief_users'}`)}
        text={t(`moderation.${ending === 'guests' ? 'debrief_guests_text' : 'debrief_users_text'}`)}
        action={t('moderation.debrief')}
        onClose={() => setEnding(undefined)}
        onConfirm={() => ending && call.send({ namespace: 'moderation', payload: { action: 'debrief', kick_scope: ending } })}
      />
    </div>
  );
}
