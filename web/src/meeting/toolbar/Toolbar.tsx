// SPDX-License-Identifier: EUPL-1.2

import { useState } from 'react';
import {
  Button,
  Menu,
  MenuItem,
  MenuSection,
  MenuTrigger,
  Popover,
  Toolbar as RovingToolbar,
} from 'react-aria-components';
import { useTranslation } from 'react-i18next';
import { isModerator, isRestricted } from '../../call/select';
import type { CallState, DeviceKind } from '../../call/state';
import { REACTIONS } from '../../call/wire';
import { EMOJI } from '../../features/reaction/emoji';
import { type Feature, type Tab, type Texts, useCall, useCallState } from '../../features/feature';
import { Icon, type IconName } from '../../features/icons';
import { useLegal } from '../../features/legal';
import { features } from '../../features/list';
import { useNotices } from '../../features/notices';
import { type Layout, PAGE_SIZES, type PageSize } from '../layout';
import { SettingsDialog } from '../settings/SettingsDialog';
import { EndDialog } from './EndDialog';
import styles from './toolbar.module.css';

interface ToolbarProps {
  tab: string | undefined;
  onTab: (name: string) => void;
  layout: Layout;
  onLayout: (layout: Layout) => void;
  pageSize: PageSize;
  onPageSize: (size: PageSize) => void;
}

export function Toolbar({ tab, onTab, layout, onLayout, pageSize, onPageSize }: ToolbarProps) {
  const { t } = useTranslation('call');
  const call = useCall();
  const state = useCallState((now) => now);
  const [settings, setSettings] = useState(false);
  const moderator = isModerator(state);
  const handUp = state.me?.handRaisedAt !== undefined;
  const tabs = features.filter(({ tab: one }) => one && (one.available?.(state) ?? true));
  const canShare = 'getDisplayMedia' in (navigator.mediaDevices ?? {});
  const raise = (): boolean =>
    call.send({
      namespace: 'raise_hands',
      payload: { action: handUp ? 'lower_hand' : 'raise_hand' },
    });
  const openTab = (key: string): boolean => tabs.some(({ name }) => name === key);
  const act = (key: string): void => {
    // The links of the menu open by themselves.
    if (key.startsWith('legal ')) return;
    if (key === 'settings') setSettings(true);
    else if (key === 'share') call.set('screen_share', state.media.own.screen_share !== 'on');
    else if (openTab(key)) onTab(key);
  };
  const arrange = (key: string | undefined): void => {
    if (key === 'speaker') return onLayout('speaker');
    const size = PAGE_SIZES.find((one) => String(one) === key);
    if (size === undefined) return;
    onLayout('grid');
    onPageSize(size);
  };
  const noReactions = isRestricted(state.reactionsRestricted, state.me?.id) && !moderator;
  return (
    <div className={styles.region} data-region tabIndex={-1} role="region" aria-label={t('toolbar.name')}>
      <RovingToolbar className={styles.toolbar ?? ''} aria-label={t('toolbar.name')}>
        <Device kind="microphone" on="microphone" off="microphone_off" />
        <Device kind="camera" on="camera" off="camera_off" />
        {canShare && (
          <span className={styles.wide}>
            <Device kind="screen_share" on="share" off="share" />
          </span>
        )}
        <Tool
          icon="hand"
          label={t(handUp ? 'toolbar.hand_down' : state.handsEnabled ? 'toolbar.hand_up' : 'toolbar.hand_not_allowed')}
          active={handUp}
          locked={!state.handsEnabled && !handUp}
          about="may hand"
          onPress={raise}
        />
        {state.room.modules['reaction'] !== undefined && noReactions && <Tool icon="smile" label={t('toolbar.react_not_allowed')} locked about="may react" />}
        {state.room.modules['reaction'] !== undefined && !noReactions && (
          <MenuTrigger>
            <Tool icon="smile" label={t('toolbar.react')} />
            <Popover className={styles.popover ?? ''} placement="top">
              <Menu
                className={styles.reactions ?? ''}
                aria-label={t('toolbar.react')}
                onAction={(key) =>
                  call.send({
                    namespace: 'reaction',
                    payload: { action: 'react', reaction: key as (typeof REACTIONS)[number] },
                  })
                }
              >
                {REACTIONS.map((one) => (
                  <MenuItem key={one} id={one} className={styles.reaction ?? ''} textValue={t(`reaction.${one}`)} aria-label={t(`reaction.${one}`)}>
                    <span aria-hidden="true">{EMOJI[one]}</span>
                  </MenuItem>
                ))}
              </Menu>
            </Popover>
          </MenuTrigger>
        )}
        {tabs.map(({ name, tab: one }, index) => {
          const count = one?.badge?.count(state) ?? 0;
          return (
            <span key={name} className={index > 1 ? styles.wide : styles.panelTool}>
              <Tool
                icon={one?.icon ?? 'more'}
                label={named(one, state, t)}
                active={tab === name}
                expanded={tab === name}
                opens={name}
                badge={count}
                loud={one?.badge?.loud(state) ?? false}
                onPress={() => onTab(name)}
              />
            </span>
          );
        })}
        <MenuTrigger>
          <Tool icon="more" label={t('toolbar.more')} opens="more" />
          <Popover className={styles.popover ?? ''} placement="top end">
            <More tabs={tabs} canShare={canShare} layout={layout} pageSize={pageSize} onAction={act} onArrange={arrange} />
          </Popover>
        </MenuTrigger>
        {moderator ? (
          <EndDialog />
        ) : (
          <Tool icon="leave" label={t('toolbar.leave')} danger onPress={() => call.leave()} />
        )}
      </RovingToolbar>
      <SettingsDialog isOpen={settings} onOpenChange={setSettings} />
    </div>
  );
}

