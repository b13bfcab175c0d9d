// SPDX-License-Identifier: EUPL-1.2
import { Alert, Icon } from '../../ui';
import { lengthText } from '../meetings/length';
import { sizeText } from '../meetings/size';
import { useProfile, useTariff } from '../profile';
import styles from './settings.module.css';
import { useTexts } from './texts';

/** What one may use, where it is limited. */
export function Tariff() {
  const { t, i18n } = useTexts();
  const tariff = useTariff().data;
  const downgraded = useProfile().data?.tariff_status === 'downgraded';
  if (tariff === undefined) return null;
  const { max_storage: storage, room_time_limit_secs: longest, room_participant_limit: most } = tariff.quotas;
  const limits = [
    longest === undefined ? undefined : t('settings.tariff_time', { length: lengthText(longest, i18n.language) }),
    most === undefined ? undefined : t('settings.tariff_people', { count: most }),
    storage === undefined ? undefined : t('settings.tariff_storage', { size: sizeText(storage, i18n.language) }),
  ].filter((limit) => limit !== undefined);
  return (
    <section className={styles['card']}>
      <h2>{t('settings.tariff', { name: tariff.name })}</h2>
      {downgraded ? <Alert kind="warning" title={t('settings.tariff_downgraded')} /> : null}
      {limits.length === 0 ? (
        <p>{t('settings.tariff_free')}</p>
      ) : (
        <ul className={styles['limits']}>
          {limits.map((limit) => (
            <li key={limit}>
              <Icon name="info" size={20} />
              {limit}
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}
