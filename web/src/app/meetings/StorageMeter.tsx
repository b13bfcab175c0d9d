// SPDX-License-Identifier: EUPL-1.2
import { Alert } from '../../ui';
import { useProfile, useTariff } from '../profile';
import styles from './meetings.module.css';
import { sizeText } from './size';
import { useTexts } from './texts';

/** From here on it is said that little is left. */
const NEARLY_FULL = 0.9;

/** How much room one's files take, and of how much. */
export function StorageMeter() {
  const { t, i18n } = useTexts();
  const used = useProfile().data?.used_storage;
  const tariff = useTariff().data;
  if (used === undefined || tariff === undefined) return null;
  const most = tariff.quotas['max_storage'];
  const size = (bytes: number) => sizeText(bytes, i18n.language);
  if (most === undefined) return <p>{t('storage.used', { used: size(used) })}</p>;
  const text = t('storage.used_of', { used: size(used), most: size(most) });
  return (
    <div className={styles['storage']}>
      <p>{text}</p>
      <meter min={0} max={most} value={Math.min(used, most)} aria-label={t('storage.label')} aria-valuetext={text} />
      {used >= most ? (
        <Alert kind="danger" title={t('storage.full')}>
          {t('storage.full_advice')}
        </Alert>
      ) : used >= most * NEARLY_FULL ? (
        <Alert kind="warning" title={t('storage.nearly_full', { left: size(most - used) })}>
          {t('storage.full_advice')}
        </Alert>
      ) : null}
    </div>
  );
}
