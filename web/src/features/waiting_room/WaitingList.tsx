// SPDX-License-Identifier: EUPL-1.2

import { useTranslation } from 'react-i18next';
import { atTheDoor } from '../../call/select';
import type { Waiting } from '../../call/state';
import room from '../../meeting/meeting.module.css';
import { Button } from '../../ui';
import { useCall, useCallState } from '../feature';

/** Everybody who waits, to be let in or turned away one by one. */
export function WaitingList() {
  const { t } = useTranslation('call');
  const call = useCall();
  const waiting = useCallState(atTheDoor);
  const answer = (action: 'accept' | 'kick', { id }: Waiting): boolean => call.send({ namespace: 'moderation', payload: { action, target: id } });
  if (waiting.length === 0) return null;
  return (
    <section aria-labelledby="waiting-heading">
      <h3 id="waiting-heading">{t('waiting_room.waiting', { count: waiting.length })}</h3>
      <ul className={room.list}>
        {waiting.map((one) => (
          <li key={one.id}>
            <span className={room.grow}>{one.name}</span>
            <Button kind="primary" aria-label={t('waiting_room.admit_name', { name: one.name })} onPress={() => answer('accept', one)}>
              {t('waiting_room.admit')}
            </Button>
            <Button aria-label={t('waiting_room.deny_name', { name: one.name })} onPress={() => answer('kick', one)}>
              {t('waiting_room.deny')}
            </Button>
          </li>
        ))}
      </ul>
      {waiting.length > 1 && (
        <Button kind="primary" onPress={() => void waiting.every((one) => answer('accept', one))}>
          {t('waiting_room.admit_all')}
        </Button>
      )}
    </section>
  );
}
