// SPDX-License-Identifier: EUPL-1.2

/** What the pages of administration ask the server, and what is asked anew after a change. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { answer, api, ApiError } from '../../api/client';
import type { components } from '../../api/schema';
import { useProfile } from '../profile';
import { type Links, linksOf } from '../../api/pages';
import { refusalText } from '../Refusal';
import { useTexts } from './texts';

type Schemas = components['schemas'];
export type Account = Schemas['UserResource'];
export type Administers = Schemas['Administers'];
export type Tenant = Schemas['TenantResource'];
export type Tariff = Schemas['TariffEntry'];

/** A part of a list, and the way to the others. */
export interface Page<T> {
  rows: T;
  links: Links;
}

export async function pageOf<T>(call: Promise<{ data?: T; error?: unknown; response: Response }>): Promise<Page<T>> {
  const rows = await answer(call);
  return { rows, links: linksOf((await call).response.headers.get('Link')) };
}

/** Whether the person administers the whole installation. */
export function useIsOperator(): boolean {
  return useProfile().data?.administers === 'installation';
}

export function useTenants() {
  const enabled = useIsOperator();
  return useQuery({ queryKey: ['admin', 'tenants'], queryFn: () => answer(api.GET('/v1/admin/tenants')), enabled });
}

export function useTariffs() {
  const enabled = useIsOperator();
  return useQuery({ queryKey: ['admin', 'tariffs'], queryFn: () => answer(api.GET('/v1/admin/tariffs')), enabled });
}

/** Something an administrator does. `done` runs when the lists show it. */
export function useChange<A = void, R = unknown>(act: (argument: A) => Promise<R>, done: (result: R, argument: A) => void) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: act,
    onSuccess: async (result, argument) => {
      // One's own organisation may be among what has changed.
      void queries.invalidateQueries({ queryKey: ['me'] });
      await queries.invalidateQueries({ queryKey: ['admin'] });
      done(result, argument);
    },
  });
}

/** Why the server refused, in words: for the whole, and for each field. */
export function useRefusal(error: unknown) {
  const { t } = useTexts();
  const { code, fields } = error instanceof ApiError ? error : new ApiError(0, 'failed');
  return {
    problem: error ? t(`admin.error.${code}`, { defaultValue: refusalText(error, t('admin.error.failed'), t) }) : undefined,
    field: (name: string) => {
      const wrong = error ? fields[name] : undefined;
      return wrong === undefined ? undefined : t([`admin.error.${name}.${wrong}`, `admin.error.${wrong}`, 'admin.error.refused']);
    },
  };
}
