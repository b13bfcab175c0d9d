// SPDX-License-Identifier: EUPL-1.2

import type { Colours } from './colours';

/** What `/config.js` says about this installation; absent when the server could not be reached. */
export interface Installation {
  organisationName?: string | null;
  /** False: people log in with an OpenID provider, and accounts are made there. */
  builtInLogin?: boolean;
  /** Whether the server sends mails, so that people can be invited and get a new password. */
  mails?: boolean;
  /** Colours of the organisation, like `#1f4e79`. */
  colours?: Colours;
  /** Where its pages lead for what the law wants there. */
  links?: { imprint_url?: string | null; data_protection_url?: string | null; accessibility_url?: string | null };
}

interface Config {
  konvent?: Installation;
  features?: { userSearch?: boolean };
}

const config = (): Config => (window as unknown as { config?: Config }).config ?? {};

export function installation(): Installation {
  return config().konvent ?? {};
}

/** Whether people of the organisation can be looked for by name. */
export function hasUserSearch(): boolean {
  return config().features?.userSearch === true;
}

export function isConfigured(): boolean {
  return 'config' in window;
}
