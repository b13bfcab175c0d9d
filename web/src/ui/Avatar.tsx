// SPDX-License-Identifier: EUPL-1.2

import styles from './avatar.module.css';
import { photograph } from './photograph';

export interface AvatarProps {
  name: string;
  /** Address of a picture as a profile names it. */
  picture?: string | null | undefined;
  /** As large as fits into what is around it, instead of beside a name. */
  large?: boolean;
}

/** A picture, or first letters of the first and last name; decoration, because the name stands beside it. */
export function Avatar({ name, picture, large }: AvatarProps) {
  const set = photograph(picture);
  if (set !== undefined) return <img className={styles['avatar']} data-large={large} src={set} alt="" />;
  const tone = [...name].reduce((sum, letter) => (sum * 31 + (letter.codePointAt(0) ?? 0)) % 6, 0);
  return (
    <span className={styles['avatar']} data-large={large} data-tone={tone} aria-hidden="true">
      {initials(name)}
    </span>
  );
}

/** Up to two letters. */
export function initials(name: string): string {
  const words = name.split(/[\s\-_.]+/u).filter(Boolean);
  const letters = words.length > 1 ? [words[0], words.at(-1)] : [words[0]];
  return letters
    .map((word) => [...(word ?? '')][0] ?? '')
    .join('')
    .toLocaleUpperCase();
}
