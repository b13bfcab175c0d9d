// SPDX-License-Identifier: EUPL-1.2

/** Imprint and the like on what has the whole window: they open beside it, because leaving the page would leave the meeting. */
import { createContext, useContext } from 'react';
import { useTranslation } from 'react-i18next';
import { type LegalLink, LegalLinks } from '../ui/LegalLinks';

const Links = createContext<readonly LegalLink[]>([]);

export const LegalContext = Links.Provider;
export const useLegal = (): readonly LegalLink[] => useContext(Links);

export function Legal() {
  const { t } = useTranslation();
  return <LegalLinks links={useLegal()} label={t('legal.name')} text={(kind) => t(`legal.${kind}`)} elsewhere={t('legal.elsewhere')} />;
}
