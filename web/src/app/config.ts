// SPDX-License-Identifier: EUPL-1.2

/** What `/config.js` says about this installation; absent when the server could not be reached. */
export interface Installation {
  organisationName?: string | null;
}

export function installation(): Installation {
  return (window as unknown as { config?: { konvent?: Installation } }).config?.konvent ?? {};
}

export function isConfigured(): boolean {
  return 'config' in window;
}
