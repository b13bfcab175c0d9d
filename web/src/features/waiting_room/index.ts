// SPDX-License-Identifier: EUPL-1.2

import { atTheDoor } from '../../call/select';
import type { Feature } from '../feature';
import { AtTheDoor, DoorInDialog } from './AtTheDoor';
import { WaitingList } from './WaitingList';

/** Who stands before the door, as the moderation sees it. Who stands there sees `meeting/WaitingRoom.tsx`. */
export const waitingRoom: Feature = {
  name: 'waiting_room',
  Banner: AtTheDoor,
  BannerInDialog: DoorInDialog,
  People: WaitingList,
  title(state, t) {
    const count = atTheDoor(state).length;
    return count === 0 ? '' : t('waiting_room.waiting', { count });
  },
};
