// SPDX-License-Identifier: EUPL-1.2
// @vitest-environment node
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

const { scripts } = JSON.parse(readFileSync('package.json', 'utf8')) as { scripts: { api: string } };
const runs = scripts.api.split(' && ').map((run) => {
  const [generator = '', document = '', , types = '', ...options] = run.split(' ');
  return { generator, document, types, options };
});

it.each(runs)(
  '$types is what $document says (else: npm run api)',
  ({ generator, document, types, options }) => {
    const fresh = execFileSync(`node_modules/.bin/${generator}`, [document, ...options], { encoding: 'utf8' });
    expect(fresh === readFileSync(types, 'utf8')).toBe(true);
  },
  60_000,
);
