// SPDX-License-Identifier: EUPL-1.2
// Files of rooms in a bucket of S3: they come and go, mistakes in the settings are told at the start, and nothing else of
// the server needs the bucket.

import { expect, test } from '@playwright/test';
import { ADMIN, Konvent, PASSWORD } from '../../people/konvent.ts';
import { S3 } from '../../people/s3.ts';

/** More than one piece of a multipart upload. */
const LARGE = Buffer.from('konvent '.repeat(1_500_000));

test.describe('files in S3', () => {
  let s3: S3, konvent: Konvent, anna: string, room: string;

  test.beforeAll(async () => {
    test.setTimeout(600_000);
    s3 = await S3.start();
    konvent = await Konvent.start(s3.settings());
  });

  test.beforeEach(async () => {
    anna = await konvent.logIn(ADMIN);
    room = `/v1/rooms/${(await konvent.post('/v1/rooms', anna, {})).id}`;
  });

  test.afterAll(async () => {
    await konvent?.stop();
    await s3?.stop();
  });

  const upload = (content: Uint8Array<ArrayBuffer> | string, token = anna) =>
    fetch(`${konvent.url}${room}/assets?kind=document&file_extension=txt`, {
      method: 'POST',
      headers: { Authorization: `Bearer ${token}` },
      body: content,
    });

  async function added(content: Uint8Array<ArrayBuffer> | string, token = anna): Promise<string> {
    const answer = await upload(content, token);
    const text = await answer.text();
    expect(answer.status, text).toBe(200);
    return (JSON.parse(text) as { id: string }).id;
  }

  async function download(id: string): Promise<Response> {
    const asked = await konvent.ask('GET', `${room}/assets/${id}/download?redirect=false`, anna);
    return fetch(((await asked.json()) as { url: string }).url);
  }

  test('a file is uploaded, downloaded and deleted', async () => {
    for (const content of [Buffer.from('minutes'), LARGE]) {
      const id = await added(content);
      expect(s3.sizes()).toEqual([content.length]);
      const answer = await download(id);
      expect(answer.status).toBe(200);
      expect(Buffer.from(await answer.arrayBuffer()).equals(content)).toBe(true);
      expect((await konvent.ask('DELETE', `${room}/assets/${id}`, anna)).status).toBe(204);
      expect(s3.sizes()).toEqual([]);
    }
  });

  test('files go with their person, who can know of them before', async () => {
    await konvent.command(`${PASSWORD}\n`, 'users', 'add', 'ben@example.org', '--name', 'Ben Berg');
    const ben = await konvent.logIn('ben@example.org');
    room = `/v1/rooms/${(await konvent.post('/v1/rooms', ben, {})).id}`;
    await added('of Ben', ben);
    expect(await (await konvent.ask('GET', '/v1/users/me/export', ben)).json()).toMatchObject({ files: [{ size: 6 }] });
    expect(s3.sizes()).toEqual([6]);
    expect((await konvent.ask('DELETE', '/v1/users/me', ben, { current_password: PASSWORD })).status).toBe(204);
    expect(s3.sizes()).toEqual([]);
  });

  test('a wrong key or bucket is told at the start, with what to do', async () => {
    const right = s3.settings();
    for (const [wrong, hint] of [
      [{ FILES_S3_SECRET_KEY: 'another' }, 'files.s3_secret_key'],
      [{ FILES_S3_ACCESS_KEY: 'nobody' }, 'files.s3_access_key'],
      [{ FILES_S3_BUCKET: 'missing' }, 'files.s3_bucket'],
    ] as const) {
      const said = await Konvent.refusesToStart({ ...right, ...wrong });
      expect(said).toMatch(/^konvent ended with/);
      expect(said).toContain(hint);
    }
  });

  test('while the bucket is away only files are missing, and they come back with it', async () => {
    const [kept, removed] = [await added('kept'), await added('removed')];
    await s3.halt();
    const waiting = [upload('meanwhile'), download(kept)];
    const list = async () => (await konvent.ask('GET', `${room}/assets`, anna)).json();
    expect(await list()).toHaveLength(2);
    expect((await fetch(`${konvent.url}/ready`)).status).toBe(200);
    for (const answer of await Promise.all(waiting)) {
      expect(answer.status).toBe(503);
      expect(await answer.json()).toMatchObject({ code: 'storage_unavailable' });
    }
    // Gone for everybody; its content follows when the bucket is back.
    expect((await konvent.ask('DELETE', `${room}/assets/${removed}`, anna)).status).toBe(204);
    expect(await list()).toMatchObject([{ id: kept }]);
    await s3.run();
    expect(await (await download(kept)).text()).toBe('kept');
    expect(await (await download(await added('after'))).text()).toBe('after');
    expect((await konvent.ask('DELETE', `${room}/assets/${kept}`, anna)).status).toBe(204);
    expect(await list()).toHaveLength(1);
  });
});
