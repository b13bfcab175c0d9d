// SPDX-License-Identifier: EUPL-1.2

import { useRouter } from '@tanstack/react-router';
import { useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Alert, Button } from '../../ui';
import { auth, LoginProblem } from '../auth';
import { useTitle } from '../title';
import styles from './pages.module.css';
import { Waiting } from './Waiting';

/** Where the identity provider sends the person back to. */
export function Callback() {
  const { t } = useTranslation();
  const router = useRouter();
  const [problem, setProblem] = useState<LoginProblem['code']>();
  const begun = useRef(false);
  useTitle(t('login.title'));
  useEffect(() => {
    // The code works once: a second run of this effect must not spend it.
    if (begun.current) return;
    begun.current = true;
    auth.finishSignIn(location.href).then(
      (returnTo) => router.history.replace(returnTo),
      (error: unknown) => setProblem(error instanceof LoginProblem ? error.code : 'provider_unreachable'),
    );
  }, [router]);
  if (problem === undefined) return <Waiting text={t('login.finishing')} />;
  return (
    <div className={styles['narrow']}>
      <section className={styles['card']}>
        <h1>{t('login.title')}</h1>
        <Alert kind="danger" title={t(`login.error.${problem}`)} live />
        <Button kind="primary" onPress={() => void auth.signIn('/').catch(() => setProblem('provider_unreachable'))}>
          {t('login.begin')}
        </Button>
      </section>
    </div>
  );
}
