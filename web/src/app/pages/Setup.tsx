// SPDX-License-Identifier: EUPL-1.2

import { useQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { type FormEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { answer, api, ApiError } from '../../api/client';
import { deadline } from '../../api/deadline';
import { Alert, Button, TextField } from '../../ui';
import { auth } from '../auth';
import { chooseLanguage, type Language } from '../i18n';
import { withPassword } from '../security/enter';
import { useTitle } from '../title';
import styles from './pages.module.css';
import { InsecureNotice, Problem } from './Problem';
import { Waiting } from './Waiting';

export function Setup() {
  const { t } = useTranslation();
  const { token = '' } = useSearch({ from: '/setup' });
  useTitle(t('setup.title'));
  const open = useQuery({
    queryKey: ['setup', token],
    queryFn: () => answer(api.GET('/v1/setup', { params: { query: { token } } })),
    staleTime: Infinity,
  });
  if (open.isPending) return <Waiting text={t('loading')} />;
  if (open.error instanceof ApiError && open.error.status === 0)
    return <Problem kind="unreachable" retry={() => void open.refetch()} />;
  if (open.isError) return <Done />;
  return <Form token={token} />;
}

function Done() {
  const { t } = useTranslation();
  const navigate = useNavigate();
  return (
    <div className={styles['narrow']}>
      <section className={styles['card']}>
        <div className={styles['head']}>
          <h1>{t('setup.done_title')}</h1>
          <p className={styles['lead']}>{t('setup.done_text')}</p>
        </div>
        <Button kind="primary" onPress={() => void navigate({ to: '/' })}>
          {t('problem.home')}
        </Button>
      </section>
    </div>
  );
}

/** With the password just chosen; where that is not enough, the login asks. */
async function logIn(email: string, password: string) {
  const login = await fetch(await auth.authorization('/'), { signal: deadline() });
  const request = new URL(login.url).searchParams.get('request');
  const entered = request === null ? undefined : await withPassword(request, email, password);
  if (entered && 'redirect_to' in entered) location.assign(entered.redirect_to);
  else await auth.signIn('/');
}

type Field = 'organisation_name' | 'display_name' | 'email' | 'password';

function Form({ token }: { token: string }) {
  const { t, i18n } = useTranslation();
  const [values, setValues] = useState<Record<Field, string>>({
    organisation_name: '',
    display_name: '',
    email: '',
    password: '',
  });
  const [errors, setErrors] = useState<Readonly<Record<string, string>>>({});
  const [problem, setProblem] = useState<string>();
  const [busy, setBusy] = useState(false);

  const submit = async (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    setProblem(undefined);
    setErrors({});
    try {
      await answer(api.POST('/v1/setup', { body: { token, ...values } }));
      // The account begins in German; who has set up in another language goes on in it.
      chooseLanguage(i18n.language as Language);
      if (window.isSecureContext) await logIn(values.email, values.password);
      else setProblem(t('setup.done_text'));
    } catch (error) {
      if (error instanceof ApiError && error.code === 'validation_failed') setErrors(error.fields);
      else if (error instanceof ApiError && error.status === 410) setProblem(t('setup.done_text'));
      else setProblem(t('problem.unreachable.text'));
    } finally {
      setBusy(false);
    }
  };
  const field = (name: Field) => ({
    name,
    label: t(`setup.${name}`),
    value: values[name],
    onChange: (value: string) => setValues((last) => ({ ...last, [name]: value })),
    error: errors[name] ? t(`setup.error.${errors[name]}`, { defaultValue: t('setup.error.other') }) : undefined,
  });
  return (
    <div className={styles['narrow']}>
      <div className={styles['head']}>
        <h1>{t('setup.title')}</h1>
        <p className={styles['lead']}>{t('setup.lead')}</p>
      </div>
      <InsecureNotice />
      <form className={styles['card']} onSubmit={(event) => void submit(event)} noValidate>
        {problem ? <Alert kind="danger" title={problem} live /> : null}
        {Object.keys(errors).length > 0 ? <Alert kind="danger" title={t('setup.check')} live /> : null}
        <TextField {...field('organisation_name')} hint={t('setup.organisation_hint')} autoComplete="organization" maxLength={255} />
        <TextField {...field('display_name')} hint={t('setup.display_name_hint')} autoComplete="name" required maxLength={255} />
        <TextField {...field('email')} type="email" autoComplete="username" required />
        <TextField {...field('password')} type="password" hint={t('setup.password_hint')} autoComplete="new-password" required />
        <Button type="submit" kind="primary" busy={busy} wide large>
          {t('setup.submit')}
        </Button>
      </form>
    </div>
  );
}
