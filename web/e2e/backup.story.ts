// SPDX-License-Identifier: EUPL-1.2
import { readFile, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { guest, join, observeMedia, openPanel, seesAndHears } from './call';
import { noConsoleErrors } from './accessible';
import { admin, expect, inviteLink, logIn, Server, test } from './konvent';

const SIZE = 300_000;

test('a backup made while people meet brings everything back on an empty machine', async ({ page, browser, server }) => {
  test.slow();
  await observeMedia(page);
  const clean = noConsoleErrors(page);
  await logIn(page, server);
  await page.getByRole('link', { name: 'Plan a meeting' }).click();
  await page.getByLabel('Title').fill('Committee for roads');
  await page.getByText('At any time (a room').click();
  await page.getByRole('button', { name: 'Plan meeting' }).click();
  await page.getByRole('button', { name: 'Add to favourites' }).click();
  const chooser = page.waitForEvent('filechooser');
  await page.getByRole('button', { name: 'Add a file' }).click();
  const buffer = Buffer.alloc(SIZE, 'the bridge at the mill ');
  await (await chooser).setFiles({ name: 'Budget.pdf', mimeType: 'application/pdf', buffer });
  await expect(page.getByText('Budget.pdf', { exact: true })).toBeVisible();

  await page.getByRole('link', { name: 'Join', exact: true }).click();
  const room = new URL(page.url()).pathname.split('/')[2] ?? '';
  const link = await inviteLink(page, server, room);
  await join(page);
  const bela = await guest(browser, link, 'Béla Gast');
  await seesAndHears(page, 'Béla Gast');
  const archive = await server.backup();
  // The meeting goes on as if nothing had been.
  await seesAndHears(bela, admin.name);
  await openPanel(page, 'Chat');
  await page.getByLabel('Write a message').fill('Good morning all');
  await page.keyboard.press('Enter');
  await openPanel(bela, 'Chat, 1 unread');
  await expect(bela.getByRole('log')).toContainText('Good morning all');
  clean();

  await server.kill();
  const elsewhere = await Server.restored(archive);
  try {
    const again = await (await browser.newContext({ locale: 'en-GB' })).newPage();
    const cleanAgain = noConsoleErrors(again);
    await logIn(again, elsewhere);
    await again.getByRole('link', { name: 'Meetings', exact: true }).click();
    await again.getByRole('link', { name: 'Favourites' }).click();
    await again.getByRole('link', { name: 'Committee for roads', exact: true }).click();
    await expect(again.getByRole('button', { name: 'Remove from favourites' })).toBeVisible();
    const download = again.waitForEvent('download');
    await again.getByRole('button', { name: /^Download.*Budget/ }).click();
    expect((await readFile(await (await download).path())).equals(buffer)).toBe(true);
    // Whoever has the link comes in as before.
    const back = await guest(browser, link.replace(server.url, elsewhere.url), 'Béla Gast');
    await expect(back.getByRole('toolbar').first()).toBeVisible();
    await again.getByRole('link', { name: 'Administration' }).click();
    await again.getByRole('link', { name: 'Audit log' }).click();
    await again.getByRole('button', { name: 'Check that the log is complete' }).click();
    await expect(again.getByText('The log is complete: ')).toBeVisible();
    await expect(again.getByRole('row', { name: 'Backup' }).first()).toBeVisible();
    cleanAgain();
  } finally {
    await elsewhere.stop();
    await rm(dirname(archive), { recursive: true });
  }
});
