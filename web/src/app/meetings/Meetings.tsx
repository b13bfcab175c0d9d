// SPDX-License-Identifier: EUPL-1.2

/** All meetings: as a list of what comes, what is kept as a favourite, what is over, or as a month. */
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { useState } from 'react';
import { Button, buttonClass, Icon, TextField } from '../../ui';
import { useTitle } from '../title';
import { isCutOff } from './instance';
import { MeetingList } from './MeetingList';
import styles from './meetings.module.css';
import { Month } from './Month';
import { useInstances } from './queries';
import { type View, views } from './views';
import { Refusal } from '../Refusal';
import { useTexts } from './texts';

const DAY = 86_400_000;
/** As many dates of each series come at once: more would hide the other meetings. */
const NEXT_DATES = 5;
const MOST_DATES = 100;
/** Whole hours, so that the same question is answered from memory for a while. */
const hour = () => Math.floor(Date.now() / 3_600_000) * 3_600_000;

export function Meetings() {
  const { t } = useTexts();
  const { view = 'next' } = useSearch({ from: '/dashboard/meetings' });
  useTitle(t('meetings.title'));
  return (
    <div className={styles['page']}>
      <div className={styles['between']}>
        <h1>{t('meetings.title')}</h1>
        <Link to="/dashboard/meetings/create" className={buttonClass} data-kind="primary">
          <Icon name="plus" />
          <span>{t('plan.title')}</span>
        </Link>
      </div>
      <nav aria-label={t('meetings.views')} className={styles['tabs']}>
        {views.map((one) => (
          <Link key={one} to="/dashboard/meetings" search={{ view: one }} aria-current={one === view ? 'page' : undefined}>
            {t(`meetings.view.${one}`)}
          </Link>
        ))}
      </nav>
      {view === 'month' ? <Month /> : <List view={view} />}
    </div>
  );
}

function List({ view }: { view: Exclude<View, 'month'> }) {
  const { t } = useTexts();
  const navigate = useNavigate();
  const [words, setWords] = useState('');
  const [start] = useState(hour);
  const [most, setMost] = useState(NEXT_DATES);
  const query = {
    next: { time_min: new Date(start).toISOString(), instances_max: most },
    favorites: { favorites: true },
    past: { time_min: new Date(start - 90 * DAY).toISOString(), time_max: new Date(start).toISOString(), instances_max: MOST_DATES },
  }[view];
  const events = useInstances({ ...query, per_page: 100, whole: true, keep: true });
  if (events.isPending) return <p role="status">{t('loading')}</p>;
  if (events.isError)
    return (
      <div className={styles['card']}>
        <Refusal error={events.error} failed={t('home.meetings_failed')} />
        <Button onPress={() => void events.refetch()}>{t('problem.retry')}</Button>
      </div>
    );
  const term = words.trim().toLocaleLowerCase();
  const matching = events.data.filter((event) => event.title.toLocaleLowerCase().includes(term));
  const found = view === 'past' ? matching.toReversed() : matching;
  return (
    <>
      {events.data.length > 5 ? <TextField label={t('meetings.search')} value={words} onChange={setWords} /> : null}
      <section className={styles['card']} aria-label={t(`meetings.view.${view}`)}>
        {found.length === 0 ? (
          <>
            <p className={styles['quiet']}>{term === '' ? t(`meetings.empty.${view}`) : t('meetings.nothing_found')}</p>
            {view === 'next' && term === '' ? (
              <Button icon="plus" onPress={() => void navigate({ to: '/dashboard/meetings/create' })}>
                {t('plan.title')}
              </Button>
            ) : null}
          </>
        ) : (
          <MeetingList events={found} />
        )}
        {view === 'past' ? <p className={styles['quiet']}>{t('meetings.past_span')}</p> : null}
        {view === 'next' && isCutOff(events.data, most) ? (
          <>
            <p className={styles['quiet']}>{t('meetings.of_each_series', { most })}</p>
            {most < MOST_DATES ? (
              <Button busy={events.isFetching} onPress={() => setMost(Math.min(MOST_DATES, most * 4))}>
                {t('meetings.more_dates')}
              </Button>
            ) : null}
          </>
        ) : null}
      </section>
    </>
  );
}
