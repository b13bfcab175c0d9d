// SPDX-License-Identifier: EUPL-1.2

/** From the link to the meeting: name, devices, password, join; afterwards rejoin or home. */
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useBlocker, useNavigate, useParams } from '@tanstack/react-router';
import { type FormEvent, lazy, type ReactNode, Suspense, useCallback, useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { answer, api, ApiError } from '../../api/client';
import { openMeetingPage } from '../../meeting/open';
import { passing } from '../../storage';
import { Alert, Button, Dialog, TextField } from '../../ui';
import { auth } from '../auth';
import { Devices } from '../../call/devices';
import { DeviceCheck } from '../devices/DeviceCheck';
import { useDevices } from '../devices/use';
import { useInvite, useInviteCode } from '../invite';
import { useProfile, useSignedIn } from '../profile';
import { useLegalLinks } from '../links';
import { once } from '../parts';
import { inMeeting, useTitle } from '../title';
import { LoginFirst } from './LoginFirst';
import styles from './pages.module.css';
import { InsecureNotice, Problem, type ProblemKind, problemOf } from './Problem';
import { Waiting } from './Waiting';

/** Fetched while the person still chooses name and devices: whoever then has no line is asked again, and needs no new page. */
const meetingPage = once(openMeetingPage);
const MeetingPage = lazy(meetingPage);

const GuestAnswer = lazy(() => import('../meetings/GuestAnswer').then((module) => ({ default: module.GuestAnswer })));

interface Joining {
  displayName: string;
  password: string;
}

const NAME = 'konvent.name';

export function Room() {
  const { t } = useTranslation();
  const { roomId = '' } = useParams({ strict: false });
  const invite = useInviteCode();
  const navigate = useNavigate();
  const signedIn = useSignedIn();
  const profile = useProfile();
  // The profile of an ended login is kept for whose it was; by a link they come as a guest.
  const account = signedIn ? profile.data?.display_name : undefined;
  const [name, setName] = useState(() => passing.getItem(NAME) ?? '');
  const [devices] = useState(() => new Devices());
  const [passwordError, setPasswordError] = useState<string>();
  const [joining, setJoining] = useState<Joining>();
  const [refused, setRefused] = useState<ProblemKind>();
  const [inside, setInside] = useState(false);

  const code = useInvite(invite);
  const event = useQuery({
    // Whose login has ended asks anew, as the guest they are now.
    queryKey: ['room', roomId, invite, signedIn],
    placeholderData: keepPreviousData,
    queryFn: async () => {
      const ask = (headers: Record<string, string>) =>
        answer(api.GET('/v1/rooms/{room_id}/event', { params: { path: { room_id: roomId } }, headers }));
      const byLink = { Authorization: `InviteCode ${invite}` };
      if (!signedIn) return ask(byLink);
      // Somebody with an account may come by the link, too: the meeting is then new to them.
      return ask({}).catch((error: unknown) => {
        if (invite === undefined || !(error instanceof ApiError) || error.status !== 403) throw error;
        return ask(byLink);
      });
    },
    enabled: invite !== undefined || signedIn,
  });

  useEffect(() => () => devices.close(), [devices]);

  useEffect(() => {
    inMeeting.set(joining !== undefined);
    return () => inMeeting.set(false);
  }, [joining]);

  const links = useLegalLinks();
  const accessToken = useCallback((refused?: string) => auth.accessToken(refused), []);

  if (joining) {
    const { displayName, password } = joining;
    return (
      <Suspense fallback={<Waiting text={t('room.joining')} />}>
        {inside ? <LeaveFirst /> : null}
        <MeetingPage
          joining={{
            roomId,
            inviteCode: invite,
            displayName: displayName || undefined,
            password: password || undefined,
          }}
          devices={devices}
          accessToken={accessToken}
          title={event.data?.title}
          onInside={setInside}
          links={links}
          onLeft={(to) => {
            // Whoever has left is not seen or heard by any page again until they want to be.
            devices.close();
            setJoining(undefined);
            if (to === 'home') void navigate({ to: '/' });
          }}
          onRefused={(reason) => {
            setJoining(undefined);
            if (reason === 'wrong_password') setPasswordError(t('room.wrong_password'));
            else if (reason === 'banned' || reason === 'forbidden' || reason === 'not_found') setRefused(reason);
            else setRefused(invite ? 'link' : 'forbidden');
          }}
        />
      </Suspense>
    );
  }
  if (invite === undefined && !signedIn) return <LoginFirst text={t('room.login_text')} />;
  if (refused) return <Problem kind={refused} retry={() => setRefused(undefined)} />;
  if (code.isError || event.isError) {
    const kind = problemOf(code.error ?? event.error);
    return (
      <Problem
        kind={invite && kind !== 'unreachable' && kind !== 'banned' ? 'link' : kind}
        retry={() => {
          void code.refetch();
          void event.refetch();
        }}
      />
    );
  }
  if (event.isPending) return <Waiting text={t('loading')} />;

  const needsPassword = passwordError !== undefined || (code.data?.password_required ?? false);
  return (
    <JoinForm
      title={event.data.title}
      account={account}
      canLogIn={!signedIn}
      name={name}
      onName={setName}
      needsPassword={needsPassword && !(account !== undefined && passwordError === undefined)}
      passwordError={passwordError}
      devices={devices}
      invitation={
        invite !== undefined && code.data?.invitation ? (
          <Suspense>
            <GuestAnswer code={invite} invitation={code.data.invitation} />
          </Suspense>
        ) : null
      }
      onJoin={(displayName, password) => {
        if (displayName) passing.setItem(NAME, displayName);
        setJoining({ displayName, password });
      }}
    />
  );
}

/** Back and reload end the call: in a meeting, and while waiting for it, they ask first. */
function LeaveFirst() {
  const { t } = useTranslation();
  const asked = useBlocker({ shouldBlockFn: () => true, enableBeforeUnload: true, withResolver: true });
  return (
    <Dialog
      title={t('room.leave_title')}
      isOpen={asked.status === 'blocked'}
      onClose={() => asked.reset?.()}
      urgent
      actions={
        <>
          <Button kind="primary" autoFocus onPress={() => asked.reset?.()}>
            {t('room.leave_stay')}
          </Button>
          <Button onPress={() => asked.proceed?.()}>{t('room.leave')}</Button>
        </>
      }
    >
      <p>{t('room.leave_text')}</p>
    </Dialog>
  );
}

/** Who comes by a link for guests and has an account takes part as themselves; afterwards one is here again. */
function LogInInstead() {
  const { t } = useTranslation();
  const [failed, setFailed] = useState(false);
  return (
    <div className={styles['instead']}>
      <span>{t('room.have_account')}</span>
      <Button onPress={() => void auth.signIn(location.pathname + location.search).catch(() => setFailed(true))}>
        {t('home.log_in')}
      </Button>
      {failed ? <Alert kind="danger" title={t('login.error.provider_unreachable')} live /> : null}
    </div>
  );
}

interface JoinFormProps {
  title: string;
  /** Who is logged in joins under the name of the account. */
  account: string | undefined;
  /** Nobody is logged in: who has an account may come with it instead. */
  canLogIn: boolean;
  name: string;
  onName: (name: string) => void;
  needsPassword: boolean;
  passwordError: string | undefined;
  devices: Devices;
  /** What a guest answers who has been invited in person. */
  invitation: ReactNode;
  onJoin: (name: string, password: string) => void;
}

function JoinForm(props: JoinFormProps) {
  const { t } = useTranslation();
  const [password, setPassword] = useState('');
  const [nameError, setNameError] = useState<string>();
  const [passwordMissing, setPasswordMissing] = useState<string>();
  useTitle(t('room.title', { title: props.title }));
  const { own } = useDevices(props.devices);
  // Not there: joining says so.
  useEffect(() => void meetingPage().catch(() => undefined), []);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const name = props.name.trim();
    const nameless = props.account === undefined && name === '';
    const keyless = props.needsPassword && password === '';
    setNameError(nameless ? t('room.name_missing') : undefined);
    setPasswordMissing(keyless ? t('room.password_missing') : undefined);
    if (!nameless && !keyless) props.onJoin(props.account === undefined ? name : '', password);
  };
  return (
    <div className={styles['page']}>
      <div className={styles['head']}>
        <h1>{props.title}</h1>
        <p className={styles['lead']}>{t('room.lead')}</p>
      </div>
      <InsecureNotice />
      <div className={styles['join']}>
        <div className={styles['column']}>
          <form className={styles['card']} onSubmit={submit} noValidate>
            {props.account === undefined ? (
              <TextField
                label={t('room.name')}
                hint={t('room.name_hint')}
                name="name"
                autoComplete="name"
                value={props.name}
                onChange={props.onName}
                maxLength={100}
                error={nameError}
                required
              />
            ) : (
              <p>{t('room.as', { name: props.account })}</p>
            )}
            {props.canLogIn ? <LogInInstead /> : null}
            {props.needsPassword ? (
              <TextField
                label={t('room.password')}
                hint={t('room.password_hint')}
                type="password"
                autoComplete="off"
                value={password}
                onChange={setPassword}
                autoFocus={props.passwordError !== undefined}
                error={passwordMissing ?? (password === '' ? props.passwordError : undefined)}
                required
              />
            ) : null}
            <Button type="submit" kind="primary" wide large>
              {t('room.join')}
            </Button>
            <p className={styles['lead']}>
              {t(`room.with_${own.microphone === 'off' ? 'no_microphone' : 'microphone'}_${own.camera === 'off' ? 'no_camera' : 'camera'}`)}
            </p>
          </form>
          {props.invitation}
        </div>
        <DeviceCheck devices={props.devices} />
      </div>
    </div>
  );
}
