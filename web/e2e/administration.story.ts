// SPDX-License-Identifier: EUPL-1.2
import { readFile } from 'node:fs/promises';
import type { Page } from '@playwright/test';
import { isAccessible, noConsoleErrors } from './accessible';
import { type Account, admin, expect, logIn, person, picture, test } from './konvent';

const section = (page: Page, name: string) => page.getByRole('navigation', { name: 'Administration pages' }).getByRole('link', { name });

async function choose(page: Page, label: string, option: string): Promise<void> {
  await page.getByRole('button', { name: label }).click();
  await page.getByRole('option', { name: option, exact: true }).click();
}

async function addPerson(page: Page, name: string, email: string): Promise<void> {
  await page.getByRole('button', { name: 'Add a person' }).click();
  const dialog = page.getByRole('dialog', { name: 'Add a person' });
  await dialog.getByLabel('Name').fill(name);
  await dialog.getByLabel('E-mail address').fill(email);
  await dialog.getByLabel('First password').fill('a sentence of words');
  await dialog.getByRole('button', { name: 'Add person' }).click();
  await expect(dialog).toBeHidden();
  await expect(page.getByRole('row', { name })).toContainText(email);
}

test('an administrator adds an organisation and people, and finds only colleagues', async ({ page, server }) => {
  const clean = noConsoleErrors(page);
  await logIn(page, server);
  await page.getByRole('link', { name: 'Administration' }).click();
  await expect(page).toHaveURL(/\/admin\/users$/);
  await expect(page.getByRole('row', { name: admin.name })).toContainText('Administers the whole installation');

  await section(page, 'Organisations').click();
  const add = page.getByRole('button', { name: 'Add an organisation' });
  await add.press('Enter');
  const dialog = page.getByRole('dialog', { name: 'Add an organisation' });
  await dialog.getByLabel('Own web address').fill('somewhere');
  await dialog.getByRole('button', { name: 'Add organisation' }).click();
  await expect(dialog.getByText('Please check the marked fields.')).toBeVisible();
  await expect(dialog.getByText('Please enter 1 to 255 characters.')).toBeVisible();
  await expect(dialog.getByText('Please enter an address like')).toBeVisible();
  await expect(dialog.getByLabel('Name')).toBeFocused();
  await page.keyboard.press('Escape');
  await expect(add).toBeFocused();
  await add.click();
  await dialog.getByLabel('Name').fill('Musterstadt');
  await dialog.getByRole('button', { name: 'Add organisation' }).click();
  await expect(dialog).toBeHidden();
  await expect(page.getByRole('row', { name: 'Musterstadt' })).toContainText('Active');
  await isAccessible(page);
  await page.getByRole('link', { name: 'Musterstadt' }).click();
  await expect(page.getByRole('heading', { name: 'Musterstadt' })).toBeVisible();
  await page.getByLabel('Shown as').fill('Town of Musterstadt');
  await page.getByRole('button', { name: 'Save' }).click();
  await expect(page.locator('form').getByText('Musterstadt has been changed.')).toBeVisible();
  await isAccessible(page);

  await section(page, 'People').click();
  await addPerson(page, 'Berta Kollegin', 'berta@example.org');
  await page.getByRole('button', { name: 'Change: Berta Kollegin' }).click();
  const change = page.getByRole('dialog', { name: 'Change: Berta Kollegin' });
  await choose(page, 'Administration rights', 'Administers the organisation');
  await change.getByRole('button', { name: 'Save' }).click();
  await expect(page.getByRole('row', { name: 'Berta Kollegin' })).toContainText('Administers the organisation');
  await expect(page.getByRole('button', { name: 'Change: Berta Kollegin' })).toBeFocused();
  await addPerson(page, 'Dora Dritte', 'dora@example.org');
  await page.getByRole('button', { name: 'Change: Dora Dritte' }).click();
  const groups = page.getByRole('dialog', { name: 'Change: Dora Dritte' });
  await groups.getByLabel('Groups').fill('Roads, Budget');
  await isAccessible(page);
  await groups.getByRole('button', { name: 'Save' }).click();
  await expect(groups).toBeHidden();
  await page.getByRole('button', { name: 'Organisation' }).click();
  await expect(page.getByRole('option')).toHaveText(['My organisation', 'Musterstadt']);
  await page.getByRole('option', { name: 'Musterstadt' }).click();
  await expect(page.getByText('There is nobody yet.')).toBeVisible();
  await addPerson(page, 'Bertram Fremd', 'bertram@example.net');
  await page.getByLabel('Find by name').fill('nobody of this name');
  await expect(page.getByText('Nobody found.')).toBeVisible();
  await page.getByLabel('Find by name').fill('bertr');
  await expect(page.getByRole('row', { name: 'Bertram Fremd' })).toBeVisible();
  await isAccessible(page);

  await page.getByRole('link', { name: 'Meetings', exact: true }).click();
  await page.getByRole('link', { name: 'Plan a meeting' }).click();
  await page.getByLabel('Title').fill('Committee for roads');
  await page.getByText('At any time (a room').click();
  const field = page.getByRole('combobox', { name: 'Invite people' });
  await field.fill('bert');
  await expect(page.getByRole('option')).toHaveCount(1);
  await expect(page.getByText('1 person found.')).toBeAttached();
  // While the list is open, a mouse reaches the button for what was written, also on a narrow screen.
  const size = page.viewportSize() ?? { width: 1280, height: 720 };
  for (const width of [320, size.width]) {
    await page.setViewportSize({ ...size, width });
    await expect(page.getByRole('listbox')).toBeVisible();
    await page.getByRole('button', { name: 'Add', exact: true }).click({ trial: true });
  }
  await field.press('ArrowDown');
  await expect(page.getByRole('option', { name: 'Berta Kollegin' })).toHaveAttribute('aria-selected', 'true');
  await field.press('Escape');
  await expect(page.getByRole('listbox')).toBeHidden();
  await field.press('ArrowDown');
  await isAccessible(page);
  await field.fill('kolleg');
  await expect(page.getByRole('option')).toHaveCount(1);
  await field.press('ArrowDown');
  await field.press('Enter');
  await expect(field).toHaveValue('');
  const invited = page.getByRole('list', { name: 'Invited people' });
  await expect(invited.getByRole('listitem')).toContainText('berta@example.org');
  await field.fill('guest@example.com');
  await page.getByRole('button', { name: 'Add', exact: true }).click();
  await field.fill('roads');
  await expect(page.getByRole('option', { name: 'Roads' })).toContainText('Group of 1 person');
  await field.press('ArrowDown');
  await field.press('Enter');
  await expect(invited.getByRole('listitem').filter({ hasText: 'Roads' })).toContainText('Everybody in the group will be on the list when you save, but gets no e-mail');
  await isAccessible(page);
  await expect(invited.getByRole('listitem')).toHaveCount(3);
  await page.getByRole('button', { name: 'Plan meeting' }).click();
  await expect(page.getByRole('heading', { name: 'Committee for roads', level: 1 })).toBeVisible();
  await expect(page.getByRole('listitem').filter({ hasText: 'Berta Kollegin' })).toContainText('Not answered yet');
  await expect(page.getByRole('listitem').filter({ hasText: 'Dora Dritte' })).toContainText('Not answered yet');
  clean();
});

