// SPDX-License-Identifier: EUPL-1.2

import { useLayoutEffect, useMemo, useRef, useState } from 'react';
import { Menu, MenuItem, MenuSection, MenuTrigger, Popover, SubmenuTrigger, Toolbar as RovingToolbar } from 'react-aria-components';
import { useTranslation } from 'react-i18next';
import { isModerator } from '../../call/select';
import { type Texts, useCall, useCallState } from '../../features/feature';
import { type Glyph, Icon } from '../../ui';
import { useLegal } from '../../features/legal';
import { useNotices } from '../../features/notices';
import { usePanels } from '../../features/panel';
import { useFeatures } from '../../features/Parts';
import { type Layout, PAGE_SIZES, type PageSize } from '../layout';
import { SettingsDialog } from '../settings/SettingsDialog';
import { EndDialog } from './EndDialog';
import { entriesOf, type Entry, inBar, room } from './entries';
import { Tool } from './Tool';
import styles from './toolbar.module.css';

interface ToolbarProps {
  /** The feature whose panel is open. */
  tab: string | undefined;
  layout: Layout;
  onLayout: (layout: Layout) => void;
  pageSize: PageSize;
  onPageSize: (size: PageSize) => void;
}

/** What features have for it, as far as there is room; the rest and what the meeting itself has is in "More"; the way out. */
export function Toolbar({ tab, layout, onLayout, pageSize, onPageSize }: ToolbarProps) {
  const { t } = useTranslation('call') as { t: Texts };
  const call = useCall();
  const features = useFeatures();
  const entries = useMemo(() => entriesOf(features), [features]);
  const there = useCallState((state) => entries.filter(({ look }) => look(state, t) !== undefined));
  const moderator = useCallState(isModerator);
  const [settings, setSettings] = useState(false);
  const [region, places] = useRoom();
  const seen = inBar(there, places);
  const hidden = there.filter((entry) => !seen.includes(entry));
  const arrange = (key: string | undefined): void => {
    if (key === 'speaker') return onLayout('speaker');
    const size = PAGE_SIZES.find((one) => String(one) === key);
    if (size === undefined) return;
    onLayout('grid');
    onPageSize(size);
  };
  return (
    <div ref={region} className={styles.region} data-region tabIndex={-1} role="region" aria-label={t('toolbar.name')}>
      <RovingToolbar className={styles.toolbar ?? ''} aria-label={t('toolbar.name')}>
        {seen.map((entry) => (
          <InBar key={entry.key} entry={entry} tab={tab} />
        ))}
        <MenuTrigger>
          <More hidden={hidden} />
          <Popover className={styles.popover ?? ''} placement="top end">
            <MoreMenu hidden={hidden} layout={layout} pageSize={pageSize} onArrange={arrange} onSettings={() => setSettings(true)} />
          </Popover>
        </MenuTrigger>
        {moderator ? <EndDialog /> : <Tool icon="hang_up" label={t('toolbar.leave')} danger onPress={() => call.leave()} />}
      </RovingToolbar>
      <SettingsDialog isOpen={settings} onOpenChange={setSettings} />
    </div>
  );
}

/** As many as there is room for, whatever the window becomes. */
function useRoom() {
  const region = useRef<HTMLDivElement>(null);
  const [places, setPlaces] = useState(() => room(innerWidth));
  useLayoutEffect(() => {
    const bar = region.current;
    if (bar === null || typeof ResizeObserver === 'undefined') return undefined;
    const observer = new ResizeObserver(() => setPlaces(room(bar.offsetWidth)));
    observer.observe(bar);
    return () => observer.disconnect();
  }, []);
  return [region, places] as const;
}

interface InBarProps {
  entry: Entry;
  tab: string | undefined;
}

function InBar({ entry: { look: lookOf, press, Menu: Choice, opens }, tab }: InBarProps) {
  const { t } = useTranslation('call') as { t: Texts };
  const call = useCall();
  const { toggle } = usePanels();
  const look = useCallState((state) => lookOf(state, t));
  if (look === undefined) return null;
  if (opens !== undefined) return <Tool {...look} opens={opens} active={tab === opens} expanded={tab === opens} onPress={() => toggle(opens)} />;
  if (Choice === undefined || look.locked === true) return <Tool {...look} onPress={() => press?.(call, call.store.getSnapshot())} />;
  return (
    <MenuTrigger>
      <Tool {...look} />
      <Popover className={styles.popover ?? ''} placement="top">
        <Choice />
      </Popover>
    </MenuTrigger>
  );
}

