// SPDX-License-Identifier: EUPL-1.2

/** One place of the meeting, filled by every feature that has something for it. What breaks there breaks alone. */
import { type ComponentType, createContext, useContext } from 'react';
import { hasModule } from '../call/module';
import type { CallState } from '../call/state';
import type { Feature } from './feature';
import { Slot } from './Slot';
import { useCallState } from './use_call';

/** Every feature there is; given by the page, because no feature knows the list. */
export const FeaturesContext = createContext<readonly Feature[]>([]);

export const isThere = (state: CallState, { module }: Feature): boolean => module === undefined || hasModule(state, module);

/** The features that this meeting has. */
export function useFeatures(): readonly Feature[] {
  const all = useContext(FeaturesContext);
  return useCallState((state) => all.filter((feature) => isThere(state, feature)));
}

export function Parts({ of }: { of: (feature: Feature) => ComponentType | undefined }) {
  return useFeatures().map((feature) => {
    const Part = of(feature);
    return Part === undefined ? null : (
      <Slot key={feature.name}>
        <Part />
      </Slot>
    );
  });
}
