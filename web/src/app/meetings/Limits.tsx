// SPDX-License-Identifier: EUPL-1.2
import { Alert } from '../../ui';
import { useTariff } from '../profile';
import { type Draft, wrongTimes } from './draft';
import { lengthText } from './length';
import { useTexts } from './texts';

/** Says while a meeting is planned that it is longer, or for more people, than the tariff allows. */
export function Limits({ draft, people }: { draft: Draft; people: number }) {
  const { t, i18n } = useTexts();
  const quotas = useTariff().data?.quotas ?? {};
  const { room_time_limit_secs: longest, room_participant_limit: most } = quotas;
  const { starts, ends } = draft;
  const timed = draft.kind === 'timed' && wrongTimes(draft).length === 0;
  const seconds = timed && starts !== null && ends !== null ? ends.compare(starts) / 1000 : 0;
  return (
    <>
      {longest !== undefined && seconds > longest ? (
        <Alert kind="warning" title={t('plan.too_long', { length: lengthText(longest, i18n.language) })} live />
      ) : null}
      {most !== undefined && people > most ? <Alert kind="warning" title={t('plan.too_many', { count: most })} live /> : null}
    </>
  );
}
