// SPDX-License-Identifier: EUPL-1.2

import { useQuery } from '@tanstack/react-query';
import { useSyncExternalStore } from 'react';
import { answer, api } from '../api/client';
import { auth } from './auth';

export function useSignedIn(): boolean {
  return useSyncExternalStore(auth.subscribe, auth.signedIn);
}

export function useLoginEnded(): boolean {
  return useSyncExternalStore(auth.subscribe, auth.ended);
}

/** Who is logged in; asked for only if somebody is. */
export function useProfile() {
  const enabled = useSignedIn();
  return useQuery({ queryKey: ['me'], queryFn: () => answer(api.GET('/v1/users/me')), enabled });
}

/** What who is logged in may use. */
export function useTariff() {
  const enabled = useSignedIn();
  return useQuery({ queryKey: ['me', 'tariff'], queryFn: () => answer(api.GET('/v1/users/me/tariff')), enabled });
}
