// SPDX-License-Identifier: EUPL-1.2

/** What an administrator has still to do for the organisation, above the pages of administration; nothing when all is done. */
import { Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import type { Profile } from '../../api/client';
import { Alert } from '../../ui';
import { legalLinks } from '../links';
import styles from './admin.module.css';
import { useTexts } from './texts';

const kinds = ['imprint', 'data_protection', 'accessibility'] as const;

export function Hints({ profile }: { profile: Profile }) {
  const { t, i18n } = useTexts();
  const { t: shared } = useTranslation();
  const there = legalLinks(profile.organisation).map(({ kind }) => kind);
  const missing = kinds.filter((kind) => !there.includes(kind)).map((kind) => shared(`legal.${kind}`));
  if (missing.length === 0) return null;
  const links = new Intl.ListFormat(i18n.language).format(missing);
  return (
    <section aria-label={t('admin.hints.name')} className={styles['hints']}>
      <Alert kind="warning" title={t('admin.hints.links')}>
        <p>{t('admin.hints.links_text', { links })}</p>
        {profile.administers === 'installation' ? (
          <Link to="/admin/tenants/$tenantId" params={{ tenantId: profile.tenant_id }}>
            {t('admin.hints.links_set')}
          </Link>
        ) : (
          <p>{t('admin.hints.links_ask')}</p>
        )}
      </Alert>
    </section>
  );
}
