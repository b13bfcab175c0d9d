// SPDX-License-Identifier: EUPL-1.2

import { useTranslation } from 'react-i18next';
import { Switch } from '../../ui';
import { useCall, useSlice } from '../feature';
import { messages } from './module';

/** Whether anybody may write. */
export function OnOff() {
  const { t } = useTranslation('call');
  const call = useCall();
  const enabled = useSlice(messages, (chat) => chat.enabled);
  const turn = (on: boolean): boolean => call.send({ namespace: 'chat', payload: { action: on ? 'enable_chat' : 'disable_chat' } });
  return <Switch label={t('chat.switch')} isSelected={enabled} onChange={turn} />;
}
