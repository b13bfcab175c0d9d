// SPDX-License-Identifier: EUPL-1.2
import { guest, join, observeMedia, phone, seesScreen, tile } from './call';
import { isAccessible, noConsoleErrors } from './accessible';
import { admin, expect, inviteLink, logIn, startMeeting, test } from './konvent';

test('a shared screen is seen large by the others, until it is no longer shared', async ({ page, browser, server }) => {
  await observeMedia(page);
  const clean = [noConsoleErrors(page)];
  await logIn(page, server);
  const link = await inviteLink(page, server, await startMeeting(page));
  await join(page);
  const emma = await guest(browser, link, 'Emma Müller', { ...phone, locale: 'de-DE' });
  clean.push(noConsoleErrors(emma));
  const polite = page.locator('[data-announcer="polite"]');
  await expect(polite).toContainText('Emma Müller has joined.');

  await page.getByRole('button', { name: 'Share screen' }).click();
  await expect(polite).toContainText('You are sharing your screen');
  await seesScreen(emma, admin.name);
  const screen = await tile(emma, `Bildschirm von ${admin.name}`).boundingBox();
  const face = await tile(emma, admin.name).boundingBox();
  expect(screen?.width).toBeGreaterThan((face?.width ?? 0) * 1.5);
  await isAccessible(emma);
  await isAccessible(page);

  await page.getByRole('button', { name: 'Stop sharing' }).click();
  await expect(tile(emma, `Bildschirm von ${admin.name}`)).toBeHidden();
  await expect(page.getByRole('button', { name: 'Share screen' })).toBeVisible();
  for (const check of clean) check();
});
