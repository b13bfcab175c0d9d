// SPDX-License-Identifier: EUPL-1.2

/**
 * The two live regions of the whole page: whatever a page or a meeting says to who listens is said here, and is never lost with the
 * part of the page that said it. They show nothing and decide nothing. The one rule: each message is an element of its own, added
 * and never changed, so that two of one moment are both said, and the same words later are said again.
 *
 * What lies over the page makes everything else inert but what carries `data-live-announcer`: a silent region would keep its words
 * for itself.
 */
import { useEffect, useState } from 'react';

type Politeness = 'polite' | 'assertive';
type Listener = (text: string, politeness: Politeness) => void;

const listeners = new Set<Listener>();

export function announce(text: string, politeness: Politeness = 'polite'): void {
  for (const listener of listeners) listener(text, politeness);
}

/** What is older has been said: a new message takes it away, so that it is not in the way of who reads to the end of the page. */
const FRESH_MS = 5_000;

/** The same words again so soon are no second message: one deed may be refused for each of many people. */
const SAME_MS = 1_000;

interface Said {
  text: string;
  key: number;
  at: number;
}

export function LiveRegions() {
  return (
    <>
      <Region politeness="polite" />
      <Region politeness="assertive" />
    </>
  );
}

function Region({ politeness }: { politeness: Politeness }) {
  const [said, setSaid] = useState<readonly Said[]>([]);
  useEffect(() => {
    const listener: Listener = (text, wanted) => {
      if (wanted !== politeness) return;
      const at = performance.now();
      setSaid((before) => {
        const same = before.find((one) => one.text === text && at - one.at < SAME_MS);
        if (same !== undefined) return before.map((one) => (one === same ? { ...one, at } : one));
        return [...before.filter((one) => at - one.at < FRESH_MS), { text, at, key: (before.at(-1)?.key ?? 0) + 1 }];
      });
    };
    listeners.add(listener);
    return () => void listeners.delete(listener);
  }, [politeness]);
  // No role: "status" and "alert" are said as a whole each time, and this is a list of which the new is said.
  return (
    <div className="sr-only" aria-live={politeness} aria-atomic="false" aria-relevant="additions" data-live={politeness} data-live-announcer="true">
      {said.map(({ key, text }) => (
        <div key={key}>{text}</div>
      ))}
    </div>
  );
}
