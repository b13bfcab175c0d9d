// SPDX-License-Identifier: EUPL-1.2

import { useEffect, useRef, useState, useSyncExternalStore } from 'react';
import { Button } from 'react-aria-components';
import { useTranslation } from 'react-i18next';
import { stage, useFocusAfter } from '../features/focus';
import { Icon } from '../ui';
import { outlasts, type Shown, useNotices } from '../features/notices';
import styles from './meeting.module.css';

/** Long enough to be read twice: at 200 words a minute, and never less than this many seconds. */
const LEAST_S = 12;
const PER_CHARACTER_S = 0.12;

/**
 * What has just been said, to be read. It has a row of its own above the stage, so it lies over nothing and no tooltip over it; it takes no focus; who
 * listens has heard it already, so it is no live region.
 */
export function NoticeList() {
  const { t } = useTranslation('call');
  const { shown } = useNotices();
  const list = useSyncExternalStore(shown.subscribe, shown.getSnapshot);
  const { close } = useNotices();
  if (list.length === 0) return null;
  // A small screen has no room for it.
  const third = list.length > 2 ? list.find((one) => list.every((other) => other === one || outlasts(other, one))) : undefined;
  return (
    <section className={styles.notices} aria-label={t('notices.name')} data-region tabIndex={-1}>
      <ul>
        {list.map((one) => (
          <Entry key={one.key} notice={one} third={one === third} onClose={() => close(one.key)} />
        ))}
      </ul>
    </section>
  );
}

/** Its time stands still while somebody points at it (a pointer that only lies there does not) or is in it, while a dialog lies over it, and while nobody looks at the page. */
function Entry({ notice, third, onClose }: { notice: Shown; third: boolean; onClose: () => void }) {
  const { t } = useTranslation('call');
  const notices = useNotices();
  const element = useRef<HTMLLIElement>(null);
  const [held, setHeld] = useState(false);
  const { key, said, text, urgent } = notice;
  const left = useRef(0);
  useEffect(() => {
    left.current = Math.max(LEAST_S, text.length * PER_CHARACTER_S) * (urgent ? 2 : 1);
  }, [said, text, urgent]);
  useEffect(() => {
    if (held) return;
    const clock = setInterval(() => {
      const unseen = document.visibilityState === 'hidden' || element.current?.closest('[inert], [aria-hidden="true"]');
      if (unseen) return;
      left.current -= 1;
      if (left.current <= 0) notices.close(key);
    }, 1_000);
    return () => clearInterval(clock);
  }, [held, key, notices]);
  useFocusAfter(element, nextNotice);
  return (
    <li
      ref={element}
      className={styles.notice}
      data-urgent={urgent}
      data-third={third}
      onPointerMove={() => setHeld(true)}
      onPointerLeave={() => setHeld(false)}
      onFocus={() => setHeld(true)}
      onBlur={() => setHeld(false)}
    >
      <span>{text}</span>
      <Button className={styles.iconButton ?? ''} aria-label={t('notices.close', { text })} onPress={onClose}>
        <Icon name="close" size={20} />
      </Button>
    </li>
  );
}

function nextNotice(gone: HTMLElement): (HTMLElement | null)[] {
  const buttons = [...(gone.parentElement?.querySelectorAll('button') ?? [])];
  return [...buttons.filter((button) => !gone.contains(button)), stage()];
}
