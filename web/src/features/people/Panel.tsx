// SPDX-License-Identifier: EUPL-1.2

import { memo, useDeferredValue, useMemo, useState } from 'react';
import { GridList, GridListItem, Input, Label, ListLayout, Menu, MenuItem, MenuTrigger, Popover, SearchField, Virtualizer } from 'react-aria-components';
import { useTranslation } from 'react-i18next';
import { here, isHeard, isModerator, microphoneIsOn, present } from '../../call/select';
import type { CallState, Person } from '../../call/state';
import type { ParticipantId } from '../../call/wire';
import { Confirm } from '../Confirm';
import { type PersonAction, type Texts, useCall, useCallState } from '../feature';
import { Button, IconButton } from '../../ui';
import { Parts, useFeatures } from '../Parts';
import { safely } from '../safely';
import room from '../../meeting/meeting.module.css';
import toolbar from '../../meeting/toolbar/toolbar.module.css';
import styles from './people.module.css';

/** Only those in sight are drawn; a name of two lines makes its row higher. */
const ROWS = { estimatedRowHeight: 52 };

/** One stop of the keyboard: arrows lead from person to person and to what can be done with them, letters to a name. */
export function Panel() {
  const { t } = useTranslation('call');
  const call = useCall();
  const [search, setSearch] = useState('');
  const [asked, setAsked] = useState<PersonAction>();
  const moderator = useCallState(isModerator);
  const wanted = search.toLocaleLowerCase();
  const found = ({ name }: { name: string }): boolean => name.toLocaleLowerCase().includes(wanted);
  const self = useCallState(({ me }) => (me !== undefined && found(me) ? me : undefined));
  const others = useCallState((state) => byRoom(state).filter(found));
  const near = useCallState((state) => here(state).filter(found).map(({ id }) => id));
  // Many who come at once make one new list, after what cannot wait.
  const rows = useDeferredValue(useMemo(() => (self === undefined ? others : [self, ...others]), [self, others]));
  // Who is silent already cannot be muted. Without media nobody knows who is.
  const anybodyHeard = useCallState(({ media }) => near.some((id) => media.connection !== 'connected' || isHeard(media, id)));
  return (
    <div className={room.panelBody}>
      <Parts of={({ People }) => People} />
      <SearchField className={room.field ?? ''} value={search} onChange={setSearch}>
        <Label>{t('people.search')}</Label>
        <Input />
      </SearchField>
      {moderator && (
        <Button isDisabled={!anybodyHeard} onPress={() => call.send({ namespace: 'moderation', payload: { action: 'mute', participants: near } })}>
          {wanted === '' ? t('people.mute_all') : t('people.mute_found', { count: near.length })}
        </Button>
      )}
      <Virtualizer layout={ListLayout} layoutOptions={ROWS}>
        <GridList className={styles.list ?? ''} aria-label={t('people.title')} items={rows}>
          {({ id, name }) => (
            <GridListItem id={id} textValue={name} className={styles.item ?? ''}>
              <Row id={id} {...(moderator && id !== self?.id ? { onAsk: setAsked } : {})} />
            </GridListItem>
          )}
        </GridList>
      </Virtualizer>
      <Confirm
        isOpen={asked !== undefined}
        title={asked?.confirm?.title ?? ''}
        text={asked?.confirm?.text ?? ''}
        action={asked?.label ?? ''}
        onClose={() => setAsked(undefined)}
        onConfirm={() => asked?.run(call)}
      />
    </div>
  );
}

interface RowProps {
  id: ParticipantId;
  /** For who may act on them: an action that is to be confirmed. */
  onAsk?: (action: PersonAction) => void;
}

const Row = memo(function Row({ id, onAsk }: RowProps) {
  const { t } = useTranslation('call') as { t: Texts };
  const features = useFeatures();
  const { name, role, self, microphone, breakout } = useCallState((state) => {
    const person = personOf(state, id);
    return { name: person?.name ?? '', role: person?.role ?? 'user', self: id === state.me?.id, microphone: microphoneIsOn(state.media, id), breakout: person?.breakout };
  });
  const elsewhere = useCallState((state) => breakout !== state.me?.breakout);
  const where = useCallState((state) => features.map((feature) => safely(undefined, () => feature.where?.(breakout === undefined ? {} : { breakout }, state, t)) ?? ''));
  const marks = useCallState((state) => features.flatMap(({ tile }) => safely(undefined, () => tile?.(state, id)) ?? []));
  return (
    <>
      <span className={room.grow}>
        <span>{self ? t('tile.you', { name }) : name}</span>
        <span className={room.muted}>
          {[t(`people.role.${role}`), ...where, ...marks.map(({ label }) => t(label)), microphone || elsewhere ? '' : t('tile.muted')].filter(Boolean).join(' · ')}
        </span>
      </span>
      {onAsk && <Actions id={id} name={name} onAsk={onAsk} />}
    </>
  );
});

/** Those of one's own room first, then room by room; in each in the order they came. */
function byRoom(state: CallState): Person[] {
  const order = ({ breakout }: Person): number => (breakout === state.me?.breakout ? -2 : (breakout ?? -1));
  return present(state).sort((a, b) => order(a) - order(b));
}

function personOf({ me, people }: CallState, id: ParticipantId): { name: string; role: string; breakout?: number } | undefined {
  if (id === me?.id) return me;
  const person = people.get(id);
  return person === undefined ? undefined : { ...person, role: person.kind === 'guest' ? 'guest' : person.role };
}

interface ActionsProps {
  id: ParticipantId;
  name: string;
  onAsk: (action: PersonAction) => void;
}

function Actions({ id, name, onAsk }: ActionsProps) {
  const { t } = useTranslation('call');
  const label = t('people.actions', { name });
  return (
    <MenuTrigger>
      <IconButton icon="more" label={label} />
      <Popover className={toolbar.popover ?? ''} placement="bottom end">
        <ActionMenu id={id} label={label} onAsk={onAsk} />
      </Popover>
    </MenuTrigger>
  );
}

/** What features can do with this person, asked when the menu opens. */
function ActionMenu({ id, label, onAsk }: { id: ParticipantId; label: string; onAsk: (action: PersonAction) => void }) {
  const { t } = useTranslation('call') as { t: Texts };
  const call = useCall();
  const features = useFeatures();
  const names = useCallState((state) => actionsOf(state).map((action) => action.label));
  function actionsOf(state: CallState): PersonAction[] {
    const person: Person | undefined = state.people.get(id);
    return person === undefined ? [] : features.flatMap(({ personActions }) => safely([], () => personActions?.(person, state, t) ?? []));
  }
  const act = (key: string): void => {
    const action = actionsOf(call.store.getSnapshot()).find((one) => one.label === key);
    if (action?.confirm !== undefined) onAsk(action);
    else action?.run(call);
  };
  return (
    <Menu className={toolbar.menu ?? ''} aria-label={label} onAction={(key) => act(String(key))}>
      {names.map((name) => (
        <MenuItem key={name} id={name} className={toolbar.entry ?? ''}>
          {name}
        </MenuItem>
      ))}
    </Menu>
  );
}