/** Its button tells of what waits behind it. */
function More({ hidden }: { hidden: readonly Entry[] }) {
  const { t } = useTranslation('call') as { t: Texts };
  const loud = useCallState((state) =>
    hidden.flatMap(({ look }) => {
      const { label, badge = 0, loud: waits } = look(state, t) ?? { label: '' };
      return waits === true && badge > 0 ? [label] : [];
    }),
  );
  return <Tool icon="more" label={[t('toolbar.more'), ...loud].join(', ')} opens="more" badge={loud.length} loud={loud.length > 0} />;
}

interface MoreMenuProps {
  hidden: readonly Entry[];
  layout: Layout;
  pageSize: PageSize;
  onArrange: (key: string | undefined) => void;
  onSettings: () => void;
}

function MoreMenu({ hidden, layout, pageSize, onArrange, onSettings }: MoreMenuProps) {
  const { t } = useTranslation('call') as { t: Texts };
  const legal = useLegal();
  return (
    <Menu className={styles.menu ?? ''} aria-label={t('toolbar.more')}>
      {hidden.map((entry) => (
        <InMenu key={entry.key} entry={entry} />
      ))}
      <MenuSection
        aria-label={t('layout.name')}
        selectionMode="single"
        disallowEmptySelection
        selectedKeys={[layout === 'speaker' ? 'speaker' : String(pageSize)]}
        onSelectionChange={(chosen) => onArrange(chosen === 'all' ? undefined : String([...chosen][0]))}
      >
        {PAGE_SIZES.map((size) => (
          <Line key={size} id={String(size)} icon="grid" text={t('layout.grid', { size })} />
        ))}
        <Line id="speaker" icon="speaker_view" text={t('layout.speaker')} />
      </MenuSection>
      <Line id="settings" icon="settings" text={t('settings.title')} onAction={onSettings} />
      {legal.map(({ kind, href }) => (
        <MenuItem key={kind} id={`legal ${kind}`} href={href} target="_blank" rel="noreferrer" className={styles.entry ?? ''}>
          <Icon name="link" size={20} /> {t(`app:legal.${kind}`)}
        </MenuItem>
      ))}
    </Menu>
  );
}

function InMenu({ entry: { key, look: lookOf, press, Menu: Choice, opens } }: { entry: Entry }) {
  const { t } = useTranslation('call') as { t: Texts };
  const call = useCall();
  const notices = useNotices();
  const { toggle } = usePanels();
  const look = useCallState((state) => lookOf(state, t));
  const { icon, label, locked, about } = look ?? { icon: 'more' as const, label: '' };
  const act = (): void => {
    if (locked === true) notices.say({ text: label, shown: true, ...(about === undefined ? {} : { about }) });
    else if (opens !== undefined) toggle(opens);
    else press?.(call, call.store.getSnapshot());
  };
  const line = <Line id={key} icon={icon} text={label} onAction={act} />;
  if (Choice === undefined || locked === true) return line;
  return (
    <SubmenuTrigger>
      <Line id={key} icon={icon} text={label} />
      <Popover className={styles.popover ?? ''}>
        <Choice />
      </Popover>
    </SubmenuTrigger>
  );
}

interface LineProps {
  id: string;
  icon: Glyph;
  text: string;
  onAction?: () => void;
}

function Line({ id, icon, text, onAction }: LineProps) {
  return (
    <MenuItem id={id} className={styles.entry ?? ''} textValue={text} {...(onAction === undefined ? {} : { onAction })}>
      {({ isSelected, hasSubmenu }) => (
        <>
          <Icon name={icon} size={20} /> {text}
          {isSelected && <Icon name="check" size={20} />}
          {hasSubmenu && <Icon name="on" size={20} />}
        </>
      )}
    </MenuItem>
  );
}
