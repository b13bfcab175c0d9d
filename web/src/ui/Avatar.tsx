// SPDX-License-Identifier: EUPL-1.2

import styles from './avatar.module.css';

/** First letters of the first and last name; decoration, because the name stands beside it. */
export function Avatar({ name }: { name: string }) {
  const words = name.trim().split(/\s+/).filter(Boolean);
  const letters = [words[0], words.length > 1 ? words.at(-1) : undefined].map((word) => [...(word ?? '')][0] ?? '').join('');
  const tone = [...name].reduce((sum, letter) => (sum * 31 + (letter.codePointAt(0) ?? 0)) % 6, 0);
  return (
    <span className={styles['avatar']} data-tone={tone} aria-hidden="true">
      {letters.toLocaleUpperCase()}
    </span>
  );
}
