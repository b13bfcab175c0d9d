// SPDX-License-Identifier: EUPL-1.2

import { useQuery } from '@tanstack/react-query';
import { useRouterState } from '@tanstack/react-router';
import { answer, api } from '../api/client';

/** The code of the guest link by which somebody has come. */
export function useInviteCode(): string | undefined {
  return useRouterState({ select: (state) => new URLSearchParams(state.location.searchStr).get('invite') ?? undefined });
}

/** What a guest link opens; asked for only if there is one. */
export function useInvite(code: string | undefined) {
  return useQuery({
    queryKey: ['invite', code],
    queryFn: () => answer(api.POST('/v1/invite/verify', { body: { invite_code: code ?? '' } })),
    enabled: code !== undefined,
    meta: { anybody: true },
  });
}
