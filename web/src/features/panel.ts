// SPDX-License-Identifier: EUPL-1.2

/** Opens the panel of a feature by its name, or closes it where it is open; given by the page. */
import { createContext, useContext } from 'react';

export type TogglePanel = (name: string) => void;

export const PanelContext = createContext<TogglePanel>(() => undefined);
export const useTogglePanel = (): TogglePanel => useContext(PanelContext);
