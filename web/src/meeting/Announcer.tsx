// SPDX-License-Identifier: EUPL-1.2

import { useContext, useEffect } from 'react';
import { useTranslation } from 'react-i18next';
import type { CallState } from '../call/state';
import type { Store } from '../call/store';
import { announce } from '../ui';
import type { Announcement, Feature, Texts } from '../features/feature';
import { useCall } from '../features/feature';
import { FeaturesContext } from '../features/Parts';
import { useNotices } from '../features/notices';
import { safely } from '../features/safely';
import { announcementLevel } from './settings/level';

/** What changes within this time is gathered into one announcement. */
const GATHER_MS = 1_200;

/** What anybody can bring about without end is said once in this time: what has changed since then, and still holds. */
const RARELY_MS = 10_000;

/** Finds what there is to say in the meeting, and gives what this person wants to hear to the page's live regions. Shows nothing. */
export function Announcer(): null {
  const { store } = useCall();
  const features = useContext(FeaturesContext);
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
    const say = (said: Announcement[]): void => notices.say(...said);
    const kinds = [['announce', 0], ['announceRarely', RARELY_MS]] as const;
    const gathering = features.flatMap((feature) =>
      kinds.filter(([kind]) => feature[kind] !== undefined).map(([kind, quiet]) => gather(store, feature, kind, quiet, say, t as Texts)),
    );
    const unsubscribe = store.subscribe(() => {
      const now = store.getSnapshot();
      // What came before a lost line, while it was lost, and after it are told apart: who was away hears sums.
      const back = now.joins !== atOnce.joins;
      if (back) for (const { tell } of gathering) tell(atOnce);
      say(features.flatMap((feature) => collect(feature, 'announceAtOnce', atOnce, now, t as Texts)));
      if (back) for (const { tell } of gathering) tell(now);
      atOnce = now;
      for (const { changed } of gathering) changed();
    });
    return () => {
      unsubscribe();
      for (const { end } of gathering) end();
    };
  }, [store, features, notices, t]);

  return null;
}

type Kind = 'announceAtOnce' | 'announce' | 'announceRarely';

/** Compares the moment that was told last with the one a little after a change; having said something, not again for `quiet`. */
function gather(store: Store<CallState>, feature: Feature, kind: Kind, quiet: number, say: (said: Announcement[]) => void, t: Texts) {
  let told = store.getSnapshot();
  let quietUntil = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const tell = (now: CallState): void => {
    clearTimeout(timer);
    timer = undefined;
    const said = collect(feature, kind, told, now, t);
    told = now;
    if (said.length === 0) return;
    quietUntil = performance.now() + quiet;
    say(said);
  };
  return {
    tell,
    changed: () => void (timer ??= setTimeout(() => tell(store.getSnapshot()), Math.max(GATHER_MS, quietUntil - performance.now()))),
    end: () => clearTimeout(timer),
  };
}

function collect(feature: Feature, kind: Kind, before: CallState, after: CallState, t: Texts): Announcement[] {
  return safely([], () => feature[kind]?.(before, after, t) ?? []);
}

function heard(one: Announcement): boolean {
  const level = announcementLevel();
  if (one.urgent === true || level === 'all') return true;
  return level === 'normal' && one.chatter !== true;
}
