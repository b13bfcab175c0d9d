// SPDX-License-Identifier: EUPL-1.2

/** The login form of the built-in OpenID provider. It knows one request of that provider and sends the person back to it. */
import { Link, useSearch } from '@tanstack/react-router';
import { type FormEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Alert, Button, TextField } from '../../ui';
import { auth } from '../auth';
import { installation } from '../config';
import { useTitle } from '../title';
import styles from './pages.module.css';
import { InsecureNotice } from './Problem';

interface Answer {
  redirect_to?: string;
  code?: string;
  retry_after_secs?: number;
}

type Problem = { code: 'invalid_credentials' | 'login_expired' | 'unreachable' } | { code: 'too_many_attempts'; minutes: number };

export function Login() {
  const { t } = useTranslation();
  const { request } = useSearch({ from: '/login' });
  const [email, setEmail] = useState('');
  const [password, setPassword] = useState('');
  const [problem, setProblem] = useState<Problem>();
  const [busy, setBusy] = useState(false);
  useTitle(t('login.title'));

  const begin = () => void auth.signIn('/').catch(() => setProblem({ code: 'unreachable' }));
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    setProblem(undefined);
    const next = await send(request ?? '', email, password);
    if (typeof next === 'string') {
      location.assign(next);
      return;
    }
    setBusy(false);
    setProblem(next);
  };

  return (
    <div className={styles['narrow']}>
      <InsecureNotice />
      <form className={styles['card']} onSubmit={(event) => void submit(event)} noValidate>
        <div className={styles['head']}>
          <h1>{t('login.title')}</h1>
          <p className={styles['lead']}>{t('login.lead')}</p>
        </div>
        {problem ? (
          <Alert kind="danger" live title={t(`login.error.${problem.code}`, { count: 'minutes' in problem ? problem.minutes : 0 })} />
        ) : null}
        {request === undefined || problem?.code === 'login_expired' ? (
          <Button kind="primary" onPress={begin} wide large>
            {t('login.begin')}
          </Button>
        ) : (
          <>
            <TextField
              label={t('login.email')}
              name="username"
              type="email"
              autoComplete="username"
              value={email}
              onChange={setEmail}
              required
            />
            <TextField
              label={t('login.password')}
              name="password"
              type="password"
              autoComplete="current-password"
              value={password}
              onChange={setPassword}
              required
            />
            <Button type="submit" kind="primary" busy={busy} wide large>
              {t('login.submit')}
            </Button>
            {installation().mails ? <Link to="/password">{t('login.forgotten')}</Link> : null}
          </>
        )}
      </form>
    </div>
  );
}

/** Where to go on, or what is wrong. */
async function send(request: string, email: string, password: string): Promise<string | Problem> {
  try {
    const response = await fetch('/identity/login', {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ request, email, password }),
    });
    const body = (await response.json()) as Answer;
    if (response.ok && body.redirect_to) return body.redirect_to;
    if (response.status === 429)
      return { code: 'too_many_attempts', minutes: Math.max(1, Math.ceil((body.retry_after_secs ?? 60) / 60)) };
    if (response.status === 410) return { code: 'login_expired' };
    return { code: response.status < 500 ? 'invalid_credentials' : 'unreachable' };
  } catch {
    return { code: 'unreachable' };
  }
}
