// SPDX-License-Identifier: EUPL-1.2

import { Spinner } from '../../ui';
import styles from './pages.module.css';

export function Waiting({ text }: { text: string }) {
  return (
    <p className={styles['waiting']} role="status">
      <Spinner />
      {text}
    </p>
  );
}
