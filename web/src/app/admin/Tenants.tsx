// SPDX-License-Identifier: EUPL-1.2

/** The organisations of the installation. */
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { answer, api } from '../../api/client';
import { announce, Button, Chip } from '../../ui';
import { FormDialog } from './dialogs';
import { useTenantName } from './names';
import { Loaded, Section, Table } from './pieces';
import { useChange, useRefusal, useTariffs, useTenants } from './queries';
import { bodyOf, draftOf, TenantFields } from './TenantFields';
import { useTexts } from './texts';

export function Tenants() {
  const { t } = useTexts();
  const nameOf = useTenantName();
  const tenants = useTenants();
  const tariffs = useTariffs().data ?? [];
  const [adding, setAdding] = useState(false);
  return (
    <Section
      title={t('admin.tenants.title')}
      lead={t('admin.tenants.lead')}
      action={
        <Button icon="plus" kind="primary" onPress={() => setAdding(true)}>
          {t('admin.tenants.add')}
        </Button>
      }
    >
      <Loaded query={tenants}>
        {(rows) => (
          <Table
            caption={t('admin.tenants.title')}
            rows={rows}
            keyOf={(tenant) => tenant.id}
            empty={t('admin.tenants.empty')}
            columns={[
              {
                name: t('admin.tenants.name'),
                cell: (tenant) => (
                  <Link to="/admin/tenants/$tenantId" params={{ tenantId: tenant.id }}>
                    {nameOf(tenant)}
                  </Link>
                ),
              },
              { name: t('admin.tenants.organisation_name'), cell: (tenant) => tenant.organisation_name ?? t('admin.none') },
              { name: t('admin.tenants.address'), cell: (tenant) => tenant.address ?? t('admin.none') },
              { name: t('admin.tenants.users'), cell: (tenant) => tenant.users },
              { name: t('admin.tariff'), cell: (tenant) => tariffs.find(({ id }) => id === tenant.tariff_id)?.name ?? t('admin.tenants.standard') },
              {
                name: t('admin.state'),
                cell: (tenant) => (
                  <Chip kind={tenant.disabled ? 'bad' : 'good'}>
                    {t(tenant.disabled ? 'admin.tenants.disabled' : 'admin.tenants.enabled')}
                  </Chip>
                ),
              },
            ]}
          />
        )}
      </Loaded>
      {adding ? <AddTenant onClose={() => setAdding(false)} /> : null}
    </Section>
  );
}

function AddTenant({ onClose }: { onClose: () => void }) {
  const { t } = useTexts();
  const [draft, setDraft] = useState(() => draftOf());
  const add = useChange(
    () => answer(api.POST('/v1/admin/tenants', { body: bodyOf(draft) })),
    (tenant) => {
      announce(t('admin.tenants.added', { name: tenant.name }));
      onClose();
    },
  );
  const { problem, field } = useRefusal(add.error);
  return (
    <FormDialog
      title={t('admin.tenants.add')}
      action={t('admin.tenants.add_action')}
      busy={add.isPending}
      problem={problem}
      onSubmit={() => add.mutate()}
      onClose={onClose}
    >
      <TenantFields draft={draft} onChange={setDraft} field={field} />
    </FormDialog>
  );
}
