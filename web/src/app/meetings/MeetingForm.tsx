// SPDX-License-Identifier: EUPL-1.2

/** Plans or changes a meeting on one page: what, when, who, and by which rules. */
import { now } from '@internationalized/date';
import { useNavigate, useParams, useRouter } from '@tanstack/react-router';
import { type FormEvent, useRef, useState } from 'react';
import { ApiError, type EventResource } from '../../api/client';
import { Alert, announce, Button, RadioGroup, Select, Switch, TextField } from '../../ui';
import { Problem, problemOf } from '../pages/Problem';
import { useProfile } from '../profile';
import { useTitle } from '../title';
import { changed, type Draft, draftOf, type DraftError, emptyDraft, firstDayOf, type GuestAccess, type Kind, wrongIn } from './draft';
import { Limits } from './Limits';
import styles from './meetings.module.css';
import { People, useInviting } from './People';
import { guestOf, NotInvited, type Stored, useEvent, useSave } from './queries';
import { SeriesFields } from './SeriesFields';
import { useTexts } from './texts';
import { TimingFields } from './TimingFields';
import { refusalText } from '../Refusal';
import { localZone } from './when';

/** A notice names the meeting, however long its title is. */
const short = (title: string): string => (title.length > 80 ? `${title.slice(0, 79).trimEnd()}…` : title);

export function PlanMeeting() {
  return <Form event={undefined} />;
}

export function EditMeeting() {
  const { t } = useTexts();
  const { eventId } = useParams({ from: '/dashboard/meetings/$eventId/edit' });
  const event = useEvent(eventId);
  if (event.isError) return <Problem kind={problemOf(event.error)} retry={() => void event.refetch()} />;
  if (event.data === undefined) return <p role="status">{t('loading')}</p>;
  return event.data.can_edit ? <Form event={event.data} /> : <Problem kind="forbidden" />;
}

