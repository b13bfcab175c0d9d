// SPDX-License-Identifier: EUPL-1.2

/** What is said of an organisation, when it is added and when it is changed. */
import { TextField } from '../../ui';
import { TariffSelect } from './pieces';
import type { Tenant } from './queries';
import { useTexts } from './texts';

const fields = ['name', 'organisation_name', 'external_id', 'address'] as const;

/** Empty texts are none. */
export type TenantDraft = Record<(typeof fields)[number] | 'tariff_id', string>;

export function draftOf(tenant?: Tenant): TenantDraft {
  return {
    name: tenant?.name ?? '',
    organisation_name: tenant?.organisation_name ?? '',
    external_id: tenant?.external_id ?? '',
    address: tenant?.address ?? '',
    tariff_id: tenant?.tariff_id ?? '',
  };
}

const orNull = (text: string) => (text.trim() === '' ? null : text.trim());

export function bodyOf(draft: TenantDraft) {
  return {
    name: draft.name.trim(),
    organisation_name: orNull(draft.organisation_name),
    external_id: orNull(draft.external_id),
    // An address is compared to the letter; a slash at its end is none.
    address: orNull(draft.address.trim().replace(/\/+$/, '')),
    tariff_id: orNull(draft.tariff_id),
  };
}

interface TenantFieldsProps {
  draft: TenantDraft;
  onChange: (draft: TenantDraft) => void;
  field: (name: string) => string | undefined;
}

export function TenantFields({ draft, onChange, field }: TenantFieldsProps) {
  const { t } = useTexts();
  return (
    <>
      {fields.map((name) => (
        <TextField
          key={name}
          label={t(`admin.tenants.${name}`)}
          hint={t(`admin.tenants.${name}_hint`)}
          value={draft[name]}
          onChange={(value) => onChange({ ...draft, [name]: value })}
          error={field(name)}
          maxLength={255}
          autoComplete="off"
          inputMode={name === 'address' ? 'url' : 'text'}
          required={name === 'name'}
        />
      ))}
      <TariffSelect
        value={draft.tariff_id}
        onChange={(tariff) => onChange({ ...draft, tariff_id: tariff })}
        inherited={t('admin.tenants.standard')}
      />
    </>
  );
}
