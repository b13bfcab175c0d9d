// SPDX-License-Identifier: EUPL-1.2

import { useTranslation } from 'react-i18next';
import { useSlice } from '../feature';
import { secondsUntil } from '../left';
import { Ticking } from '../Ticking';
import { breakout } from './module';

/** Until the rooms close; nothing where they are open until somebody closes them. */
export function TimeLeft() {
  const { t } = useTranslation('call');
  const endsAt = useSlice(breakout, ({ clock }) => clock?.endsAt);
  const ahead = useSlice(breakout, (slice) => slice.ahead);
  if (endsAt === undefined) return null;
  return (
    <>
      {t('breakout.left')} <Ticking read={() => secondsUntil(endsAt, Date.now() + ahead)} />
    </>
  );
}
