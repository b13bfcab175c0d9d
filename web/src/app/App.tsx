// SPDX-License-Identifier: EUPL-1.2

import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { createRootRoute, createRoute, createRouter, lazyRouteComponent, redirect, RouterProvider } from '@tanstack/react-router';
import { I18nProvider } from 'react-aria-components';
import { useTranslation } from 'react-i18next';
import { ApiError, authorize } from '../api/client';
import { reach } from '../api/reach';
import { LiveRegions } from '../ui';
import { auth } from './auth';
import { type View, views } from './meetings/views';
import { region } from './region';
import { Broken, NotFound } from './pages/Problem';
import { Shell } from './Shell';

authorize((refused) => auth.accessToken(refused));

// Whether the server is reached is not the browser's word: without it nothing waits unseen, to be done later by itself.
const queries = new QueryClient({
  defaultOptions: {
    queries: {
      retry: (count, error) => count < 2 && error instanceof ApiError && error.status === 0 && !error.late && !reach.away(),
      staleTime: 15_000,
      networkMode: 'always',
    },
    mutations: { networkMode: 'always' },
  },
});

// What could not be loaded meanwhile is asked for when the server is there again.
reach.subscribe(() => {
  if (!reach.away()) void queries.refetchQueries({ type: 'active', predicate: ({ state }) => state.status === 'error' });
});

// What one person was told is not for the next. Whose login was ended finds their page as it was, however long that takes; what
// anybody may ask goes on.
auth.subscribe(() => {
  if (auth.ended()) {
    void queries.cancelQueries({ predicate: ({ meta }) => meta?.['anybody'] !== true });
    for (const query of queries.getQueryCache().getAll()) query.setOptions({ ...query.options, gcTime: Infinity });
  } else if (!auth.signedIn()) {
    queries.clear();
  }
});

const root = createRootRoute({ component: Shell, notFoundComponent: NotFound, errorComponent: Broken });

const text = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined);

const home = createRoute({
  getParentRoute: () => root,
  path: '/',
  component: lazyRouteComponent(() => import('./pages/Home'), 'Home'),
});
const setup = createRoute({
  getParentRoute: () => root,
  path: '/setup',
  validateSearch: (search): { token?: string } => ({ token: text(search['token']) }),
  component: lazyRouteComponent(() => import('./pages/Setup'), 'Setup'),
});
const login = createRoute({
  getParentRoute: () => root,
  path: '/login',
  validateSearch: (search): { request?: string } => ({ request: text(search['request']) }),
  component: lazyRouteComponent(() => import('./pages/Login'), 'Login'),
});
const logout = createRoute({
  getParentRoute: () => root,
  path: '/logout',
  validateSearch: (search): { post_logout_redirect_uri?: string; state?: string } => ({
    post_logout_redirect_uri: text(search['post_logout_redirect_uri']),
    state: text(search['state']),
  }),
  component: lazyRouteComponent(() => import('./pages/Logout'), 'Logout'),
});
const newPassword = createRoute({
  getParentRoute: () => root,
  path: '/password',
  validateSearch: (search): { token?: string } => ({ token: text(search['token']) }),
  component: lazyRouteComponent(() => import('./pages/NewPassword'), 'NewPassword'),
});
const callback = createRoute({
  getParentRoute: () => root,
  path: '/auth/callback',
  component: lazyRouteComponent(() => import('./pages/Callback'), 'Callback'),
});
const again = createRoute({
  getParentRoute: () => root,
  path: '/auth/again',
  component: lazyRouteComponent(() => import('./pages/LoginAgain'), 'LoginAgain'),
});
const security = createRoute({
  getParentRoute: () => root,
  path: '/security',
  staticData: { login: true },
  component: lazyRouteComponent(() => import('./pages/Security'), 'Security'),
});
const invite = createRoute({
  getParentRoute: () => root,
  path: '/invite/$code',
  component: lazyRouteComponent(() => import('./pages/Invite'), 'Invite'),
});
const roomPage = lazyRouteComponent(() => import('./pages/Room'), 'Room');
const room = createRoute({
  getParentRoute: () => root,
  path: '/room/$roomId',
  validateSearch: (search): { invite?: string } => ({ invite: text(search['invite']) }),
  component: roomPage,
});
const lobby = createRoute({
  getParentRoute: () => root,
  path: '/lobby/$roomId',
  validateSearch: (search): { invite?: string } => ({ invite: text(search['invite']) }),
  component: roomPage,
});

