// SPDX-License-Identifier: EUPL-1.2

import type { Reaction } from '../../call/wire';

export const EMOJI: Record<Reaction, string> = {
  thumbs_up: '👍',
  clap: '👏',
  heart: '❤️',
  tada: '🎉',
  joy: '😂',
  open_mouth: '😮',
  smiling_face_with_tear: '🥲',
  thumbs_down: '👎',
};
