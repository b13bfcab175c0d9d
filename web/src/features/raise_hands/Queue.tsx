// SPDX-License-Identifier: EUPL-1.2

import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { nameOf } from '../../call/select';
import { sliceOf } from '../../call/module';
import { Button, Switch } from '../../ui';
import { Confirm } from '../Confirm';
import { useCall, useCallState, useSlice } from '../feature';
import room from '../../meeting/meeting.module.css';
import { hands, queue } from './module';

/** Who wants to speak, first come first served, and whether anybody may. */
export function Queue() {
  const { t } = useTranslation('call');
  const call = useCall();
  const enabled = useSlice(hands, (slice) => slice.enabled);
  const waiting = useCallState((state) => queue(sliceOf(state, hands)).map(({ id }) => id));
  const names = useCallState((state) => queue(sliceOf(state, hands)).map(({ id }) => nameOf(state, id) ?? ''));
  const [asking, setAsking] = useState<'lower_all' | 'turn_off'>();
  const send = (action: 'enable_raise_hands' | 'disable_raise_hands' | 'reset_raised_hands'): boolean => call.send({ namespace: 'raise_hands', payload: { action } });
  const turn = (on: boolean): void => {
    if (!on && waiting.length > 0) setAsking('turn_off');
    else send(on ? 'enable_raise_hands' : 'disable_raise_hands');
  };
  return (
    <>
      <h3>{t('raise_hands.queue', { count: waiting.length })}</h3>
      <ol className={room.list}>
        {waiting.map((id, index) => (
          <li key={id}>
            <span className={room.grow}>{names[index]}</span>
            <Button
              aria-label={t('raise_hands.lower_name', { name: names[index] ?? '' })}
              onPress={() => call.send({ namespace: 'raise_hands', payload: { action: 'reset_raised_hands', target: [id] } })}
            >
              {t('raise_hands.lower')}
            </Button>
          </li>
        ))}
      </ol>
      {waiting.length > 1 && (
        <Button onPress={() => setAsking('lower_all')}>
          {t('raise_hands.lower_all')}
        </Button>
      )}
      <Switch label={t('raise_hands.allow')} isSelected={enabled} onChange={turn} />
      <Confirm
        isOpen={asking !== undefined}
        title={t(asking === 'turn_off' ? 'raise_hands.turn_off_title' : 'raise_hands.lower_all_title')}
        text={[...(asking === 'turn_off' ? [t('raise_hands.turn_off_text')] : []), t('raise_hands.lower_all_text', { count: waiting.length })].join(' ')}
        action={t(asking === 'turn_off' ? 'raise_hands.turn_off' : 'raise_hands.lower_all')}
        onClose={() => setAsking(undefined)}
        onConfirm={() => send(asking === 'turn_off' ? 'disable_raise_hands' : 'reset_raised_hands')}
      />
    </>
  );
}
