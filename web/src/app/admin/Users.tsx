// SPDX-License-Identifier: EUPL-1.2

/** The people of an organisation: found, added, changed. */
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { Fragment, useState } from 'react';
import { api } from '../../api/client';
import { announce, Button, Chip, TextField } from '../../ui';
import { installation } from '../config';
import { useDebounced } from '../debounced';
import styles from './admin.module.css';
import { type Column, Loaded, Pager, Section, Table, TenantSelect } from './pieces';
import { type Account, pageOf, useIsOperator, useTariffs } from './queries';
import { useTexts } from './texts';
import { AddUser, ChangeUser } from './UserForms';

export function Users() {
  const { t } = useTexts();
  const [tenant, setTenant] = useState('');
  const [words, setWords] = useState('');
  const [page, setPage] = useState(1);
  const [adding, setAdding] = useState(false);
  const [changing, setChanging] = useState<Account>();
  const q = useDebounced(words).trim();
  const users = useQuery({
    queryKey: ['admin', 'users', tenant, q, page],
    queryFn: () => {
      const query = { page, per_page: 30, ...(q === '' ? {} : { q }), ...(tenant === '' ? {} : { tenant_id: tenant }) };
      return pageOf(api.GET('/v1/admin/users', { params: { query } }));
    },
    placeholderData: keepPreviousData,
  });
  const columns = useColumns(setChanging);
  const local = installation().builtInLogin !== false;
  const restart = <T,>(set: (value: T) => void) => (value: T) => {
    set(value);
    setPage(1);
  };
  const done = (text: string) => {
    setAdding(false);
    setChanging(undefined);
    announce(text);
  };
  return (
    <Section
      title={t('admin.users.title')}
      {...(local ? {} : { lead: t('admin.users.elsewhere') })}
      action={
        local ? (
          <Button icon="plus" kind="primary" onPress={() => setAdding(true)}>
            {t('admin.users.add')}
          </Button>
        ) : null
      }
    >
      <div className={styles['filters']}>
        <TenantSelect value={tenant} onChange={restart(setTenant)} />
        <TextField label={t('admin.users.search')} value={words} onChange={restart(setWords)} autoComplete="off" />
      </div>
      <Loaded query={users}>
        {({ rows, links }) => {
          const last = links['last']?.get('page');
          const turn = (rel: string) => {
            const to = Number(links[rel]?.get('page') ?? 0);
            return to > 0 ? () => setPage(to) : undefined;
          };
          return (
            <>
              <Table
                caption={t('admin.users.title')}
                columns={columns}
                rows={rows}
                keyOf={(user) => user.id}
                empty={t(q === '' ? 'admin.users.empty' : 'admin.users.nobody')}
              />
              <Pager text={t('admin.page_of', { page, pages: last ?? page })} onBack={turn('prev')} onOn={turn('next')} />
            </>
          );
        }}
      </Loaded>
      {adding ? <AddUser tenant={tenant} onClose={() => setAdding(false)} onDone={done} /> : null}
      {changing ? <ChangeUser user={changing} onClose={() => setChanging(undefined)} onDone={done} /> : null}
    </Section>
  );
}

/** In a narrow column it is broken where an address has parts, not within a word. */
function Address({ text }: { text: string }) {
  const parts = text.split(/(?=@)|(?<=\.)/);
  return (
    <span className={styles['address']}>
      {parts.map((part, index) => (
        // The parts of one text never change their order.
        <Fragment key={index}>
          {index > 0 ? <wbr /> : null}
          {part}
        </Fragment>
      ))}
    </span>
  );
}

const states = { disabled: 'bad', invited: 'plain', enabled: 'good' } as const;

function stateOf({ disabled, invited }: Account): keyof typeof states {
  if (disabled) return 'disabled';
  return invited ? 'invited' : 'enabled';
}

function useColumns(change: (user: Account) => void): readonly Column<Account>[] {
  const { t } = useTexts();
  const isOperator = useIsOperator();
  const tariffs = useTariffs().data ?? [];
  const tariffOf = (user: Account) => tariffs.find(({ id }) => id === user.tariff_id)?.name ?? t('admin.users.inherited');
  return [
    { name: t('admin.users.name'), cell: (user) => user.display_name },
    { name: t('admin.users.email'), cell: (user) => <Address text={user.email} /> },
    { name: t('admin.users.administers'), cell: (user) => t(`admin.administers.${user.administers}`) },
    {
      name: t('admin.state'),
      cell: (user) => (
        <Chip kind={states[stateOf(user)]}>{t(`admin.users.${stateOf(user)}`)}</Chip>
      ),
    },
    ...(isOperator ? [{ name: t('admin.tariff'), cell: tariffOf }] : []),
    {
      name: t('admin.actions'),
      // Who administers an organisation cannot change who administers them all.
      cell: (user) =>
        user.administers === 'installation' && !isOperator ? (
          t('admin.users.by_operator')
        ) : (
          <Button onPress={() => change(user)} aria-label={t('admin.change_named', { name: user.display_name })}>
            {t('admin.change')}
          </Button>
        ),
    },
  ];
}
