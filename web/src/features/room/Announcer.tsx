// SPDX-License-Identifier: EUPL-1.2

import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { CallState } from '../../call/state';
import type { Announcement, Texts } from '../feature';
import { useCall } from '../feature';
import { features } from '../list';
import { announcementLevel } from '../settings/level';
import styles from './meeting.module.css';

/** What changes within this time is gathered into one announcement. */
const GATHER_MS = 1_200;

/** The two live regions of the meeting. They are there before anything is said, or nobody hears it. */
export function Announcer() {
  const { store } = useCall();
  const { t } = useTranslation('call');
  const [polite, setPolite] = useState('');
  const [urgent, setUrgent] = useState('');

  useEffect(() => {
    let atOnce = store.getSnapshot();
    let gathered = atOnce;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const say = (all: Announcement[]): void => {
      const wanted = all.filter((one) => heard(one));
      const loud = wanted.filter((one) => one.urgent === true).map((one) => one.text);
      const calm = wanted.filter((one) => one.urgent !== true).map((one) => one.text);
      // A region speaks only when its text changes: the same sentence twice needs a difference.
      if (loud.length > 0) setUrgent((last) => differing(last, loud.join(' ')));
      if (calm.length > 0) setPolite((last) => differing(last, calm.join(' ')));
    };
    const collect = (
      kind: 'announce' | 'announceAtOnce',
      before: CallState,
      after: CallState,
    ): Announcement[] =>
      features.flatMap((feature) => feature[kind]?.(before, after, t as Texts) ?? []);
    const unsubscribe = store.subscribe(() => {
      const now = store.getSnapshot();
      say(collect('announceAtOnce', atOnce, now));
      atOnce = now;
      timer ??= setTimeout(() => {
        timer = undefined;
        const later = store.getSnapshot();
        say(collect('announce', gathered, later));
        gathered = later;
      }, GATHER_MS);
    });
    return () => {
      unsubscribe();
      clearTimeout(timer);
    };
  }, [store, t]);

  return (
    <>
      <div className={styles.hidden} aria-live="polite" data-announcer="polite">
        {polite}
      </div>
      <div className={styles.hidden} aria-live="assertive" data-announcer="assertive">
        {urgent}
      </div>
    </>
  );
}

function heard(one: Announcement): boolean {
  const level = announcementLevel();
  if (one.urgent === true || level === 'all') return true;
  return level === 'normal' && one.chatter !== true;
}

function differing(last: string, text: string): string {
  return last === text ? `${text}\u00a0` : text;
}