test('tariffs, meetings, jobs, settings and the audit log are looked after', async ({ page, browser, server }) => {
  const clean = noConsoleErrors(page);
  await logIn(page, server);
  const elsewhere = await person(browser);
  await logIn(elsewhere, server);
  await elsewhere.getByRole('button', { name: 'Start meeting' }).click();
  await elsewhere.getByRole('button', { name: 'Join' }).click();
  await expect(elsewhere.getByRole('toolbar').first()).toBeVisible();

  await page.getByRole('link', { name: 'Administration' }).click();
  await section(page, 'Tariffs').click();
  await page.getByRole('button', { name: 'Add a tariff' }).click();
  const form = page.getByRole('dialog', { name: 'Add a tariff' });
  await form.getByLabel('Name').fill('Small');
  await form.getByLabel('Space for files in GB').fill('much');
  await form.getByLabel('Length of a meeting in hours').fill('1.5');
  await form.getByRole('button', { name: 'Add tariff' }).click();
  await expect(form.getByText('Please enter a number')).toBeVisible();
  await form.getByLabel('Space for files in GB').fill('2,5');
  await form.getByRole('button', { name: 'Add tariff' }).click();
  await expect(page.getByRole('row', { name: 'Small' })).toContainText('2.5 GB');
  await expect(page.getByRole('row', { name: 'Small' })).toContainText('1.5 h');
  await isAccessible(page);
  await page.getByRole('button', { name: 'Delete: Small' }).click();
  await page.getByRole('alertdialog').getByRole('button', { name: 'Delete' }).click();
  await expect(page.getByRole('row', { name: 'Small' })).toBeHidden();
  await expect(page.getByRole('heading', { name: 'Tariffs' })).toBeFocused();

  await section(page, 'Running meetings').click();
  await expect(page.getByRole('row', { name: 'Meeting' }).last()).toBeVisible();
  await isAccessible(page);
  await page.getByRole('button', { name: /^End: / }).click();
  await page.getByRole('alertdialog').getByRole('button', { name: 'End' }).click();
  await expect(page.getByRole('alertdialog')).toBeHidden();
  await expect(elsewhere.getByRole('heading', { name: 'The meeting has ended' })).toBeVisible();

  await section(page, 'Audit log').click();
  await page.getByRole('button', { name: 'Check that the log is complete' }).click();
  await expect(page.getByText('The log is complete: ')).toBeVisible();
  await expect(page.getByRole('row', { name: 'Meeting ended by an administrator' })).toContainText(admin.name);
  await isAccessible(page);
  await picture(page, 'audit-desktop');
  await choose(page, 'Show', 'Tariffs');
  await expect(page.getByRole('row')).toHaveCount(3);
  await page.getByRole('textbox', { name: 'Person' }).fill('nobody of this name');
  await expect(page.getByText('There are no such entries.')).toBeVisible();
  await page.getByRole('textbox', { name: 'Person' }).fill(admin.name.slice(0, 3));
  await expect(page.getByRole('row')).toHaveCount(3);
  const saved = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Save as a table (CSV)' }).click();
  expect((await saved).suggestedFilename()).toBe('konvent-audit.csv');
  const table = await readFile(await (await saved).path(), 'utf8');
  expect(table.charCodeAt(0)).toBe(0xfeff);
  expect(table).toContain(`"${admin.name}"`);
  expect(table.trimEnd().split('\r\n')).toHaveLength(3);
  await page.setViewportSize({ width: 390, height: 844 });
  await picture(page, 'audit-phone');
  await isAccessible(page);
  await page.setViewportSize({ width: 1280, height: 800 });

  await section(page, 'Jobs').click();
  await expect(page.getByText('Mails are not sent.')).toBeVisible();
  await expect(page.getByRole('row', { name: 'Delete failed jobs' })).toContainText('Waiting');
  await isAccessible(page);
  await section(page, 'Settings').click();
  await expect(page.getByRole('row', { name: 'http.listen' })).toBeVisible();
  await isAccessible(page);
  clean();
});

