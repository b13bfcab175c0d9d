// SPDX-License-Identifier: EUPL-1.2
import { isAccessible, noConsoleErrors } from './accessible';
import { admin, expect, logIn, person, test } from './konvent';

test('somebody logs out a browser they left behind, and changes the password', async ({ browser, server }) => {
  const page = await person(browser);
  const clean = noConsoleErrors(page);
  const elsewhere = await person(browser);
  await logIn(elsewhere, server);
  await logIn(page, server);

  await page.getByRole('button', { name: `Your account: ${admin.name}` }).click();
  await page.getByRole('menuitem', { name: 'Password and logins' }).click();
  await expect(page.getByRole('heading', { name: 'Where you are logged in' })).toBeVisible();
  await expect(page.getByRole('listitem')).toHaveCount(2);
  await expect(page.getByRole('listitem').filter({ hasText: 'This browser' })).toContainText('Chrome on Linux');
  await expect(page.getByLabel('Password until now')).toHaveAttribute('autocomplete', 'current-password');
  await expect(page.getByLabel('New password')).toHaveAttribute('autocomplete', 'new-password');
  await isAccessible(page);

  await page.getByRole('button', { name: /^Log out: Chrome on Linux/ }).press('Enter');
  await expect(page.getByRole('listitem')).toHaveCount(1);
  await elsewhere.reload();
  await expect(elsewhere.getByRole('heading', { name: 'I have an account' })).toBeVisible();
  clean();

  await page.getByLabel('Password until now').fill('a guess at it');
  await page.getByLabel('New password').fill('another sentence of words');
  await page.getByRole('button', { name: 'Change password' }).click();
  await expect(page.getByText('This is not your password.')).toBeVisible();
  await isAccessible(page);
  await page.getByLabel('Password until now').fill(admin.password);
  await page.getByRole('button', { name: 'Change password' }).click();
  await expect(page.getByText('Your password has been changed.')).toBeVisible();

  await page.reload();
  await expect(page.getByRole('heading', { name: 'Change your password' })).toBeVisible();
  await elsewhere.getByRole('button', { name: 'Log in' }).click();
  await elsewhere.getByLabel('E-mail address').fill(admin.email);
  await elsewhere.getByLabel('Password').fill('another sentence of words');
  await elsewhere.getByRole('button', { name: 'Log in' }).click();
  await expect(elsewhere.getByRole('heading', { name: `Hello, ${admin.name}` })).toBeVisible();
});
