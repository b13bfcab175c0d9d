// SPDX-License-Identifier: EUPL-1.2

/** Imprint, data protection notice and accessibility statement of the organisation whose pages one sees. */
import type { components } from '../api/schema';
import type { LegalLink } from '../ui';
import { installation } from './config';
import { useInvite, useInviteCode } from './invite';
import { useProfile, useSignedIn } from './profile';

export type Links = components['schemas']['Links'];

/** Only what leads to the web or a mailbox is a link. */
const LEADS = /^(https?|mailto):/i;

export function legalLinks(of: Partial<Links> | null | undefined): readonly LegalLink[] {
  const all = [
    { kind: 'imprint', href: of?.imprint_url },
    { kind: 'data_protection', href: of?.data_protection_url },
    { kind: 'accessibility', href: of?.accessibility_url },
  ] as const;
  return all.flatMap(({ kind, href }) => (href && LEADS.test(href) ? [{ kind, href }] : []));
}

/** One's own organisation's; a guest's are those of the host; before anybody is known, those of the address. */
export function useLegalLinks(): readonly LegalLink[] {
  const signedIn = useSignedIn();
  const mine = useProfile().data?.organisation;
  const code = useInviteCode();
  const host = useInvite(signedIn ? undefined : code).data?.organisation;
  return legalLinks(mine ?? host ?? installation().links);
}
