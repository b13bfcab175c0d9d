// SPDX-License-Identifier: EUPL-1.2
import type { Page } from '@playwright/test';
import { isAccessible, noConsoleErrors } from './accessible';
import { expect, inviteLink, logIn, person, picture, startMeeting, test } from './konvent';

const background = (page: Page, name: string) =>
  page.getByRole('button', { name }).evaluate((button) => getComputedStyle(button).backgroundColor);

test('the pages wear the colour of the organisation, as bright as texts allow, also for its guests', async ({ browser, page, server }) => {
  const clean = noConsoleErrors(page);
  await logIn(page, server);
  const before = await background(page, 'Start meeting');
  await page.getByRole('link', { name: 'Administration' }).click();
  await page.getByRole('navigation', { name: 'Administration pages' }).getByRole('link', { name: 'Organisations' }).click();
  await page.getByRole('link', { name: 'First organisation' }).click();
  await page.getByLabel('Colour on light pages').fill('yellow');
  await page.getByRole('button', { name: 'Save' }).click();
  await expect(page.getByText('Please enter a colour like #1f4e79.')).toBeVisible();
  await page.getByLabel('Colour on light pages').fill('#ffdd00');
  await expect(page.getByText('On dark pages', { exact: true })).toBeVisible();
  await page.getByRole('button', { name: 'Save' }).click();
  await expect(page.locator('form').getByText('First organisation has been changed.')).toBeVisible();
  await picture(page, 'organisation-colours');

  await page.goto(server.url);
  await expect(page.getByRole('button', { name: 'Start meeting' })).toBeVisible();
  const light = await background(page, 'Start meeting');
  expect(light).not.toBe(before);
  // Yellow is too bright for texts on white; on dark pages it stays.
  expect(light).not.toBe('rgb(255, 221, 0)');
  await picture(page, 'colours-light');
  await isAccessible(page);
  await page.emulateMedia({ colorScheme: 'dark' });
  await expect.poll(() => background(page, 'Start meeting')).toBe('rgb(255, 221, 0)');
  await picture(page, 'colours-dark');
  await page.getByRole('link', { name: 'Plan a meeting' }).click();
  await expect(page.getByRole('heading', { name: 'Plan a meeting' })).toBeVisible();
  await isAccessible(page);

  // Who has no account comes to the organisation of the link.
  await page.emulateMedia({ colorScheme: 'light' });
  await page.goto(server.url);
  const link = await inviteLink(page, server, await startMeeting(page));
  const guest = await person(browser);
  await guest.goto(link);
  await expect(guest.getByRole('button', { name: 'Join' })).toBeVisible();
  await expect.poll(() => background(guest, 'Join')).toBe(light);
  await picture(guest, 'colours-guest');
  clean();
});
