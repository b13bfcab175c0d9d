// SPDX-License-Identifier: EUPL-1.2

/** Pages for what went wrong: each says what to do. */
import { useRouter } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { ApiError } from '../../api/client';
import { Alert, Button, Icon } from '../../ui';
import { notFetched } from '../parts';
import { useTitle } from '../title';
import styles from './pages.module.css';

export type ProblemKind = 'not_found' | 'forbidden' | 'banned' | 'unreachable' | 'link' | 'broken';

export function problemOf(error: unknown): ProblemKind {
  if (!(error instanceof ApiError)) return 'broken';
  if (error.status === 0 || error.status >= 500) return 'unreachable';
  if (error.status === 403) return error.code === 'banned_from_room' ? 'banned' : 'forbidden';
  return error.status === 404 ? 'not_found' : 'broken';
}

export function Problem({ kind, retry }: { kind: ProblemKind; retry?: () => void }) {
  const { t } = useTranslation();
  const router = useRouter();
  useTitle(t(`problem.${kind}.title`));
  return (
    <div className={styles['narrow']}>
      <section className={styles['card']}>
        <span className={styles['badge']}>
          <Icon name="alert" size={26} />
        </span>
        <div className={styles['head']} role="alert">
          <h1>{t(`problem.${kind}.title`)}</h1>
          <p className={styles['lead']}>{t(`problem.${kind}.text`)}</p>
        </div>
        <div className={styles['row']}>
          {retry ? (
            <Button kind="primary" onPress={retry}>
              {t('problem.retry')}
            </Button>
          ) : null}
          <Button onPress={() => void router.navigate({ to: '/' })}>{t('problem.home')}</Button>
        </div>
      </section>
    </div>
  );
}

export function NotFound() {
  return <Problem kind="not_found" />;
}

export function Broken({ error }: { error: unknown }) {
  return <Problem kind={notFetched(error) ? 'unreachable' : 'broken'} retry={() => void reload()} />;
}

/** Not while there is no server: the browser's own page would take the place of this one. */
async function reload(): Promise<void> {
  await fetch('/health').then(
    () => location.reload(),
    () => undefined,
  );
}

/** Without a secure context a browser gives no camera, no microphone and no login. */
export function InsecureNotice() {
  const { t } = useTranslation();
  if (window.isSecureContext) return null;
  return (
    <Alert kind="warning" title={t('insecure.title')}>
      {t('insecure.text')}
    </Alert>
  );
}
