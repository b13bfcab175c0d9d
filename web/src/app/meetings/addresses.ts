// SPDX-License-Identifier: EUPL-1.2

/**
 * Whom a text means that was typed or pasted into the field for invitations: one address or a whole list, as programs for
 * e-mail write them. Whether there is such a mailbox it does not know. The one rule: nobody is lost, what is no address is
 * left over.
 */

export interface Named {
  email: string;
  /** The address where no name is given. */
  name: string;
}

const EMAIL = /^[^\s@<>",;]+@[^\s@<>",;]+\.[^\s@<>",;]+$/;
/** An address in angle brackets with the name before it, or anything else up to the next separator. */
const PIECE = /((?:"[^"]*"|[^;,\n<>"])*)<([^<>]*)>|(?:"[^"]*"|[^;,\n<"])+/g;

/** `mailto:a@example.net?subject=…` is an address, too. */
const bare = (text: string): string => text.trim().replace(/^mailto:/i, '').replace(/\?.*$/, '');

export function peopleIn(text: string): { people: Named[]; left: string } {
  // A quotation mark that nothing closes quotes nothing.
  const even = text.split('"').length % 2 === 1 ? text : text.replaceAll('"', ' ');
  const people: Named[] = [];
  const left: string[] = [];
  let end = 0;
  /** The piece before, where it is no address and a comma follows. */
  let surname: string | undefined;
  for (const found of even.matchAll(PIECE)) {
    const [piece, before = '', inside] = found;
    const goesOn = even.slice(end, found.index) === ',';
    end = found.index + piece.length;
    if (inside === undefined) {
      const words = piece.split(/\s+/).filter((word) => /[\p{L}\p{N}]/u.test(word));
      const addresses = words.map(bare).filter((word) => EMAIL.test(word));
      people.push(...addresses.map((email) => ({ email, name: email })));
      const rest = words.filter((word) => !EMAIL.test(bare(word))).join(' ');
      if (rest !== '') left.push(rest);
      surname = addresses.length === 0 && rest !== '' ? rest : undefined;
      continue;
    }
    const email = bare(inside);
    const own = before.replaceAll('"', '').trim();
    if (!EMAIL.test(email)) {
      left.push(piece.trim());
    } else if (goesOn && surname !== undefined && /^\S+$/.test(own)) {
      // "Dorn, Dora <dora@example.net>"
      left.pop();
      people.push({ email, name: `${surname}, ${own}` });
    } else {
      people.push({ email, name: own === '' ? email : own });
    }
    surname = undefined;
  }
  return { people, left: left.join(', ') };
}
