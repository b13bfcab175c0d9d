// SPDX-License-Identifier: EUPL-1.2

/** What was done in the organisation, and whether the log of it is whole. */
import { keepPreviousData, useMutation, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { answer, api } from '../../api/client';
import type { components } from '../../api/schema';
import { Alert, Button, Select } from '../../ui';
import styles from './admin.module.css';
import { actions } from './actions';
import { Loaded, Pager, Section, Table, useWhen } from './pieces';
import { pageOf, useRefusal } from './queries';
import { useTexts } from './texts';

type AuditEntry = components['schemas']['AuditEntry'];

export function Audit() {
  const { t } = useTexts();
  const when = useWhen();
  const [action, setAction] = useState('');
  /** Where each page so far began. */
  const [starts, setStarts] = useState<readonly number[]>([]);
  const after = starts.at(-1);
  const entries = useQuery({
    queryKey: ['admin', 'audit', action, after],
    queryFn: () => {
      const query = { per_page: 50, ...(action === '' ? {} : { action }), ...(after === undefined ? {} : { after }) };
      return pageOf(api.GET('/v1/admin/audit', { params: { query } }));
    },
    placeholderData: keepPreviousData,
  });
  return (
    <Section title={t('admin.audit.title')} lead={t('admin.audit.lead')}>
      <Verification />
      <div className={styles['filters']}>
        <Select
          label={t('admin.audit.action')}
          choices={[
            { value: 'all', label: t('admin.audit.all') },
            ...actions.map((one) => ({ value: one, label: t(`admin.action.${one}`) })),
          ]}
          value={action === '' ? 'all' : action}
          onChange={(one) => {
            setAction(one === 'all' ? '' : one);
            setStarts([]);
          }}
        />
      </div>
      <Loaded query={entries}>
        {({ rows, links }) => {
          const next = links['after']?.get('after');
          return (
            <>
              <Table
                caption={t('admin.audit.title')}
                rows={rows}
                keyOf={(entry) => entry.number}
                empty={t('admin.audit.empty')}
                columns={[
                  { name: t('admin.audit.what'), cell: (entry) => t(`admin.action.${entry.action}`, { defaultValue: entry.action }) },
                  { name: t('admin.audit.at'), cell: (entry) => when(entry.at) },
                  { name: t('admin.audit.by'), cell: (entry) => <Actor entry={entry} /> },
                  { name: t('admin.audit.object'), cell: (entry) => <About entry={entry} /> },
                  { name: t('admin.audit.number'), cell: (entry) => entry.number },
                ]}
              />
              <Pager
                onBack={starts.length > 0 ? () => setStarts(starts.slice(0, -1)) : undefined}
                onOn={next ? () => setStarts([...starts, Number(next)]) : undefined}
              />
            </>
          );
        }}
      </Loaded>
    </Section>
  );
}

/** A person by name, if they are still there. */
function Actor({ entry }: { entry: AuditEntry }) {
  const { t } = useTexts();
  const id = entry.actor ?? undefined;
  const person = useQuery({
    queryKey: ['user', id],
    queryFn: () => answer(api.GET('/v1/users/{user_id}', { params: { path: { user_id: id ?? '' } } })),
    enabled: id !== undefined,
    staleTime: Infinity,
  });
  if (id === undefined) return t(`admin.actor.${entry.actor_kind}`, { defaultValue: entry.actor_kind });
  return person.data ? person.data.display_name : <span className={styles['code']}>{id}</span>;
}

function About({ entry }: { entry: AuditEntry }) {
  const { t } = useTexts();
  const details = Object.entries(entry.details).map(([key, value]) => `${key}: ${value}`);
  if (!entry.object && details.length === 0) return t('admin.none');
  return (
    <>
      {entry.object ? <span className={styles['code']}>{entry.object}</span> : null}
      {details.length > 0 ? <span className={styles['small']}>{details.join(', ')}</span> : null}
    </>
  );
}

function Verification() {
  const { t } = useTexts();
  const verify = useMutation({ mutationFn: () => answer(api.GET('/v1/admin/audit/verification')) });
  const { problem } = useRefusal(verify.error);
  const verdict = verify.data;
  const broken = verdict?.broken_at ?? undefined;
  return (
    <>
      <div className={styles['row']}>
        <Button onPress={() => verify.mutate()} busy={verify.isPending}>
          {t('admin.audit.verify')}
        </Button>
      </div>
      {problem ? <Alert kind="danger" title={problem} live /> : null}
      {verdict && broken === undefined ? (
        <Alert kind="success" title={t('admin.audit.whole', { count: verdict.entries })} live>
          {t('admin.audit.head')} <span className={styles['code']}>{verdict.head}</span>
        </Alert>
      ) : null}
      {broken === undefined ? null : <Alert kind="danger" title={t('admin.audit.broken', { number: broken })} live />}
    </>
  );
}
