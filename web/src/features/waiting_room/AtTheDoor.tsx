// SPDX-License-Identifier: EUPL-1.2

import { useEffect, useRef } from 'react';
import { Button } from 'react-aria-components';
import { useTranslation } from 'react-i18next';
import { atTheDoor } from '../../call/select';
import type { Waiting } from '../../call/state';
import { useCall, useCallState } from '../feature';
import { stage, useFocusAfter } from '../focus';
import { Icon } from '../../ui';
import { useNotices } from '../notices';
import { usePanels } from '../panel';
import { several } from '../several';
import { playKnock } from '../chime';
import styles from '../../meeting/meeting.module.css';

/** Anybody with the link can come to the door, go and come again: so long there is quiet after each time that it was told. */
const QUIET_MS = 10_000;

/** Somebody waits: the moderation sees it whatever panel is open, hears it, and lets them in from here. */
export function AtTheDoor() {
  const { open } = usePanels();
  const waiting = useCallState(atTheDoor);
  useKnock(waiting);
  const [first, ...others] = waiting;
  return first === undefined ? null : <Bar first={first} others={others} onShow={() => open('people')} />;
}

/** The same where a dialog lies over the meeting; {@link AtTheDoor} under it knocks and says it. */
export function DoorInDialog() {
  const [first, ...others] = useCallState(atTheDoor);
  return first === undefined ? null : <Bar first={first} others={others} />;
}

/** A knock when somebody waits where nobody did, and the names of all who are new. Whoever comes in the quiet is told after it. */
function useKnock(waiting: readonly Waiting[]): void {
  const { t } = useTranslation('call');
  const notices = useNotices();
  const told = useRef<ReadonlySet<string>>(new Set());
  const quietUntil = useRef(0);
  useEffect(() => {
    const fresh = waiting.filter(({ id }) => !told.current.has(id));
    told.current = new Set(waiting.filter((one) => !fresh.includes(one)).map(({ id }) => id));
    if (fresh.length === 0) return undefined;
    const tell = (): void => {
      if (told.current.size === 0) playKnock();
      notices.say({ text: several(t, 'waiting_room.told', fresh.map(({ name }) => name)) });
      told.current = new Set(waiting.map(({ id }) => id));
      quietUntil.current = performance.now() + QUIET_MS;
    };
    const quiet = quietUntil.current - performance.now();
    if (quiet <= 0) return tell();
    const later = setTimeout(tell, quiet);
    return () => clearTimeout(later);
  }, [waiting, notices, t]);
}

interface BarProps {
  first: Waiting;
  others: readonly Waiting[];
  /** Not in a dialog: the list is under it. */
  onShow?: () => void;
}

/** What comes when a second one waits stands before the other buttons: none of them moves away under who is about to press it. */
function Bar({ first, others, onShow }: BarProps) {
  const { t } = useTranslation('call');
  const call = useCall();
  const bar = useRef<HTMLDivElement>(null);
  useFocusAfter(bar, toStage);
  /** False: it could not be sent. That is told, and once is enough. */
  const admit = ({ id }: Waiting): boolean => call.send({ namespace: 'moderation', payload: { action: 'accept', target: id } });
  const all = [first, ...others];
  return (
    <div ref={bar} className={styles.banners} data-over={onShow === undefined} role="region" aria-label={t('waiting_room.name')} data-region tabIndex={-1}>
      <p className={styles.banner} data-kind="door">
        <Icon name="clock" size={20} />
        <span>{several(t, 'waiting_room.waits', all.map(({ name }) => name))}</span>
        {others.length > 0 && (
          <Button className={`${styles.bannerButton} ${styles.all}`} onPress={() => void all.every(admit)}>
            {t('waiting_room.admit_all')}
          </Button>
        )}
        <LetIn key={first.id} name={first.name} onPress={() => admit(first)} />
        {onShow !== undefined && (
          <Button className={styles.bannerButton ?? ''} onPress={onShow}>
            {t('waiting_room.show')}
          </Button>
        )}
      </p>
    </div>
  );
}

/** One person's own button: it goes with them, so that nobody takes their place under a finger or the keyboard. */
function LetIn({ name, onPress }: { name: string; onPress: () => void }) {
  const { t } = useTranslation('call');
  const button = useRef<HTMLButtonElement>(null);
  useFocusAfter(button, toBar);
  return (
    <Button ref={button} className={`${styles.bannerButton} ${styles.letIn}`} onPress={onPress}>
      {t('waiting_room.admit_name', { name })}
    </Button>
  );
}

const toStage = (bar: HTMLElement) => [bar.closest<HTMLElement>('[role="dialog"], [role="alertdialog"]'), stage()];
const toBar = (button: HTMLElement) => [button.closest<HTMLElement>('[data-region]')];
