// SPDX-License-Identifier: EUPL-1.2

import { Menu, MenuItem } from 'react-aria-components';
import { useTranslation } from 'react-i18next';
import { type Reaction, REACTIONS } from '../../call/wire';
import { useCall } from '../feature';
import { EMOJI } from './emoji';
import styles from './reaction.module.css';

export function Choice() {
  const { t } = useTranslation('call');
  const call = useCall();
  return (
    <Menu
      className={styles.choice ?? ''}
      aria-label={t('reaction.react')}
      onAction={(key) => call.send({ namespace: 'reaction', payload: { action: 'react', reaction: key as Reaction } })}
    >
      {REACTIONS.map((one) => (
        <MenuItem key={one} id={one} className={styles.chosen ?? ''} textValue={t(`reaction.${one}`)} aria-label={t(`reaction.${one}`)}>
          <span aria-hidden="true">{EMOJI[one]}</span>
        </MenuItem>
      ))}
    </Menu>
  );
}
