// SPDX-License-Identifier: EUPL-1.2
import type { Tenant } from './queries';
import { useTexts } from './texts';

/** What the server calls its first organisation, until somebody gives it a name. */
const UNNAMED = 'default';

/** The name of an organisation, as people say it. */
export function useTenantName(): (tenant: Pick<Tenant, 'name' | 'organisation_name'>) => string {
  const { t } = useTexts();
  return ({ name, organisation_name }) => (name === UNNAMED ? (organisation_name ?? t('admin.tenants.unnamed')) : name);
}
