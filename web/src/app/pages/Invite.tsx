// SPDX-License-Identifier: EUPL-1.2

import { Navigate, useParams } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { useInvite } from '../invite';
import { Problem, problemOf } from './Problem';
import { Waiting } from './Waiting';

/** The short guest link: finds the room that the code opens. */
export function Invite() {
  const { t } = useTranslation();
  const { code } = useParams({ from: '/invite/$code' });
  const found = useInvite(code);
  if (found.isPending) return <Waiting text={t('loading')} />;
  if (found.isError) {
    const kind = problemOf(found.error);
    return <Problem kind={kind === 'unreachable' ? kind : 'link'} retry={() => void found.refetch()} />;
  }
  return <Navigate to="/room/$roomId" params={{ roomId: found.data.room_id }} search={{ invite: code }} replace />;
}
