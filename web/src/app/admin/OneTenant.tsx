// SPDX-License-Identifier: EUPL-1.2

/** One organisation: what is said of it, and where its people log in. */
import { Link, useParams } from '@tanstack/react-router';
import { useState } from 'react';
import { answer, api } from '../../api/client';
import { Alert, announce, Button, buttonClass, Form, Icon, Switch } from '../../ui';
import styles from './admin.module.css';
import { Issuers } from './Issuers';
import { useTenantName } from './names';
import { Loaded, Section } from './pieces';
import { type Tenant, useChange, useRefusal, useTenants } from './queries';
import { bodyOf, draftOf, TenantFields } from './TenantFields';
import { useTexts } from './texts';

export function OneTenant() {
  const { t } = useTexts();
  const { tenantId } = useParams({ from: '/admin/tenants/$tenantId' });
  return (
    <Loaded query={useTenants()}>
      {(tenants) => {
        const tenant = tenants.find(({ id }) => id === tenantId);
        return (
          <>
            <div className={styles['row']}>
              <Link to="/admin/tenants" className={buttonClass} data-kind="secondary">
                <Icon name="back" />
                <span>{t('admin.tenants.all')}</span>
              </Link>
            </div>
            {tenant === undefined ? (
              <Alert kind="warning" title={t('admin.error.not_found')} />
            ) : (
              <>
                <Change key={tenant.id} tenant={tenant} />
                <Issuers tenant={tenant} />
              </>
            )}
          </>
        );
      }}
    </Loaded>
  );
}

function Change({ tenant }: { tenant: Tenant }) {
  const { t } = useTexts();
  const nameOf = useTenantName();
  const [draft, setDraft] = useState(() => draftOf(tenant));
  const [disabled, setDisabled] = useState(tenant.disabled);
  const change = useChange(
    () =>
      answer(
        api.PATCH('/v1/admin/tenants/{tenant_id}', {
          params: { path: { tenant_id: tenant.id } },
          body: { ...bodyOf(draft), disabled },
        }),
      ),
    (changed) => announce(t('admin.changed', { name: nameOf(changed) })),
  );
  const { problem, field } = useRefusal(change.error);
  return (
    <Section title={nameOf(tenant)}>
      <div className={styles['narrow']}>
        <Form problem={problem} onSubmit={() => change.mutate()}>
          <TenantFields draft={draft} onChange={setDraft} field={field} />
          <Switch label={t('admin.tenants.disable')} isSelected={disabled} onChange={setDisabled} />
          {change.isSuccess ? <Alert kind="success" title={t('admin.changed', { name: nameOf(tenant) })} /> : null}
          <div className={styles['row']}>
            <Button type="submit" kind="primary" busy={change.isPending}>
              {t('admin.save')}
            </Button>
          </div>
        </Form>
      </div>
    </Section>
  );
}
