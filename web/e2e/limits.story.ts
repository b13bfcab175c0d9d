// SPDX-License-Identifier: EUPL-1.2
import type { Page } from '@playwright/test';
import { isAccessible, noConsoleErrors } from './accessible';
import { type Account, expect, inviteLink, logIn, person, picture, startMeeting, test } from './konvent';

const berta: Account = { name: 'Berta Beispiel', email: 'berta@example.org', password: 'a sentence of words' };

/** What a screen reader was told at once, from now on. */
async function listen(page: Page): Promise<() => Promise<string[]>> {
  await page.locator('[data-live="assertive"]').evaluate((region) => {
    const said: string[] = [];
    Object.assign(window, { said });
    const added = (changes: MutationRecord[]): void => {
      for (const { addedNodes } of changes) for (const { textContent } of addedNodes) said.push(textContent ?? '');
    };
    new MutationObserver(added).observe(region, { childList: true });
  });
  return () => page.evaluate(() => (window as unknown as { said: string[] }).said);
}

test('a meeting that is full lets nobody else in, and says so in time before its time is up', async ({ page, browser, server }) => {
  await server.limit('--room-time-limit-secs', '75', '--room-participant-limit', '1');
  const clean = noConsoleErrors(page);
  await logIn(page, server);
  const link = await inviteLink(page, server, await startMeeting(page));
  await page.getByRole('button', { name: 'Join' }).click();
  await expect(page.getByRole('toolbar').first()).toBeVisible();
  const said = await listen(page);
  await expect(page.getByText(/^Until \d\d:\d\d$/)).toBeVisible();
  await expect(page.getByText(/^The meeting ends at \d\d:\d\d: /)).toBeVisible();
  await picture(page, 'meeting-limited');
  await isAccessible(page);

  const guest = await person(browser);
  await guest.goto(link);
  await guest.getByLabel('Your name').fill('Gustav Gast');
  await guest.getByRole('button', { name: 'Join' }).click();
  await expect(guest.getByRole('heading', { name: 'The meeting is full' })).toBeVisible();
  await picture(guest, 'full');

  await expect.poll(said, { timeout: 75_000 }).toContain('The meeting ends in 10 seconds.');
  expect(await said()).toContain('The meeting ends in 1 minute.');
  await expect(page.getByRole('heading', { name: 'The meeting has reached its time limit' })).toBeVisible({ timeout: 30_000 });
  await isAccessible(page);
  await picture(page, 'time-is-up');
  await page.getByRole('button', { name: 'Join again' }).click();
  await page.getByRole('button', { name: 'Join' }).click();
  await expect(page.getByRole('toolbar').first()).toBeVisible();
  clean();
});

test('a person sees how much room their files take, makes room, and deletes their account', async ({ page, server }) => {
  await server.limit('--max-storage', '1000000', '--room-time-limit-secs', '2400');
  await server.addUser(berta);
  const clean = noConsoleErrors(page);
  await logIn(page, server, berta);
  await page.getByRole('link', { name: 'Plan a meeting' }).click();
  await page.getByLabel('Title').fill('Committee for roads');
  await expect(page.getByText('Your tariff ends a meeting after 40 minutes')).toBeVisible();
  await page.getByText('At any time (a room').click();
  await page.getByRole('button', { name: 'Plan meeting' }).click();
  await expect(page.getByText('Your files take up 0 byte of 1 MB.')).toBeVisible();

  const add = async (name: string, size: number) => {
    const chooser = page.waitForEvent('filechooser');
    await page.getByRole('button', { name: 'Add a file' }).click();
    await (await chooser).setFiles({ name, mimeType: 'application/pdf', buffer: Buffer.alloc(size, 'a') });
  };
  await add('Plan of the bridge.pdf', 950_000);
  await expect(page.getByText('Your files take up 950 kB of 1 MB.')).toBeVisible();
  await expect(page.getByText('You have only 50 kB left for your files.')).toBeVisible();
  await add('Budget.pdf', 100_000);
  await expect(page.getByRole('alert').filter({ hasText: 'has no room left for this file' })).toBeVisible();
  await add('Nothing.pdf', 0);
  await expect(page.getByRole('alert').filter({ hasText: 'This file is empty.' })).toBeVisible();
  await picture(page, 'files');
  await isAccessible(page);

  await page.getByRole('button', { name: /^Your account/ }).click();
  await page.getByRole('menuitem', { name: 'Settings' }).click();
  await expect(page.getByText('A meeting lasts at most 40 minutes.')).toBeVisible();
  const meter = page.getByRole('meter', { name: 'Storage in use' });
  await expect(meter).toHaveAttribute('aria-valuetext', 'Your files take up 950 kB of 1 MB.');
  await picture(page, 'settings');
  await isAccessible(page);
  await page.getByRole('button', { name: 'Delete Plan of the bridge.pdf' }).click();
  await page.getByRole('alertdialog').getByRole('button', { name: 'Delete' }).click();
  await expect(page.getByText('Your files take up 0 byte of 1 MB.')).toBeVisible();

  await page.getByRole('button', { name: 'Delete account' }).click();
  const sure = page.getByRole('dialog', { name: 'Delete your account?' });
  await sure.getByLabel('Your password').fill(berta.password);
  await picture(page, 'delete-account');
  await sure.getByRole('button', { name: 'Delete for good' }).click();
  await expect(page.getByRole('heading', { name: 'Meet, speak, decide' })).toBeVisible();
  await page.getByRole('button', { name: 'Log in' }).click();
  await page.getByLabel('E-mail address').fill(berta.email);
  await page.getByLabel('Password').fill(berta.password);
  await page.getByRole('button', { name: 'Log in' }).click();
  await expect(page.getByRole('alert').filter({ hasText: 'The e-mail address or the password is wrong' })).toBeVisible();
  clean();
});
