// SPDX-License-Identifier: EUPL-1.2
/** The login of this browser, made from what `/config.js` says. */
import { lasting, passing } from '../../storage';
import { Auth, type OidcConfig, STORED } from './auth';

export { LoginProblem } from './auth';

const fromServer = (window as { config?: { oidcConfig?: Partial<OidcConfig> } }).config?.oidcConfig;

export const auth = new Auth(
  {
    authority: fromServer?.authority ?? `${location.origin}/identity`,
    clientId: fromServer?.clientId ?? 'konvent-web',
    redirectPath: fromServer?.redirectPath ?? '/auth/callback',
    scope: fromServer?.scope ?? 'openid profile email',
  },
  {
    fetch: (...request) => fetch(...request),
    now: () => Date.now(),
    origin: location.origin,
    navigate: (href) => location.assign(href),
    lasting,
    passing,
    // Without a secure context there are no locks; then each tab answers for itself.
    alone: async (work) => (navigator.locks ? await navigator.locks.request('konvent.login', work) : work()),
  },
);

// The other tabs of this browser share its login.
window.addEventListener('storage', ({ key, newValue }) => {
  if (key === STORED) auth.follow(newValue);
});
