// SPDX-License-Identifier: EUPL-1.2

import { useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { AccessToken } from '../api/send';
import { Call } from '../call/call';
import type { Devices } from '../call/devices';
import type { Joining } from '../call/start';
import type { RefusalCode } from '../call/start';
import type { LegalLink } from '../ui/LegalLinks';
import { Legal, LegalContext } from '../features/legal';
import { CallContext, useCall, useCallState } from '../features/feature';
import { features, modules } from '../features/list';
import { Notices, NoticesContext } from '../features/notices';
import { FeaturesContext } from '../features/Parts';
import { Slot } from '../features/Slot';
import { WaitingRoom } from './WaitingRoom';
import { Announcer } from './Announcer';
import { Meeting } from './Meeting';
import { Over } from './Over';
import { Button } from '../ui';
import styles from './meeting.module.css';

export interface MeetingPageProps {
  joining: Joining;
  /** What the join page has tried; it goes on from there. */
  devices: Devices;
  accessToken: AccessToken;
  /** Shown until the server has told the meeting's own. */
  title?: string | undefined;
  /** What the law wants on every page. */
  links?: readonly LegalLink[];
  /** The person closes the meeting's last page. */
  onLeft: (to: 'home' | 'rejoin') => void;
  /** The server refuses the person before they were in: the join page says why, beside its form. */
  onRefused?: (code: RefusalCode) => void;
  /** Whether leaving the page would now end something. */
  onInside: (inside: boolean) => void;
}

/** The meeting from "Join" to the last page. Everything in it belongs to one {@link Call}. */
export function MeetingPage({ joining, devices, accessToken, title, links = [], onLeft, onRefused, onInside }: MeetingPageProps) {
  const [notices] = useState(() => new Notices());
  const [call, setCall] = useState<Call>();
  // The call begins and ends with the page, not with a change of its properties.
  const [begin] = useState(() => ({ joining, devices, accessToken }));
  useEffect(() => {
    const next = new Call(begin.joining, begin.devices, {
      api: `${location.origin}/v1`,
      accessToken: begin.accessToken,
      modules,
      openRoom: async (...args) => (await import('../call/media_room')).openRoom(...args),
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
      <LegalContext value={links}>
        <FeaturesContext value={features}>
          <NoticesContext value={notices}>
            <Announcer />
            <Phases title={title} onLeft={onLeft} onRefused={onRefused} onInside={onInside} />
          </NoticesContext>
        </FeaturesContext>
      </LegalContext>
    </CallContext>
  );
}

type PhasesProps = Pick<MeetingPageProps, 'onLeft' | 'onInside'> & {
  title: string | undefined;
  onRefused: MeetingPageProps['onRefused'];
};

function Phases({ title, onLeft, onRefused, onInside }: PhasesProps) {
  const phase = useCallState((state) => state.phase);
  const inside = phase.at === 'meeting' || phase.at === 'waiting';
  useEffect(() => {
    onInside(inside);
    return () => onInside(false);
  }, [inside, onInside]);
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
      return (
        <Slot>
          <WaitingRoom />
        </Slot>
      );
    case 'meeting':
      return (
        <Slot>
          <Meeting title={title} />
        </Slot>
      );
    case 'over':
      return <Over phase={phase} onLeft={onLeft} />;
  }
}

/** On the way in. When the way is barred the person is asked again: nobody is taken in long after they gave up. */
function Entering({ onLeft }: Pick<MeetingPageProps, 'onLeft'>) {
  const { t } = useTranslation('call');
  const call = useCall();
  const stuck = useCallState((state) => state.link.state === 'lost');
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    heading.current?.focus();
  }, [stuck]);
  return (
    <main className={styles.card} aria-busy={!stuck}>
      <h1 ref={heading} tabIndex={-1}>
        {t(stuck ? 'entering.stuck' : 'entering.title')}
      </h1>
      {stuck && <p role="alert">{t('entering.advice')}</p>}
      <div className={styles.actions}>
        {stuck && (
          <Button kind="primary" onPress={() => call.retryNow()}>
            {t('banner.again')}
          </Button>
        )}
        <Button onPress={() => onLeft('rejoin')}>
          {t('entering.back')}
        </Button>
      </div>
      <Legal />
    </main>
  );
}
