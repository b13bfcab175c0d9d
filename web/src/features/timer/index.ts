// SPDX-License-Identifier: EUPL-1.2

import { sliceOf } from '../../call/module';
import { hasMoved, here as peopleHere, isModerator, nameOf } from '../../call/select';
import type { CallState } from '../../call/state';
import type { Announcement, Feature, Texts, TileMark } from '../feature';
import { Chip } from './Chip';
import { Curtain } from './Curtain';
import { type Running, timer as module } from './module';
import { Panel } from './Panel';

const READY: TileMark = { icon: 'check', label: 'timer.is_ready' };

export const timer: Feature = {
  name: 'timer',
  module,
  tab: {
    rank: 50,
    icon: 'clock',
    label: 'timer.name',
    Panel,
    available: (state) => isModerator(state) || sliceOf(state, module).running !== undefined,
  },
  Chip,
  Stage: Curtain,
  tile: (state, id) => (sliceOf(state, module).ready.has(id) ? READY : undefined),
  announceAtOnce(before, after, t) {
    if (before.phase.at !== 'meeting' || after.phase.at !== 'meeting' || hasMoved(before, after)) return [];
    return [...changed(before, after, t), ...left(before, after, t), ...ready(before, after, t)];
  },
};

const nameFor = ({ title, isBreak, endsAt }: Running, t: Texts): string => title ?? t(isBreak ? 'timer.break' : endsAt === undefined ? 'timer.stopwatch' : 'timer.countdown');

function changed(before: CallState, after: CallState, t: Texts): Announcement[] {
  const [was, is] = [sliceOf(before, module), sliceOf(after, module)];
  if (is.ended !== undefined && is.ended.count !== was.ended?.count && was.running !== undefined) {
    const { stopped, by, reason } = is.ended;
    const title = nameFor(was.running, t);
    const text = stopped ? t('timer.stopped', { title, name: (by === undefined ? undefined : nameOf(after, by)) ?? t('announce.moderation') }) : t('timer.over', { title });
    return [{ text: reason === undefined ? text : `${text} ${reason}`, shown: true, about: 'timer' }];
  }
  if (is.running === undefined || is.running.startedAt === was.running?.startedAt) return [];
  const text = t('timer.started', { title: nameFor(is.running, t) });
  return [{ text: is.running.asksWhoIsReady ? `${text} ${t('timer.say_ready')}` : text, shown: true, about: 'timer' }];
}

function left(before: CallState, after: CallState, t: Texts): Announcement[] {
  const { said } = sliceOf(after, module);
  return said === undefined || said === sliceOf(before, module).said ? [] : [{ text: t(`timer.left_${said}`), about: 'timer' }];
}

/** Everybody who is here and asked. */
function areAllReady(state: CallState): boolean {
  const { running, ready } = sliceOf(state, module);
  const here = [...(state.me ? [state.me.id] : []), ...peopleHere(state).map(({ id }) => id)];
  return running?.asksWhoIsReady === true && here.length > 1 && here.every((id) => ready.has(id));
}

/** The question goes once it is answered; who asked learns when nobody is missing any more. */
function ready(before: CallState, after: CallState, t: Texts): Announcement[] {
  if (areAllReady(after) && !areAllReady(before)) return [{ text: t('timer.all_ready'), shown: true, about: 'timer' }];
  const am = (state: CallState) => state.me !== undefined && sliceOf(state, module).ready.has(state.me.id);
  return am(after) && !am(before) && sliceOf(before, module).running !== undefined ? [{ text: t('timer.you_are_ready'), about: 'timer' }] : [];
}
