// SPDX-License-Identifier: EUPL-1.2

import { useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Alert, Button } from '../../ui';
import { auth } from '../auth';
import { useTitle } from '../title';
import styles from './pages.module.css';
import { InsecureNotice } from './Problem';

/** Instead of a page that needs a login: afterwards one is where one wanted to be. It may come while one works: the login has ended. */
export function LoginFirst({ text }: { text: string }) {
  const { t } = useTranslation();
  const [failed, setFailed] = useState(false);
  const heading = useRef<HTMLHeadingElement>(null);
  useTitle(t('login.first.title'));
  useEffect(() => {
    // What had the focus may have gone with the page.
    if (document.activeElement === document.body) heading.current?.focus();
  }, []);
  return (
    <div className={styles['narrow']}>
      <InsecureNotice />
      <section className={styles['card']}>
        <div className={styles['head']}>
          <h1 tabIndex={-1} ref={heading}>
            {t('login.first.title')}
          </h1>
          <p className={styles['lead']}>{text}</p>
        </div>
        {failed ? <Alert kind="danger" title={t('login.error.provider_unreachable')} live /> : null}
        <Button
          kind="primary"
          large
          onPress={() => void auth.signIn(location.pathname + location.search).catch(() => setFailed(true))}
        >
          {t('home.log_in')}
        </Button>
      </section>
    </div>
  );
}
