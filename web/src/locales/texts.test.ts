// SPDX-License-Identifier: EUPL-1.2

/** Every text that people read, looked at as a whole: both languages have it, numbers are said as people say them, and one thing has one name. */
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

type Nested = { [key: string]: string | Nested };
type Language = 'de' | 'en';
type Texts = Record<string, string>;

const files = import.meta.glob<Nested>(['./*/*.json', '../features/*/texts/*.json'], { eager: true, import: 'default' });
const sources = import.meta.glob<string>(['../**/*.{ts,tsx}', '!../**/*.test.{ts,tsx}'], { eager: true, query: '?raw', import: 'default' });
const words = readFileSync('../docs/words.md', 'utf8');

function flat(nested: Nested, before = ''): Texts {
  return Object.assign({}, ...Object.entries(nested).map(([key, value]) => (typeof value === 'string' ? { [before + key]: value } : flat(value, `${before}${key}.`))));
}

function textsIn(language: Language): Texts {
  const pages = Object.entries(files).filter(([path]) => path.startsWith(`./${language}/`));
  const own = Object.entries(files).filter(([path]) => path.endsWith(`/texts/${language}.json`));
  return Object.assign(
    {},
    ...pages.map(([path, nested]) => flat(nested, `${path.split('/').pop()?.replace('.json', '')}:`)),
    ...own.map(([path, nested]) => flat(nested, `call:${path.split('/')[2]}.`)),
  );
}

const texts: Record<Language, Texts> = { de: textsIn('de'), en: textsIn('en') };
const languages = ['de', 'en'] as const;

/** The same words whatever the number is: "1 hier", "5 hier". */
const NEUTRAL = ['call:people.count', 'call:chat.unread'];
const PLURAL = /_(zero|one|other)$/;

describe('the texts', () => {
  it('are there in both languages under the same keys', () => {
    expect(Object.keys(texts.de)).toEqual(Object.keys(texts.en));
    expect(Object.keys(texts.de).length).toBeGreaterThan(1000);
  });

  it.each(languages)('say one and several in words that fit the number (%s)', (language) => {
    const said = texts[language];
    const unfit = Object.entries(said).filter(([key, text]) => {
      const base = key.replace(PLURAL, '');
      if (text.includes('{{rest}}')) return !(key.endsWith('_other') && `${base}_one` in said && `${base}_both` in said);
      if (text.includes('{{count}}') && !PLURAL.test(key)) return !NEUTRAL.includes(key);
      return text.includes('{{count}}') && !(`${base}_one` in said && `${base}_other` in said);
    });
    expect(unfit).toEqual([]);
  });

  it('of the meeting are there for every key that it asks for, and no feature asks for those of another', () => {
    const asked = Object.entries(sources).flatMap(([path, source]) =>
      /^\.\.\/(features|meeting)\//.test(path) ? [...source.matchAll(/\b(?:t\(|label: |several\(t, )'([a-z_]+\.[\w.]+)'/g)].map(([, key = '']) => ({ path, key })) : [],
    );
    const known = new Set(Object.keys(texts.en).map((key) => key.replace(/_(one|both|other)$/, '')));
    expect(asked.length).toBeGreaterThan(80);
    expect(asked.filter(({ key }) => !known.has(`call:${key}`) && !known.has(`app:${key}`))).toEqual([]);
    const folders = new Set(Object.keys(files).flatMap((path) => /features\/(\w+)\//.exec(path)?.[1] ?? []));
    const others = asked.filter(({ path, key }) => {
      const [first = ''] = key.split('.');
      return folders.has(first) && /^\.\.\/features\/(\w+)\//.exec(path)?.[1] !== first;
    });
    expect(others).toEqual([]);
  });

  it('are asked for with the number that chooses among them', () => {
    const bases = Object.keys(texts.de).filter((key) => key.endsWith('_one')).map((key) => key.replace(/^\w+:|_one$/g, ''));
    const asked = Object.entries(sources).flatMap(([path, source]) =>
      [...source.matchAll(/\bt\(\s*'([\w.]+)'([^)]*)/g)].filter(([, key = '']) => bases.includes(key)).map(([call, , values = '']) => ({ path, call, values })),
    );
    expect(asked.length).toBeGreaterThan(10);
    expect(asked.filter(({ values }) => !/\bcount\b/.test(values))).toEqual([]);
  });
});

/** The words that `docs/words.md` does not want, of one language. */
function unwanted(language: Language): string[] {
  const rows = words.split('\n').filter((line) => line.startsWith('| ')).slice(1);
  const cells = rows.map((row) => row.split('|').map((cell) => cell.trim())[language === 'de' ? 4 : 5] ?? '');
  const disguised = language === 'en' ? (/in a text either: ([^.]*)\./.exec(words)?.[1] ?? '') : '';
  return [...cells, disguised].flatMap((cell) => cell.split(/,\s+/)).map((word) => word.replaceAll('\n', ' ')).filter((word) => word !== '');
}

function found(language: Language, text: string): string[] {
  // What is filled in is not ours, and an option of the server is called what it is called.
  const own = text.replace(/\{\{.*?\}\}|\{%.*?%\}|\bmail\.url\b/gs, ' ');
  return unwanted(language).filter((word) => new RegExp(`(?<![\\p{L}\\p{N}-])${word.replaceAll('.', '\\.')}(?![\\p{L}\\p{N}-])`, 'iu').test(own));
}

describe('the list of words', () => {
  it.each(languages)('is kept by every text of the pages (%s)', (language) => {
    expect(unwanted(language).length).toBeGreaterThan(30);
    expect(Object.entries(texts[language]).map(([key, text]) => [key, found(language, text)] as const).filter(([, bad]) => bad.length > 0)).toEqual([]);
  });

  it.each(languages)('is kept by every mail (%s)', (language) => {
    const folder = `../crates/server/src/mail/templates/${language}`;
    const mails = readdirSync(folder);
    expect(mails.length).toBeGreaterThan(5);
    expect(mails.map((name) => [name, found(language, readFileSync(`${folder}/${name}`, 'utf8'))] as const).filter(([, bad]) => bad.length > 0)).toEqual([]);
  });

  it('tells a word from its compounds', () => {
    expect(found('de', 'Sie bekommen eine Mail.')).toEqual(['Mail']);
    expect(found('de', 'Der Mailserver schickt eine E-Mail der Reihenfolge nach.')).toEqual([]);
    expect(found('en', 'An e-mail, not a mail')).toEqual(['a mail']);
  });
});
