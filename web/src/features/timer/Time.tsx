// SPDX-License-Identifier: EUPL-1.2

import { useEffect, useState } from 'react';
import { useSlice } from '../feature';
import { clockText, type Running, seconds, timer } from './module';

/** The seconds of a timer, counted on. Not spoken as they pass: what is said is said at a few times only. */
export function Time({ of }: { of: Running }) {
  const ahead = useSlice(timer, (slice) => slice.ahead);
  const read = () => seconds(of, Date.now() + ahead);
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
