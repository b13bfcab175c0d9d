// SPDX-License-Identifier: EUPL-1.2

import type { CallState } from '../state';
import type { LivekitEvent, ModuleError } from '../wire';

export function reduceLivekit(state: CallState, event: LivekitEvent | ModuleError): CallState {
  if (event.message !== 'screen_share_permissions_updated') return state;
  const { grant, participants } = event;
  const granted = new Set(state.moderation.screenShareGranted);
  for (const id of participants) {
    if (grant) granted.add(id);
    else granted.delete(id);
  }
  return { ...state, moderation: { ...state.moderation, screenShareGranted: granted } };
}
