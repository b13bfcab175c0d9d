// SPDX-License-Identifier: EUPL-1.2

import styles from './avatar.module.css';

export interface AvatarProps {
  name: string;
  /** Address of a picture; empty or absent: there is none. */
  picture?: string | null | undefined;
}

/** A picture, or first letters of the first and last name; decoration, because the name stands beside it. */
export function Avatar({ name, picture }: AvatarProps) {
  if (picture) return <img className={styles['avatar']} src={picture} alt="" />;
  const words = name.trim().split(/\s+/).filter(Boolean);
  const letters = [words[0], words.length > 1 ? words.at(-1) : undefined].map((word) => [...(word ?? '')][0] ?? '').join('');
  const tone = [...name].reduce((sum, letter) => (sum * 31 + (letter.codePointAt(0) ?? 0)) % 6, 0);
  return (
    <span className={styles['avatar']} data-tone={tone} aria-hidden="true">
      {letters.toLocaleUpperCase()}
    </span>
  );
}
