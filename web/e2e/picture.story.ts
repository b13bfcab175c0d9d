// SPDX-License-Identifier: EUPL-1.2
import type { Locator, Page } from '@playwright/test';
import { guest, tile } from './call';
import { isAccessible, noConsoleErrors } from './accessible';
import { admin, expect, inviteLink, logIn, picture, startMeeting, test } from './konvent';

/** A photo of 400 by 300 pixels, made by the browser itself. */
async function photo(page: Page): Promise<Buffer> {
  const bytes = await page.evaluate(async () => {
    const canvas = new OffscreenCanvas(400, 300);
    const context = canvas.getContext('2d');
    if (context === null) throw new Error('no canvas');
    context.fillStyle = '#2266aa';
    context.fillRect(0, 0, 400, 300);
    context.fillStyle = '#ffcc00';
    context.fillRect(120, 60, 160, 180);
    return [...new Uint8Array(await (await canvas.convertToBlob({ type: 'image/png' })).arrayBuffer())];
  });
  return Buffer.from(bytes);
}

/** The picture has come and is a square of the size that is kept. */
async function isShown(picture: Locator): Promise<void> {
  await expect
    .poll(() => picture.evaluate((image) => (image as HTMLImageElement).naturalWidth, undefined, { timeout: 5000 }).catch(() => 0))
    .toBe(256);
}

test('a person sets their picture, others see it while the camera is off, and it goes again', async ({ page, browser, server }) => {
  const clean = noConsoleErrors(page);
  await logIn(page, server);
  await page.getByRole('button', { name: /^Your account/ }).click();
  await page.getByRole('menuitem', { name: 'Settings' }).click();
  const choose = async (name: string, mimeType: string, buffer: Buffer) => {
    const chooser = page.waitForEvent('filechooser');
    await page.getByRole('button', { name: 'Choose a picture' }).click();
    await (await chooser).setFiles({ name, mimeType, buffer });
  };
  await choose('notes.png', 'image/png', Buffer.from('no picture at all'));
  await expect(page.getByText('The picture could not be saved.')).toBeVisible();
  await choose('me.png', 'image/png', await photo(page));
  const own = 'section[aria-labelledby="picture"] img';
  await isShown(page.locator(own));
  await expect(page.getByText('The picture could not be saved.')).toBeHidden();
  await isAccessible(page);
  await picture(page, 'settings-picture');

  await page.goto(server.url);
  const link = await inviteLink(page, server, await startMeeting(page));
  await expect(page.getByRole('button', { name: 'Camera', exact: true })).toHaveAttribute('aria-pressed', 'false');
  await page.getByRole('button', { name: 'Join' }).click();
  const bela = await guest(browser, link, 'Béla Gast');
  await expect(tile(bela, admin.name)).toBeVisible();
  await isShown(tile(bela, admin.name).locator('img'));
  await picture(bela, 'tile-picture');
  await page.goto(`${server.url}/settings`);
  await page.getByRole('button', { name: 'Remove the picture' }).click();
  await expect(page.getByRole('button', { name: 'Remove the picture' })).toBeHidden();
  await expect(page.locator(own)).toHaveCount(0);
  clean();
});