function Form({ event }: { event: EventResource | undefined }) {
  const { t, i18n } = useTexts();
  const navigate = useNavigate();
  const { history } = useRouter();
  const me = useProfile().data;
  const [stored] = useState<Stored | undefined>(
    () => event && { id: event.id, draft: draftOf(event, now(localZone())), guests: event.invitees.map(guestOf) },
  );
  const [draft, setDraft] = useState<Draft>(() => stored?.draft ?? emptyDraft(now(localZone())));
  const inviting = useInviting(stored?.guests ?? []);
  const [checked, setChecked] = useState(false);
  const save = useSave(stored);
  const form = useRef<HTMLFormElement>(null);
  useTitle(event === undefined ? t('plan.title') : t('plan.change_title', { title: event.title }));

  const change = (part: Partial<Draft>) => setDraft((old) => changed(old, part));
  const wrong = checked ? wrongIn(draft) : [];
  const refused = save.error instanceof ApiError ? save.error : undefined;
  const error = (...kinds: DraftError[]) => {
    const kind = wrong.find((one) => kinds.includes(one));
    return kind === undefined ? undefined : t(`plan.error.${kind}`);
  };
  const fieldError = (field: 'title' | 'description' | 'password' | 'recurrence_pattern' | 'starts_at' | 'ends_at') =>
    refused?.fields[field] === undefined ? undefined : t(`plan.refused.${field}`);
  const timeError = (...kinds: DraftError[]) => error(...kinds) ?? fieldError(kinds.includes('starts') ? 'starts_at' : 'ends_at');

  const problemText = () => {
    if (save.error instanceof NotInvited)
      return t('plan.not_invited', { names: new Intl.ListFormat(i18n.language).format(save.error.names) });
    return refused?.status === 422 ? t('plan.check') : refusalText(save.error, t('plan.failed'), t);
  };
  // Who opened the form by a link has nothing of ours to go back to.
  const leave = () => {
    if (history.canGoBack()) return history.back();
    if (event === undefined) return void navigate({ to: '/dashboard/meetings' });
    void navigate({ to: '/dashboard/meetings/$eventId', params: { eventId: event.id } });
  };

  const submit = (submitted: FormEvent) => {
    submitted.preventDefault();
    setChecked(true);
    const guests = inviting.addText();
    if (wrongIn(draft).length > 0 || guests === undefined) {
      // After the marks have been drawn: to the first of them.
      requestAnimationFrame(() =>
        form.current?.querySelector<HTMLElement>('[data-invalid] input, [data-invalid] [role="spinbutton"], input[aria-invalid="true"]')?.focus(),
      );
      return;
    }
    save.mutate(
      { draft, guests },
      {
        onSuccess: (id) => {
          announce(t(event === undefined ? 'plan.done' : 'plan.changed', { title: short(draft.title.trim()) }));
          void navigate({ to: '/dashboard/meetings/$eventId', params: { eventId: id } });
        },
      },
    );
  };
  return (
    <form className={styles['form']} onSubmit={submit} noValidate ref={form}>
      <h1>{event === undefined ? t('plan.title') : t('plan.change')}</h1>
      {save.isError ? (
        <Alert kind="danger" title={problemText()} live />
      ) : null}
      <section className={styles['card']}>
        <h2>{t('plan.what')}</h2>
        <TextField
          label={t('plan.name')}
          value={draft.title}
          onChange={(title) => change({ title })}
          maxLength={255}
          error={error('title') ?? fieldError('title')}
          required
        />
        <TextField
          label={t('plan.description')}
          hint={t('plan.description_hint')}
          lines={3}
          value={draft.description}
          onChange={(description) => change({ description })}
          maxLength={4096}
          error={fieldError('description')}
        />
      </section>
      <section className={styles['card']}>
        <h2>{t('plan.when')}</h2>
        <RadioGroup
          label={t('plan.kind')}
          choices={(['timed', 'all_day', 'any_time'] as const).map((kind) => ({ value: kind, label: t(`plan.kinds.${kind}`) }))}
          value={draft.kind}
          onChange={(kind) => change({ kind: kind as Kind })}
        />
        <TimingFields timing={draft} onChange={change} error={timeError} />
        {draft.kind === 'any_time' ? null : (
          <SeriesFields
            series={draft.series}
            onChange={(series) => change({ series })}
            first={firstDayOf(draft)}
            error={error('series') ?? fieldError('recurrence_pattern')}
          />
        )}
      </section>
      <section className={styles['card']}>
        <h2>{t('plan.who')}</h2>
        <People inviting={inviting} />
      </section>
      <section className={styles['card']}>
        <h2>{t('plan.rules')}</h2>
        <Select
          label={t('plan.guests')}
          choices={(['direct_access', 'waiting_room', 'disabled'] as const).map((access) => ({
            value: access,
            label: t(`plan.guest_access.${access}`),
          }))}
          value={draft.guestAccess}
          onChange={(access) => change({ guestAccess: access as GuestAccess })}
        />
        <Switch label={t('plan.waiting_room')} isSelected={draft.waitingRoom} onChange={(waitingRoom) => change({ waitingRoom })} />
        <Switch label={t('plan.show_details')} isSelected={draft.showDetails} onChange={(showDetails) => change({ showDetails })} />
        <TextField
          label={t('plan.password')}
          hint={t('plan.password_hint')}
          value={draft.password}
          onChange={(password) => change({ password })}
          maxLength={255}
          autoComplete="off"
          error={fieldError('password')}
        />
      </section>
      {/* The tariff of who has planned it counts, and they take part too. */}
      {event === undefined || event.created_by.id === me?.id ? <Limits draft={draft} people={inviting.guests.length + 1} /> : null}
      <div className={styles['row']}>
        <Button type="submit" kind="primary" large busy={save.isPending}>
          {event === undefined ? t('plan.submit') : t('plan.save')}
        </Button>
        <Button large onPress={leave}>
          {t('plan.cancel')}
        </Button>
      </div>
    </form>
  );
}
