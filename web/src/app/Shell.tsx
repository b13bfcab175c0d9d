// SPDX-License-Identifier: EUPL-1.2

/** The frame of every page but the meeting: brand, language, appearance, account. */
import { Link, Outlet, useNavigate, useRouterState } from '@tanstack/react-router';
import { Activity, useEffect, useRef, useState, useSyncExternalStore } from 'react';
import { useTranslation } from 'react-i18next';
import { reach } from '../api/reach';
import { announce, Avatar, Button, IconButton, LegalLinks, Menu } from '../ui';
import { auth } from './auth';
import { installation } from './config';
import { chooseLanguage, followAccount, type Language, languageNames } from './i18n';
import { useInvite, useInviteCode } from './invite';
import { useLegalLinks } from './links';
import { LoginFirst } from './pages/LoginFirst';
import { useLoginEnded, useProfile, useSignedIn } from './profile';
import styles from './shell.module.css';
import { applyColours, applyTheme, storedTheme, type Theme } from './theme';
import { inMeeting } from './title';

export function Shell() {
  const { t } = useTranslation();
  const whole = useSyncExternalStore(inMeeting.subscribe, inMeeting.get);
  const signedIn = useSignedIn();
  const mine = useProfile().data?.organisation;
  const code = useInviteCode();
  const host = useInvite(signedIn ? undefined : code).data?.organisation;
  const own = mine ?? host;
  const organisation = own?.name ?? installation().organisationName;
  useAccountLanguage(whole);
  useEffect(() => {
    applyColours(own ? { light: own.colour_light, dark: own.colour_dark } : (installation().colours ?? {}));
  }, [own]);
  return (
    <div className={whole ? undefined : styles['shell']}>
      {!whole && <a
        className={styles['skip']}
        href="#main"
        onClick={(event) => {
          event.preventDefault();
          document.getElementById('main')?.focus();
        }}
      >
        {t('shell.skip')}
      </a>}
      {!whole && <header className={styles['header']}>
        <Link to="/" className={styles['brand'] ?? ''}>
          <img src="/icon.svg" alt="" width="34" height="34" />
          <span className={styles['names']}>
            <strong>Konvent</strong>
            {organisation && organisation !== 'Konvent' ? <small>{organisation}</small> : null}
          </span>
        </Link>
        {signedIn ? <Pages /> : null}
        <div className={styles['tools']}>
          <LanguageMenu />
          <ThemeMenu />
          {signedIn ? <Account /> : null}
        </div>
      </header>}
      <Away whole={whole} />
      <Main whole={whole} />
      {whole ? null : <Footer />}
    </div>
  );
}

/** Says that the server is not reached, for as long as it is so. The region is there before: a new one would not be read out. */
function Away({ whole }: { whole: boolean }) {
  const { t } = useTranslation();
  const away = useSyncExternalStore(reach.subscribe, reach.away);
  const was = useRef(away);
  useEffect(() => {
    if (was.current && !away) announce(t('shell.reached'));
    was.current = away;
  }, [away, t]);
  return (
    <div role="status" className={styles['away']} data-live-announcer="true">
      {away && !whole ? <p>{t('shell.away')}</p> : null}
    </div>
  );
}

/** On every page; what has the whole window shows the links itself. */
function Footer() {
  const { t } = useTranslation();
  const links = useLegalLinks();
  if (links.length === 0) return null;
  return (
    <footer className={styles['footer']}>
      <LegalLinks links={links} label={t('legal.name')} text={(kind) => t(`legal.${kind}`)} />
    </footer>
  );
}

function useAccountLanguage(whole: boolean) {
  const signedIn = useSignedIn();
  const language = useProfile().data?.language;
  useEffect(() => {
    // A login that ends during a meeting does not change the meeting's language.
    if (signedIn ? language !== undefined : !whole) followAccount(signedIn ? language : undefined);
  }, [signedIn, language, whole]);
}

