// SPDX-License-Identifier: EUPL-1.2

import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { present } from '../../call/select';
import type { KickScope, WaitingRoom } from '../../call/wire';
import { Button, RadioGroup, Switch } from '../../ui';
import { Confirm } from '../Confirm';
import { Parts } from '../Parts';
import { useCall, useCallState, useSlice } from '../feature';
import room from '../../meeting/meeting.module.css';
import { rules } from './module';

const DOORS: WaitingRoom[] = ['disabled', 'for_guests', 'for_everyone'];

/** Waiting, speaking, in the room: always in this order. */
export function Panel() {
  const { t } = useTranslation('call');
  const call = useCall();
  const { waitingRoom, microphones, names, banned } = useSlice(rules, (slice) => slice);
  const moderators = useCallState((state) => [...(state.me ? [state.me] : []), ...present(state)].filter(({ role }) => role === 'moderator').map(({ id }) => id));
  const [ending, setEnding] = useState<KickScope>();
  return (
    <div className={room.panelBody}>
      <RadioGroup
        label={t('moderation.waiting_room')}
        value={waitingRoom}
        choices={DOORS.map((value) => ({ value, label: t(`moderation.door_${value}`) }))}
        onChange={(value) => call.send({ namespace: 'moderation', payload: { action: 'change_waiting_room_state', new_state: DOORS.find((one) => one === value) ?? waitingRoom } })}
      />
      <section>
        <Parts of={({ moderation }) => (moderation?.block === 'speaking' ? moderation.Part : undefined)} />
      </section>
      <section>
        <h3>{t('moderation.in_the_room')}</h3>
        <Parts of={({ moderation }) => (moderation?.block === 'room' ? moderation.Part : undefined)} />
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
              <Button onPress={() => call.send({ namespace: 'moderation', payload: { action: 'unban', target: id } })}>
                {t('moderation.unban')}
              </Button>
            </li>
          ))}
        </ul>
        <Button onPress={() => setEnding('guests')}>
          {t('moderation.debrief_guests')}
        </Button>
        <Button onPress={() => setEnding('users_and_guests')}>
          {t('moderation.debrief_users')}
        </Button>
      </section>
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
