// SPDX-License-Identifier: EUPL-1.2
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { applyColours } from './theme';

it('the colour of an organisation reaches the pages without a word that older browsers do not know', () => {
  applyColours({ light: '#1f4e79' });
  const { style } = document.documentElement;
  const given = Array.from({ length: style.length }, (_, index) => style.item(index)).map((name) => [name, style.getPropertyValue(name)] as const);
  expect(given.map(([name]) => name)).toEqual(['--accent-light', '--accent-dark']);
  for (const [, value] of given) expect(value).toMatch(/^#[0-9a-f]{6}$/);
  // The style sheet chooses between them; its `light-dark()` is written out for older browsers when it is built.
  const tokens = readFileSync('src/ui/tokens.css', 'utf8');
  expect(tokens).toMatch(/--kern-color-action-default: light-dark\(var\(--accent-light, .+\), var\(--accent-dark, .+\)\);/);
  applyColours({});
  expect(style).toHaveLength(0);
});
