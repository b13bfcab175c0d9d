// SPDX-License-Identifier: EUPL-1.2

/** After a dialog has closed: if what opened it is gone with what it was about, the focus goes there instead. */
export function keepFocus(there: () => HTMLElement | null): void {
  setTimeout(() => {
    if (document.activeElement === null || document.activeElement === document.body) there()?.focus();
  }, 100);
}