/** The way between the pages of people with an account. */
function Pages() {
  const { t } = useTranslation();
  const profile = useProfile();
  if (profile.data === undefined) return null;
  return (
    <nav aria-label={t('shell.pages')} className={styles['pages']}>
      <Link to="/" activeOptions={{ exact: true }}>
        {t('home.title')}
      </Link>
      <Link to="/dashboard/meetings">{t('shell.meetings')}</Link>
      {profile.data.administers === 'nothing' ? null : <Link to="/admin">{t('shell.administration')}</Link>}
    </nav>
  );
}

/**
 * The same element with and without the frame: another one would mount the page anew, and the meeting with it.
 * When the provider ends a login, its page waits unseen with what was typed; for anybody else all begins anew.
 * On a change of page the focus goes to its beginning, as it does when a browser loads one.
 */
function Main({ whole }: { whole: boolean }) {
  const { t } = useTranslation();
  const signedIn = useSignedIn();
  const ended = useLoginEnded();
  const account = useSyncExternalStore(auth.subscribe, auth.account);
  const [whose, setWhose] = useState(account);
  if (whose === undefined && account !== undefined) setWhose(account);
  const path = useRouterState({ select: (state) => state.resolvedLocation?.pathname });
  const barred = useRouterState({ select: (state) => state.matches.some((match) => match.staticData.login) }) && !signedIn;
  const waiting = barred && ended && whose !== undefined;
  const other = account !== undefined && account !== whose && !whole;
  useEffect(() => {
    if (other) location.reload();
  }, [other]);
  const main = useRef<HTMLDivElement>(null);
  const first = useRef<string>(undefined);
  useEffect(() => {
    if (path === undefined) return;
    if (first.current !== undefined && first.current !== path) main.current?.focus();
    first.current = path;
  }, [path]);
  return (
    <div id="main" role={whole ? undefined : 'main'} tabIndex={-1} ref={main} className={whole ? undefined : styles['main']}>
      <Activity mode={waiting || other ? 'hidden' : 'visible'}>{barred && !waiting ? null : <Outlet />}</Activity>
      {barred ? <LoginFirst text={t(waiting ? 'login.again.text' : 'login.first.text')} again={waiting} /> : null}
    </div>
  );
}

function LanguageMenu() {
  const { t, i18n } = useTranslation();
  const spoken = languageNames.find(({ value }) => value === i18n.language)?.label ?? '';
  return (
    <Menu
      label={t('shell.language')}
      selected={i18n.language}
      onAction={(id) => chooseLanguage(id as Language)}
      entries={languageNames.map(({ value, label }) => ({ id: value, label }))}
    >
      <IconButton icon="language" label={`${t('shell.language')}: ${spoken}`} />
    </Menu>
  );
}

function ThemeMenu() {
  const { t } = useTranslation();
  const [theme, setTheme] = useState<Theme>(storedTheme);
  const choose = (id: string) => {
    applyTheme(id as Theme);
    setTheme(id as Theme);
  };
  return (
    <Menu
      label={t('shell.theme')}
      selected={theme}
      onAction={choose}
      entries={(['system', 'light', 'dark'] as const).map((id) => ({ id, label: t(`shell.theme_${id}`) }))}
    >
      <IconButton icon="moon" label={`${t('shell.theme')}: ${t(`shell.theme_${theme}`)}`} />
    </Menu>
  );
}

function Account() {
  const { t } = useTranslation();
  const profile = useProfile();
  const navigate = useNavigate();
  if (profile.data === undefined) return null;
  return (
    <Menu
      label={t('shell.account')}
      entries={[
        { id: 'settings', label: t('shell.settings'), icon: 'person' },
        { id: 'security', label: t('security.title'), icon: 'key' },
        { id: 'leave', label: t('shell.log_out'), icon: 'leave' },
      ]}
      onAction={(id) => {
        if (id === 'settings') return void navigate({ to: '/settings' });
        if (id === 'security') return void navigate({ to: '/security' });
        void auth.signOut();
      }}
    >
      <Button kind="quiet" aria-label={`${t('shell.account')}: ${profile.data.display_name}`}>
        <Avatar name={profile.data.display_name} picture={profile.data.avatar_url} />
      </Button>
    </Menu>
  );
}
