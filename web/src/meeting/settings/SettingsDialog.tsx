// SPDX-License-Identifier: EUPL-1.2

import { useState } from 'react';
import { Button, Heading } from 'react-aria-components';
import { useTranslation } from 'react-i18next';
import { features } from '../../features/list';
import { MeetingDialog } from '../../features/MeetingDialog';
import { Slot } from '../../features/Slot';
import room from '../meeting.module.css';
import { announcementLevel, LEVELS, setAnnouncementLevel } from './level';
import { isApple, shortcutsAreOn, turnShortcuts } from './shortcuts';

interface SettingsDialogProps {
  isOpen: boolean;
  onOpenChange: (open: boolean) => void;
}

export function SettingsDialog(props: SettingsDialogProps) {
  return <MeetingDialog {...props}>{({ close }) => <Settings close={close} />}</MeetingDialog>;
}

function Settings({ close }: { close: () => void }) {
  const { t } = useTranslation('call');
  const [level, setLevel] = useState(announcementLevel);
  const [shortcuts, setShortcuts] = useState(shortcutsAreOn);
  return (
    <>
      <Heading slot="title">{t('settings.title')}</Heading>
      {features.map(({ name, Settings: Part }) =>
        Part === undefined ? null : (
          <Slot key={name}>
            <Part />
          </Slot>
        ),
      )}
      <fieldset className={room.group}>
        <legend>{t('settings.announcements')}</legend>
        {LEVELS.map((one) => (
          <label key={one} className={room.radio}>
            <input
              type="radio"
              name="announcements"
              checked={level === one}
              onChange={() => {
                setAnnouncementLevel(one);
                setLevel(one);
              }}
            />
            {t(`settings.level_${one}`)}
          </label>
        ))}
      </fieldset>
      <h3>{t('shortcuts.title')}</h3>
      <label className={room.radio}>
        <input
          type="checkbox"
          checked={shortcuts}
          onChange={({ target }) => {
            turnShortcuts(target.checked);
            setShortcuts(target.checked);
          }}
        />
        {t('shortcuts.on')}
      </label>
      <dl className={room.shortcuts}>
        {features.flatMap(({ shortcuts = [] }) =>
          shortcuts.map(({ letter, label }) => (
            <div key={letter}>
              <dt>{t(label)}</dt>
              <dd>
                <kbd>{isApple() ? '⌘' : t('shortcuts.ctrl')}</kbd> <kbd>⇧</kbd> <kbd>{letter}</kbd>
              </dd>
            </div>
          )),
        )}
        <div>
          <dt>{t('shortcuts.regions')}</dt>
          <dd>
            <kbd>F6</kbd>
          </dd>
        </div>
      </dl>
      <Button className={room.primary ?? ''} onPress={close}>
        {t('settings.done')}
      </Button>
    </>
  );
}
