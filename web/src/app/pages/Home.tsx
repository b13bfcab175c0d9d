// SPDX-License-Identifier: EUPL-1.2

import { useMutation } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { type FormEvent, lazy, Suspense, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Alert, Button, Icon, TextField } from '../../ui';
import { auth } from '../auth';
import { isConfigured } from '../config';
import { roomFromInput } from '../link';
import { useProfile, useSignedIn } from '../profile';
import { useTitle } from '../title';
import styles from './pages.module.css';
import { Refusal } from '../Refusal';
import { startNow } from '../start_now';
import { InsecureNotice, Problem } from './Problem';

/** Guests never see it: it comes when it is needed. */
const Upcoming = lazy(() => import('../meetings/Upcoming').then(({ Upcoming }) => ({ default: Upcoming })));

export function Home() {
  const { t } = useTranslation();
  const signedIn = useSignedIn();
  useTitle(t('home.title'));
  if (!isConfigured()) return <Problem kind="unreachable" retry={() => location.reload()} />;
  return signedIn ? <Dashboard /> : <Welcome />;
}

function Welcome() {
  const { t } = useTranslation();
  const [failed, setFailed] = useState(false);
  return (
    <div className={styles['page']}>
      <div className={styles['head']}>
        <h1>{t('home.welcome')}</h1>
        <p className={styles['lead']}>{t('home.welcome_lead')}</p>
      </div>
      <InsecureNotice />
      {failed ? <Alert kind="danger" title={t('login.error.provider_unreachable')} live /> : null}
      <div className={styles['two']}>
        <section className={styles['card']}>
          <span className={styles['badge']}>
            <Icon name="person" size={26} />
          </span>
          <h2>{t('home.member')}</h2>
          <p className={styles['lead']}>{t('home.member_lead')}</p>
          <Button kind="primary" large onPress={() => void auth.signIn('/').catch(() => setFailed(true))}>
            {t('home.log_in')}
          </Button>
        </section>
        <JoinByLink />
      </div>
    </div>
  );
}

function JoinByLink() {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const [input, setInput] = useState('');
  const [wrong, setWrong] = useState(false);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const place = roomFromInput(input);
    setWrong(place === undefined);
    if (place?.kind === 'invite') void navigate({ to: '/invite/$code', params: { code: place.code } });
    if (place?.kind === 'room')
      void navigate({ to: '/room/$roomId', params: { roomId: place.roomId }, search: { invite: place.invite } });
  };
  return (
    <form className={styles['card']} onSubmit={submit} noValidate>
      <span className={styles['badge']}>
        <Icon name="link" size={26} />
      </span>
      <h2>{t('home.join')}</h2>
      <TextField
        label={t('home.link')}
        hint={t('home.link_hint')}
        value={input}
        onChange={setInput}
        inputMode="url"
        autoComplete="off"
        error={wrong ? t('home.link_wrong') : undefined}
      />
      <Button type="submit" large>
        {t('home.join_button')}
      </Button>
    </form>
  );
}

function Dashboard() {
  const { t } = useTranslation();
  const profile = useProfile();
  const navigate = useNavigate();
  const start = useMutation({
    mutationFn: () => startNow(t('home.adhoc_title')),
    onSuccess: (event) => navigate({ to: '/room/$roomId', params: { roomId: event.room.id } }),
  });
  return (
    <div className={styles['page']}>
      <h1>{profile.data ? t('home.hello', { name: profile.data.display_name }) : t('home.title')}</h1>
      <InsecureNotice />
      <Refusal error={profile.error} failed={t('problem.unreachable.text')} />
      <div className={styles['two']}>
        <section className={styles['card']}>
          <span className={styles['badge']}>
            <Icon name="camera" size={26} />
          </span>
          <h2>{t('home.now')}</h2>
          <p className={styles['lead']}>{t('home.now_lead')}</p>
          <Refusal error={start.error} failed={t('home.start_failed')} />
          <Button kind="primary" large busy={start.isPending} onPress={() => start.mutate()}>
            {t('home.start')}
          </Button>
        </section>
        <JoinByLink />
      </div>
      <Suspense fallback={<p role="status">{t('loading')}</p>}>
        <Upcoming />
      </Suspense>
    </div>
  );
}
