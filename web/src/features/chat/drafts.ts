// SPDX-License-Identifier: EUPL-1.2

/** What is being written to whom: it outlives the panel, and a text for one person or one room never becomes one for all. */
import type { Call } from '../../call/call';
import type { ConversationKey } from './module';

interface Drafts {
  /** The conversation that was chosen, and the one of the room in which it was: who comes to another room finds that room's. */
  chosen: { to: ConversationKey; home: ConversationKey };
  texts: ReadonlyMap<ConversationKey, string>;
}

const drafts = new WeakMap<Call, Drafts>();

export function draftsOf(call: Call): Drafts {
  const known = drafts.get(call) ?? { chosen: { to: 'global', home: 'global' }, texts: new Map() };
  drafts.set(call, known);
  return known;
}
