// SPDX-License-Identifier: EUPL-1.2

import { useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { auth } from '../auth';
import { useSignedIn } from '../profile';
import { useTitle } from '../title';
import { LoginFirst } from './LoginFirst';
import styles from './pages.module.css';
import { Waiting } from './Waiting';

/** The window in which somebody logs in while their page waits in another one. */
export function LoginAgain() {
  const { t } = useTranslation();
  const signedIn = useSignedIn();
  const [failed, setFailed] = useState(false);
  const begun = useRef(false);
  useTitle(t(signedIn ? 'login.again.done' : 'login.title'));
  useEffect(() => {
    if (signedIn) {
      window.close();
    } else if (!begun.current) {
      begun.current = true;
      auth.signIn('/auth/again').catch(() => setFailed(true));
    }
  }, [signedIn]);
  if (failed && !signedIn) return <LoginFirst text={t('login.error.provider_unreachable')} />;
  if (!signedIn) return <Waiting text={t('loading')} />;
  return (
    <div className={styles['narrow']}>
      <section className={styles['card']}>
        <h1>{t('login.again.done')}</h1>
        <p className={styles['lead']}>{t('login.again.close')}</p>
      </section>
    </div>
  );
}
