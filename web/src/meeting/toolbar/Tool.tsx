// SPDX-License-Identifier: EUPL-1.2

import { Button } from 'react-aria-components';
import type { Look } from '../../features/feature';
import { Icon } from '../../ui';
import { useNotices } from '../../features/notices';
import styles from './toolbar.module.css';

interface ToolProps extends Look {
  danger?: boolean;
  /** The panel that the tool opens is open. */
  expanded?: boolean;
  /** The name of the panel it opens: whoever leaves the panel is led back here. */
  opens?: string;
  onPress?: () => void;
}

/** The label says what pressing does or shows; it is the tooltip, too. A locked tool stays where the keyboard finds it. */
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
        <Icon name={icon} size={24} />
        {badge > 0 && <span className={styles.badge} data-loud={loud === true}>{badge > 99 ? '99+' : badge}</span>}
      </Button>
    </span>
  );
}
