// SPDX-License-Identifier: EUPL-1.2
import { isAccessible, noConsoleErrors } from './accessible';
import { admin, expect, test } from './konvent';

test('the first administrator sets the server up, logs in and out', async ({ page, fresh }) => {
  const clean = noConsoleErrors(page);
  await page.goto(fresh.setupUrl);
  await expect(page.getByRole('heading', { name: 'Set up Konvent' })).toBeVisible();
  await isAccessible(page);

  await page.getByLabel('Your name').fill(admin.name);
  await page.getByLabel('E-mail address').fill('anna');
  await page.getByLabel('Password').fill('short');
  await page.getByRole('button', { name: 'Show what I type' }).click();
  await expect(page.getByLabel('Password')).toHaveAttribute('type', 'text');
  await page.getByRole('button', { name: 'Hide what I type' }).click();
  await expect(page.getByLabel('Password')).toHaveAttribute('type', 'password');
  await page.getByRole('button', { name: 'Create account and log in' }).click();
  await expect(page.getByText('This is not an e-mail address.')).toBeVisible();
  await expect(page.getByText('Please choose a longer')).toBeVisible();
  await isAccessible(page);

  await expect(page.getByLabel('Password')).toHaveAttribute('autocomplete', 'new-password');
  await page.getByLabel('E-mail address').fill(admin.email);
  await page.getByLabel('Password').fill(admin.password);
  await page.getByRole('button', { name: 'Create account and log in' }).click();

  await expect(page.getByRole('heading', { name: `Hello, ${admin.name}` })).toBeVisible();
  await expect(page.getByText('No meetings are planned.')).toBeVisible();
  await isAccessible(page);
  await page.reload();
  await page.getByRole('button', { name: `Your account: ${admin.name}` }).click();
  await page.getByRole('menuitem', { name: 'Log out' }).click();
  await page.getByRole('button', { name: 'Log in' }).click();

  await expect(page.getByLabel('E-mail address')).toHaveAttribute('autocomplete', 'username');
  await expect(page.getByLabel('Password')).toHaveAttribute('autocomplete', 'current-password');
  await page.getByLabel('E-mail address').fill(admin.email);
  await page.getByLabel('Password').fill('something else');
  await page.getByRole('button', { name: 'Log in' }).click();
  await expect(page.getByRole('alert').filter({ hasText: 'The e-mail address or the password is wrong' })).toBeVisible();
  await isAccessible(page);
  await page.getByLabel('Password').fill(admin.password);
  await page.getByRole('button', { name: 'Log in' }).click();

  await expect(page.getByRole('heading', { name: `Hello, ${admin.name}` })).toBeVisible();
  await page.getByRole('button', { name: `Your account: ${admin.name}` }).click();
  await page.getByRole('menuitem', { name: 'Log out' }).click();
  await expect(page.getByRole('heading', { name: 'I have an account' })).toBeVisible();
  clean();

  await page.goto(fresh.setupUrl);
  await expect(page.getByRole('heading', { name: 'Konvent is already set up' })).toBeVisible();
});
