// SPDX-License-Identifier: EUPL-1.2

/** The page of the meeting with its texts: a chunk of its own, as is everything in it that only some meetings need. */
import i18next from 'i18next';
import type { ComponentType } from 'react';
import { loadTexts } from '../features/texts';
import type { MeetingPageProps } from './MeetingPage';

export async function openMeetingPage(): Promise<{ default: ComponentType<MeetingPageProps> }> {
  const [{ MeetingPage }] = await Promise.all([import('./MeetingPage'), loadTexts()]);
  i18next.on('languageChanged', (language) => void loadTexts(language));
  return { default: MeetingPage };
}
