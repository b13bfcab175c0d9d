// SPDX-License-Identifier: EUPL-1.2

import { Component, type ReactNode, Suspense } from 'react';
import { useTranslation } from 'react-i18next';
import room from '../meeting/meeting.module.css';
import { Button } from '../ui';
import { AttemptContext } from './lazily';

interface SlotProps {
  children: ReactNode;
}

let attempts = 0;

/** A part of the meeting. When it breaks it says so in its place, and the meeting around it goes on. */
export class Slot extends Component<SlotProps, { broken: boolean; attempt: number }> {
  override state = { broken: false, attempt: ++attempts };

  static getDerivedStateFromError(): { broken: boolean } {
    return { broken: true };
  }

  override render(): ReactNode {
    const { broken, attempt } = this.state;
    if (broken) return <Broken again={() => this.setState({ broken: false, attempt: ++attempts })} />;
    return (
      <AttemptContext value={attempt}>
        <Suspense fallback={null}>{this.props.children}</Suspense>
      </AttemptContext>
    );
  }
}

function Broken({ again }: { again: () => void }) {
  const { t } = useTranslation('call');
  return (
    <div className={room.broken} role="alert">
      <p>{t('slot.broken')}</p>
      <Button onPress={again}>
        {t('slot.again')}
      </Button>
    </div>
  );
}
