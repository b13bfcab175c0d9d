// SPDX-License-Identifier: EUPL-1.2

/** On the home page: invitations to answer, and what comes next. */
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { Button, buttonClass, Icon } from '../../ui';
import { nextOfEach } from './instance';
import { MeetingList } from './MeetingList';
import styles from './meetings.module.css';
import { useInstances } from './queries';
import { Refusal } from '../Refusal';
import { useTexts } from './texts';

export function Upcoming() {
  const { t } = useTexts();
  const [start] = useState(() => new Date(Math.floor(Date.now() / 3_600_000) * 3_600_000).toISOString());
  const next = useInstances({ time_min: start, invite_status: ['accepted', 'tentative'], per_page: 5, instances_max: 5 });
  const open = useInstances({ time_min: start, invite_status: ['pending'], per_page: 100, instances_max: 10, whole: true });
  // A series is answered as a whole.
  const invitations = nextOfEach(open.data ?? []);
  return (
    <>
      {invitations.length > 0 ? (
        <section className={styles['card']}>
          <h2>{t('meetings.invitations')}</h2>
          <MeetingList events={invitations} />
        </section>
      ) : null}
      <section className={styles['card']}>
        <div className={styles['between']}>
          <h2>{t('meetings.view.next')}</h2>
          <Link to="/dashboard/meetings/create" className={buttonClass} data-kind="secondary">
            <Icon name="plus" />
            <span>{t('plan.title')}</span>
          </Link>
        </div>
        {next.isPending ? <p role="status">{t('loading')}</p> : null}
        {next.isError ? (
          <>
            <Refusal error={next.error} failed={t('home.meetings_failed')} />
            <Button onPress={() => void next.refetch()}>{t('problem.retry')}</Button>
          </>
        ) : null}
        {next.data?.length === 0 ? <p className={styles['quiet']}>{t(invitations.length > 0 ? 'meetings.empty.but_invitations' : 'meetings.empty.next')}</p> : null}
        {next.data && next.data.length > 0 ? (
          <>
            <MeetingList events={next.data} />
            <Link to="/dashboard/meetings">{t('meetings.all')}</Link>
          </>
        ) : null}
      </section>
    </>
  );
}
