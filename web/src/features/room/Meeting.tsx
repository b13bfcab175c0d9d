// SPDX-License-Identifier: EUPL-1.2

import { useEffect, useRef, useState } from 'react';
import { Button, useLocale } from 'react-aria-components';
import { useTranslation } from 'react-i18next';
import { unreadTotal } from '../../call/select';
import { useCall, useCallState } from '../feature';
import { Icon } from '../icons';
import { InviteButton } from '../invite/InviteButton';
import { features } from '../list';
import { Toolbar } from '../toolbar/Toolbar';
import { Banner } from './Banner';
import type { Layout, PageSize } from './layout';
import { Stage } from './Stage';
import { timeText } from '../time';
import styles from './meeting.module.css';

/** Header, stage, at most one panel, toolbar. F6 goes round them, Escape returns from the panel. */
export function Meeting({ title }: { title: string | undefined }) {
  const { t } = useTranslation('call');
  const name = useCallState((state) => state.room.title) ?? title ?? t('room.meeting');
  const closesAt = useCallState((state) => state.room.closesAt);
  const { locale } = useLocale();
  const [tab, setTab] = useState<string>();
  const [layout, setLayout] = useState<Layout>('grid');
  const [pageSize, setPageSize] = useState<PageSize>(9);
  const root = useRef<HTMLDivElement>(null);
  const opener = useRef<HTMLElement | null>(null);
  const shown = features.find((feature) => feature.name === tab)?.tab;
  const panel = useRef<HTMLElement>(null);
  useTitle(name);
  useShortcuts();

  // Who opens a panel is in it, and Escape leads back.
  useEffect(() => {
    if (tab !== undefined) panel.current?.focus();
  }, [tab]);

  const toggle = (wanted: string): void => {
    opener.current = document.activeElement as HTMLElement | null;
    setTab(tab === wanted ? undefined : wanted);
  };
  const close = (): void => {
    setTab(undefined);
    opener.current?.focus();
  };
  // On the document: the focus is nowhere when what had it has gone, such as the row of somebody removed.
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent): void => {
      if (event.key !== 'F6' || root.current === null) return;
      event.preventDefault();
      nextRegion(root.current, event.shiftKey ? -1 : 1);
    };
    document.addEventListener('keydown', onKeyDown);
    return () => document.removeEventListener('keydown', onKeyDown);
  }, []);
  return (
    <div ref={root} className={styles.meeting} data-panel={shown !== undefined}>
      <header className={styles.header} data-region tabIndex={-1} aria-label={t('room.header')}>
        <h1>{name}</h1>
        {closesAt === undefined ? null : (
          <span className={styles.until}>{t('closing.until', { time: timeText(closesAt, locale) })}</span>
        )}
        <InviteButton />
      </header>
      <Banner />
      <main className={styles.main} data-region tabIndex={-1} aria-label={t('room.stage')}>
        <Stage layout={layout} pageSize={pageSize} />
      </main>
      {shown !== undefined && (
        <aside
          ref={panel}
          className={styles.panel}
          data-region
          tabIndex={-1}
          aria-label={t(shown.label)}
          onKeyDown={(event) => event.key === 'Escape' && close()}
        >
          <div className={styles.panelHead}>
            <h2>{t(shown.label)}</h2>
            <Button className={styles.iconButton ?? ''} aria-label={t('room.close_panel')} onPress={close}>
              <Icon name="close" />
            </Button>
          </div>
          <shown.Panel />
        </aside>
      )}
      <Toolbar
        tab={tab}
        onTab={toggle}
        layout={layout}
        onLayout={setLayout}
        pageSize={pageSize}
        onPageSize={setPageSize}
      />
    </div>
  );
}

function nextRegion(root: HTMLElement, step: 1 | -1): void {
  const regions = [...root.querySelectorAll<HTMLElement>('[data-region]')];
  const here = regions.findIndex((region) => region.contains(document.activeElement));
  const start = here === -1 && step === -1 ? 0 : here;
  regions.at((start + step + regions.length) % regions.length)?.focus();
}

/** The title of the tab tells what has changed while the person looks elsewhere. */
function useTitle(name: string): void {
  const { t } = useTranslation('call');
  const unread = useCallState(unreadTotal);
  const lost = useCallState((state) => state.link.state !== 'open');
  const muted = useCallState((state) => state.media.own.microphone !== 'on');
  const waiting = useCallState(
    (state) => state.moderation.waiting.filter(({ accepted }) => !accepted).length,
  );
  useEffect(() => {
    const parts = [
      lost ? t('title.lost') : '',
      waiting > 0 ? t('title.waiting', { count: waiting }) : '',
      unread > 0 ? t('title.unread', { count: unread }) : '',
      muted ? t('title.muted') : t('title.live'),
      name,
    ];
    document.title = parts.filter(Boolean).join(' · ');
  }, [t, name, unread, lost, muted, waiting]);
}

/** Only with Ctrl+Shift (⌘⇧), so that no screen reader or typed letter is hit. */
function useShortcuts(): void {
  const call = useCall();
  useEffect(() => {
    const onKey = (event: globalThis.KeyboardEvent): void => {
      if (!event.shiftKey || !(event.ctrlKey || event.metaKey) || event.repeat) return;
      for (const feature of features) {
        const found = feature.shortcuts?.find(({ letter }) => event.code === `Key${letter}`);
        if (found === undefined) continue;
        event.preventDefault();
        found.run(call, call.store.getSnapshot());
      }
    };
    addEventListener('keydown', onKey);
    return () => removeEventListener('keydown', onKey);
  }, [call]);
}
