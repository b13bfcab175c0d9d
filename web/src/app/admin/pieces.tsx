// SPDX-License-Identifier: EUPL-1.2

/** What the pages of administration are put together from. */
import type { UseQueryResult } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { Button, Select } from '../../ui';
import { keepFocus as keepFocusAt } from '../focus';
import { useProfile } from '../profile';
import { region } from '../region';
import { useTitle } from '../title';
import styles from './admin.module.css';
import { useTenantName } from './names';
import { useTariffs, useTenants } from './queries';
import { Refusal } from '../Refusal';
import { useTexts } from './texts';

const HEADING = 'section';

const heading = () => document.getElementById(HEADING);

/** To the beginning of what is shown now. */
export function toHeading(): void {
  heading()?.focus();
}

export function keepFocus(): void {
  keepFocusAt(heading);
}

export function Section({ title, lead, action, children }: { title: string; lead?: string; action?: ReactNode; children: ReactNode }) {
  const { t } = useTexts();
  useTitle(`${title} · ${t('shell.administration')}`);
  return (
    <section className={styles['card']} aria-labelledby={HEADING}>
      <div className={styles['between']}>
        <h2 id={HEADING} tabIndex={-1}>
          {title}
        </h2>
        {action}
      </div>
      {lead ? <p className={styles['quiet']}>{lead}</p> : null}
      {children}
    </section>
  );
}

/** The data of a question, or why it is not there. */
export function Loaded<T>({ query, children }: { query: UseQueryResult<T>; children: (data: T) => ReactNode }) {
  const { t } = useTexts();
  if (query.isPending) return <p role="status">{t('loading')}</p>;
  if (query.isError)
    return (
      <div className={styles['row']}>
        <Refusal error={query.error} failed={t('admin.load_failed')} />
        <Button onPress={() => void query.refetch()}>{t('problem.retry')}</Button>
      </div>
    );
  return children(query.data);
}

export interface Column<T> {
  name: string;
  cell: (row: T) => ReactNode;
}

export interface TableProps<T> {
  caption: string;
  /** The first names the row. */
  columns: readonly Column<T>[];
  rows: readonly T[];
  keyOf: (row: T) => string | number;
  /** What is said where there is nothing. */
  empty: string;
}

/** A table; on a narrow screen each row is a block with the names of its columns, and still a row for a screen reader. */
export function Table<T>({ caption, columns, rows, keyOf, empty }: TableProps<T>) {
  if (rows.length === 0) return <p className={styles['quiet']}>{empty}</p>;
  const [first, ...others] = columns;
  return (
    <table role="table" className={styles['table']}>
      <caption className="sr-only">{caption}</caption>
      <thead role="rowgroup">
        <tr role="row">
          {columns.map((column) => (
            <th key={column.name} role="columnheader" scope="col">
              {column.name}
            </th>
          ))}
        </tr>
      </thead>
      <tbody role="rowgroup">
        {rows.map((row) => (
          <tr key={keyOf(row)} role="row">
            <th role="rowheader" scope="row">
              {first?.cell(row)}
            </th>
            {others.map((column) => (
              <td key={column.name} role="cell" data-name={column.name}>
                <div>{column.cell(row)}</div>
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

export interface PagerProps {
  /** Where one is, in words. */
  text?: string;
  onBack: (() => void) | undefined;
  onOn: (() => void) | undefined;
}

/** Back and on through a long list. The focus goes to its beginning: the button may be gone on the next page. */
export function Pager({ text, onBack, onOn }: PagerProps) {
  const { t } = useTexts();
  if (!onBack && !onOn) return null;
  const go = (turn: () => void) => () => {
    turn();
    toHeading();
  };
  return (
    <nav className={styles['pager']} aria-label={t('admin.pages')}>
      {onBack ? (
        <Button icon="back" onPress={go(onBack)}>
          {t('admin.back')}
        </Button>
      ) : null}
      {text ? <span>{text}</span> : null}
      {onOn ? (
        <Button icon="on" onPress={go(onOn)}>
          {t('admin.on')}
        </Button>
      ) : null}
    </nav>
  );
}

export interface PickProps {
  value: string;
  onChange: (value: string) => void;
}

/** For administrators of the installation, where there is more than one organisation. Empty: one's own. */
export function TenantSelect({ value, onChange }: PickProps) {
  const { t } = useTexts();
  const nameOf = useTenantName();
  const own = useProfile().data?.tenant_id;
  const tenants = useTenants().data ?? [];
  if (tenants.length < 2) return null;
  const others = tenants.filter(({ id }) => id !== own);
  return (
    <Select
      label={t('admin.tenant')}
      choices={[{ value: 'own', label: t('admin.own_tenant') }, ...others.map((other) => ({ value: other.id, label: nameOf(other) }))]}
      value={value === '' ? 'own' : value}
      onChange={(id) => onChange(id === 'own' ? '' : id)}
    />
  );
}

/** `inherited`: what holds where none is chosen. */
export function TariffSelect({ value, onChange, inherited }: PickProps & { inherited: string }) {
  const { t } = useTexts();
  const tariffs = useTariffs().data ?? [];
  return (
    <Select
      label={t('admin.tariff')}
      choices={[{ value: 'none', label: inherited }, ...tariffs.map(({ id, name }) => ({ value: id, label: name }))]}
      value={value === '' ? 'none' : value}
      onChange={(id) => onChange(id === 'none' ? '' : id)}
    />
  );
}

/** Date and time as they are written where this browser is at home. */
export function useWhen(): (time: string) => string {
  const { i18n } = useTexts();
  const format = new Intl.DateTimeFormat(region(i18n.language), { dateStyle: 'medium', timeStyle: 'short' });
  return (time) => format.format(new Date(time));
}
