// SPDX-License-Identifier: EUPL-1.2

/** A large room and two small ones. */
export const ICON = (
  <>
    <rect x="3.5" y="4" width="17" height="7" rx="1.5" />
    <rect x="3.5" y="14" width="7" height="6" rx="1.5" />
    <rect x="13.5" y="14" width="7" height="6" rx="1.5" />
  </>
);
