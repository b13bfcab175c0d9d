// SPDX-License-Identifier: EUPL-1.2

/**
 * The page's policy for Trusted Types. React Aria empties its live region through `innerHTML`: the empty text is let through, and
 * nothing else ever is.
 */
interface Policies {
  createPolicy(name: 'default', rules: { createHTML: (html: string) => string | undefined }): unknown;
}

const policies = (window as { trustedTypes?: Policies }).trustedTypes;
policies?.createPolicy('default', { createHTML: (html) => (html === '' ? '' : undefined) });

export {};
