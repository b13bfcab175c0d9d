// SPDX-License-Identifier: EUPL-1.2

import { useSlice } from '../feature';
import { Ticking } from '../Ticking';
import { type Running, seconds, timer } from './module';

/** The seconds of a timer. */
export function Time({ of }: { of: Running }) {
  const ahead = useSlice(timer, (slice) => slice.ahead);
  return <Ticking read={() => seconds(of, Date.now() + ahead)} />;
}
