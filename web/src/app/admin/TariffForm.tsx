// SPDX-License-Identifier: EUPL-1.2

import { useState } from 'react';
import { answer, api, ApiError } from '../../api/client';
import { announce, TextField } from '../../ui';
import { FormDialog } from './dialogs';
import { type Tariff, useChange, useRefusal } from './queries';
import { useTexts } from './texts';
import { amountOf, amountText, GIGABYTE, HOUR } from './units';

const quotas = [
  { name: 'max_storage', label: 'storage', unit: GIGABYTE },
  { name: 'room_time_limit_secs', label: 'time', unit: HOUR },
  { name: 'room_participant_limit', label: 'people', unit: 1 },
] as const;

/** Adds a tariff, or sets everything of one. */
export function TariffForm({ tariff, onClose }: { tariff: Tariff | undefined; onClose: () => void }) {
  const { t, i18n } = useTexts();
  // As it was when the form was opened: the language may change while it is.
  const [language] = useState(i18n.language);
  const [name, setName] = useState(tariff?.name ?? '');
  const [external, setExternal] = useState(tariff?.external_id ?? '');
  const [off, setOff] = useState((tariff?.disabled ?? []).join(' '));
  const [amounts, setAmounts] = useState<Record<string, string>>(() =>
    Object.fromEntries(quotas.map((quota) => [quota.name, amountText(tariff?.[quota.name], quota.unit, language)])),
  );
  const save = useChange(
    () => {
      const read = quotas.map((quota) => [quota.name, amountOf(amounts[quota.name] ?? '', quota.unit, language, tariff?.[quota.name])] as const);
      const wrong = read.filter(([, amount]) => amount === undefined);
      if (wrong.length > 0)
        throw new ApiError(422, 'validation_failed', Object.fromEntries(wrong.map(([field]) => [field, 'not_a_number'])));
      const body = {
        ...Object.fromEntries(read),
        name: name.trim(),
        external_id: external.trim() || null,
        disabled: off.split(/[\s,]+/).filter(Boolean),
      };
      return answer<unknown>(
        tariff === undefined
          ? api.POST('/v1/admin/tariffs', { body })
          : api.PUT('/v1/admin/tariffs/{tariff_id}', { params: { path: { tariff_id: tariff.id } }, body }),
      );
    },
    () => {
      announce(t(tariff === undefined ? 'admin.tariffs.added' : 'admin.changed', { name: name.trim() }));
      onClose();
    },
  );
  const { problem, field } = useRefusal(save.error);
  return (
    <FormDialog
      title={tariff === undefined ? t('admin.tariffs.add') : t('admin.change_title', { name: tariff.name })}
      action={tariff === undefined ? t('admin.tariffs.add_action') : t('admin.save')}
      busy={save.isPending}
      problem={problem}
      onSubmit={() => save.mutate()}
      onClose={onClose}
    >
      <TextField label={t('admin.tariffs.name')} value={name} onChange={setName} error={field('name')} maxLength={255} autoComplete="off" required />
      {quotas.map((quota) => (
        <TextField
          key={quota.name}
          label={t(`admin.tariffs.${quota.label}_field`)}
          hint={t('admin.tariffs.quota_hint')}
          inputMode={quota.unit === 1 ? 'numeric' : 'decimal'}
          autoComplete="off"
          value={amounts[quota.name] ?? ''}
          onChange={(text) => setAmounts((old) => ({ ...old, [quota.name]: text }))}
          error={field(quota.name)}
        />
      ))}
      <TextField
        label={t('admin.tariffs.off')}
        hint={t('admin.tariffs.off_hint')}
        value={off}
        onChange={setOff}
        error={field('disabled')}
        autoComplete="off"
      />
      <TextField
        label={t('admin.tariffs.external_id')}
        hint={t('admin.tariffs.external_id_hint')}
        value={external}
        onChange={setExternal}
        error={field('external_id')}
        maxLength={255}
        autoComplete="off"
      />
    </FormDialog>
  );
}
