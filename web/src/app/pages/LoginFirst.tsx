// SPDX-License-Identifier: EUPL-1.2

import { useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Alert, Button } from '../../ui';
import { auth } from '../auth';
import { useTitle } from '../title';
import styles from './pages.module.css';
import { InsecureNotice } from './Problem';

/**
 * Instead of a page that needs a login: afterwards one is where one wanted to be. `again`: that page waits behind this
 * one, so the login has a window of its own, where the browser allows it.
 */
export function LoginFirst({ text, again = false }: { text: string; again?: boolean }) {
  const { t } = useTranslation();
  const [failed, setFailed] = useState(false);
  const heading = useRef<HTMLHeadingElement>(null);
  const title = t(again ? 'login.again.title' : 'login.first.title');
  useTitle(title);
  useEffect(() => {
    // What had the focus goes with the page, and has it again when the page comes back.
    const before = document.activeElement;
    if (again || before === document.body) heading.current?.focus();
    return () => {
      if (again && before instanceof HTMLElement) before.focus();
    };
  }, [again]);
  const logIn = () => {
    if (again && window.open('/auth/again') !== null) return;
    void auth.signIn(location.pathname + location.search).catch(() => setFailed(true));
  };
  return (
    <div className={styles['narrow']}>
      <InsecureNotice />
      <section className={styles['card']}>
        <div className={styles['head']}>
          <h1 tabIndex={-1} ref={heading}>
            {title}
          </h1>
          <p className={styles['lead']}>{text}</p>
        </div>
        {failed ? <Alert kind="danger" title={t('login.error.provider_unreachable')} live /> : null}
        <Button kind="primary" large onPress={logIn}>
          {t(again ? 'login.again.submit' : 'home.log_in')}
        </Button>
      </section>
    </div>
  );
}
