// SPDX-License-Identifier: EUPL-1.2

/** A copy of what is kept about a person, their calendar's address, and the end of their account. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { answer, api, ApiError, removed, unhurried } from '../../api/client';
import { Alert, announce, Button, CopyButton, Dialog, TextField } from '../../ui';
import { auth } from '../auth';
import { installation } from '../config';
import { region } from '../region';
import { PasswordDialog } from '../security/PasswordDialog';
import styles from './settings.module.css';
import { Refusal, refusalText } from '../Refusal';
import { useTexts } from './texts';

export function CalendarFeed() {
  const { t, i18n } = useTexts();
  const queries = useQueryClient();
  const feed = useQuery({
    queryKey: ['calendar_feed'],
    queryFn: async () => {
      try {
        return await answer(api.GET('/v1/users/me/calendar_feed'));
      } catch (error) {
        // There is none: no failure.
        if (error instanceof ApiError && error.status === 404) return null;
        throw error;
      }
    },
  });
  const refresh = () => queries.invalidateQueries({ queryKey: ['calendar_feed'] });
  const make = useMutation({ mutationFn: () => answer(api.POST('/v1/users/me/calendar_feed')), onSuccess: refresh });
  const remove = useMutation({
    mutationFn: () => removed(answer(api.DELETE('/v1/users/me/calendar_feed'))),
    onSuccess: async () => {
      make.reset();
      announce(t('settings.feed_removed'));
      await refresh();
    },
  });
  const url = make.data?.url;
  return (
    <section className={styles['card']}>
      <h2>{t('settings.feed')}</h2>
      <p>{t('settings.feed_hint')}</p>
      <Refusal error={feed.error ?? make.error ?? remove.error} failed={t('settings.feed_failed')} />
      {url == null ? null : (
        <>
          <TextField label={t('settings.feed_address')} hint={t('settings.feed_once')} value={url} onChange={() => undefined} readOnly />
          <CopyButton text={url} label={t('settings.feed_copy')} copied={t('settings.feed_copied')} refused={t('copy.refused')} />
        </>
      )}
      {feed.data ? (
        <>
          {url == null ? (
            <p>
              {t('settings.feed_since', {
                date: new Date(feed.data.created_at).toLocaleDateString(region(i18n.language), { dateStyle: 'long' }),
              })}
            </p>
          ) : null}
          <Button onPress={() => remove.mutate()} busy={remove.isPending}>
            {t('settings.feed_remove')}
          </Button>
        </>
      ) : null}
      <Button onPress={() => make.mutate()} busy={make.isPending}>
        {feed.data ? t('settings.feed_renew') : t('settings.feed_make')}
      </Button>
    </section>
  );
}

export function YourData() {
  const { t } = useTexts();
  const [asking, setAsking] = useState(false);
  const copy = useMutation({
    mutationFn: () => answer(api.GET('/v1/users/me/export', unhurried)),
    onSuccess: (data) => {
      const address = URL.createObjectURL(new Blob([JSON.stringify(data, null, 2)], { type: 'application/json' }));
      const link = document.createElement('a');
      link.href = address;
      link.download = t('settings.copy_file');
      link.click();
      URL.revokeObjectURL(address);
      announce(t('settings.copied'));
    },
  });
  return (
    <section className={styles['card']}>
      <h2>{t('settings.data')}</h2>
      <p>{t('settings.copy_hint')}</p>
      <Refusal error={copy.error} failed={t('settings.copy_failed')} />
      <Button onPress={() => copy.mutate()} busy={copy.isPending}>
        {t('settings.copy')}
      </Button>
      <p>{t('settings.delete_hint')}</p>
      <Button kind="danger" onPress={() => setAsking(true)}>
        {t('settings.delete')}
      </Button>
      {asking ? <Deletion onClose={() => setAsking(false)} /> : null}
    </section>
  );
}

function Deletion({ onClose }: { onClose: () => void }) {
  const { t } = useTexts();
  const remove = useMutation({
    mutationFn: (current_password: string | null) => answer(api.DELETE('/v1/users/me', { body: { current_password } })),
    onSuccess: () => void auth.signOut(),
  });
  const said: Partial<Record<string, string>> = {
    last_administrator: 'settings.delete_last',
    fresh_login_required: 'settings.delete_fresh',
  };
  const code = remove.error instanceof ApiError ? remove.error.code : '';
  const problem = said[code] === undefined ? undefined : t(said[code]);
  const title = t('settings.delete_title');
  if (installation().builtInLogin !== false)
    return (
      <PasswordDialog
        title={title}
        text={t(installation().mails ? 'settings.delete_text' : 'settings.delete_text_no_mail')}
        action={t('settings.delete_now')}
        danger
        busy={remove.isPending}
        error={remove.error}
        problem={() => problem}
        onSubmit={remove.mutate}
        onClose={onClose}
      />
    );
  return (
    <Dialog
      title={title}
      isOpen
      urgent
      onClose={onClose}
      actions={
        <>
          <Button onPress={onClose} autoFocus>
            {t('settings.delete_keep')}
          </Button>
          {code === 'fresh_login_required' ? (
            <Button kind="primary" onPress={() => void auth.signIn('/settings', 'login')}>
              {t('login.begin')}
            </Button>
          ) : (
            <Button kind="danger" onPress={() => remove.mutate(null)} busy={remove.isPending}>
              {t('settings.delete_now')}
            </Button>
          )}
        </>
      }
    >
      <p>{t(installation().mails ? 'settings.delete_text' : 'settings.delete_text_no_mail')}</p>
      {remove.isError ? <Alert kind="danger" title={problem ?? refusalText(remove.error, t('settings.delete_failed'), t)} live /> : null}
    </Dialog>
  );
}
