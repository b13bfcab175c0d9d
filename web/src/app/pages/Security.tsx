// SPDX-License-Identifier: EUPL-1.2

/** How the person who is logged in logs in: logins, password, second factor, passkeys. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { ApiError } from '../../api/client';
import { Alert, announce, Button, Form, TextField } from '../../ui';
import { browserOf, changePassword, endLogin, endOtherLogins, type Login, logins } from '../security/account';
import { CurrentPassword } from '../security/CurrentPassword';
import { Passkeys } from '../security/Passkeys';
import { SecondFactor } from '../security/SecondFactor';
import { useRefusal, useTexts } from '../security/texts';
import { useWhen } from '../security/when';
import { useTitle } from '../title';
import styles from './pages.module.css';
import { Problem, problemOf } from './Problem';
import { Refusal } from '../Refusal';
import { Waiting } from './Waiting';

export function Security() {
  const { t } = useTexts();
  useTitle(t('security.title'));
  const list = useQuery({ queryKey: ['logins'], queryFn: logins });
  if (list.isPending) return <Waiting text={t('loading')} />;
  const foreign = list.error instanceof ApiError && list.error.status === 404;
  if (list.isError && !foreign) return <Problem kind={problemOf(list.error)} retry={() => void list.refetch()} />;
  return (
    <div className={styles['page']}>
      <div className={styles['head']}>
        <h1>{t('security.title')}</h1>
      </div>
      {list.isSuccess ? (
        <div className={styles['two']}>
          <div className={styles['column']}>
            <Logins list={list.data} />
            <Password />
          </div>
          <div className={styles['column']}>
            <SecondFactor />
            <Passkeys />
          </div>
        </div>
      ) : (
        <Alert kind="info" title={t('security.foreign')} />
      )}
    </div>
  );
}

function Logins({ list }: { list: readonly Login[] }) {
  const { t } = useTexts();
  const queries = useQueryClient();
  const end = useMutation({
    mutationFn: (id: string | undefined) => (id === undefined ? endOtherLogins() : endLogin(id)),
    onSuccess: () => announce(t('security.ended')),
    onSettled: () => queries.invalidateQueries({ queryKey: ['logins'] }),
  });
  const when = useWhen();
  const name = (login: Login) => {
    const { browser, system } = browserOf(login.browser ?? '');
    return browser ? t(system ? 'security.browser_on' : 'security.browser', { browser, system }) : t('security.unknown');
  };
  return (
    <section className={styles['card']} aria-labelledby="logins">
      <div className={styles['head']}>
        <h2 id="logins">{t('security.logins')}</h2>
        <p className={styles['lead']}>{t('security.logins_lead')}</p>
      </div>
      <Refusal error={end.error} failed={t('security.failed')} />
      <ul className={styles['meetings']}>
        {list.map((login) => (
          <li key={login.id} className={styles['meeting']}>
            <div>
              <strong>{name(login)}</strong>
              <div>{login.current ? t('security.current') : t('security.used', { time: when(login.last_used_at) })}</div>
              <div>{t('security.since', { time: when(login.logged_in_at) })}</div>
            </div>
            {login.current ? null : (
              <Button
                onPress={() => end.mutate(login.id)}
                isDisabled={end.isPending}
                aria-label={t('security.end_named', { name: name(login), time: when(login.logged_in_at) })}
              >
                {t('security.end')}
              </Button>
            )}
          </li>
        ))}
      </ul>
      {list.some((login) => !login.current) ? (
        <Button kind="danger" onPress={() => end.mutate(undefined)} isDisabled={end.isPending}>
          {t('security.end_others')}
        </Button>
      ) : null}
    </section>
  );
}

function Password() {
  const { t } = useTexts();
  const queries = useQueryClient();
  const refusal = useRefusal();
  const [current, setCurrent] = useState('');
  const [next, setNext] = useState('');
  const change = useMutation({
    mutationFn: () => changePassword(current, next),
    onSuccess: () => {
      setCurrent('');
      setNext('');
      void queries.invalidateQueries({ queryKey: ['logins'] });
    },
  });
  const refused = change.error instanceof ApiError && change.error.fields['new_password'] !== undefined;
  return (
    <section className={styles['card']} aria-labelledby="password">
      <div className={styles['head']}>
        <h2 id="password">{t('security.password')}</h2>
        <p className={styles['lead']}>{t('security.password_lead')}</p>
      </div>
      <Form problem={refusal(change.error)} onSubmit={change.mutate}>
        <CurrentPassword label={t('security.current_password')} value={current} onChange={setCurrent} error={change.error} />
        <TextField
          label={t('security.new_password')}
          name="new_password"
          type="password"
          hint={t('setup.password_hint')}
          autoComplete="new-password"
          value={next}
          onChange={setNext}
          error={refused ? t('security.error.invalid_password') : undefined}
          required
        />
        {change.isSuccess ? <Alert kind="success" title={t('security.changed')} live /> : null}
        <Button type="submit" kind="primary" busy={change.isPending}>
          {t('security.submit')}
        </Button>
      </Form>
    </section>
  );
}
