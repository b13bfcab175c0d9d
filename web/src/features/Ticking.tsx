// SPDX-License-Identifier: EUPL-1.2

import { useEffect, useState } from 'react';
import { clockText } from './left';

/** Seconds, counted on. Not spoken as they pass: what is said is said at a few times only. */
export function Ticking({ read }: { read: () => number }) {
  const [, tick] = useState(0);
  useEffect(() => {
    const ticking = setInterval(() => tick((count) => count + 1), 250);
    return () => clearInterval(ticking);
  }, []);
  return (
    <span role="timer" aria-live="off">
      {clockText(read())}
    </span>
  );
}
