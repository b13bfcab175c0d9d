// SPDX-License-Identifier: EUPL-1.2

/** What the moderation does to this person's devices. Sound and picture themselves are the call's: `call/devices.ts`, `call/media_rooms.ts`. */
import type { Module } from '../../call/module';
import type { ParticipantId } from '../../call/wire';

export interface Devices {
  /** Who muted this person last; `count` tells two muters in a row apart. */
  muted?: { by: ParticipantId; count: number };
}

export const devices: Module<'livekit', Devices> = {
  namespace: 'livekit',
  again: { grant_screen_share_permission: '', revoke_screen_share_permission: '' },
  initial: {},
  joined: (_data, _facts, before) => before,
  reduce: (slice) => slice,
  overhear(slice, { namespace, payload }) {
    if (namespace !== 'moderation' || payload.message !== 'muted') return slice;
    return { muted: { by: payload.moderator, count: (slice.muted?.count ?? 0) + 1 } };
  },
};
