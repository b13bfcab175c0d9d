// SPDX-License-Identifier: EUPL-1.2

import { useTranslation } from 'react-i18next';
import { isModerator } from '../../call/select';
import { useCallState, useSlice } from '../feature';
import room from '../../meeting/meeting.module.css';
import { Ballot } from './Ballot';
import { polls } from './module';
import { NewPoll } from './NewPoll';
import { Results } from './Results';
import styles from './polls.module.css';

export function Panel() {
  const { t } = useTranslation('call');
  const moderates = useCallState(isModerator);
  const running = useSlice(polls, (slice) => slice.running);
  const last = useSlice(polls, (slice) => slice.last);
  return (
    <div className={room.panelBody}>
      {running === undefined ? null : <Ballot key={running.id} poll={running} />}
      {running === undefined && last !== undefined ? (
        <section>
          <h3 className={styles.topic}>{last.question.topic}</h3>
          <p>{t('polls.is_over')}</p>
          <Results question={last.question} counts={last.counts} />
        </section>
      ) : null}
      {running === undefined && moderates ? (
        <section>
          <h3>{t('polls.new')}</h3>
          <NewPoll />
        </section>
      ) : null}
      {running === undefined && last === undefined && !moderates ? <p>{t('polls.none')}</p> : null}
    </div>
  );
}
