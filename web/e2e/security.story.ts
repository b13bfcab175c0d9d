// SPDX-License-Identifier: EUPL-1.2
import { isAccessible, noConsoleErrors } from './accessible';
import { admin, expect, logIn, person, startMeeting, test } from './konvent';

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

test('whose login ends elsewhere is asked to log in again where they were, and stays in the meeting', async ({ browser, server }) => {
  const page = await person(browser);
  const elsewhere = await person(browser);
  await logIn(page, server);
  await logIn(elsewhere, server);

  const meeting = await elsewhere.context().newPage();
  await meeting.goto(server.url);
  await startMeeting(meeting);
  await meeting.getByRole('button', { name: 'Join now' }).click();
  const leave = meeting.getByRole('button', { name: 'Leave' });
  await expect(leave).toBeVisible();

  await page.getByRole('button', { name: `Your account: ${admin.name}` }).click();
  await page.getByRole('menuitem', { name: 'Password and logins' }).click();
  await page.getByRole('button', { name: /^Log out: / }).click();
  await expect(page.getByRole('listitem')).toHaveCount(1);

  await elsewhere.getByRole('link', { name: 'Meetings' }).click();
  const heading = elsewhere.getByRole('heading', { name: 'Please log in' });
  await expect(heading).toBeVisible();
  await expect(elsewhere.getByRole('button', { name: /^Your account/ })).toHaveCount(0);
  await isAccessible(elsewhere);

  await meeting.getByRole('button', { name: 'Invite' }).click();
  await expect(meeting.getByRole('alert').filter({ hasText: 'The link could not be made.' })).toBeVisible();
  await meeting.keyboard.press('Escape');
  await expect(leave).toBeVisible();

  await elsewhere.getByRole('button', { name: 'Log in' }).click();
  await elsewhere.getByLabel('E-mail address').fill(admin.email);
  await elsewhere.getByLabel('Password').fill(admin.password);
  await elsewhere.getByRole('button', { name: 'Log in' }).click();
  await expect(elsewhere.getByRole('heading', { name: 'Meetings' })).toBeVisible();
  expect(new URL(elsewhere.url()).pathname).toBe('/dashboard/meetings');
});
