// SPDX-License-Identifier: EUPL-1.2

/** Who forgot their password asks for a mail; with the address from that mail, or from an invitation, they set a new one. */
import { useSearch } from '@tanstack/react-router';
import { type FormEvent, type ReactNode, useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { deadline } from '../../api/deadline';
import { Alert, Button, TextField } from '../../ui';
import { auth } from '../auth';
import { installation } from '../config';
import { useTitle } from '../title';
import styles from './pages.module.css';
import { Waiting } from './Waiting';

type Outcome = 'done' | 'wrong' | 'expired' | 'no_mail' | 'wait' | 'unreachable';

async function send(path: string, body: object): Promise<Outcome> {
  try {
    const response = await fetch(`/identity/account/${path}`, {
      method: 'POST',
      signal: deadline(),
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify(body),
    });
    if (response.ok) return 'done';
    const outcomes: Record<number, Outcome> = { 409: 'no_mail', 410: 'expired', 422: 'wrong', 429: 'wait' };
    return outcomes[response.status] ?? 'unreachable';
  } catch {
    return 'unreachable';
  }
}

export function NewPassword() {
  const { token } = useSearch({ from: '/password' });
  if (token !== undefined) return <Choose token={token} />;
  return installation().mails === false ? <NoMail /> : <Forgotten />;
}

interface PageProps {
  name: 'forgotten' | 'choose';
  outcome: Outcome | undefined;
  busy: boolean;
  onSubmit: () => void;
  children: ReactNode;
}

function Page({ name, outcome, busy, onSubmit, children }: PageProps) {
  const { t } = useTranslation();
  useTitle(t(`password.${name}.title`));
  const submit = (event: FormEvent) => {
    event.preventDefault();
    onSubmit();
  };
  return (
    <div className={styles['narrow']}>
      <form className={styles['card']} onSubmit={submit} noValidate>
        <div className={styles['head']}>
          <h1>{t(`password.${name}.title`)}</h1>
          <p className={styles['lead']}>{t(`password.${name}.lead`)}</p>
        </div>
        {outcome === 'done' ? <Alert kind="success" live title={t(`password.${name}.done`)} /> : null}
        {outcome !== undefined && outcome !== 'done' && outcome !== 'wrong' ? (
          <Alert kind="danger" live title={t(`password.error.${outcome}`)} />
        ) : null}
        {outcome === 'done' ? null : (
          <>
            {children}
            <Button type="submit" kind="primary" busy={busy} wide large>
              {t(`password.${name}.submit`)}
            </Button>
          </>
        )}
        {name === 'choose' && outcome === 'done' ? (
          <Button kind="primary" onPress={() => void auth.signIn('/').catch(() => location.assign('/'))} wide large>
            {t('login.begin')}
          </Button>
        ) : null}
      </form>
    </div>
  );
}

/** Nothing can be sent: whom to ask instead. */
function NoMail() {
  const { t } = useTranslation();
  useTitle(t('password.forgotten.title'));
  return (
    <div className={styles['narrow']}>
      <section className={styles['card']}>
        <h1>{t('password.forgotten.title')}</h1>
        <p className={styles['lead']}>{t('password.error.no_mail')}</p>
      </section>
    </div>
  );
}

function Forgotten() {
  const { t } = useTranslation();
  const [email, setEmail] = useState('');
  const [outcome, setOutcome] = useState<Outcome>();
  const [busy, setBusy] = useState(false);
  const ask = async () => {
    if (!email.includes('@')) return setOutcome('wrong');
    setBusy(true);
    setOutcome(await send('forgotten', { email }));
    setBusy(false);
  };
  return (
    <Page name="forgotten" outcome={outcome} busy={busy} onSubmit={() => void ask()}>
      <TextField
        label={t('login.email')}
        type="email"
        autoComplete="username"
        value={email}
        onChange={setEmail}
        error={outcome === 'wrong' ? t('password.forgotten.wrong') : undefined}
        required
      />
    </Page>
  );
}

/** Nobody thinks of a password for an address that does nothing: first it is looked whether it still works. */
export function Choose({ token }: { token: string }) {
  const { t } = useTranslation();
  const [over, setOver] = useState<boolean>();
  useEffect(() => {
    let gone = false;
    // No account has an empty password: only the address itself is looked at.
    void send('new_password', { token, password: '' }).then((outcome) => {
      if (!gone) setOver(outcome === 'expired');
    });
    return () => {
      gone = true;
    };
  }, [token]);
  if (over === undefined) return <Waiting text={t('loading')} />;
  return over ? <Over /> : <Set token={token} onOver={() => setOver(true)} />;
}

function Over() {
  const { t } = useTranslation();
  const { mails } = installation();
  useTitle(t('password.choose.over'));
  return (
    <div className={styles['narrow']}>
      <section className={styles['card']} role="alert">
        <h1>{t('password.choose.over')}</h1>
        <p className={styles['lead']}>{t(mails === false ? 'password.error.expired_no_mail' : 'password.error.expired')}</p>
        <Button kind="primary" onPress={() => location.assign('/')}>
          {t('problem.home')}
        </Button>
        {mails === false ? null : <Button onPress={() => location.assign('/password')}>{t('password.forgotten.title')}</Button>}
      </section>
    </div>
  );
}

function Set({ token, onOver }: { token: string; onOver: () => void }) {
  const { t } = useTranslation();
  const [password, setPassword] = useState('');
  const [outcome, setOutcome] = useState<Outcome>();
  const [busy, setBusy] = useState(false);
  const set = async () => {
    setBusy(true);
    const next = await send('new_password', { token, password });
    if (next === 'expired') return onOver();
    setOutcome(next);
    setBusy(false);
  };
  return (
    <Page name="choose" outcome={outcome} busy={busy} onSubmit={() => void set()}>
      <TextField
        label={t('login.password')}
        hint={t('password.choose.hint')}
        type="password"
        autoComplete="new-password"
        value={password}
        onChange={setPassword}
        error={outcome === 'wrong' ? t('password.choose.wrong') : undefined}
        required
      />
    </Page>
  );
}
