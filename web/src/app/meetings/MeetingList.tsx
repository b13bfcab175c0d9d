// SPDX-License-Identifier: EUPL-1.2

import { Link } from '@tanstack/react-router';
import { buttonClass, Icon } from '../../ui';
import styles from './meetings.module.css';
import type { useInstances } from './queries';
import { whenText } from './when';
import { useTexts } from './texts';

export type Instance = NonNullable<ReturnType<typeof useInstances>['data']>[number];

/** The event behind one date of a series. */
export function eventOf(instance: Instance): string {
  return 'recurring_event_id' in instance && instance.recurring_event_id ? instance.recurring_event_id : instance.id;
}

export function MeetingList({ events }: { events: readonly Instance[] }) {
  const { t, i18n } = useTexts();
  return (
    <ul className={styles['list']}>
      {events.map((event) => (
        <li key={event.id}>
          <span className={styles['what']}>
            <Link to="/dashboard/meetings/$eventId" params={{ eventId: eventOf(event) }}>
              {event.title}
            </Link>
            <span>{whenText(event, i18n.language) ?? t('home.any_time')}</span>
          </span>
          {event.invite_status === 'pending' ? <span className={styles['chip']}>{t('meeting.open_answer')}</span> : null}
          {event.is_favorite ? (
            <span className={styles['star']}>
              <Icon name="star_on" size={20} />
              <span className="sr-only">{t('meetings.view.favorites')}</span>
            </span>
          ) : null}
          <Link
            to="/room/$roomId"
            params={{ roomId: event.room.id }}
            className={buttonClass}
            data-kind="secondary"
            aria-label={t('home.open_named', { title: event.title })}
          >
            {t('home.open')}
          </Link>
        </li>
      ))}
    </ul>
  );
}
