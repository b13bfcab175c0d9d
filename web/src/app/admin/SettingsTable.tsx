// SPDX-License-Identifier: EUPL-1.2

/** The settings in force, to be read: they are changed in the settings file. */
import { useQuery } from '@tanstack/react-query';
import { answer, api } from '../../api/client';
import styles from './admin.module.css';
import { Loaded, Section, Table } from './pieces';
import { useTexts } from './texts';

export function SettingsTable() {
  const { t } = useTexts();
  const settings = useQuery({ queryKey: ['admin', 'settings'], queryFn: () => answer(api.GET('/v1/admin/settings')) });
  return (
    <Section title={t('admin.settings.title')} lead={t('admin.settings.lead')}>
      <Loaded query={settings}>
        {(rows) => (
          <Table
            caption={t('admin.settings.title')}
            rows={rows}
            keyOf={({ key }) => key}
            empty={t('admin.settings.empty')}
            columns={[
              { name: t('admin.settings.key'), cell: ({ key }) => <span className={styles['code']}>{key}</span> },
              { name: t('admin.settings.value'), cell: ({ value }) => <span className={styles['code']}>{value}</span> },
            ]}
          />
        )}
      </Loaded>
    </Section>
  );
}
