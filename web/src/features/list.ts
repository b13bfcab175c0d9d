// SPDX-License-Identifier: EUPL-1.2

/** Every feature of the meeting, a line each; the order is that of their buttons, of what they say and of what can be done with somebody. */
import type { AnyModule } from '../call/module';
import { breakout } from './breakout';
import { chat } from './chat';
import { core } from './core';
import type { Feature } from './feature';
import { invite } from './invite';
import { livekit } from './livekit';
import { moderation } from './moderation';
import { people } from './people';
import { polls } from './polls';
import { raiseHands } from './raise_hands';
import { reaction } from './reaction';
import { timer } from './timer';
import { waitingRoom } from './waiting_room';

export const features: readonly Feature[] = [
  core,
  waitingRoom,
  people,
  breakout,
  chat,
  livekit,
  raiseHands,
  reaction,
  moderation,
  timer,
  polls,
  invite,
];

/** What of them the call knows. */
export const modules: readonly AnyModule[] = features.flatMap(({ module }) => module ?? []);
