// SPDX-License-Identifier: EUPL-1.2

/** The one link: people with an account come in as themselves, everybody else as a guest. Who runs the meeting says how long it works. */
import { now, parseAbsolute, type ZonedDateTime } from '@internationalized/date';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { type ReactNode, useRef, useState } from 'react';
import { answer, api, ApiError, type EventResource, removed } from '../../api/client';
import { newestOf, worksNow } from '../../api/guest_link';
import type { components } from '../../api/schema';
import { Alert, announce, Button, CopyButton, Dialog, Form, RadioGroup, TextField } from '../../ui';
import { DateField } from '../../ui/DateField';
import { installation } from '../config';
import { keepFocus } from '../focus';
import styles from './meetings.module.css';
import { useTexts } from './texts';
import { Refusal, refusalText } from '../Refusal';
import { localZone, momentText } from './when';

type Link = components['schemas']['InviteResource'];

/** The link for everybody; where there is none, when the last one ran out. */
export async function linkOf(roomId: string): Promise<{ link?: Link | undefined; over?: string | null | undefined }> {
  const links = await answer(api.GET('/v1/rooms/{room_id}/invites', { params: { path: { room_id: roomId } } }));
  const link = newestOf(links.filter(worksNow));
  const last = newestOf(links);
  return link === undefined && last?.active ? { over: last.expiration } : { link };
}

/** Makes the link for everybody. */
export function useMakeLink(roomId: string, after: () => void) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: () => answer(api.POST('/v1/rooms/{room_id}/invites', { params: { path: { room_id: roomId } }, body: {} })),
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: ['guest_link', roomId] });
      after();
    },
  });
}

export function GuestLink({ room }: { room: EventResource['room'] }) {
  const { t, i18n } = useTexts();
  const [asking, setAsking] = useState<'until' | 'end'>();
  const heading = useRef<HTMLHeadingElement>(null);
  const found = useQuery({ queryKey: ['guest_link', room.id], queryFn: () => linkOf(room.id) });
  const changed = async (text: string) => {
    await found.refetch();
    setAsking(undefined);
    announce(text);
    keepFocus(() => heading.current);
  };
  const make = useMakeLink(room.id, () => void changed(t('meeting.link_made')));
  const card = (children: ReactNode) => (
    <section className={styles['card']} aria-labelledby="guest_link">
      <h2 id="guest_link" tabIndex={-1} ref={heading}>
        {t('meeting.link')}
      </h2>
      {children}
    </section>
  );
  if (room.guest_access === 'disabled') return card(<p>{t('meeting.rule.guests_disabled')}</p>);
  if (found.isError) return card(<Refusal error={found.error} failed={t('meeting.link_failed')} />);
  if (found.data === undefined) return card(<p role="status">{t('loading')}</p>);
  const { link, over } = found.data;
  if (link === undefined)
    return card(
      <>
        {over ? <Alert kind="warning" title={t('meeting.link_over', { time: momentText(over, i18n.language) })} /> : <p>{t('meeting.no_link')}</p>}
        <Refusal error={make.error} failed={t('meeting.link_not_changed')} />
        <Button icon="link" busy={make.isPending} onPress={() => make.mutate()}>
          {t('meeting.make_link')}
        </Button>
      </>,
    );
  const address = `${location.origin}/room/${room.id}?invite=${link.invite_code}`;
  return card(
    <>
      <TextField label={t('meeting.link_label')} hint={t('meeting.link_hint')} value={address} onChange={() => undefined} readOnly />
      <p>{link.expiration ? t('meeting.link_ends', { time: momentText(link.expiration, i18n.language) }) : t('meeting.link_no_end')}</p>
      <div className={styles['row']}>
        <CopyButton text={address} label={t('meeting.copy')} copied={t('meeting.copied')} refused={t('copy.refused')} />
        <Button onPress={() => setAsking('until')}>{t('meeting.link_until_change')}</Button>
        <Button onPress={() => setAsking('end')}>{t('meeting.link_end')}</Button>
      </div>
      {asking === 'until' ? <Until link={link} onClose={() => setAsking(undefined)} onDone={changed} /> : null}
      {asking === 'end' ? <End link={link} onClose={() => setAsking(undefined)} onDone={changed} /> : null}
    </>,
  );
}