test('an administrator deletes somebody who leaves, with everything of theirs', async ({ page, browser, server }) => {
  const berta: Account = { name: 'Berta Kollegin', email: 'berta@example.org', password: 'a sentence of words' };
  await server.addUser(berta);
  const bertasPage = await person(browser);
  await logIn(bertasPage, server, berta);
  await bertasPage.getByRole('link', { name: 'Plan a meeting' }).click();
  await bertasPage.getByLabel('Title').fill('Committee for roads');
  await bertasPage.getByText('At any time (a room').click();
  await bertasPage.getByRole('combobox', { name: 'Invite people' }).fill(admin.email);
  await bertasPage.getByRole('button', { name: 'Add', exact: true }).click();
  await bertasPage.getByRole('button', { name: 'Plan meeting' }).click();
  await expect(bertasPage.getByRole('heading', { name: 'Committee for roads', level: 1 })).toBeVisible();

  const clean = noConsoleErrors(page);
  await logIn(page, server);
  await expect(page.getByRole('link', { name: 'Committee for roads', exact: true })).toBeVisible();
  await expect(page.getByText('Nothing is planned except for the invitations to answer.')).toBeVisible();
  await page.getByRole('link', { name: 'Administration' }).click();
  const change = page.getByRole('dialog', { name: 'Change: ' });
  await page.getByRole('button', { name: `Change: ${admin.name}` }).click();
  await expect(change.getByLabel('Groups')).toBeVisible();
  await expect(change.getByRole('button', { name: 'Delete this person' })).toHaveCount(0);
  await page.keyboard.press('Escape');

  await page.getByRole('button', { name: `Change: ${berta.name}` }).click();
  const remove = change.getByRole('button', { name: 'Delete this person' });
  await remove.press('Enter');
  const sure = page.getByRole('alertdialog', { name: `Delete ${berta.name}?` });
  await expect(sure.getByRole('button', { name: 'Cancel' })).toBeFocused();
  await expect(sure).toContainText('with their meetings, rooms and files');
  await picture(page, 'person-delete-desktop');
  await isAccessible(page);
  await page.keyboard.press('Escape');
  await expect(remove).toBeFocused();
  await picture(page, 'person-change-desktop');
  await page.setViewportSize({ width: 390, height: 844 });
  await picture(page, 'person-change-phone');
  await remove.click();
  await picture(page, 'person-delete-phone');

  // Meanwhile somebody else does the same.
  const other = await page.context().newPage();
  await other.goto(`${server.url}/admin/users`);
  await other.getByRole('button', { name: `Change: ${berta.name}` }).click();
  await other.getByRole('button', { name: 'Delete this person' }).click();
  const late = other.getByRole('alertdialog').getByRole('button', { name: 'Delete for good' });
  await expect(late).toBeVisible();

  await sure.getByRole('button', { name: 'Delete for good' }).click();
  await expect(page.getByRole('row', { name: berta.name })).toBeHidden();
  await expect(page.getByRole('dialog')).toHaveCount(0);
  await expect(page.locator('[data-live="polite"]')).toContainText('Berta Kollegin has been deleted.');
  await expect(page.getByRole('heading', { name: 'People' })).toBeFocused();
  await late.click();
  await expect(other.locator('[data-live="polite"]')).toContainText('Berta Kollegin has been deleted.');

  await section(page, 'Audit log').click();
  await expect(page.getByRole('row', { name: 'Person deleted' })).toContainText(admin.name);
  await page.getByRole('link', { name: 'Meetings', exact: true }).click();
  await expect(page.getByText('No meetings are planned.')).toBeVisible();
  clean();

  await bertasPage.goto(server.url);
  await bertasPage.getByRole('button', { name: 'Log in' }).click();
  await bertasPage.getByLabel('E-mail address').fill(berta.email);
  await bertasPage.getByLabel('Password').fill(berta.password);
  await bertasPage.getByRole('button', { name: 'Log in' }).click();
  await expect(bertasPage.getByRole('alert').filter({ hasText: 'The e-mail address or the password is wrong.' })).toBeVisible();
});

