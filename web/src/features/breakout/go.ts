// SPDX-License-Identifier: EUPL-1.2

import type { Call } from '../../call/call';
import type { Place } from '../../call/wire';

export const place = (id: number | undefined): Place => (id === undefined ? { kind: 'main' } : { kind: 'breakout', id });

/** To a breakout room, or without a number back to the main room. Who has gone is in another place: the focus goes where `then` says. */
export function go(call: Call, id: number | undefined, then: () => void): void {
  void call.ask({ namespace: 'breakout', payload: { action: 'switch_room', ...place(id) } }).then((answer) => {
    if (answer.is === 'done') then();
    else call.refuse('breakout', answer.is === 'refused' ? answer.error : 'lost');
  });
}