interface ChangeProps {
  link: Link;
  onClose: () => void;
  onDone: (text: string) => Promise<void>;
}

const pathOf = ({ room_id, invite_code }: Link) => ({ params: { path: { room_id, invite_code } } });

function Until({ link, onClose, onDone }: ChangeProps) {
  const { t } = useTexts();
  const zone = localZone();
  const [kind, setKind] = useState(link.expiration ? 'time' : 'never');
  const [until, setUntil] = useState<ZonedDateTime | null>(() =>
    link.expiration ? parseAbsolute(link.expiration, zone) : now(zone).add({ weeks: 1 }).set({ second: 0, millisecond: 0 }),
  );
  const [checked, setChecked] = useState(false);
  const change = useMutation({
    mutationFn: () =>
      answer(
        api.PUT('/v1/rooms/{room_id}/invites/{invite_code}', {
          ...pathOf(link),
          body: { expiration: kind === 'time' && until !== null ? until.toAbsoluteString() : null },
        }),
      ),
    onSuccess: () => onDone(t('meeting.link_until_saved')),
  });
  const missing = kind === 'time' && until === null;
  const past = change.error instanceof ApiError && change.error.fields['expiration'] !== undefined;
  const wrong = checked && missing ? 'meeting.link_until_missing' : past ? 'meeting.link_until_past' : undefined;
  return (
    <Dialog title={t('meeting.link_until')} isOpen onClose={onClose}>
      <Form
        problem={wrong ? t('plan.check') : change.isError ? refusalText(change.error, t('meeting.link_not_changed'), t) : undefined}
        onSubmit={() => {
          setChecked(true);
          if (!missing) change.mutate();
        }}
      >
        <RadioGroup
          label={t('meeting.link_until_kind')}
          choices={[
            { value: 'never', label: t('meeting.link_until_never') },
            { value: 'time', label: t('meeting.link_until_time') },
          ]}
          value={kind}
          onChange={setKind}
        />
        {kind === 'time' ? (
          <>
            <DateField
              label={t('meeting.link_until_field')}
              value={until}
              onChange={setUntil}
              placeholder={now(zone)}
              error={wrong && t(wrong)}
              required
            />
            <p className={styles['quiet']}>{t('plan.zone', { zone: zone.replaceAll('_', ' ') })}</p>
          </>
        ) : null}
        <div className={styles['row']}>
          <Button onPress={onClose}>{t('plan.cancel')}</Button>
          <Button type="submit" kind="primary" busy={change.isPending}>
            {t('plan.save')}
          </Button>
        </div>
      </Form>
    </Dialog>
  );
}

function End({ link, onClose, onDone }: ChangeProps) {
  const { t } = useTexts();
  const end = useMutation({
    mutationFn: () => removed(answer(api.DELETE('/v1/rooms/{room_id}/invites/{invite_code}', pathOf(link)))),
    onSuccess: () => onDone(t('meeting.link_ended')),
  });
  return (
    <Dialog
      title={t('meeting.link_end_title')}
      isOpen
      onClose={onClose}
      urgent
      actions={
        <>
          <Button autoFocus onPress={onClose}>
            {t('plan.cancel')}
          </Button>
          <Button kind="danger" busy={end.isPending} onPress={() => end.mutate()}>
            {t('meeting.link_end')}
          </Button>
        </>
      }
    >
      <p>{t('meeting.link_end_text')}</p>
      {installation().mails ? <p>{t('meeting.link_end_mailed')}</p> : null}
      <Refusal error={end.error} failed={t('meeting.link_not_changed')} />
    </Dialog>
  );
}
