// SPDX-License-Identifier: EUPL-1.2

/** The OpenID providers with which people of one organisation log in. */
import { useState } from 'react';
import { answer, api, removed } from '../../api/client';
import { announce, Button, Switch, TextField } from '../../ui';
import styles from './admin.module.css';
import { Confirm, FormDialog } from './dialogs';
import { keepFocus, Table } from './pieces';
import { type Tenant, useChange, useRefusal } from './queries';
import { useTexts } from './texts';

type Issuer = Tenant['issuers'][number];

export function Issuers({ tenant }: { tenant: Tenant }) {
  const { t } = useTexts();
  const [adding, setAdding] = useState(false);
  const [removing, setRemoving] = useState<Issuer>();
  return (
    <section className={styles['card']} aria-labelledby="issuers">
      <div className={styles['between']}>
        <h2 id="issuers">{t('admin.issuers.title')}</h2>
        <Button icon="plus" onPress={() => setAdding(true)}>
          {t('admin.issuers.add')}
        </Button>
      </div>
      <Table
        caption={t('admin.issuers.title')}
        rows={tenant.issuers}
        keyOf={({ issuer }) => issuer}
        empty={t('admin.issuers.empty')}
        columns={[
          { name: t('admin.issuers.issuer'), cell: ({ issuer }) => issuer },
          { name: t('admin.issuers.client_id'), cell: ({ client_id: client }) => client },
          { name: t('admin.issuers.audience'), cell: ({ audience }) => audience || t('admin.none') },
          { name: t('admin.issuers.tenant_claim'), cell: ({ tenant_claim: claim }) => claim ?? t('admin.none') },
          {
            name: t('admin.issuers.addresses'),
            cell: ({ emails_verified: all }) => t(all ? 'admin.issuers.all_verified' : 'admin.issuers.said_verified'),
          },
          {
            name: t('admin.actions'),
            cell: (issuer) => (
              <Button onPress={() => setRemoving(issuer)} aria-label={t('admin.delete_named', { name: issuer.issuer })}>
                {t('admin.delete')}
              </Button>
            ),
          },
        ]}
      />
      {adding ? <AddIssuer tenant={tenant} onClose={() => setAdding(false)} /> : null}
      {removing ? <RemoveIssuer tenant={tenant} issuer={removing.issuer} onClose={() => setRemoving(undefined)} /> : null}
    </section>
  );
}

const fields = ['issuer', 'client_id', 'audience', 'tenant_claim'] as const;

function AddIssuer({ tenant, onClose }: { tenant: Tenant; onClose: () => void }) {
  const { t } = useTexts();
  const [draft, setDraft] = useState({ issuer: '', client_id: '', audience: '', tenant_claim: '', emails_verified: false });
  const add = useChange(
    () => answer(api.POST('/v1/admin/tenants/{tenant_id}/issuers', { params: { path: { tenant_id: tenant.id } }, body: draft })),
    () => {
      announce(t('admin.issuers.added'));
      onClose();
    },
  );
  const { problem, field } = useRefusal(add.error);
  return (
    <FormDialog
      title={t('admin.issuers.add')}
      action={t('admin.issuers.add_action')}
      busy={add.isPending}
      problem={problem}
      onSubmit={() => add.mutate()}
      onClose={onClose}
    >
      {fields.map((name) => (
        <TextField
          key={name}
          label={t(`admin.issuers.${name}`)}
          hint={t(`admin.issuers.${name}_hint`)}
          value={draft[name]}
          onChange={(value) => setDraft({ ...draft, [name]: value.trim() })}
          error={field(name)}
          maxLength={255}
          autoComplete="off"
          inputMode={name === 'issuer' ? 'url' : 'text'}
          required={name === 'issuer' || name === 'client_id'}
        />
      ))}
      <Switch
        label={t('admin.issuers.emails_verified')}
        isSelected={draft.emails_verified}
        onChange={(emails_verified) => setDraft({ ...draft, emails_verified })}
      />
    </FormDialog>
  );
}

function RemoveIssuer({ tenant, issuer, onClose }: { tenant: Tenant; issuer: string; onClose: () => void }) {
  const { t } = useTexts();
  const remove = useChange(
    () => removed(answer(api.DELETE('/v1/admin/tenants/{tenant_id}/issuers', { params: { path: { tenant_id: tenant.id }, query: { issuer } } }))),
    () => {
      announce(t('admin.issuers.removed'));
      onClose();
      keepFocus();
    },
  );
  return (
    <Confirm
      title={t('admin.delete_title', { name: issuer })}
      text={t('admin.issuers.remove_text')}
      action={t('admin.delete')}
      busy={remove.isPending}
      problem={useRefusal(remove.error).problem}
      onConfirm={() => remove.mutate()}
      onClose={onClose}
    />
  );
}