test('without mail somebody who forgot the password gets a link from an administrator', async ({ page, browser, server }) => {
  const berta: Account = { name: 'Berta Kollegin', email: 'berta@example.org', password: 'a sentence of words' };
  await server.addUser(berta);
  const bertasPage = await person(browser);
  await bertasPage.goto(server.url);
  await bertasPage.getByRole('button', { name: 'Log in' }).click();
  await expect(bertasPage.getByText('Forgot your password? Ask your administrator')).toBeVisible();
  await picture(bertasPage, 'login-without-mail-desktop');
  await isAccessible(bertasPage);

  const clean = noConsoleErrors(page);
  await logIn(page, server);
  await page.getByRole('link', { name: 'Administration' }).click();
  await page.getByRole('button', { name: `Change: ${berta.name}` }).click();
  await page.getByRole('button', { name: 'Link for a new password' }).click();
  const dialog = page.getByRole('dialog', { name: `New password for ${berta.name}` });
  await dialog.getByRole('button', { name: 'Create link' }).click();
  const address = await dialog.getByLabel('Link').inputValue();
  await expect(dialog).toContainText('It is only shown now.');
  await isAccessible(page);
  await picture(page, 'password-link-desktop');
  await page.setViewportSize({ width: 390, height: 844 });
  await picture(page, 'password-link-phone');
  clean();

  await bertasPage.goto(address);
  await bertasPage.getByLabel('Password').fill('another sentence of words');
  await bertasPage.getByRole('button', { name: 'Set password' }).click();
  await expect(bertasPage.getByText('Your password is set.')).toBeVisible();
  await logIn(bertasPage, server, { ...berta, password: 'another sentence of words' });
});

test('a link that somebody else made asks before it logs anybody out', async ({ page, server }) => {
  const clean = noConsoleErrors(page);
  await logIn(page, server);
  await page.goto(`${server.url}/identity/end_session`);
  await expect(page.getByRole('heading', { name: 'Log out?' })).toBeVisible();
  await picture(page, 'logout-desktop');
  await isAccessible(page);
  await page.getByRole('button', { name: 'Stay logged in' }).click();
  await expect(page.getByRole('heading', { name: `Hello, ${admin.name}` })).toBeVisible();
  await page.goto(`${server.url}/identity/end_session`);
  await page.getByRole('main').getByRole('button', { name: 'Log out' }).click();
  await expect(page.getByRole('heading', { name: 'Meet, speak, decide' })).toBeVisible();
  clean();
});
