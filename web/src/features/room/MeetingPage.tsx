// SPDX-License-Identifier: EUPL-1.2

import { useEffect, useState } from 'react';
import { Button } from 'react-aria-components';
import { useTranslation } from 'react-i18next';
import type { AccessToken } from '../../api/send';
import { Call } from '../../call/call';
import type { MediaChoices } from '../../call/media_port';
import type { Joining } from '../../call/start';
import type { RefusalCode } from '../../call/start';
import { CallContext, useCall, useCallState } from '../feature';
import { WaitingRoom } from '../waiting_room/WaitingRoom';
import { Announcer } from './Announcer';
import { Meeting } from './Meeting';
import { Over } from './Over';
import styles from './meeting.module.css';

export interface MeetingPageProps {
  joining: Joining & MediaChoices;
  accessToken: AccessToken;
  /** Shown until the server has told the meeting's own. */
  title?: string | undefined;
  /** The person closes the meeting's last page. */
  onLeft: (to: 'home' | 'rejoin') => void;
  /** The server refuses the person before they were in: the join page says why, beside its form. */
  onRefused?: (code: RefusalCode) => void;
}

/** The meeting from "Join" to the last page. Everything in it belongs to one {@link Call}. */
export function MeetingPage({ joining, accessToken, title, onLeft, onRefused }: MeetingPageProps) {
  const [call, setCall] = useState<Call>();
  // The call begins and ends with the page, not with a change of its properties.
  const [begin] = useState(() => ({ joining, accessToken }));
  useEffect(() => {
    const { microphone, camera, microphoneId, cameraId, speakerId, ...place } = begin.joining;
    const choices = { microphone, camera, microphoneId, cameraId, speakerId };
    const next = new Call(place, choices, {
      api: `${location.origin}/v1`,
      accessToken: begin.accessToken,
      openMedia: async (...args) => (await import('../../call/media')).openMedia(...args),
    });
    setCall(next);
    next.join();
    const leave = (): void => next.leave();
    addEventListener('pagehide', leave);
    return () => {
      removeEventListener('pagehide', leave);
      next.leave();
    };
  }, [begin]);
  if (call === undefined) return null;
  return (
    <CallContext value={call}>
      <Announcer />
      <Phases title={title} onLeft={onLeft} onRefused={onRefused} />
    </CallContext>
  );
}

type PhasesProps = Pick<MeetingPageProps, 'onLeft'> & {
  title: string | undefined;
  onRefused: MeetingPageProps['onRefused'];
};

function Phases({ title, onLeft, onRefused }: PhasesProps) {
  const phase = useCallState((state) => state.phase);
  const refusal = phase.at === 'over' ? phase.refusal : undefined;
  const wasInside = useCallState((state) => state.me !== undefined);
  const refused = refusal !== undefined && !wasInside && onRefused !== undefined;
  useEffect(() => {
    if (refused && refusal !== undefined) onRefused(refusal);
  }, [refused, refusal, onRefused]);
  if (refused) return null;
  switch (phase.at) {
    case 'joining':
      return <Entering onLeft={onLeft} />;
    case 'waiting':
      return <WaitingRoom />;
    case 'meeting':
      return <Meeting title={title} />;
    case 'over':
      return <Over phase={phase} onLeft={onLeft} />;
  }
}

function Entering({ onLeft }: Pick<MeetingPageProps, 'onLeft'>) {
  const { t } = useTranslation('call');
  const call = useCall();
  const link = useCallState((state) => state.link);
  const stuck = link.attempt > 0;
  return (
    <main className={styles.card} aria-busy={!stuck}>
      <h1>{t(stuck ? 'entering.stuck' : 'entering.title')}</h1>
      {stuck && (
        <>
          <p role="alert">{t('entering.advice')}</p>
          <div className={styles.actions}>
            <Button className={styles.primary ?? ''} onPress={() => call.retryNow()}>
              {t('banner.try_now')}
            </Button>
            <Button className={styles.secondary ?? ''} onPress={() => onLeft('home')}>
              {t('over.home')}
            </Button>
          </div>
        </>
      )}
    </main>
  );
}
