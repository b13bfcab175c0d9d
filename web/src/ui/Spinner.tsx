// SPDX-License-Identifier: EUPL-1.2

import styles from './spinner.module.css';

/** Decoration beside a text which says what is under way. */
export function Spinner() {
  return <span className={styles['spinner']} aria-hidden="true" />;
}
