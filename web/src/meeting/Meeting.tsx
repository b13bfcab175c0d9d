// SPDX-License-Identifier: EUPL-1.2

import { useEffect, useRef, useState } from 'react';
import { useLocale } from 'react-aria-components';
import { useTranslation } from 'react-i18next';
import { type Texts, useCall, useCallState } from '../features/feature';
import { IconButton } from '../ui';
import { isShown } from '../features/focus';
import { useNotices } from '../features/notices';
import { PanelContext } from '../features/panel';
import { Parts, useFeatures } from '../features/Parts';
import { safely } from '../features/safely';
import { isShortcut, shortcutsAreOn } from './settings/shortcuts';
import { Slot } from '../features/Slot';
import { Toolbar } from './toolbar/Toolbar';
import { Banner } from './Banner';
import type { Layout, PageSize } from './layout';
import { NoticeList } from './NoticeList';
import { Stage } from './Stage';
import { timeText } from '../features/time';
import { useAwake } from './wake';
import styles from './meeting.module.css';

/** By then sound and picture have begun. */
const QUIET_AFTER_MS = 5_000;

/** Header, stage, at most one panel, toolbar. F6 goes round them, Escape returns from the panel. */
export function Meeting({ title }: { title: string | undefined }) {
  const { t } = useTranslation('call');
  const name = useCallState((state) => state.room.title) ?? title ?? t('room.meeting');
  const closesAt = useCallState((state) => state.room.closesAt);
  const { locale } = useLocale();
  const [wanted, setWanted] = useState<string>();
  const [layout, setLayout] = useState<Layout>('grid');
  const [pageSize, setPageSize] = useState<PageSize>(9);
  const root = useRef<HTMLDivElement>(null);
  const stage = useRef<HTMLElement>(null);
  // Whoever no longer moderates has no panel for it either.
  const features = useFeatures();
  const chosen = features.find((feature) => feature.name === wanted)?.tab;
  const available = useCallState((state) => safely(true, () => chosen?.available?.(state) ?? true));
  const shown = available ? chosen : undefined;
  const tab = shown === undefined ? undefined : wanted;
  const panel = useRef<HTMLElement>(null);
  useTitle(name);
  useShortcuts();
  useAwake();

  // Whoever comes in was somewhere else a moment ago.
  useEffect(() => stage.current?.focus(), []);

  // In a quiet moment, so that they are there when the line is not.
  useEffect(() => {
    const fetch = (): void => {
      for (const { tab: one } of features) void one?.Panel.fetch?.();
    };
    const timer = setTimeout(fetch, QUIET_AFTER_MS);
    return () => clearTimeout(timer);
  }, [features]);

  // Who opens a panel is in it; when it has gone, however that came, the focus is not nowhere.
  useEffect(() => {
    if (tab !== undefined) {
      // A menu that closes gives the focus back first.
      const later = requestAnimationFrame(() => panel.current?.focus());
      return () => cancelAnimationFrame(later);
    }
    setWanted(undefined);
    const nowhere = document.activeElement === null || document.activeElement === document.body;
    if (nowhere) stage.current?.focus();
    return undefined;
  }, [tab]);

  const toggle = (one: string): void => setWanted(tab === one ? undefined : one);
  // Back to its button, or where that is hidden to the menu that has it.
  const close = (): void => {
    const buttons = [tab, 'more'].map((name) => root.current?.querySelector<HTMLElement>(`[data-opens="${name}"]`));
    setWanted(undefined);
    const back = buttons.find((button) => button && isShown(button)) ?? stage.current;
    back?.focus();
    // A toolbar leads whoever comes in from outside to the tool they last used, once.
    back?.focus();
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
    <PanelContext value={{ toggle, open: setWanted }}>
    <div ref={root} className={styles.meeting} data-panel={shown !== undefined}>
      <header className={styles.header} data-region tabIndex={-1} aria-label={t('room.header')}>
        <h1>{name}</h1>
        {closesAt === undefined ? null : (
          <span className={styles.until}>{t('closing.until', { time: timeText(closesAt, locale) })}</span>
        )}
        <Parts of={({ Chip }) => Chip} />
      </header>
      <div className={styles.told}>
        <Parts of={({ Banner: Part }) => Part} />
        <Slot>
          <Banner />
        </Slot>
      </div>
      <NoticeList />
      <main ref={stage} className={styles.main} data-region tabIndex={-1} aria-label={t('room.stage')}>
        <Slot>
          <Stage layout={layout} pageSize={pageSize} />
        </Slot>
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
            <IconButton icon="close" label={t('room.close_panel')} onPress={close} />
          </div>
          <Slot key={tab}>
            <shown.Panel />
          </Slot>
        </aside>
      )}
      <Slot>
        <Toolbar
          tab={tab}
          layout={layout}
          onLayout={setLayout}
          pageSize={pageSize}
          onPageSize={setPageSize}
        />
      </Slot>
      <Parts of={({ Sheet }) => Sheet} />
    </div>
    </PanelContext>
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
  const { t } = useTranslation('call') as { t: Texts };
  const features = useFeatures();
  const title = useCallState((state) => [...features.map((feature) => safely('', () => feature.title?.(state, t) ?? '')), name].filter(Boolean).join(' · '));
  useEffect(() => {
    document.title = title;
  }, [title]);
}

/** Only with Ctrl+Shift (⌘⇧) and nothing else, never where somebody types, and not for who has turned them off. */
function useShortcuts(): void {
  const { t } = useTranslation('call');
  const call = useCall();
  const notices = useNotices();
  const features = useFeatures();
  useEffect(() => {
    const onKey = (event: globalThis.KeyboardEvent): void => {
      if (!isShortcut(event) || !shortcutsAreOn()) return;
      for (const feature of features) {
        const found = feature.shortcuts?.find(({ letter }) => event.code === `Key${letter}`);
        if (found === undefined) continue;
        event.preventDefault();
        const state = call.store.getSnapshot();
        const locked = found.locked?.(state);
        if (locked === undefined) found.run(call, state);
        else notices.say({ text: t(locked), shown: true, ...(found.about === undefined ? {} : { about: found.about }) });
      }
    };
    addEventListener('keydown', onKey);
    return () => removeEventListener('keydown', onKey);
  }, [call, features, notices, t]);
}
