// SPDX-License-Identifier: EUPL-1.2
import type { components } from '../../api/schema';
import { CopyButton } from '../../ui';
import styles from './meetings.module.css';
import { useTexts } from './texts';

/** Ten digits as people read them out: 123 456 7890. */
const groups = (digits: string) => digits.replace(/^(\d{3})(\d{3})(?=\d)/, '$1 $2 ');

/** How somebody comes in by telephone. */
export function CallIn({ callIn: { tel, id, password } }: { callIn: components['schemas']['CallIn'] }) {
  const { t } = useTexts();
  const said = { tel, id: groups(id), password: groups(password) };
  return (
    <section className={styles['card']}>
      <h2>{t('meeting.call_in.title')}</h2>
      <p>{t('meeting.call_in.lead')}</p>
      <dl className={styles['facts']}>
        <dt>{t('meeting.call_in.tel')}</dt>
        <dd>
          <a href={`tel:${tel.replace(/[^+\d]/g, '')}`}>{tel}</a>
        </dd>
        <dt>{t('meeting.call_in.id')}</dt>
        <dd>{said.id}</dd>
        <dt>{t('meeting.call_in.password')}</dt>
        <dd>{said.password}</dd>
      </dl>
      <CopyButton text={t('meeting.call_in.text', said)} label={t('meeting.call_in.copy')} copied={t('meeting.call_in.copied')} refused={t('copy.refused')} />
    </section>
  );
}