const meetings = createRoute({
  getParentRoute: () => root,
  path: '/dashboard/meetings',
  staticData: { login: true },
  validateSearch: (search): { view?: View } => ({ view: views.find((view) => view === search['view']) }),
  component: lazyRouteComponent(() => import('./meetings/Meetings'), 'Meetings'),
});
const planMeeting = createRoute({
  getParentRoute: () => root,
  path: '/dashboard/meetings/create',
  staticData: { login: true },
  component: lazyRouteComponent(() => import('./meetings/MeetingForm'), 'PlanMeeting'),
});
const meeting = createRoute({
  getParentRoute: () => root,
  path: '/dashboard/meetings/$eventId',
  staticData: { login: true },
  component: lazyRouteComponent(() => import('./meetings/MeetingDetails'), 'MeetingDetails'),
});
const editMeeting = createRoute({
  getParentRoute: () => root,
  path: '/dashboard/meetings/$eventId/edit',
  staticData: { login: true },
  component: lazyRouteComponent(() => import('./meetings/MeetingForm'), 'EditMeeting'),
});
const settings = createRoute({
  getParentRoute: () => root,
  path: '/settings',
  staticData: { login: true },
  component: lazyRouteComponent(() => import('./settings/Settings'), 'Settings'),
});

const admin = createRoute({
  getParentRoute: () => root,
  path: '/admin',
  staticData: { login: true },
  component: lazyRouteComponent(() => import('./admin/Admin'), 'Admin'),
});
const adminHome = createRoute({
  getParentRoute: () => admin,
  path: '/',
  beforeLoad: () => {
    throw redirect({ to: '/admin/users', replace: true });
  },
});
const adminUsers = createRoute({
  getParentRoute: () => admin,
  path: '/users',
  component: lazyRouteComponent(() => import('./admin/Users'), 'Users'),
});
const adminMeetings = createRoute({
  getParentRoute: () => admin,
  path: '/meetings',
  component: lazyRouteComponent(() => import('./admin/Running'), 'Running'),
});
const adminTenants = createRoute({
  getParentRoute: () => admin,
  path: '/tenants',
  component: lazyRouteComponent(() => import('./admin/Tenants'), 'Tenants'),
});
const adminTenant = createRoute({
  getParentRoute: () => admin,
  path: '/tenants/$tenantId',
  component: lazyRouteComponent(() => import('./admin/OneTenant'), 'OneTenant'),
});
const adminTariffs = createRoute({
  getParentRoute: () => admin,
  path: '/tariffs',
  component: lazyRouteComponent(() => import('./admin/Tariffs'), 'Tariffs'),
});
const adminAudit = createRoute({
  getParentRoute: () => admin,
  path: '/audit',
  component: lazyRouteComponent(() => import('./admin/Audit'), 'Audit'),
});
const adminJobs = createRoute({
  getParentRoute: () => admin,
  path: '/jobs',
  component: lazyRouteComponent(() => import('./admin/Jobs'), 'Jobs'),
});
const adminSettings = createRoute({
  getParentRoute: () => admin,
  path: '/settings',
  component: lazyRouteComponent(() => import('./admin/SettingsTable'), 'SettingsTable'),
});
const administration = admin.addChildren([
  adminHome,
  adminUsers,
  adminMeetings,
  adminTenants,
  adminTenant,
  adminTariffs,
  adminAudit,
  adminJobs,
  adminSettings,
]);

const router = createRouter({
  routeTree: root.addChildren([
    home,
    setup,
    login,
    logout,
    newPassword,
    callback,
    again,
    security,
    invite,
    room,
    lobby,
    meetings,
    planMeeting,
    meeting,
    editMeeting,
    settings,
    administration,
  ]),
  // Plain strings in the address: a code of digits stays text.
  parseSearch: (search) => Object.fromEntries(new URLSearchParams(search)),
  stringifySearch: (search) => {
    const query = new URLSearchParams(
      Object.entries(search).flatMap(([key, value]) => (typeof value === 'string' ? [[key, value]] : [])),
    ).toString();
    return query ? `?${query}` : '';
  },
  scrollRestoration: true,
});

declare module '@tanstack/react-router' {
  interface StaticDataRouteOption {
    /** The page is for people who are logged in. */
    login?: boolean;
  }
  interface Register {
    router: typeof router;
  }
}

export function App() {
  const { i18n } = useTranslation();
  return (
    <I18nProvider locale={region(i18n.language)}>
      <QueryClientProvider client={queries}>
        <LiveRegions />
        <RouterProvider router={router} />
      </QueryClientProvider>
    </I18nProvider>
  );
}
