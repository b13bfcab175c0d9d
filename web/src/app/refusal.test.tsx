// SPDX-License-Identifier: EUPL-1.2

/** Everything that the server refuses, looked at as a whole: it is told as what it is. */
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { ApiError } from '../api/client';
import { i18next } from './i18n';
import { refusalText } from './Refusal';

const FOLDER = '../crates/server/src';
const files = readdirSync(FOLDER, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.rs') && !/(^|[/])tests[/.]/.test(name));
/** Every code with which a request is refused. */
const codes = new Set(
  files.flatMap((name) => {
    const source = readFileSync(`${FOLDER}/${name}`, 'utf8');
    const made = [...source.matchAll(/Refused::(?:new|too_many|gone)\(\s*(?:StatusCode::\w+,\s*)?"([a-z_]+)"/g)];
    const listed = source.includes('Refused') ? [...source.matchAll(/^\s*"([a-z_]+)",$/gm)] : [];
    return [...made, ...listed].map(([, code = '']) => code);
  }),
);
const pages = import.meta.glob<string>('./**/*.tsx', { eager: true, query: '?raw', import: 'default' });
const FAILED = 'It did not work. Try again.';
const told = (status: number, code: string) => refusalText(new ApiError(status, code), FAILED, i18next.t);

describe('a refusal', () => {
  it('for good is never told as one that passes, whatever its code is', () => {
    expect(codes.size).toBeGreaterThan(40);
    for (const code of [...codes, 'of_a_later_server']) {
      expect(told(409, code), code).not.toBe(FAILED);
      expect(told(409, code), code).not.toContain('refusal.');
    }
    expect(told(409, 'of_a_later_server')).toContain('of_a_later_server');
  });

  it('that people can do something about says what', () => {
    for (const code of ['too_many_meetings', 'too_many_guest_links', 'too_many_mails', 'already_deleted', 'storage_full', 'not_found', 'forbidden']) {
      expect(codes, code).toContain(code);
      expect(i18next.exists(`app:refusal.${code}`), code).toBe(true);
    }
  });

  it('has a sentence of its own only for what the server says', () => {
    const own = Object.keys(i18next.getResource('en', 'app', 'refusal') as object).filter((code) => code !== 'other');
    expect(own.filter((code) => !codes.has(code))).toEqual([]);
  });

  it('that passes is told as the page tells it', () => {
    for (const status of [0, 429, 500, 503]) expect(told(status, 'of_a_later_server')).toBe(FAILED);
    expect(refusalText(new Error('a fault'), FAILED, i18next.t)).toBe(FAILED);
  });

  it('is told by no page in another way', () => {
    const others = Object.entries(pages).flatMap(([path, source]) => [...source.matchAll(/isError \? <Alert kind="danger" title=\{t\('[^']+'\)\}/g)].map(([found]) => `${path}: ${found}`));
    expect(others).toEqual([]);
  });
});
