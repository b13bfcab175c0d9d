// SPDX-License-Identifier: EUPL-1.2

/** A meeting in the hand of a test: a call that nobody answers, the texts, and what every part of the page finds around it. */
import i18next from 'i18next';
import type { ReactNode } from 'react';
import { initReactI18next } from 'react-i18next';
import { Call } from '../call/call';
import { Devices } from '../call/devices';
import { type AnyModule, type Keyed, withSlice } from '../call/module';
import { type CallState, initialState, type Person } from '../call/state';
import texts from '../locales/en/call.json';
import { CallContext, type Feature } from './feature';
import { features, modules } from './list';
import { Notices, NoticesContext } from './notices';
import { FeaturesContext } from './Parts';
import byFeature from './texts/en';

/** As a server names them that can do everything. */
export const enabledModules: Readonly<Record<string, readonly string[]>> = Object.fromEntries(modules.map(({ namespace }) => [namespace, []]));

export const speakEnglish = () =>
  i18next.use(initReactI18next).init({ lng: 'en', resources: { en: { call: { ...texts, ...byFeature } } }, interpolation: { escapeValue: false } });

export function aCall(more: readonly AnyModule[] = modules): Call {
  return new Call({ roomId: 'r' }, new Devices(), { api: '', accessToken: async () => undefined, openRoom: () => new Promise(() => undefined), modules: more });
}

/** In the meeting, alone, as somebody who moderates it. */
export function inMeeting(change: Partial<CallState> = {}): CallState {
  return {
    ...initialState,
    phase: { at: 'meeting' },
    link: { state: 'open', attempt: 0 },
    joins: 1,
    room: { modules: enabledModules },
    me: { id: 'me', name: 'Me', role: 'moderator', owner: true },
    ...change,
  };
}

/** The same with something else in a module's slice. */
export function having<S>(state: CallState, module: Keyed<S>, change: Partial<S>): CallState {
  return withSlice(state, module, { ...module.initial, ...(state.slices[module.namespace] as S | undefined), ...change });
}

export function person(id: string, change: Partial<Person> = {}): [string, Person] {
  return [id, { id, name: id, role: 'user', kind: 'guest', owner: false, joinedAt: '', connections: ['1'], ...change }];
}

interface AroundProps {
  call: Call;
  notices?: Notices;
  with?: readonly Feature[];
  children: ReactNode;
}

export function Around({ call, notices = new Notices(), with: there = features, children }: AroundProps) {
  return (
    <CallContext value={call}>
      <FeaturesContext value={there}>
        <NoticesContext value={notices}>{children}</NoticesContext>
      </FeaturesContext>
    </CallContext>
  );
}
