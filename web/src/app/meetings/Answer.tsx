// SPDX-License-Identifier: EUPL-1.2
import { useMutation } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import type { components } from '../../api/schema';
import { announce, ToggleButton } from '../../ui';
import styles from './meetings.module.css';
import { Refusal } from '../Refusal';
import { useTexts } from './texts';

export type InviteStatus = components['schemas']['InviteStatus'];

export interface AnswerProps {
  status: InviteStatus;
  onAnswer: (answer: 'accepted' | 'declined') => Promise<unknown>;
  children?: ReactNode;
}

/** Shown to who was invited: yes or no, also after the first answer. */
export function Answer({ status, onAnswer, children }: AnswerProps) {
  const { t } = useTexts();
  const reply = useMutation({ mutationFn: onAnswer, onSuccess: (_, answer) => announce(t(`meeting.status.${answer}`)) });
  return (
    <section className={styles['answer']} aria-label={t('meeting.answer')}>
      <div>
        {children}
        <p>{t(`meeting.status.${status}`)}</p>
      </div>
      <Refusal error={reply.error} failed={t('meeting.answer_failed')} />
      <div className={styles['row']}>
        {(['accepted', 'declined'] as const).map((answer) => (
          <ToggleButton
            key={answer}
            icons={answer === 'accepted' ? ['check', 'check'] : ['close', 'close']}
            label={t(answer === 'accepted' ? 'meeting.accept' : 'meeting.decline')}
            isSelected={status === answer}
            onChange={() => reply.mutate(answer)}
          />
        ))}
      </div>
    </section>
  );
}
