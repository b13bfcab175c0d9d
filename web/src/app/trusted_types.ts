// SPDX-License-Identifier: EUPL-1.2

/**
 * The page's policy for Trusted Types. React Aria empties its live region through `innerHTML`: the empty text is let through, and
 * nothing else ever is. A worker is one of our own files, and nothing else ever is.
 */
interface Rules {
  createHTML: (html: string) => string | undefined;
  createScriptURL: (address: string) => string | undefined;
}

interface Policies {
  createPolicy(name: 'default', rules: Rules): unknown;
}

/** The address where it is a file of the build: those of people lie elsewhere. */
export function ownScript(address: string, page = location.href): string | undefined {
  const { origin } = new URL(page);
  const wanted = URL.canParse(address, page) ? new URL(address, page) : undefined;
  return wanted?.origin === origin && wanted.pathname.startsWith('/assets/') ? address : undefined;
}

const policies = (window as { trustedTypes?: Policies }).trustedTypes;
policies?.createPolicy('default', { createHTML: (html) => (html === '' ? '' : undefined), createScriptURL: (address) => ownScript(address) });
