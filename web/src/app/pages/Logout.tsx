// SPDX-License-Identifier: EUPL-1.2

/** Asks whoever came by a link whether to log out: only a page of this login itself ends it unasked. */
import { useSearch } from '@tanstack/react-router';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { deadline } from '../../api/deadline';
import { Alert, Button } from '../../ui';
import { auth } from '../auth';
import { useTitle } from '../title';
import styles from './pages.module.css';

export function Logout() {
  const { t } = useTranslation();
  const then = useSearch({ from: '/logout' });
  const [failed, setFailed] = useState(false);
  const [busy, setBusy] = useState(false);
  useTitle(t('logout.title'));
  const logOut = async () => {
    setBusy(true);
    try {
      const response = await fetch('/identity/logout', {
        method: 'POST',
        signal: deadline(),
        headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify(then),
      });
      const { redirect_to } = (await response.json()) as { redirect_to: string };
      auth.forget();
      location.assign(redirect_to);
    } catch {
      setFailed(true);
      setBusy(false);
    }
  };
  return (
    <div className={styles['narrow']}>
      <section className={styles['card']}>
        <h1>{t('logout.title')}</h1>
        <p className={styles['lead']}>{t('logout.lead')}</p>
        {failed ? <Alert kind="danger" live title={t('password.error.unreachable')} /> : null}
        <Button kind="primary" onPress={() => void logOut()} busy={busy} wide large>
          {t('shell.log_out')}
        </Button>
        <Button onPress={() => location.assign('/')} wide large>
          {t('logout.stay')}
        </Button>
      </section>
    </div>
  );
}
