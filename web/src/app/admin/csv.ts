// SPDX-License-Identifier: EUPL-1.2

/** Tables as comma-separated values (RFC 4180) that office programs open as they are meant. */

/** So that office programs read the umlauts. */
const UTF_8 = '\u{feff}';

/** What a table program would compute instead of showing it. */
const FORMULA = /^[=+\-@\t\r\n]/;

function field(text: string): string {
  const shown = FORMULA.test(text.trimStart()) || FORMULA.test(text) ? `'${text}` : text;
  return `"${shown.replaceAll('"', '""')}"`;
}

/** The first row names the columns. */
export function csv(rows: readonly (readonly string[])[]): string {
  return UTF_8 + rows.map((row) => row.map(field).join(',') + '\r\n').join('');
}
