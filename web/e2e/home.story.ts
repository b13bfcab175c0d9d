// SPDX-License-Identifier: EUPL-1.2
import { isAccessible } from './accessible';
import { expect, logIn, test } from './konvent';

test('a planned meeting appears on the home page and opens its join page', async ({ page, server }) => {
  await logIn(page, server);
  await page.getByRole('button', { name: 'Plan a meeting' }).click();
  const dialog = page.getByRole('dialog', { name: 'Plan a meeting' });
  await dialog.getByRole('button', { name: 'Plan meeting' }).click();
  await expect(dialog.getByText('Please enter what the meeting is about.')).toBeVisible();
  await isAccessible(page);
  await dialog.getByLabel('Title').fill('Committee for roads');
  await dialog.getByLabel('Date and time').fill('2030-05-06T18:30');
  await dialog.getByRole('button', { name: 'Plan meeting' }).click();
  await expect(dialog).toBeHidden();
  await expect(page.getByRole('heading', { name: 'Committee for roads' })).toBeVisible();
  await expect(page.getByText('6 May 2030')).toBeVisible();
  await isAccessible(page);
  await page.getByRole('button', { name: 'Open Committee for roads' }).click();
  await expect(page.getByRole('heading', { name: 'Committee for roads', level: 1 })).toBeVisible();
});
