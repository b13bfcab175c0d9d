// SPDX-License-Identifier: EUPL-1.2

/** Work that waits, runs or could not be done, and whether mails are sent. */
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { answer, api, removed } from '../../api/client';
import type { components } from '../../api/schema';
import { Alert, announce, Button, Chip, Select } from '../../ui';
import styles from './admin.module.css';
import { Confirm } from './dialogs';
import { keepFocus, Loaded, Pager, Section, Table, useWhen } from './pieces';
import { pageOf, useChange, useRefusal } from './queries';
import { useTexts } from './texts';

type Job = components['schemas']['JobResource'];
const states = ['queued', 'running', 'failed'] as const;

export function Jobs() {
  const { t } = useTexts();
  const when = useWhen();
  const [state, setState] = useState<Job['state']>();
  /** Where each page so far began. */
  const [starts, setStarts] = useState<readonly string[]>([]);
  const [removing, setRemoving] = useState<Job>();
  const after = starts.at(-1);
  const jobs = useQuery({
    queryKey: ['admin', 'jobs', state, after],
    queryFn: () => pageOf(api.GET('/v1/admin/jobs', { params: { query: { per_page: 50, ...(state ? { state } : {}), ...(after ? { after } : {}) } } })),
    placeholderData: keepPreviousData,
  });
  const kindOf = (job: Job) => t(`admin.job.${job.kind}`, { defaultValue: job.kind });
  const retry = useChange(
    (job: Job) => answer(api.POST('/v1/admin/jobs/{job_id}/retry', { params: { path: { job_id: job.id } } })),
    () => {
      announce(t('admin.jobs.retried'));
      keepFocus();
    },
  );
  const { problem } = useRefusal(retry.error);
  return (
    <Section title={t('admin.jobs.title')} lead={t('admin.jobs.lead')}>
      <Mail />
      <div className={styles['filters']}>
        <Select
          label={t('admin.state')}
          choices={[{ value: 'all', label: t('admin.jobs.all') }, ...states.map((one) => ({ value: one, label: t(`admin.jobs.${one}`) }))]}
          value={state ?? 'all'}
          onChange={(one) => {
            setState(states.find((known) => known === one));
            setStarts([]);
          }}
        />
      </div>
      {problem ? <Alert kind="danger" title={problem} live /> : null}
      <Loaded query={jobs}>
        {({ rows, links }) => {
          const next = links['after']?.get('after');
          return (
            <>
              <Table
                caption={t('admin.jobs.title')}
                rows={rows}
                keyOf={(job) => job.id}
                empty={t('admin.jobs.empty')}
                columns={[
                  { name: t('admin.jobs.kind'), cell: kindOf },
                  { name: t('admin.state'), cell: (job) => <State job={job} /> },
                  { name: t('admin.jobs.run_at'), cell: (job) => (job.run_at ? when(job.run_at) : t('admin.none')) },
                  { name: t('admin.jobs.attempts'), cell: (job) => job.attempts },
                  {
                    name: t('admin.actions'),
                    cell: (job) => (
                      <div className={styles['row']}>
                        <Button onPress={() => retry.mutate(job)} aria-label={t('admin.jobs.retry_named', { name: kindOf(job) })}>
                          {t('admin.jobs.retry')}
                        </Button>
                        <Button onPress={() => setRemoving(job)} aria-label={t('admin.delete_named', { name: kindOf(job) })}>
                          {t('admin.delete')}
                        </Button>
                      </div>
                    ),
                  },
                ]}
              />
              <Pager
                onBack={starts.length > 0 ? () => setStarts(starts.slice(0, -1)) : undefined}
                onOn={next ? () => setStarts([...starts, next]) : undefined}
              />
            </>
          );
        }}
      </Loaded>
      {removing ? <Remove job={removing} name={kindOf(removing)} onClose={() => setRemoving(undefined)} /> : null}
    </Section>
  );
}

function State({ job }: { job: Job }) {
  const { t } = useTexts();
  return (
    <>
      <Chip kind={job.state === 'failed' ? 'bad' : 'plain'}>{t(`admin.jobs.${job.state}`)}</Chip>
      {job.last_error ? <span className={styles['small']}>{job.last_error}</span> : null}
    </>
  );
}

function Mail() {
  const { t } = useTexts();
  const mail = useQuery({ queryKey: ['admin', 'mail'], queryFn: () => answer(api.GET('/v1/admin/mail')) });
  return (
    <Loaded query={mail}>
      {({ is_configured: configured, from }) =>
        configured ? (
          <Alert kind="success" title={t('admin.jobs.mail', { from })} />
        ) : (
          <Alert kind="warning" title={t('admin.jobs.no_mail')}>
            {t('admin.jobs.no_mail_text')}
          </Alert>
        )
      }
    </Loaded>
  );
}

function Remove({ job, name, onClose }: { job: Job; name: string; onClose: () => void }) {
  const { t } = useTexts();
  const remove = useChange(
    () => removed(answer(api.DELETE('/v1/admin/jobs/{job_id}', { params: { path: { job_id: job.id } } }))),
    () => {
      announce(t('admin.deleted', { name }));
      onClose();
      keepFocus();
    },
  );
  return (
    <Confirm
      title={t('admin.delete_title', { name })}
      text={t('admin.jobs.remove_text')}
      action={t('admin.delete')}
      busy={remove.isPending}
      problem={useRefusal(remove.error).problem}
      onConfirm={() => remove.mutate()}
      onClose={onClose}
    />
  );
}
