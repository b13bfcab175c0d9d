// SPDX-License-Identifier: EUPL-1.2

import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { features } from '../../features/list';
import { MeetingDialog } from '../../features/MeetingDialog';
import { Slot } from '../../features/Slot';
import room from '../meeting.module.css';
import { Button, Checkbox, RadioGroup } from '../../ui';
import { announcementLevel, LEVELS, setAnnouncementLevel } from './level';
import { isApple, shortcutsAreOn, turnShortcuts } from './shortcuts';

interface SettingsDialogProps {
  isOpen: boolean;
  onOpenChange: (open: boolean) => void;
}

export function SettingsDialog({ isOpen, onOpenChange }: SettingsDialogProps) {
  const { t } = useTranslation('call');
  const close = (): void => onOpenChange(false);
  return (
    <MeetingDialog
      title={t('settings.title')}
      isOpen={isOpen}
      onClose={close}
      actions={
        <Button kind="primary" onPress={close}>
          {t('settings.done')}
        </Button>
      }
    >
      <Settings />
    </MeetingDialog>
  );
}

function Settings() {
  const { t } = useTranslation('call');
  const [level, setLevel] = useState(announcementLevel);
  const [shortcuts, setShortcuts] = useState(shortcutsAreOn);
  return (
    <>
      {features.map(({ name, Settings: Part }) =>
        Part === undefined ? null : (
          <Slot key={name}>
            <Part />
          </Slot>
        ),
      )}
      <RadioGroup
        label={t('settings.announcements')}
        value={level}
        choices={LEVELS.map((value) => ({ value, label: t(`settings.level_${value}`) }))}
        onChange={(value) => {
          const one = LEVELS.find((known) => known === value) ?? level;
          setAnnouncementLevel(one);
          setLevel(one);
        }}
      />
      <h3>{t('shortcuts.title')}</h3>
      <Checkbox
        label={t('shortcuts.on')}
        isSelected={shortcuts}
        onChange={(on) => {
          turnShortcuts(on);
          setShortcuts(on);
        }}
      />
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
    </>
  );
}
