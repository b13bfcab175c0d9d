// SPDX-License-Identifier: EUPL-1.2

/**
 * Two live regions for the whole page, so that a message is never lost with the part of the page that said it. What lies over the
 * page makes everything else inert but what carries `data-live-announcer`: a silent region would keep its words for itself.
 */
import { useEffect, useState } from 'react';

type Politeness = 'polite' | 'assertive';
type Listener = (text: string, politeness: Politeness) => void;

const listeners = new Set<Listener>();

export function announce(text: string, politeness: Politeness = 'polite'): void {
  for (const listener of listeners) listener(text, politeness);
}

interface Said {
  text: string;
  count: number;
}

export function LiveRegions() {
  const [polite, setPolite] = useState<Said>({ text: '', count: 0 });
  const [assertive, setAssertive] = useState<Said>({ text: '', count: 0 });
  useEffect(() => {
    const listener: Listener = (text, politeness) => {
      const next = (last: Said) => ({ text, count: last.count + 1 });
      if (politeness === 'assertive') setAssertive(next);
      else setPolite(next);
    };
    listeners.add(listener);
    return () => void listeners.delete(listener);
  }, []);
  // A new element for each message: the same words twice are said twice.
  return (
    <>
      <div className="sr-only" role="status" aria-live="polite" data-live="polite" data-live-announcer="true">
        <span key={polite.count}>{polite.text}</span>
      </div>
      <div className="sr-only" role="alert" aria-live="assertive" data-live="assertive" data-live-announcer="true">
        <span key={assertive.count}>{assertive.text}</span>
      </div>
    </>
  );
}
