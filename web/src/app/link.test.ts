// SPDX-License-Identifier: EUPL-1.2
import { expect, it } from 'vitest';
import { roomFromInput } from './link';

const id = '0198c5d0-7f5c-7cc1-a5a5-0c1f6e2b8a01';
const code = '7b2f8e0c-1d2e-4f3a-9b4c-5d6e7f8a9b0c';

it('reads a room link with its guest code', () => {
  expect(roomFromInput(` https://meet.example/room/${id}?invite=${code} `)).toEqual({ kind: 'room', roomId: id, invite: code });
});

it('reads a link without its scheme, a short guest link and a bare code', () => {
  expect(roomFromInput(`meet.example/room/${id}`)).toEqual({ kind: 'room', roomId: id, invite: undefined });
  expect(roomFromInput(`https://meet.example/invite/${code}`)).toEqual({ kind: 'invite', code });
  expect(roomFromInput(code)).toEqual({ kind: 'invite', code });
});

it('refuses everything else', () => {
  for (const text of ['', 'hello', 'javascript:alert(1)', `https://meet.example/other/${id}`, 'https://meet.example/room/1'])
    expect(roomFromInput(text)).toBeUndefined();
});
