// SPDX-License-Identifier: EUPL-1.2

/** The frame of administration: who may be here, and the way between its pages. */
import { Link, Outlet, useRouterState } from '@tanstack/react-router';
import { Alert } from '../../ui';
import { Problem, problemOf } from '../pages/Problem';
import { useProfile } from '../profile';
import styles from './admin.module.css';
import { Hints } from './Hints';
import { operatorSections, type Section, sections } from './sections';
import { useTexts } from './texts';

export function Admin() {
  const { t } = useTexts();
  const profile = useProfile();
  const path = useRouterState({ select: (state) => state.location.pathname });
  if (profile.isError) return <Problem kind={problemOf(profile.error)} retry={() => void profile.refetch()} />;
  if (profile.data === undefined) return <p role="status">{t('loading')}</p>;
  const { administers } = profile.data;
  const shown: readonly Section[] = { nothing: [], tenant: sections, installation: operatorSections }[administers];
  return (
    <div className={styles['page']}>
      <h1>{t('shell.administration')}</h1>
      {shown.length === 0 ? null : (
        <nav aria-label={t('admin.sections')} className={styles['tabs']}>
          {shown.map((section) => (
            <Link key={section} to={`/admin/${section}`}>
              {t(`admin.${section}.title`)}
            </Link>
          ))}
        </nav>
      )}
      {administers !== 'nothing' && path.split('/')[2] === sections[0] ? <Hints profile={profile.data} /> : null}
      {shown.some((section) => section === path.split('/')[2]) ? <Outlet /> : <Alert kind="warning" title={t('admin.forbidden')} />}
    </div>
  );
}