interface MoreProps {
  tabs: readonly Feature[];
  canShare: boolean;
  layout: Layout;
  pageSize: PageSize;
  onAction: (key: string) => void;
  onArrange: (key: string | undefined) => void;
}

/** What the toolbar has no room for, looked up when the menu opens, and what it never has. */
function More({ tabs, canShare, layout, pageSize, onAction, onArrange }: MoreProps) {
  const { t } = useTranslation('call');
  const state = useCallState((now) => now);
  const legal = useLegal();
  const inToolbar = (name: string): boolean => document.querySelector(`[data-opens="${name}"]`)?.checkVisibility() ?? false;
  return (
    <Menu className={styles.menu ?? ''} aria-label={t('toolbar.more')} onAction={(key) => onAction(String(key))}>
      {tabs.filter(({ name }) => !inToolbar(name)).map(({ name, tab: one }) => (
        <Entry key={name} id={name} icon={one?.icon ?? 'more'} text={named(one, state, t)} />
      ))}
      {canShare && !inToolbar('share') ? (
        <Entry id="share" icon="share" text={t(state.media.own.screen_share === 'on' ? 'toolbar.screen_share_off' : 'toolbar.screen_share_on')} />
      ) : null}
      <MenuSection
        aria-label={t('layout.name')}
        selectionMode="single"
        disallowEmptySelection
        selectedKeys={[layout === 'speaker' ? 'speaker' : String(pageSize)]}
        onSelectionChange={(chosen) => onArrange(chosen === 'all' ? undefined : String([...chosen][0]))}
      >
        {PAGE_SIZES.map((size) => (
          <Entry key={size} id={String(size)} icon="grid" text={t('layout.grid', { size })} />
        ))}
        <Entry id="speaker" icon="speaker_view" text={t('layout.speaker')} />
      </MenuSection>
      <Entry id="settings" icon="settings" text={t('settings.title')} />
      {legal.map(({ kind, href }) => (
        <MenuItem key={kind} id={`legal ${kind}`} href={href} target="_blank" rel="noreferrer" className={styles.entry ?? ''}>
          <Icon name="link" size={20} /> {t(`app:legal.${kind}`)}
        </MenuItem>
      ))}
    </Menu>
  );
}

/** "Chat, 2 unread". */
function named(tab: Tab | undefined, state: CallState, t: Texts): string {
  if (tab === undefined) return '';
  const count = tab.badge?.count(state) ?? 0;
  if (tab.badge === undefined || count === 0) return t(tab.label);
  return `${t(tab.label)}, ${t(tab.badge.label(state), { count })}`;
}

function Entry({ id, icon, text }: { id: string; icon: IconName; text: string }) {
  return (
    <MenuItem id={id} className={styles.entry ?? ''} textValue={text}>
      {({ isSelected }) => (
        <>
          <Icon name={icon} size={20} /> {text}
          {isSelected && <Icon name="check" size={20} />}
        </>
      )}
    </MenuItem>
  );
}

function Device({ kind, on, off }: { kind: DeviceKind; on: IconName; off: IconName }) {
  const { t } = useTranslation('call');
  const call = useCall();
  const now = useCallState((state) => state.media.own[kind]);
  const allowed = useCallState((state) => state.media.allowed[kind]);
  const isOn = now === 'on';
  const label = isOn ? `${kind}_off` : !allowed ? `${kind}_not_allowed` : now === 'starting' ? `${kind}_starting` : `${kind}_on`;
  return (
    <Tool
      icon={isOn ? on : off}
      label={t(`toolbar.${label}`)}
      active={kind === 'screen_share' && isOn}
      off={kind !== 'screen_share' && !isOn}
      locked={(!allowed && !isOn) || now === 'starting'}
      about={`may ${kind}`}
      {...(kind === 'screen_share' ? { opens: 'share' } : {})}
      onPress={() => call.set(kind, !isOn)}
    />
  );
}

interface ToolProps {
  icon: IconName;
  label: string;
  active?: boolean;
  off?: boolean;
  danger?: boolean;
  /** Cannot be done now; the label says why, and pressing shows it. The tool stays where the keyboard finds it. */
  locked?: boolean;
  /** What a lock is about, as in an announcement: the reason is not shown twice. */
  about?: string;
  /** The panel that the tool opens is open. */
  expanded?: boolean;
  /** The name of the panel it opens: whoever leaves the panel is led back here. "More" leaves out what is seen here. */
  opens?: string;
  badge?: number;
  loud?: boolean;
  onPress?: () => void;
}

/** The label says what pressing does or shows; it is the tooltip, too. */
export function Tool({ icon, label, active, off, danger, locked = false, about, expanded, opens, badge = 0, loud, onPress }: ToolProps) {
  const notices = useNotices();
  const press = locked ? () => notices.say({ text: label, shown: true, ...(about === undefined ? {} : { about }) }) : onPress;
  return (
    <span className={styles.slot} data-label={label}>
      <Button
        className={styles.tool ?? ''}
        aria-label={label}
        data-active={active === true}
        data-off={off === true}
        data-danger={danger === true}
        data-locked={locked}
        data-opens={opens}
        {...(locked ? { 'aria-disabled': true } : {})}
        {...(expanded === undefined ? {} : { 'aria-expanded': expanded })}
        {...(press ? { onPress: press } : {})}
      >
        <Icon name={icon} />
        {badge > 0 && <span className={styles.badge} data-loud={loud === true}>{badge > 99 ? '99+' : badge}</span>}
      </Button>
    </span>
  );
}
