// SPDX-License-Identifier: EUPL-1.2
import type { Page } from '@playwright/test';
import { isAccessible, noConsoleErrors } from './accessible';
import { type Account, admin, expect, inviteLink, logIn, person, picture, type Server, startMeeting, test } from './konvent';

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
  await expect(page.getByLabel('Current password')).toHaveAttribute('autocomplete', 'current-password');
  await expect(page.getByLabel('New password')).toHaveAttribute('autocomplete', 'new-password');
  await isAccessible(page);

  await page.getByRole('button', { name: /^Log out: Chrome on Linux/ }).press('Enter');
  await expect(page.getByRole('listitem')).toHaveCount(1);
  await elsewhere.reload();
  await expect(elsewhere.getByRole('heading', { name: 'I have an account' })).toBeVisible();
  clean();

  await page.getByLabel('Current password').fill('a guess at it');
  await page.getByLabel('New password').fill('another sentence of words');
  await page.getByRole('button', { name: 'Change password' }).click();
  await expect(page.getByText('This is not your password.')).toBeVisible();
  await isAccessible(page);
  await page.getByLabel('Current password').fill(admin.password);
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

/** The window that the button of the page opens. */
async function logInAgain(page: Page, { email, password }: Account = admin): Promise<void> {
  const opened = page.waitForEvent('popup');
  await page.getByRole('button', { name: 'Log in in a new window' }).click();
  const beside = await opened;
  const closed = beside.waitForEvent('close');
  await beside.getByLabel('E-mail address').fill(email);
  await beside.getByLabel('Password').fill(password);
  await beside.getByRole('button', { name: 'Log in' }).click();
  await closed;
}

async function endOtherLogins(page: Page, server: Server): Promise<void> {
  await page.goto(`${server.url}/security`);
  await page.getByRole('button', { name: 'Log out everywhere else' }).click();
  await expect(page.getByRole('listitem')).toHaveCount(1);
}

test('whose login ends elsewhere logs in again beside what they have typed, and stays in the meeting', async ({ browser, server }) => {
  const page = await person(browser);
  const elsewhere = await person(browser);
  await logIn(page, server);
  await logIn(elsewhere, server);

  const meeting = await elsewhere.context().newPage();
  await meeting.goto(server.url);
  await startMeeting(meeting);
  await meeting.getByRole('button', { name: 'Join' }).click();
  const leave = meeting.getByRole('button', { name: 'Leave' });
  await expect(leave).toBeVisible();

  await elsewhere.goto(`${server.url}/dashboard/meetings/create`);
  await elsewhere.getByLabel('Title').fill('Committee for roads');
  await elsewhere.getByRole('button', { name: 'Plan meeting' }).click();
  await elsewhere.getByRole('link', { name: 'Change' }).click();
  await elsewhere.getByLabel('Title').fill('Committee for bridges');
  await endOtherLogins(page, server);

  await elsewhere.clock.install();
  await elsewhere.getByLabel('Title').press('Enter');
  await expect(elsewhere.getByRole('heading', { name: 'Please log in again' })).toBeFocused();
  await expect(elsewhere.getByLabel('Title')).toBeHidden();
  await expect(elsewhere.getByRole('button', { name: /^Your account/ })).toHaveCount(0);
  await picture(elsewhere, 'login-again-desktop');
  await isAccessible(elsewhere);

  await meeting.getByRole('button', { name: 'Invite' }).click();
  await expect(meeting.getByRole('alert').filter({ hasText: 'The link could not be loaded.' })).toBeVisible();
  await meeting.keyboard.press('Escape');
  await expect(leave).toBeVisible();

  await elsewhere.clock.fastForward('01:00:00');
  await logInAgain(elsewhere);
  await expect(elsewhere.getByLabel('Title')).toBeFocused();
  await expect(elsewhere.getByLabel('Title')).toHaveValue('Committee for bridges');
  await expect(elsewhere.getByRole('alert').filter({ hasText: 'could not be saved' })).toBeVisible();

  // The page itself may notice, when it asks for news.
  await endOtherLogins(page, server);
  await elsewhere.clock.fastForward('01:00');
  await elsewhere.evaluate(() => window.dispatchEvent(new Event('visibilitychange')));
  await expect(elsewhere.getByRole('heading', { name: 'Please log in again' })).toBeFocused();
  await logInAgain(elsewhere);
  await expect(elsewhere.getByLabel('Title')).toHaveValue('Committee for bridges');
  await elsewhere.getByLabel('Title').press('Enter');
  await expect(elsewhere.getByRole('heading', { name: 'Committee for bridges', level: 1 })).toBeVisible();
});

test('whose login ends elsewhere comes by a link for guests as a guest, without waiting', async ({ browser, server }) => {
  const page = await person(browser);
  const elsewhere = await person(browser);
  await logIn(page, server);
  const link = await inviteLink(page, server, await startMeeting(page));
  await logIn(elsewhere, server);
  for (const address of [link, link.replace(/room\/.*=/, 'invite/')]) {
    await elsewhere.goto(address);
    await expect(elsewhere.getByText(`You are joining as ${admin.name}.`)).toBeVisible();
    await endOtherLogins(page, server);
    await elsewhere.goto(address);
    await expect(elsewhere.getByLabel('Your name')).toBeVisible();
    await logIn(elsewhere, server);
  }
});

test('nobody finds in a browser what somebody else has typed there', async ({ browser, server }) => {
  const berta: Account = { name: 'Berta Beispiel', email: 'berta@example.org', password: 'another sentence of words' };
  await server.addUser(berta);
  const page = await person(browser);
  const elsewhere = await person(browser, { viewport: { width: 390, height: 844 } });
  await logIn(page, server);
  await logIn(elsewhere, server);
  await elsewhere.goto(`${server.url}/dashboard/meetings/create`);
  await elsewhere.getByLabel('Title').fill('Committee for roads');
  const second = await elsewhere.context().newPage();
  await second.goto(`${server.url}/security`);
  await second.getByLabel('New password').fill('a secret sentence');
  await endOtherLogins(page, server);

  // Whichever tab notices, the other one hears of it.
  await elsewhere.getByRole('button', { name: 'Plan meeting' }).click();
  await expect(second.getByRole('heading', { name: 'Please log in again' })).toBeVisible();
  await expect(second.getByLabel('New password')).toBeHidden();
  await picture(elsewhere, 'login-again-phone');
  await logInAgain(elsewhere, berta);
  await expect(elsewhere.getByLabel('Title')).toHaveValue('');
  await expect(second.getByLabel('New password')).toHaveValue('');

  // Who logs out does not come back to it.
  await second.getByLabel('New password').fill('a secret sentence');
  await elsewhere.getByRole('button', { name: `Your account: ${berta.name}` }).click();
  await elsewhere.getByRole('menuitem', { name: 'Log out' }).click();
  await expect(second.getByRole('heading', { name: 'Please log in', exact: true })).toBeVisible();
  await expect(second.getByLabel('New password')).toHaveCount(0);
});
