// SPDX-License-Identifier: EUPL-1.2

/** What was done in the organisation, and whether the log of it is whole. */
import { type CalendarDate, getLocalTimeZone } from '@internationalized/date';
import { keepPreviousData, useMutation, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { answer, api, unhurried } from '../../api/client';
import type { components } from '../../api/schema';
import { Alert, announce, Button, Select, TextField } from '../../ui';
import { DateField } from '../../ui/DateField';
import { useDebounced } from '../debounced';
import styles from './admin.module.css';
import { kinds } from './actions';
import { csv } from './csv';
import { Loaded, Pager, Section, Table, useWhen } from './pieces';
import { pageOf, useRefusal } from './queries';
import { useTexts } from './texts';

type AuditEntry = components['schemas']['AuditEntry'];

interface Words {
  kind: string;
  person: string;
  meeting: string;
  from: CalendarDate | null;
  until: CalendarDate | null;
}

/** What is looked for, as the server wants it. */
function queryOf({ kind, person, meeting, from, until }: Words) {
  const start = (day: CalendarDate) => day.toDate(getLocalTimeZone()).toISOString();
  return {
    ...(kind === '' ? {} : { action: kind }),
    ...(person.trim() === '' ? {} : { person: person.trim() }),
    ...(meeting.trim() === '' ? {} : { meeting: meeting.trim() }),
    ...(from ? { time_min: start(from) } : {}),
    // The whole last day.
    ...(until ? { time_max: new Date(until.add({ days: 1 }).toDate(getLocalTimeZone()).getTime() - 1).toISOString() } : {}),
  };
}

export function Audit() {
  const { t } = useTexts();
  const when = useWhen();
  const sentence = useSentence();
  const [words, setWords] = useState<Words>({ kind: '', person: '', meeting: '', from: null, until: null });
  /** Where each page so far began. */
  const [starts, setStarts] = useState<readonly number[]>([]);
  const after = starts.at(-1);
  const filter = queryOf({ ...words, person: useDebounced(words.person), meeting: useDebounced(words.meeting) });
  const entries = useQuery({
    queryKey: ['admin', 'audit', filter, after],
    queryFn: () => {
      const query = { per_page: 50, ...filter, ...(after === undefined ? {} : { after }) };
      return pageOf(api.GET('/v1/admin/audit', { params: { query } }));
    },
    placeholderData: keepPreviousData,
  });
  const { field } = useRefusal(entries.error);
  const change = (part: Partial<Words>) => {
    setWords({ ...words, ...part });
    setStarts([]);
  };
  return (
    <Section title={t('admin.audit.title')} lead={t('admin.audit.lead')}>
      <Verification />
      <div className={styles['filters']}>
        <Select
          label={t('admin.audit.action')}
          choices={[{ value: 'all', label: t('admin.audit.all') }, ...kinds.map((one) => ({ value: one, label: t(`admin.kind.${one}`) }))]}
          value={words.kind === '' ? 'all' : words.kind}
          onChange={(one) => change({ kind: one === 'all' ? '' : one })}
        />
        <TextField
          label={t('admin.audit.person')}
          value={words.person}
          onChange={(person) => change({ person })}
          error={field('person')}
          maxLength={255}
          autoComplete="off"
        />
        <TextField label={t('admin.audit.meeting')} value={words.meeting} onChange={(meeting) => change({ meeting })} maxLength={255} autoComplete="off" />
        <DateField label={t('admin.audit.from')} value={words.from} onChange={(from) => change({ from })} />
        <DateField label={t('admin.audit.until')} value={words.until} onChange={(until) => change({ until })} />
      </div>
      <Export filter={filter} />
      {field('person') ? null : (
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
                    { name: t('admin.audit.what'), cell: sentence.what },
                    { name: t('admin.audit.at'), cell: (entry) => when(entry.at) },
                    { name: t('admin.audit.by'), cell: sentence.who },
                    { name: t('admin.audit.about'), cell: (entry) => entry.meeting ?? t('admin.none') },
                    { name: t('admin.audit.details'), cell: (entry) => sentence.details(entry) || t('admin.none') },
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
      )}
    </Section>
  );
}

/** What stands in an entry as names and titles already. */
const NAMED = ['invitee', 'member', 'participant', 'room'];

/** An entry in the words of a person: who, what, and whatever else is known of it. */
export function useSentence() {
  const { t, i18n } = useTexts();
  const all = new Intl.ListFormat(i18n.language, { type: 'conjunction' });
  const number = new Intl.NumberFormat(i18n.language);
  const what = (entry: AuditEntry) => {
    const done = t(`admin.action.${entry.action}`, { defaultValue: entry.action });
    const whom = entry.people.length > 0 ? all.format(entry.people) : entry.thing;
    return whom == null ? done : t('admin.audit.of', { done, whom });
  };
  // Who is gone has no name any more.
  const who = (entry: AuditEntry) =>
    entry.actor_name ?? (entry.actor == null ? t(`admin.actor.${entry.actor_kind}`, { defaultValue: entry.actor_kind }) : t('admin.audit.gone'));
  const valueOf = (key: string, value: string) => {
    // Those with a name stand in the sentence; how many there were includes guests and people who have gone.
    if (key === 'participants') return number.format(value.split(' ').length);
    if (key === 'size') return t('admin.audit.bytes', { size: number.format(Number(value)) });
    return t(`admin.detail_value.${value}`, { defaultValue: value });
  };
  const details = (entry: AuditEntry) => {
    const said = Object.entries(entry.details).filter(([key]) => !NAMED.includes(key));
    return said
      .map(([key, value]) => t('admin.audit.detail', { name: t(`admin.detail.${key}`, { defaultValue: key }), value: valueOf(key, value) }))
      .join(', ');
  };
  return { what, who, details };
}

function save(name: string, type: string, text: string): void {
  const address = URL.createObjectURL(new Blob([text], { type }));
  const link = document.createElement('a');
  link.href = address;
  link.download = name;
  link.click();
  URL.revokeObjectURL(address);
}

/** What the filter leaves, all of it, as a file for a table program or for another program. */
function Export({ filter }: { filter: ReturnType<typeof queryOf> }) {
  const { t } = useTexts();
  const { what, who, details } = useSentence();
  const load = useMutation({
    mutationFn: async (kind: 'csv' | 'json') => {
      const entries = await answer(api.GET('/v1/admin/audit/export', { ...unhurried, params: { query: filter } }));
      if (kind === 'json') return save('konvent-audit.json', 'application/json', JSON.stringify(entries, null, 2));
      const names = ['number', 'at', 'by', 'what', 'about', 'details', 'word'].map((name) => t(`admin.audit.${name}`));
      const rows = entries.map((entry) => [String(entry.number), entry.at, who(entry), what(entry), entry.meeting ?? '', details(entry), entry.action]);
      return save('konvent-audit.csv', 'text/csv;charset=utf-8', csv([names, ...rows]));
    },
    onSuccess: () => announce(t('admin.audit.exported')),
  });
  const { problem } = useRefusal(load.error);
  return (
    <>
      <div className={styles['row']}>
        <Button onPress={() => load.mutate('csv')} busy={load.isPending && load.variables === 'csv'}>
          {t('admin.audit.as_table')}
        </Button>
        <Button onPress={() => load.mutate('json')} busy={load.isPending && load.variables === 'json'}>
          {t('admin.audit.as_json')}
        </Button>
      </div>
      {problem ? <Alert kind="danger" title={problem} live /> : null}
    </>
  );
}

function Verification() {
  const { t } = useTexts();
  const verify = useMutation({ mutationFn: () => answer(api.GET('/v1/admin/audit/verification', unhurried)) });
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
