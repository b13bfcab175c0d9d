// SPDX-License-Identifier: EUPL-1.2
import { describe, expect, it } from 'vitest';
import { peopleIn } from './addresses';

const read = (text: string) => {
  const { people, left } = peopleIn(text);
  return [people.map(({ email, name }) => (name === email ? email : `${name}: ${email}`)).join(' | '), left];
};

describe('a text in the field for invitations', () => {
  it.each([
    ['a@example.net', 'a@example.net'],
    ['<a@example.net>', 'a@example.net'],
    ['mailto:a@example.net?subject=Rat', 'a@example.net'],
    ['a@example.net;', 'a@example.net'],
    ['a@example.net, b@example.net', 'a@example.net | b@example.net'],
    ['a@example.net; b@example.net;', 'a@example.net | b@example.net'],
    ['a@example.net\nb@example.net\r\nc@example.net', 'a@example.net | b@example.net | c@example.net'],
    ['a@example.net b@example.net', 'a@example.net | b@example.net'],
    ['Dora Dorn <h@example.net>, Emil Ernst <i@example.net>', 'Dora Dorn: h@example.net | Emil Ernst: i@example.net'],
    ['Dora Dorn <h@example.net> Emil Ernst <i@example.net>', 'Dora Dorn: h@example.net | Emil Ernst: i@example.net'],
    ['Ida Imm <j@example.net>; k@example.net', 'Ida Imm: j@example.net | k@example.net'],
    ['"Dorn, Dora" <h@example.net>, "Ernst; Emil" <i@example.net>', 'Dorn, Dora: h@example.net | Ernst; Emil: i@example.net'],
    ['Dorn, Dora <h@example.net>; Ernst, Emil <i@example.net>', 'Dorn, Dora: h@example.net | Ernst, Emil: i@example.net'],
  ])('means everybody in it, with their names: %s', (text, people) => {
    expect(read(text)).toEqual([people, '']);
  });

  it.each([
    ['', '', ''],
    ['Dora', '', 'Dora'],
    ['Dora Dorn <h@example>, i@example.net', 'i@example.net', 'Dora Dorn <h@example>'],
    ['Rathaus, Emil Ernst <i@example.net>, the others; j@example.net', 'Emil Ernst: i@example.net | j@example.net', 'Rathaus, the others'],
    ['Dora h@example.net', 'h@example.net', 'Dora'],
    ['"Dora <h@example.net>', 'Dora: h@example.net', ''],
    ['<h@example.net', 'h@example.net', ''],
  ])('leaves over what is no address: %s', (text, people, left) => {
    expect(read(text)).toEqual([people, left]);
  });
});
