// SPDX-License-Identifier: EUPL-1.2

import { useEffect } from 'react';
import { useTranslation } from 'react-i18next';
import type { CallState } from '../../call/state';
import { announce } from '../../ui';
import type { Announcement, Feature, Texts } from '../feature';
import { useCall } from '../feature';
import { features } from '../list';
import { useNotices } from '../notices';
import { announcementLevel } from '../settings/level';

/** What changes within this time is gathered into one announcement. */
const GATHER_MS = 1_200;

/** Finds what there is to say in the meeting, and gives what this person wants to hear to the page's live regions. Shows nothing. */
export function Announcer(): null {
  const { store } = useCall();
  const notices = useNotices();
  const { t } = useTranslation('call');

  useEffect(
    () =>
      notices.listen((said) => {
        const wanted = said.filter((one) => heard(one));
        const loud = wanted.filter((one) => one.urgent === true).map((one) => one.text);
        const calm = wanted.filter((one) => one.urgent !== true).map((one) => one.text);
        if (loud.length > 0) announce(loud.join(' '), 'assertive');
        if (calm.length > 0) announce(calm.join(' '));
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

  return null;
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
