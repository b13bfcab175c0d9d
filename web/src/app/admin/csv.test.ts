// SPDX-License-Identifier: EUPL-1.2
import { expect, test } from 'vitest';
import { csv } from './csv';

test('umlauts, commas, quotes and lines stay what they are', () => {
  expect(csv([['Wer', 'Was'], ['Änne, B.', 'sagt "ja"\nund geht']])).toBe('\u{feff}"Wer","Was"\r\n"Änne, B.","sagt ""ja""\nund geht"\r\n');
});

test('nothing that somebody is called is computed as a formula', () => {
  for (const name of ['=1+1', '+49', '-1', '@SUM(A1)', '\t=1', '  =cmd|x', '\r=1']) expect(csv([[name]])).toBe(`\u{feff}"'${name}"\r\n`);
});
