// SPDX-License-Identifier: EUPL-1.2

import { useEffect, useRef } from 'react';
import { Button } from 'react-aria-components';
import { useTranslation } from 'react-i18next';
import { atTheDoor } from '../../call/select';
import { useCall, useCallState } from '../feature';
import { Icon } from '../icons';
import { playKnock } from './chime';
import styles from '../room/meeting.module.css';

/** Somebody waits: the moderation sees it whatever panel is open, hears it, and lets them in from here. */
export function AtTheDoor({ onShow }: { onShow: () => void }) {
  const { t } = useTranslation('call');
  const call = useCall();
  const waiting = useCallState(atTheDoor);
  const known = useRef<ReadonlySet<string>>(new Set());
  useEffect(() => {
    if (waiting.some(({ id }) => !known.current.has(id))) playKnock();
    known.current = new Set(waiting.map(({ id }) => id));
  }, [waiting]);
  const [first] = waiting;
  if (first === undefined) return null;
  const count = waiting.length;
  const admit = (): void => {
    for (const { id } of waiting) call.send({ namespace: 'moderation', payload: { action: 'accept', target: id } });
  };
  return (
    <div className={styles.banners} role="region" aria-label={t('door.name')} data-region tabIndex={-1}>
      <p className={styles.banner} data-kind="door">
        <Icon name="clock" size={20} />
        <span>{t('door.waits', { count, name: first.name })}</span>
        <Button className={styles.bannerButton ?? ''} onPress={admit}>
          {t(count > 1 ? 'people.admit_all' : 'people.admit')}
        </Button>
        <Button className={styles.bannerButton ?? ''} onPress={onShow}>
          {t('door.show')}
        </Button>
      </p>
    </div>
  );
}
