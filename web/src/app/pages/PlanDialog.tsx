// SPDX-License-Identifier: EUPL-1.2

import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { answer, api } from '../../api/client';
import { Alert, announce, Button, Dialog, Select, Switch, TextField } from '../../ui';
import styles from './pages.module.css';

/** Minutes. */
const durations = [30, 60, 90, 120, 180] as const;

/** Plans one meeting on one page: what, when, how long, and whether guests wait at the door. */
export function PlanDialog({ isOpen, onClose }: { isOpen: boolean; onClose: () => void }) {
  const { t } = useTranslation();
  return (
    <Dialog title={t('plan.title')} isOpen={isOpen} onClose={onClose}>
      <Plan onClose={onClose} />
    </Dialog>
  );
}

function Plan({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const [title, setTitle] = useState('');
  const [start, setStart] = useState('');
  const [minutes, setMinutes] = useState('60');
  const [waitingRoom, setWaitingRoom] = useState(false);
  const [checked, setChecked] = useState(false);
  const begins = new Date(start);
  const dated = !Number.isNaN(begins.getTime());

  const plan = useMutation({
    mutationFn: () => {
      const timezone = Intl.DateTimeFormat().resolvedOptions().timeZone;
      const ends = new Date(begins.getTime() + Number(minutes) * 60_000);
      return answer(
        api.POST('/v1/events', {
          body: {
            title: title.trim(),
            waiting_room: waitingRoom,
            is_time_independent: false,
            is_all_day: false,
            starts_at: { datetime: begins.toISOString(), timezone },
            ends_at: { datetime: ends.toISOString(), timezone },
          },
        }),
      );
    },
    onSuccess: async (event) => {
      await queries.invalidateQueries({ queryKey: ['events'] });
      announce(t('plan.done', { title: event.title }));
      onClose();
    },
  });

  const submit = (event: FormEvent) => {
    event.preventDefault();
    setChecked(true);
    if (title.trim() !== '' && dated) plan.mutate();
  };
  return (
    <form className={styles['form']} onSubmit={submit} noValidate>
      {plan.isError ? <Alert kind="danger" title={t('plan.failed')} live /> : null}
      <TextField
        label={t('plan.name')}
        value={title}
        onChange={setTitle}
        maxLength={255}
        error={checked && title.trim() === '' ? t('plan.name_missing') : undefined}
        required
      />
      <TextField
        label={t('plan.start')}
        type="datetime-local"
        value={start}
        onChange={setStart}
        error={checked && !dated ? t('plan.start_missing') : undefined}
        required
      />
      <Select
        label={t('plan.duration')}
        choices={durations.map((count) => ({ value: String(count), label: t('plan.minutes', { count }) }))}
        value={minutes}
        onChange={setMinutes}
      />
      <Switch label={t('plan.waiting_room')} isSelected={waitingRoom} onChange={setWaitingRoom} />
      <div className={styles['row']}>
        <Button type="submit" kind="primary" busy={plan.isPending}>
          {t('plan.submit')}
        </Button>
        <Button onPress={onClose}>{t('plan.cancel')}</Button>
      </div>
    </form>
  );
}
