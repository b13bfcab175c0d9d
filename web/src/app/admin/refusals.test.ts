// SPDX-License-Identifier: EUPL-1.2

/** What the server can have against a field of a form of administration, as its sources say, and what the page then says. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import de from '../../locales/de/administration.json';
import en from '../../locales/en/administration.json';

type Said = Record<string, string | Record<string, string>>;

/** Field and code of each refusal; where a loop goes through several fields, of each of them. */
function refusalsOf(source: string): [string, string][] {
  return [...source.matchAll(/Invalid::new\(\s*("\w+"|field),\s*"(\w+)"/g)].flatMap(([, field = '', code = ''], index, all) => {
    if (field !== 'field') return [[field.slice(1, -1), code] as [string, string]];
    const before = source.slice(0, all[index]?.index);
    const loop = before.slice(before.lastIndexOf('for (field'));
    return [...loop.matchAll(/\("(\w+)"/g)].map(([, one = '']) => [one, code] as [string, string]);
  });
}

const refusals = ['tenants/http.rs', 'tariffs/http.rs', 'users/admin.rs'].flatMap((path) =>
  refusalsOf(readFileSync(`../crates/server/src/${path}`, 'utf8')),
);

describe('a field that the server refuses', () => {
  it.each([
    ['de', de.admin.error as Said],
    ['en', en.admin.error as Said],
  ])('has a sentence that says what to do (%s)', (_, said) => {
    expect(refusals).toContainEqual(['imprint_url', 'invalid_value']);
    const silent = refusals.filter(([field, code]) => {
      const own = said[field];
      return !(typeof own === 'object' && code in own) && typeof said[code] !== 'string';
    });
    expect(silent).toEqual([]);
  });
});
