// SPDX-License-Identifier: EUPL-1.2

import { useEffect } from 'react';
import { Button } from 'react-aria-components';
import { useTranslation } from 'react-i18next';
import { useCall, useCallState } from '../feature';
import { Icon } from '../icons';
import { playAdmitted } from './chime';
import styles from '../room/meeting.module.css';

/** Says what happens. Who is let in hears a sound, and the page title tells it in another tab. */
export function WaitingRoom() {
  const { t } = useTranslation('call');
  const call = useCall();
  const phase = useCallState((state) => state.phase);
  const lost = useCallState((state) => state.link.state !== 'open');
  const sentBack = phase.at === 'waiting' && phase.sentBack;
  useEffect(() => {
    document.title = t('waiting.title');
    // Whatever ends the wait but the person's own leaving is the admission.
    return () => {
      if (call.store.getSnapshot().phase.at === 'meeting') playAdmitted();
    };
  }, [t, call]);
  return (
    <main className={styles.card}>
      <Icon name="clock" size={48} />
      <h1>{t(sentBack ? 'waiting.sent_back' : 'waiting.title')}</h1>
      <p role="status">{t(lost ? 'banner.lost' : 'waiting.text')}</p>
      <p>{t('waiting.devices')}</p>
      <div className={styles.actions}>
        <Button className={styles.secondary ?? ''} onPress={() => call.leave()}>
          {t('toolbar.leave')}
        </Button>
      </div>
    </main>
  );
}
