// SPDX-License-Identifier: EUPL-1.2

import { Component, type ReactNode } from 'react';
import { Button } from 'react-aria-components';
import { useTranslation } from 'react-i18next';
import room from '../meeting/meeting.module.css';

interface SlotProps {
  children: ReactNode;
}

/** A part of the meeting. When it breaks it says so in its place, and the meeting around it goes on. */
export class Slot extends Component<SlotProps, { broken: boolean }> {
  override state = { broken: false };

  static getDerivedStateFromError(): { broken: boolean } {
    return { broken: true };
  }

  override render(): ReactNode {
    return this.state.broken ? <Broken again={() => this.setState({ broken: false })} /> : this.props.children;
  }
}

function Broken({ again }: { again: () => void }) {
  const { t } = useTranslation('call');
  return (
    <div className={room.broken} role="alert">
      <p>{t('slot.broken')}</p>
      <Button className={room.secondary ?? ''} onPress={again}>
        {t('slot.again')}
      </Button>
    </div>
  );
}
