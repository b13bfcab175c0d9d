// SPDX-License-Identifier: EUPL-1.2

import { useTranslation } from 'react-i18next';
import { here as peopleHere, nameOf } from '../../call/select';
import { Button } from '../../ui';
import { useCall, useCallState, useSlice } from '../feature';
import { timer } from './module';
import styles from './timer.module.css';

/** One says that one is ready, and takes it back. */
export function ReadyButton() {
  const { t } = useTranslation('call');
  const call = useCall();
  const me = useCallState((state) => state.me?.id);
  const ready = useSlice(timer, (slice) => me !== undefined && slice.ready.has(me));
  return (
    <Button
      kind={ready ? 'secondary' : 'primary'}
      onPress={() => call.send({ namespace: 'timer', payload: { action: 'update_ready_status', status: !ready } })}
    >
      {t(ready ? 'timer.i_am_ready' : 'timer.am_ready')}
    </Button>
  );
}

/** How many are ready, and who is not yet. */
export function WhoIsReady() {
  const { t } = useTranslation('call');
  const here = useCallState((state) => [...(state.me ? [state.me.id] : []), ...peopleHere(state).map(({ id }) => id)]);
  const ready = useSlice(timer, (slice) => slice.ready);
  const open = here.filter((id) => !ready.has(id));
  const names = useCallState((state) => open.map((id) => (id === state.me?.id ? state.me.name : (nameOf(state, id) ?? ''))));
  return (
    <>
      <h3>{t('timer.ready', { ready: here.length - open.length, all: here.length })}</h3>
      {open.length === 0 ? (
        <p>{t('timer.all_ready')}</p>
      ) : (
        <details className={styles.open}>
          <summary>{t('timer.not_ready', { count: open.length })}</summary>
          <ul>
            {open.map((id, index) => (
              <li key={id}>{names[index]}</li>
            ))}
          </ul>
        </details>
      )}
    </>
  );
}
