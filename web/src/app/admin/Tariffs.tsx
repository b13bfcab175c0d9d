// SPDX-License-Identifier: EUPL-1.2

/** What people may use, and how much of it. */
import { useState } from 'react';
import { answer, api, removed } from '../../api/client';
import { announce, Button } from '../../ui';
import styles from './admin.module.css';
import { Confirm } from './dialogs';
import { keepFocus, Loaded, Section, Table } from './pieces';
import { type Tariff, useChange, useRefusal, useTariffs } from './queries';
import { TariffForm } from './TariffForm';
import { useTexts } from './texts';
import { amountText, GIGABYTE, HOUR } from './units';

export function Tariffs() {
  const { t, i18n } = useTexts();
  const [editing, setEditing] = useState<Tariff | 'new'>();
  const [removing, setRemoving] = useState<Tariff>();
  const close = () => setEditing(undefined);
  const quota = (amount: number | null | undefined, unit: number, key: string) => {
    const text = amountText(amount, unit, i18n.language);
    return text === '' ? t('admin.tariffs.no_limit') : t(`admin.tariffs.${key}`, { amount: text });
  };
  return (
    <Section
      title={t('admin.tariffs.title')}
      lead={t('admin.tariffs.lead')}
      action={
        <Button icon="plus" kind="primary" onPress={() => setEditing('new')}>
          {t('admin.tariffs.add')}
        </Button>
      }
    >
      <Loaded query={useTariffs()}>
        {(rows) => (
          <Table
            caption={t('admin.tariffs.title')}
            rows={rows}
            keyOf={(tariff) => tariff.id}
            empty={t('admin.tariffs.empty')}
            columns={[
              { name: t('admin.tariffs.name'), cell: (tariff) => tariff.name },
              { name: t('admin.tariffs.storage'), cell: (tariff) => quota(tariff.max_storage, GIGABYTE, 'gigabytes') },
              { name: t('admin.tariffs.time'), cell: (tariff) => quota(tariff.room_time_limit_secs, HOUR, 'hours') },
              { name: t('admin.tariffs.people'), cell: (tariff) => quota(tariff.room_participant_limit, 1, 'number') },
              { name: t('admin.tariffs.off'), cell: (tariff) => tariff.disabled?.join(', ') || t('admin.none') },
              {
                name: t('admin.actions'),
                cell: (tariff) => (
                  <div className={styles['row']}>
                    <Button onPress={() => setEditing(tariff)} aria-label={t('admin.change_named', { name: tariff.name })}>
                      {t('admin.change')}
                    </Button>
                    <Button onPress={() => setRemoving(tariff)} aria-label={t('admin.delete_named', { name: tariff.name })}>
                      {t('admin.delete')}
                    </Button>
                  </div>
                ),
              },
            ]}
          />
        )}
      </Loaded>
      {editing ? <TariffForm tariff={editing === 'new' ? undefined : editing} onClose={close} /> : null}
      {removing ? <Remove tariff={removing} onClose={() => setRemoving(undefined)} /> : null}
    </Section>
  );
}

function Remove({ tariff, onClose }: { tariff: Tariff; onClose: () => void }) {
  const { t } = useTexts();
  const remove = useChange(
    () => removed(answer(api.DELETE('/v1/admin/tariffs/{tariff_id}', { params: { path: { tariff_id: tariff.id } } }))),
    () => {
      announce(t('admin.deleted', { name: tariff.name }));
      onClose();
      keepFocus();
    },
  );
  return (
    <Confirm
      title={t('admin.delete_title', { name: tariff.name })}
      text={t('admin.tariffs.remove_text')}
      action={t('admin.delete')}
      busy={remove.isPending}
      problem={useRefusal(remove.error).problem}
      onConfirm={() => remove.mutate()}
      onClose={onClose}
    />
  );
}
