// SPDX-License-Identifier: EUPL-1.2
import type { Page } from '@playwright/test';
import { isAccessible, noConsoleErrors } from './accessible';
import { expect, logIn, test } from './konvent';

/** Types a date, and perhaps a time, part by part, as a person with a keyboard does. */
async function type(page: Page, label: string, digits: string): Promise<void> {
  await page.getByRole('group', { name: label }).getByRole('spinbutton').first().click();
  await page.keyboard.type(digits);
}

test('a meeting is planned by keyboard, found again, changed, marked and deleted', async ({ page, server }) => {
  const clean = noConsoleErrors(page);
  await logIn(page, server);
  await expect(page.getByText('No meetings are planned.')).toBeVisible();
  await page.getByRole('link', { name: 'Plan a meeting' }).click();
  await expect(page.getByRole('heading', { name: 'Plan a meeting' })).toBeVisible();
  await page.getByRole('button', { name: 'Plan meeting' }).click();
  await expect(page.getByText('Please enter what the meeting is about.')).toBeVisible();
  await expect(page.getByLabel('Title')).toBeFocused();
  await isAccessible(page);

  await page.getByLabel('Title').fill('Committee for roads');
  await page.getByLabel('Description').fill('1. Bridge at the mill\n2. Budget');
  await type(page, 'Begins', '060520301830');
  await page.getByRole('button', { name: 'Plan meeting' }).click();

  await expect(page.getByRole('heading', { name: 'Committee for roads', level: 1 })).toBeVisible();
  // An hour long, because the end moves with the beginning.
  await expect(page.getByText('6 May 2030')).toContainText(/18:30\s?–\s?19:30/);
  await page.getByRole('button', { name: 'Add to favourites' }).click();
  await expect(page.getByRole('button', { name: 'Remove from favourites' })).toBeVisible();
  await page.getByRole('button', { name: 'Make a link' }).click();
  await expect(page.getByLabel('Link to the meeting')).toHaveValue(/\/room\/[0-9a-f-]{36}\?invite=[0-9a-f-]{36}$/);
  await isAccessible(page);

  await page.getByRole('link', { name: 'Change' }).click();
  await page.getByLabel('Title').fill('Committee for bridges');
  await page.getByText('On whole days').click();
  await page.getByRole('button', { name: 'Save changes' }).click();
  await expect(page.getByRole('heading', { name: 'Committee for bridges', level: 1 })).toBeVisible();

  await page.getByRole('link', { name: 'Meetings', exact: true }).click();
  await page.getByRole('link', { name: 'Favourites' }).click();
  await expect(page.getByRole('link', { name: 'Committee for bridges', exact: true })).toBeVisible();
  await isAccessible(page);
  await page.getByRole('link', { name: 'Month', exact: true }).click();
  await expect(page.getByRole('table').getByRole('link', { name: 'Committee for bridges' })).toBeVisible();
  await isAccessible(page);

  await page.getByRole('link', { name: 'Committee for bridges' }).click();
  await page.getByRole('link', { name: 'To the meeting' }).click();
  await expect(page.getByRole('heading', { name: 'Committee for bridges', level: 1 })).toBeVisible();
  await expect(page.getByRole('button', { name: 'Join now' })).toBeVisible();
  await page.goBack();

  await page.getByRole('button', { name: 'Delete' }).click();
  const sure = page.getByRole('alertdialog', { name: 'Delete “Committee for bridges”?' });
  await expect(sure).toBeVisible();
  await sure.getByRole('button', { name: 'Delete' }).click();
  await expect(page.getByText('No meetings are planned.')).toBeVisible();
  clean();
});
