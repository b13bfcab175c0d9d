// SPDX-License-Identifier: EUPL-1.2

import { Link } from '@tanstack/react-router';
import { buttonClass, Chip, Icon } from '../../ui';
import { eventOf, type Instance, isCancelled } from './instance';
import styles from './meetings.module.css';
import { SeriesText } from './SeriesText';
import { whenText } from './when';
import { useTexts } from './texts';

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
            <span className={styles['date']} data-cancelled={isCancelled(event)}>
              {whenText(event, i18n.language) ?? t('home.any_time')}
            </span>
            {'recurrence_pattern' in event ? (
              <span>
                <SeriesText event={event} />
              </span>
            ) : null}
          </span>
          {isCancelled(event) ? <Chip>{t('meeting.cancelled')}</Chip> : null}
          {event.invite_status === 'pending' && !isCancelled(event) ? <Chip>{t('meeting.open_answer')}</Chip> : null}
          {event.is_favorite ? (
            <span className={styles['star']}>
              <Icon name="star_on" size={20} />
              <span className="sr-only">{t('meetings.view.favorites')}</span>
            </span>
          ) : null}
          {isCancelled(event) ? null : (
            <Link
              to="/room/$roomId"
              params={{ roomId: event.room.id }}
              className={buttonClass}
              data-kind="secondary"
              aria-label={t('home.open_named', { title: event.title })}
            >
              {t('home.open')}
            </Link>
          )}
        </li>
      ))}
    </ul>
  );
}
