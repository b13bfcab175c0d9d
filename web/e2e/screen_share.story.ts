// SPDX-License-Identifier: EUPL-1.2
import type { Page } from '@playwright/test';
import { guest, join, notices, observeMedia, phone, seesScreen, tile } from './call';
import { isAccessible, noConsoleErrors } from './accessible';
import { admin, expect, inviteLink, logIn, picture, startMeeting, test } from './konvent';

test('a shared screen is seen large by the others, until it is no longer shared', async ({ page, browser, server }) => {
  await observeMedia(page);
  const clean = [noConsoleErrors(page)];
  await logIn(page, server);
  const link = await inviteLink(page, server, await startMeeting(page));
  await join(page);
  const emma = await guest(browser, link, 'Emma Müller', { ...phone, locale: 'de-DE' });
  clean.push(noConsoleErrors(emma));
  const polite = page.locator('[data-live="polite"]');
  await expect(polite).toContainText('Emma Müller has joined.');

  // A microphone that is unplugged: which one takes its place is said and shown, and without one it is off.
  await unplug(page);
  await expect(notices(page)).toContainText('Your microphone was unplugged. Now using ');
  await expect(page.getByRole('button', { name: 'Turn microphone off' })).toBeVisible();
  await picture(page, 'unplugged');
  await page.evaluate(() => {
    navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('', 'NotFoundError'));
  });
  await unplug(page);
  const note = page.getByRole('region', { name: 'Notices' });
  await expect(note).toContainText('Microphone: the device is gone, and there is no other one.');
  await expect(notices(page)).toBeHidden();
  await expect(page.getByRole('button', { name: 'Turn microphone on' })).toBeVisible();
  await picture(page, 'unplugged-none');
  await note.getByRole('button', { name: 'Close the message: Microphone' }).click();
  await expect(note.filter({ hasText: 'Microphone' })).toBeHidden();

  await page.getByRole('button', { name: 'Share screen' }).click();
  await expect(polite).toContainText('You are sharing your screen');
  await seesScreen(emma, admin.name);
  const screen = await tile(emma, `Bildschirm von ${admin.name}`).boundingBox();
  const face = await tile(emma, admin.name).boundingBox();
  expect(screen?.width).toBeGreaterThan((face?.width ?? 0) * 1.5);
  await isAccessible(emma);
  await isAccessible(page);

  // "Your screen", for whose it is.
  await expect(tile(page, 'Your screen')).toBeVisible();
  await picture(page, 'own-screen');

  await page.getByRole('button', { name: 'Stop sharing' }).click();
  await expect(tile(emma, `Bildschirm von ${admin.name}`)).toBeHidden();
  await expect(page.getByRole('button', { name: 'Share screen' })).toBeVisible();
  for (const check of clean) check();
});

/** The browser ends the track of a device that is pulled out. */
async function unplug(page: Page): Promise<void> {
  await page.evaluate(() => {
    const { connections } = (window as unknown as { kept: { connections: RTCPeerConnection[] } }).kept;
    const senders = connections.flatMap((connection) => connection.getSenders());
    senders.find(({ track }) => track?.kind === 'audio')?.track?.dispatchEvent(new Event('ended'));
  });
}
