// SPDX-License-Identifier: EUPL-1.2

/** What is said of an organisation, when it is added and when it is changed. */
import { TextField } from '../../ui';
import { accents } from '../colours';
import styles from './admin.module.css';
import { TariffSelect } from './pieces';
import type { Tenant } from './queries';
import { useTexts } from './texts';

const links = ['imprint_url', 'data_protection_url', 'accessibility_url'] as const;
const fields = ['name', 'organisation_name', 'external_id', 'address', 'colour_light', 'colour_dark', ...links] as const;

/** Empty texts are none. */
export type TenantDraft = Record<(typeof fields)[number] | 'tariff_id', string>;

export function draftOf(tenant?: Tenant): TenantDraft {
  return {
    name: tenant?.name ?? '',
    organisation_name: tenant?.organisation_name ?? '',
    external_id: tenant?.external_id ?? '',
    address: tenant?.address ?? '',
    colour_light: tenant?.colour_light ?? '',
    colour_dark: tenant?.colour_dark ?? '',
    imprint_url: tenant?.imprint_url ?? '',
    data_protection_url: tenant?.data_protection_url ?? '',
    accessibility_url: tenant?.accessibility_url ?? '',
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
    colour_light: orNull(draft.colour_light),
    colour_dark: orNull(draft.colour_dark),
    imprint_url: orNull(draft.imprint_url),
    data_protection_url: orNull(draft.data_protection_url),
    accessibility_url: orNull(draft.accessibility_url),
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
          maxLength={name.endsWith('_url') ? 2000 : 255}
          autoComplete="off"
          inputMode={name === 'address' || name.endsWith('_url') ? 'url' : 'text'}
          required={name === 'name'}
        />
      ))}
      <Sample light={draft.colour_light} dark={draft.colour_dark} />
      <TariffSelect
        value={draft.tariff_id}
        onChange={(tariff) => onChange({ ...draft, tariff_id: tariff })}
        inherited={t('admin.tenants.standard')}
      />
    </>
  );
}

/** How the colours look on a button, as far as they have been written. */
function Sample({ light, dark }: { light: string; dark: string }) {
  const { t } = useTexts();
  const found = accents({ light: orNull(light), dark: orNull(dark) });
  if (found === undefined) return null;
  return (
    <p className={styles['samples']}>
      <span className={styles['sample']} data-theme="light" style={{ background: found.light }}>
        {t('admin.tenants.sample_light')}
      </span>
      <span className={styles['sample']} data-theme="dark" style={{ background: found.dark }}>
        {t('admin.tenants.sample_dark')}
      </span>
    </p>
  );
}
