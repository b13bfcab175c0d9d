// SPDX-License-Identifier: EUPL-1.2

import { useTranslation } from 'react-i18next';
import type { Counts, Question } from './module';
import styles from './polls.module.css';

/** How many chose what: as numbers to read, and as bars to see. */
export function Results({ question, counts, mine }: { question: Question; counts: Counts; mine?: readonly number[] | undefined }) {
  const { t } = useTranslation('call');
  const most = Math.max(1, ...counts.values());
  return (
    <ul className={styles.results}>
      {question.choices.map(({ id, content }) => {
        const count = counts.get(id) ?? 0;
        return (
          <li key={id}>
            <span className={styles.content}>
              {content}
              {mine?.includes(id) === true ? <em> {t('polls.yours')}</em> : null}
            </span>
            <span>{t('polls.count', { count })}</span>
            <span className={styles.bar} aria-hidden="true">
              <span style={{ inlineSize: `${(count / most) * 100}%` }} />
            </span>
          </li>
        );
      })}
    </ul>
  );
}
