// SPDX-License-Identifier: EUPL-1.2

import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { CallState } from '../../call/state';
import type { Announcement, Feature, Texts } from '../feature';
import { useCall } from '../feature';
import { features } from '../list';
import { useNotices } from '../notices';
import { announcementLevel } from '../settings/level';
import styles from './meeting.module.css';

/** What changes within this time is gathered into one announcement. */
const GATHER_MS = 1_200;

/**
 * Finds what there is to say, and the two live regions that say it. They are there before anything is said, or nobody hears it; and
 * they carry `data-live-announcer`, or an open dialog would make them inert and silent.
 */
export function Announcer() {
  const { store } = useCall();
  const notices = useNotices();
  const { t } = useTranslation('call');
  const [polite, setPolite] = useState('');
  const [urgent, setUrgent] = useState('');

  useEffect(
    () =>
      notices.listen((said) => {
        const wanted = said.filter((one) => heard(one));
        const loud = wanted.filter((one) => one.urgent === true).map((one) => one.text);
        const calm = wanted.filter((one) => one.urgent !== true).map((one) => one.text);
        // A region speaks only when its text changes: the same sentence twice needs a difference.
        if (loud.length > 0) setUrgent((last) => differing(last, loud.join(' ')));
        if (calm.length > 0) setPolite((last) => differing(last, calm.join(' ')));
      }),
    [notices],
  );

  useEffect(() => {
    let atOnce = store.getSnapshot();
    let gathered = atOnce;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const unsubscribe = store.subscribe(() => {
      const now = store.getSnapshot();
      notices.say(...collect('announceAtOnce', atOnce, now, t as Texts));
      atOnce = now;
      timer ??= setTimeout(() => {
        timer = undefined;
        const later = store.getSnapshot();
        notices.say(...collect('announce', gathered, later, t as Texts));
        gathered = later;
      }, GATHER_MS);
    });
    return () => {
      unsubscribe();
      clearTimeout(timer);
    };
  }, [store, notices, t]);

  return (
    <>
      <div className={styles.hidden} aria-live="polite" data-announcer="polite" data-live-announcer="true">
        {polite}
      </div>
      <div className={styles.hidden} aria-live="assertive" data-announcer="assertive" data-live-announcer="true">
        {urgent}
      </div>
    </>
  );
}

function collect(kind: 'announce' | 'announceAtOnce', before: CallState, after: CallState, t: Texts): Announcement[] {
  return features.flatMap((feature: Feature) => {
    try {
      return feature[kind]?.(before, after, t) ?? [];
    } catch {
      // One feature that stumbles over a frame does not silence the others.
      return [];
    }
  });
}

function heard(one: Announcement): boolean {
  const level = announcementLevel();
  if (one.urgent === true || level === 'all') return true;
  return level === 'normal' && one.chatter !== true;
}

function differing(last: string, text: string): string {
  return last === text ? `${text}\u00a0` : text;
}
