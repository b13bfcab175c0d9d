// SPDX-License-Identifier: EUPL-1.2

/** Panels of features by their names; given by the page. */
import { createContext, useContext } from 'react';

export interface Panels {
  /** Opens it, or closes it where it is open: for its button. */
  toggle: (name: string) => void;
  /** Opens it, wherever one comes from. */
  open: (name: string) => void;
}

export const PanelContext = createContext<Panels>({ toggle: () => undefined, open: () => undefined });
export const usePanels = (): Panels => useContext(PanelContext);
