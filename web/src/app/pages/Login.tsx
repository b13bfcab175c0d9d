// SPDX-License-Identifier: EUPL-1.2

/** The login form of the built-in OpenID provider. It knows one request of that provider and sends the person back to it. */
import { Link, useSearch } from '@tanstack/react-router';
import { type FormEvent, lazy, type ReactNode, Suspense, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Alert, announce, Button, TextField } from '../../ui';
import { auth } from '../auth';
import { installation } from '../config';
import { knowsPasskeys } from '../security/credential';
import type { Proposal } from '../security/account';
import { type Entered, type Problem, withPasskey, withPassword } from '../security/enter';
import { useTitle } from '../title';
import styles from './pages.module.css';
import { InsecureNotice } from './Problem';
import { Waiting } from './Waiting';

/** Most people never see them here: they come when they are needed. */
const SetUp = lazy(() => import('../security/SetUp').then(({ SetUp }) => ({ default: SetUp })));
const RecoveryCodes = lazy(() => import('../security/SetUp').then(({ RecoveryCodes }) => ({ default: RecoveryCodes })));

export function Login() {
  const { t } = useTranslation();
  const { request } = useSearch({ from: '/login' });
  const [email, setEmail] = useState('');
  const [password, setPassword] = useState('');
  const [code, setCode] = useState('');
  /** The step after the password: the code of a second factor, or of one that has to be set up first. */
  const [second, setSecond] = useState<'code' | Proposal>();
  const [entered, setEntered] = useState<Entered>();
  const [missing, setMissing] = useState(false);
  const [problem, setProblem] = useState<Problem>();
  const [busy, setBusy] = useState<'password' | 'passkey'>();
  useTitle(t(second ? 'login.second.title' : 'login.title'));

  const begin = () => void auth.signIn('/').catch(() => setProblem({ code: 'unreachable' }));
  const go = async (way: 'password' | 'passkey', enter: () => Promise<Entered | Problem>) => {
    setBusy(way);
    setProblem(undefined);
    const next = await enter();
    if ('redirect_to' in next) {
      if (next.recovery_codes === undefined) location.assign(next.redirect_to);
      else setEntered(next);
      return;
    }
    setBusy(undefined);
    if (next.code === 'second_factor_required') return setSecond('code');
    if (next.code === 'second_factor_setup_required') return setSecond(next.proposal);
    if (next.code === 'passkey_cancelled') announce(t('login.error.passkey_cancelled'));
    if (next.code === 'invalid_code') setCode('');
    // The password was changed meanwhile, or the page is too old: from the beginning.
    if (next.code === 'invalid_credentials' || next.code === 'login_expired') setSecond(undefined);
    setProblem(next);
  };
  const expired = request === undefined || problem?.code === 'login_expired';

  const back = () => {
    setSecond(undefined);
    setProblem(undefined);
    setCode('');
  };

  if (entered?.recovery_codes)
    return (
      <Step>
        <RecoveryCodes heading="h1" codes={entered.recovery_codes} onKept={() => location.assign(entered.redirect_to)} />
      </Step>
    );
  if (typeof second === 'object')
    return (
      <Step>
        <SetUp
          heading="h1"
          lead={t('login.second.required')}
          proposal={second}
          busy={busy === 'password'}
          wrong={problem?.code === 'invalid_code'}
          problem={problem && t(problem.code === 'invalid_code' ? 'setup.check' : `login.error.${problem.code}`, wait(problem))}
          onCode={(code) => {
            // A login without a code would propose another secret than the one that was scanned.
            if (code.trim() === '') setProblem({ code: 'invalid_code' });
            else void go('password', () => withPassword(request ?? '', email, password, code.trim()));
          }}
          onCancel={back}
        />
      </Step>
    );
  if (second === 'code')
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
        <Button kind="quiet" icon="back" onPress={back}>
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
      {installation().mails ? <Link to="/password">{t('login.forgotten')}</Link> : <p>{t('login.forgotten_no_mail')}</p>}
    </Card>
  );
}

const wait = (problem: Problem) => ({ count: 'minutes' in problem ? problem.minutes : 0 });

function Step({ children }: { children: ReactNode }) {
  const { t } = useTranslation();
  return (
    <div className={styles['narrow']}>
      <section className={styles['card']}>
        <Suspense fallback={<Waiting text={t('loading')} />}>{children}</Suspense>
      </section>
    </div>
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
            title={t(`login.error.${problem.code}`, wait(problem))}
          />
        ) : null}
        {children}
      </form>
    </div>
  );
}
