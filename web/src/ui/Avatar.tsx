// SPDX-License-Identifier: EUPL-1.2

import styles from './avatar.module.css';
import { photograph } from './photograph';

export interface AvatarProps {
  name: string;
  /** Address of a picture as a profile names it. */
  picture?: string | null | undefined;
}

/** A picture, or first letters of the first and last name; decoration, because the name stands beside it. */
export function Avatar({ name, picture }: AvatarProps) {
  const set = photograph(picture);
  if (set !== undefined) return <img className={styles['avatar']} src={set} alt="" />;
  const words = name.trim().split(/\s+/).filter(Boolean);
  const letters = [words[0], words.length > 1 ? words.at(-1) : undefined].map((word) => [...(word ?? '')][0] ?? '').join('');
  const tone = [...name].reduce((sum, letter) => (sum * 31 + (letter.codePointAt(0) ?? 0)) % 6, 0);
  return (
    <span className={styles['avatar']} data-tone={tone} aria-hidden="true">
      {letters.toLocaleUpperCase()}
    </span>
  );
}
