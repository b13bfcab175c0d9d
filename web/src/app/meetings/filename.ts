// SPDX-License-Identifier: EUPL-1.2

/** The longest name that the server takes, in characters. */
const LONGEST = 200;

/** A name that is too long loses from its middle: by its end programs know what it is. */
export function shortened(name: string): string {
  const characters = [...name];
  if (characters.length <= LONGEST) return name;
  const end = [...(/\.[^.]{1,10}$/.exec(name)?.[0] ?? '')];
  return [...characters.slice(0, LONGEST - end.length), ...end].join('');
}
