// SPDX-License-Identifier: EUPL-1.2

import { useState } from 'react';
import { Button } from 'react-aria-components';
import { useTranslation } from 'react-i18next';
import { useSlice } from '../feature';
import { Icon } from '../../ui';
import { usePanels } from '../panel';
import room from '../../meeting/meeting.module.css';
import { polls } from './module';

/** Something is asked of this person, whatever panel is open. It takes the focus from nobody. */
export function Banner() {
  const { t } = useTranslation('call');
  const panels = usePanels();
  const running = useSlice(polls, (slice) => slice.running);
  const open = useSlice(polls, (slice) => slice.mine === undefined);
  const [seen, setSeen] = useState<string>();
  if (running === undefined || !open || seen === running.id) return null;
  const look = () => {
    setSeen(running.id);
    panels.open('polls');
  };
  return (
    <p className={room.banner}>
      <Icon name="poll" />
      <span>{t('polls.asked', { topic: running.topic })}</span>
      <Button className={room.bannerButton ?? ''} onPress={look}>
        {t('polls.to_the_poll')}
      </Button>
    </p>
  );
}
