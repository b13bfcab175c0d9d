// SPDX-License-Identifier: EUPL-1.2

import { useRef } from 'react';
import { Button } from 'react-aria-components';
import { useTranslation } from 'react-i18next';
import { isModerator } from '../../call/select';
import room from '../../meeting/meeting.module.css';
import { useCall, useCallState, useSlice } from '../feature';
import { stage, useFocusAfter } from '../focus';
import { usePanels } from '../panel';
import { Icon } from '../../ui';
import { go } from './go';
import { ICON } from './icon';
import { breakout, roomOf } from './module';
import { TimeLeft } from './TimeLeft';

const toTheStage = () => [stage()];

/** Where this person is while rooms are open, for how long, and the way back or to their own room. It takes the focus from nobody. */
export function Banner() {
  const open = useSlice(breakout, ({ running }) => running !== undefined);
  return open ? <Where /> : null;
}

function Where() {
  const { t } = useTranslation('call');
  const call = useCall();
  const panels = usePanels();
  const line = useRef<HTMLElement>(null);
  useFocusAfter(line, toTheStage);
  const at = useCallState(({ me }) => me?.breakout);
  const moderates = useCallState(isModerator);
  const here = useSlice(breakout, (slice) => roomOf(slice, at));
  const mine = useSlice(breakout, (slice) => roomOf(slice, slice.running?.assignment));
  const needsHelp = here?.needsHelp === true;
  // The first button is another one then: whoever pressed it is led away from it.
  const travel = (id: number | undefined) => go(call, id, () => stage()?.focus());
  return (
    <section ref={line} className={room.banner} aria-label={t('breakout.title')}>
      <Icon name={ICON} size={20} />
      <span>
        {here === undefined ? t(mine === undefined ? 'breakout.in_main' : 'breakout.yours', { name: mine?.name }) : t('breakout.in_room', { name: here.name })} <TimeLeft />
      </span>
      {here !== undefined && (
        <Button className={room.bannerButton ?? ''} onPress={() => travel(undefined)}>
          {t('breakout.back')}
        </Button>
      )}
      {here === undefined && mine !== undefined && (
        <Button className={room.bannerButton ?? ''} onPress={() => travel(mine.id)}>
          {t('breakout.go_to', { name: mine.name })}
        </Button>
      )}
      {here !== undefined && !moderates && (
        <Button
          className={room.bannerButton ?? ''}
          onPress={() => call.send({ namespace: 'breakout', payload: { action: needsHelp ? 'withdraw_call' : 'call_for_help' } })}
        >
          {t(needsHelp ? 'breakout.withdraw' : 'breakout.call')}
        </Button>
      )}
      {here === undefined && mine === undefined && (
        <Button className={room.bannerButton ?? ''} onPress={() => panels.open('breakout')}>
          {t('breakout.show')}
        </Button>
      )}
    </section>
  );
}
