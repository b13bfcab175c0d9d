// SPDX-License-Identifier: EUPL-1.2

/** The meetings that run now. */
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { answer, api, removed } from '../../api/client';
import type { components } from '../../api/schema';
import { announce, Button } from '../../ui';
import { Confirm } from './dialogs';
import { keepFocus, Loaded, Section, Table, TenantSelect, useWhen } from './pieces';
import { useChange, useRefusal } from './queries';
import { useTexts } from './texts';

type Meeting = components['schemas']['RunningMeeting'];

export function Running() {
  const { t } = useTexts();
  const when = useWhen();
  const [tenant, setTenant] = useState('');
  const [ending, setEnding] = useState<Meeting>();
  const query = tenant === '' ? {} : { tenant_id: tenant };
  const meetings = useQuery({
    queryKey: ['admin', 'meetings', tenant],
    queryFn: () => answer(api.GET('/v1/admin/meetings', { params: { query } })),
    refetchInterval: 10_000,
  });
  const titleOf = (meeting: Meeting) => meeting.title ?? t('admin.meetings.unplanned');
  return (
    <Section title={t('admin.meetings.title')} lead={t('admin.meetings.lead')}>
      <TenantSelect value={tenant} onChange={setTenant} />
      <Loaded query={meetings}>
        {(rows) => (
          <Table
            caption={t('admin.meetings.title')}
            rows={rows}
            keyOf={(meeting) => meeting.room_id}
            empty={t('admin.meetings.empty')}
            columns={[
              { name: t('admin.meetings.name'), cell: titleOf },
              { name: t('admin.meetings.began'), cell: (meeting) => when(meeting.began_at) },
              { name: t('admin.meetings.connections'), cell: (meeting) => (meeting.connections === 0 ? t('admin.meetings.nobody') : meeting.connections) },
              {
                name: t('admin.actions'),
                cell: (meeting) => (
                  <Button
                    onPress={() => setEnding(meeting)}
                    aria-label={t('admin.meetings.end_named', { title: titleOf(meeting), time: when(meeting.began_at) })}
                  >
                    {t('admin.meetings.end')}
                  </Button>
                ),
              },
            ]}
          />
        )}
      </Loaded>
      {ending ? <End meeting={ending} title={titleOf(ending)} query={query} onClose={() => setEnding(undefined)} /> : null}
    </Section>
  );
}

interface EndProps {
  meeting: Meeting;
  title: string;
  query: { tenant_id?: string };
  onClose: () => void;
}

function End({ meeting, title, query, onClose }: EndProps) {
  const { t } = useTexts();
  const end = useChange(
    () => removed(answer(api.DELETE('/v1/admin/meetings/{room_id}', { params: { path: { room_id: meeting.room_id }, query } }))),
    () => {
      announce(t('admin.meetings.ended', { title }));
      onClose();
      keepFocus();
    },
  );
  return (
    <Confirm
      title={t('admin.meetings.end_title', { title })}
      text={t('admin.meetings.end_text')}
      action={t('admin.meetings.end')}
      busy={end.isPending}
      problem={useRefusal(end.error).problem}
      onConfirm={() => end.mutate()}
      onClose={onClose}
    />
  );
}
