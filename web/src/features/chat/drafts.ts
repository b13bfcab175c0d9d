// SPDX-License-Identifier: EUPL-1.2

/** What is being written to whom: it outlives the panel, and a text for one person never becomes one for all. */
import type { Call } from '../../call/call';
import type { ConversationKey } from './module';

interface Drafts {
  to: ConversationKey;
  texts: Map<ConversationKey, string>;
}

const drafts = new WeakMap<Call, Drafts>();

export function draftsOf(call: Call): Drafts {
  const known = drafts.get(call) ?? { to: 'global', texts: new Map() };
  drafts.set(call, known);
  return known;
}
