// SPDX-License-Identifier: EUPL-1.2

/** Every feature of the meeting; the order is the order of the buttons. */
import { chat } from './chat';
import type { Feature } from './feature';
import { moderation } from './moderation';
import { people } from './people';
import { raiseHands } from './raise_hands';
import { reaction } from './reaction';
import { core } from './core';

export const features: readonly Feature[] = [core, people, chat, moderation, raiseHands, reaction];
