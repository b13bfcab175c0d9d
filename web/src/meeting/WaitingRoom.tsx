// SPDX-License-Identifier: EUPL-1.2

import { useEffect, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import { useCall, useCallState } from '../features/feature';
import { Button, Icon } from '../ui';
import { Legal } from '../features/legal';
import { playAdmitted } from '../features/chime';
import styles from './meeting.module.css';

/**
 * Says what happens, and takes the focus: who comes here was somewhere else a moment ago. Who is let in hears a sound, and the page
 * title tells it in another tab. It claims nothing about the moderation: whether somebody is there is not told to who waits.
 */
export function WaitingRoom() {
  const { t } = useTranslation('call');
  const call = useCall();
  const phase = useCallState((state) => state.phase);
  const link = useCallState((state) => state.link.state);
  const heading = useRef<HTMLHeadingElement>(null);
  const why = phase.at === 'waiting' ? phase.why : 'arrived';
  useEffect(() => {
    document.title = t('waiting.arrived.title');
    heading.current?.focus();
    // Whatever ends the wait but the person's own leaving is the admission.
    return () => {
      if (call.store.getSnapshot().phase.at === 'meeting') playAdmitted();
    };
  }, [t, call]);
  return (
    <main className={styles.card}>
      <Icon name="clock" size={48} />
      <h1 ref={heading} tabIndex={-1}>
        {t(`waiting.${why}.title`)}
      </h1>
      <p>{t(link === 'open' ? `waiting.${why}.text` : link === 'silent' ? 'banner.silent' : 'banner.lost')}</p>
      <p>{t(`waiting.${why}.devices`)}</p>
      <div className={styles.actions}>
        <Button onPress={() => call.leave()}>
          {t('toolbar.leave')}
        </Button>
      </div>
      <Legal />
    </main>
  );
}
