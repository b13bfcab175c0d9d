// SPDX-License-Identifier: EUPL-1.2

/** The login form of the built-in OpenID provider. It knows one request of that provider and sends the person back to it. */
import { Link, useSearch } from '@tanstack/react-router';
import { type FormEvent, type ReactNode, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Alert, announce, Button, TextField } from '../../ui';
import { auth } from '../auth';
import { installation } from '../config';
import { knowsPasskeys } from '../security/credential';
import { type Problem, withPasskey, withPassword } from '../security/enter';
import { useTitle } from '../title';
import styles from './pages.module.css';
import { InsecureNotice } from './Problem';

export function Login() {
  const { t } = useTranslation();
  const { request } = useSearch({ from: '/login' });
  const [email, setEmail] = useState('');
  const [password, setPassword] = useState('');
  const [code, setCode] = useState('');
  const [second, setSecond] = useState(false);
  const [missing, setMissing] = useState(false);
  const [problem, setProblem] = useState<Problem>();
  const [busy, setBusy] = useState<'password' | 'passkey'>();
  useTitle(t(second ? 'login.second.title' : 'login.title'));

  const begin = () => void auth.signIn('/').catch(() => setProblem({ code: 'unreachable' }));
  const go = async (way: 'password' | 'passkey', enter: () => Promise<string | Problem>) => {
    setBusy(way);
    setProblem(undefined);
    const next = await enter();
    if (typeof next === 'string') {
      location.assign(next);
      return;
    }
    setBusy(undefined);
    if (next.code === 'second_factor_required') return setSecond(true);
    if (next.code === 'passkey_cancelled') announce(t('login.error.passkey_cancelled'));
    if (next.code === 'invalid_code') setCode('');
    // The password was changed meanwhile, or the page is too old: from the beginning.
    if (next.code === 'invalid_credentials' || next.code === 'login_expired') setSecond(false);
    setProblem(next);
  };
  const expired = request === undefined || problem?.code === 'login_expired';

  if (second)
    return (
      <Card
        key="second"
        title={t('login.second.title')}
        lead={t('login.second.lead')}
        problem={problem}
        onSubmit={() => {
          setMissing(code.trim() === '');
          if (code.trim() !== '') void go('password', () => withPassword(request ?? '', email, password, code.trim()));
        }}
      >
        <TextField
          label={t('login.second.code')}
          hint={t('login.second.code_hint')}
          name="code"
          autoComplete="one-time-code"
          value={code}
          onChange={setCode}
          error={missing && code.trim() === '' ? t('login.second.missing') : undefined}
          required
          autoFocus
        />
        <Button type="submit" kind="primary" busy={busy === 'password'} wide large>
          {t('login.submit')}
        </Button>
        <Button
          kind="quiet"
          icon="back"
          onPress={() => {
            setSecond(false);
            setProblem(undefined);
            setCode('');
          }}
        >
          {t('login.second.back')}
        </Button>
      </Card>
    );
  if (expired)
    return (
      <Card title={t('login.title')} lead={t('login.lead')} problem={problem} onSubmit={begin}>
        <Button type="submit" kind="primary" wide large>
          {t('login.begin')}
        </Button>
      </Card>
    );
  return (
    <Card
      title={t('login.title')}
      lead={t('login.lead')}
      problem={problem}
      onSubmit={() => void go('password', () => withPassword(request, email, password))}
    >
      <TextField label={t('login.email')} name="username" type="email" autoComplete="username" value={email} onChange={setEmail} required />
      <TextField
        label={t('login.password')}
        name="password"
        type="password"
        autoComplete="current-password"
        value={password}
        onChange={setPassword}
        required
      />
      <Button type="submit" kind="primary" busy={busy === 'password'} wide large>
        {t('login.submit')}
      </Button>
      {knowsPasskeys() ? (
        <Button icon="key" busy={busy === 'passkey'} onPress={() => void go('passkey', () => withPasskey(request))} wide large>
          {t('login.passkey')}
        </Button>
      ) : null}
      {installation().mails ? <Link to="/password">{t('login.forgotten')}</Link> : null}
    </Card>
  );
}

interface CardProps {
  title: string;
  lead: string;
  problem: Problem | undefined;
  onSubmit: () => void;
  children: ReactNode;
}

function Card({ title, lead, problem, onSubmit, children }: CardProps) {
  const { t } = useTranslation();
  const submit = (event: FormEvent) => {
    event.preventDefault();
    onSubmit();
  };
  // Who has changed their mind is told so, not warned.
  const quiet = problem?.code === 'passkey_cancelled';
  return (
    <div className={styles['narrow']}>
      <InsecureNotice />
      <form className={styles['card']} onSubmit={submit} noValidate>
        <div className={styles['head']}>
          <h1>{title}</h1>
          <p className={styles['lead']}>{lead}</p>
        </div>
        {problem ? (
          <Alert
            kind={quiet ? 'info' : 'danger'}
            live={!quiet}
            title={t(`login.error.${problem.code}`, { count: 'minutes' in problem ? problem.minutes : 0 })}
          />
        ) : null}
        {children}
      </form>
    </div>
  );
}
