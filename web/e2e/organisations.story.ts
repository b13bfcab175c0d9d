// SPDX-License-Identifier: EUPL-1.2
import { type Browser, type Page } from '@playwright/test';
import { isAccessible, noConsoleErrors } from './accessible';
import { linkIn, type Mail, test } from './mail';
import { type Account, expect, logIn, person, picture } from './konvent';

const berta: Account = { name: 'Berta Beispiel', email: 'berta@muster.example', password: 'a sentence of words' };
const carl: Account = { name: 'Carl Kollege', email: 'carl@muster.example', password: 'another sentence of words' };
const nora: Account = { name: 'Nora Nachbarin', email: 'nora@nachbar.example', password: 'a third sentence of words' };
const guest = 'guest@elsewhere.example';

const inBerlin = (browser: Browser): Promise<Page> => person(browser, { timezoneId: 'Europe/Berlin' });

async function choose(page: Page, label: string, option: string): Promise<void> {
  await page.getByRole('button', { name: label }).click();
  await page.getByRole('option', { name: option, exact: true }).click();
}

async function addOrganisation(page: Page, name: string, colour = ''): Promise<void> {
  await page.getByRole('button', { name: 'Add an organisation' }).click();
  const dialog = page.getByRole('dialog', { name: 'Add an organisation' });
  await dialog.getByLabel('Name').fill(name);
  await dialog.getByLabel('Shown as').fill(`Stadt ${name}`);
  await dialog.getByLabel('Colour on light pages').fill(colour);
  await dialog.getByRole('button', { name: 'Add organisation' }).click();
  await expect(page.getByRole('row', { name })).toContainText('Active');
}

/** Without a password the person is invited by mail to choose one. */
async function addPerson(page: Page, { name, email }: Account, password?: string, language = 'English'): Promise<void> {
  await page.getByRole('button', { name: 'Add a person' }).click();
  const dialog = page.getByRole('dialog', { name: 'Add a person' });
  await dialog.getByLabel('Name').fill(name);
  await dialog.getByLabel('E-mail address').fill(email);
  if (password !== undefined) await dialog.getByLabel('First password').fill(password);
  // An account begins in the language of who adds it.
  const languages = dialog.getByRole('button', { name: 'Language of pages and e-mails' });
  await expect(languages).toContainText('English');
  if (language !== 'English') await choose(page, 'Language of pages and e-mails', language);
  await picture(page, `add-${name.split(' ')[0]}`);
  await dialog.getByRole('button', { name: 'Add person' }).click();
  await expect(dialog).toBeHidden();
  await expect(page.getByRole('row', { name })).toContainText(email);
}

/** Types a date and time part by part, as a person with a keyboard does. */
async function type(page: Page, label: string, digits: string): Promise<void> {
  await page.getByRole('group', { name: label }).getByRole('spinbutton').first().click();
  await page.keyboard.type(digits);
}

/** What a calendar program shows of the entry in a mail. */
function entryOf(mail: Mail | undefined) {
  const entry = mail?.calendar?.events[0];
  return {
    method: mail?.calendar?.method,
    uid: entry?.uid,
    sequence: entry?.sequence ?? -1,
    title: entry?.summary,
    dates: entry?.dates.map(({ start }) => start.slice(0, 16)),
  };
}

test('two organisations share a server: a series is planned, people are invited, and the others see nothing', async ({ browser, page, mail, mailing }) => {
  test.slow();
  const server = mailing;
  const clean = [noConsoleErrors(page)];

  await logIn(page, server);
  await page.getByRole('link', { name: 'Administration' }).click();
  const pages = page.getByRole('navigation', { name: 'Administration pages' });
  await pages.getByRole('link', { name: 'Organisations' }).click();
  await addOrganisation(page, 'Musterstadt', '#7a1f1f');
  await addOrganisation(page, 'Nachbarstadt');
  await picture(page, 'organisations');
  await pages.getByRole('link', { name: 'People' }).click();
  await choose(page, 'Organisation', 'Nachbarstadt');
  await addPerson(page, nora, nora.password);
  await choose(page, 'Organisation', 'Musterstadt');
  await addPerson(page, berta, berta.password);
  await page.getByRole('button', { name: `Change: ${berta.name}` }).click();
  await choose(page, 'Administration rights', 'Administers the organisation');
  await page.getByRole('button', { name: 'Save' }).click();
  await expect(page.getByRole('row', { name: berta.name })).toContainText('Administers the organisation');
  await addPerson(page, carl, undefined, 'Deutsch');
  await expect(page.getByRole('row', { name: carl.name })).toContainText('Invited');
  await picture(page, 'people-of-musterstadt');

  const before = (await mail.next(carl.email))[carl.email];
  await page.getByRole('button', { name: `Change: ${carl.name}` }).click();
  const change = page.getByRole('dialog', { name: `Change: ${carl.name}` });
  await change.getByRole('button', { name: 'Send the invitation again' }).press('Enter');
  await expect(change.getByRole('alert')).toContainText(`The invitation to ${carl.name} is on its way again.`);
  await picture(page, 'invited-again');
  await isAccessible(page);
  const invitation = (await mail.next(carl.email))[carl.email];
  expect(linkIn(invitation, server.url)).not.toBe(linkIn(before, server.url));
  expect(invitation?.subject).toBe('Ihr Konto bei Stadt Musterstadt');
  const carlsPage = await inBerlin(browser);
  clean.push(noConsoleErrors(carlsPage));
  await carlsPage.goto(linkIn(invitation, `${server.url}/password?token=`));
  await carlsPage.getByLabel('Password').fill(carl.password);
  await picture(carlsPage, 'choose-password');
  await isAccessible(carlsPage);
  await carlsPage.getByRole('button', { name: 'Set password' }).click();
  await expect(carlsPage.getByText('Your password is set.')).toBeVisible();
  await change.getByRole('button', { name: 'Send the invitation again' }).click();
  await expect(change.getByRole('alert').filter({ hasText: 'now has a password' })).toBeVisible();
  await change.getByRole('button', { name: 'Cancel' }).click();
  await page.reload();
  await choose(page, 'Organisation', 'Musterstadt');
  await expect(page.getByRole('row', { name: carl.name })).toContainText('Can log in');
  await picture(carlsPage, 'password-set');
  await logIn(carlsPage, server, carl);
  await expect(carlsPage.getByText('No meetings are planned.')).toBeVisible();

  const bertasPage = await inBerlin(browser);
  clean.push(noConsoleErrors(bertasPage));
  await logIn(bertasPage, server, berta);
  // The address says nothing of the organisation; her account does.
  await expect(bertasPage.getByRole('banner')).toContainText('Stadt Musterstadt');
  await expect(bertasPage.getByRole('button', { name: 'Start meeting' })).toHaveCSS('background-color', 'rgb(122, 31, 31)');
  await bertasPage.getByRole('link', { name: 'Administration' }).click();
  await expect(bertasPage.getByRole('row', { name: carl.name })).toBeVisible();
  // The head, Berta and Carl.
  await expect(bertasPage.getByRole('row')).toHaveCount(3);
  await picture(bertasPage, 'administration-of-musterstadt');
  await bertasPage.getByRole('link', { name: 'Home' }).click();
  await bertasPage.getByRole('link', { name: 'Plan a meeting' }).click();
  await bertasPage.getByLabel('Title').fill('Committee for roads');
  // Four Mondays, two of them after the clocks go forward.
  await type(bertasPage, 'Begins', '180320301800');
  await choose(bertasPage, 'Repeats', 'Weekly');
  await expect(bertasPage.getByRole('checkbox', { name: 'Monday' })).toBeChecked();
  await bertasPage.getByText('After a number of meetings').click();
  await bertasPage.getByRole('textbox', { name: 'Number of meetings' }).fill('4');
  const invite = bertasPage.getByRole('combobox', { name: 'Invite people' });
  await invite.fill('carl');
  await bertasPage.getByRole('option', { name: carl.name }).click();
  await invite.fill(guest);
  await bertasPage.getByRole('button', { name: 'Add', exact: true }).click();
  await picture(bertasPage, 'plan');
  await bertasPage.getByRole('button', { name: 'Plan meeting' }).click();
  await expect(bertasPage.getByRole('heading', { name: 'Committee for roads', level: 1 })).toBeVisible();
  await expect(bertasPage.getByText('Weekly on Monday, 4 times')).toBeVisible();
  const meeting = bertasPage.url();

  const invited = await mail.next(carl.email, guest);
  const first = entryOf(invited[carl.email]);
  expect(first).toMatchObject({
    method: 'REQUEST',
    title: 'Committee for roads',
    dates: ['2030-03-18T17:00', '2030-03-25T17:00', '2030-04-01T16:00', '2030-04-08T16:00'],
  });
  expect(entryOf(invited[guest])).toEqual(first);
  expect(invited[carl.email]?.calendar?.events[0]?.organizer).toBe(`mailto:${berta.email}`);

  const dates = bertasPage.getByRole('listitem');
  await bertasPage.getByRole('button', { name: /^Cancel date: .*25 March/ }).click();
  await expect(dates.filter({ hasText: '25 March' })).toContainText('Cancelled');
  const afterCancelling = entryOf((await mail.next(carl.email, guest))[guest]);
  expect(afterCancelling).toMatchObject({ method: 'REQUEST', uid: first.uid });
  expect(afterCancelling.dates).toEqual(['2030-03-18T17:00', '2030-04-01T16:00', '2030-04-08T16:00']);
  expect(afterCancelling.sequence).toBeGreaterThan(first.sequence);

  const move = bertasPage.getByRole('button', { name: /^Move: .*1 April/ });
  await move.press('Enter');
  const dialog = bertasPage.getByRole('dialog', { name: 'Move one date' });
  await picture(bertasPage, 'move-date');
  await isAccessible(bertasPage);
  await type(bertasPage, 'Ends', '010420301700');
  await dialog.getByRole('button', { name: 'Move date' }).click();
  await expect(dialog.getByText('The end is before the start.')).toBeVisible();
  await type(bertasPage, 'Ends', '010420301900');
  await type(bertasPage, 'Begins', '020420301700');
  await dialog.getByRole('button', { name: 'Move date' }).click();
  await expect(dialog).toBeHidden();
  await expect(dates.filter({ hasText: '2 April' })).toContainText('Instead of Monday, 1 April 2030');
  const afterMoving = entryOf((await mail.next(carl.email, guest))[carl.email]);
  expect(afterMoving.dates).toEqual(['2030-03-18T17:00', '2030-04-02T15:00', '2030-04-08T16:00']);
  expect(afterMoving).toMatchObject({ method: 'REQUEST', uid: first.uid });
  expect(afterMoving.sequence).toBeGreaterThan(afterCancelling.sequence);
  await picture(bertasPage, 'meeting');
  await isAccessible(bertasPage);

  await carlsPage.reload();
  await expect(carlsPage.getByRole('heading', { name: 'Invitations to answer' })).toBeVisible();
  await picture(carlsPage, 'invitations');
  await carlsPage.getByRole('link', { name: 'Committee for roads', exact: true }).first().click();
  await expect(carlsPage.getByText('You are invited. Will you come?')).toBeVisible();
  await expect(carlsPage.getByRole('button', { name: /^(Move|Cancel date): / })).toHaveCount(0);
  await carlsPage.getByRole('button', { name: 'I will come' }).click();
  await expect(carlsPage.getByText('You will come.').last()).toBeVisible();
  await picture(carlsPage, 'answered');
  await bertasPage.reload();
  await expect(dates.filter({ hasText: carl.name })).toContainText('Accepted');

  await carlsPage.getByRole('link', { name: 'Meetings', exact: true }).click();
  const listed = carlsPage.getByRole('region', { name: 'Coming up' }).getByRole('listitem');
  await expect(listed).toHaveCount(4);
  await expect(listed.nth(0)).toContainText('18 March 2030');
  await expect(listed.nth(1)).toContainText('25 March 2030');
  await expect(listed.nth(1)).toContainText('Cancelled');
  await expect(listed.nth(2)).toContainText('2 April 2030');
  await picture(carlsPage, 'list');
  await carlsPage.goBack();

  const guestsPage = await inBerlin(browser);
  clean.push(noConsoleErrors(guestsPage));
  await guestsPage.goto(linkIn(invited[guest], `${server.url}/`));
  await expect(guestsPage.getByRole('heading', { name: 'Committee for roads' })).toBeVisible();
  const reply = guestsPage.getByRole('region', { name: 'Your answer' });
  await expect(reply).toContainText(`${berta.name} invites you.`);
  await expect(reply).toContainText('Monday, 18 March 2030');
  await reply.getByRole('button', { name: 'I will not come' }).click();
  await expect(reply).toContainText('You will not come.');
  await bertasPage.reload();
  await expect(dates.filter({ hasText: guest })).toContainText('Declined');
  await guestsPage.reload();
  await expect(reply.getByRole('button', { name: 'I will not come' })).toHaveAttribute('aria-pressed', 'true');
  await reply.getByRole('button', { name: 'I will come' }).press('Enter');
  await expect(reply).toContainText('You will come.');
  await picture(guestsPage, 'guest-answers-desktop');
  await isAccessible(guestsPage);
  await guestsPage.setViewportSize({ width: 390, height: 844 });
  await picture(guestsPage, 'guest-answers-phone');
  await guestsPage.setViewportSize({ width: 1280, height: 720 });
  await bertasPage.reload();
  await expect(dates.filter({ hasText: guest })).toContainText('Accepted');
  await guestsPage.getByLabel('Your name').fill('Gustav Gast');
  await picture(guestsPage, 'guest-joins');
  await guestsPage.getByRole('button', { name: 'Join' }).click();
  await expect(guestsPage.getByRole('toolbar').first()).toBeVisible();
  await guestsPage.close();

  const norasPage = await inBerlin(browser);
  clean.push(noConsoleErrors(norasPage));
  await logIn(norasPage, server, nora);
  await expect(norasPage.getByText('No meetings are planned.')).toBeVisible();
  await norasPage.getByRole('link', { name: 'Plan a meeting' }).click();
  await norasPage.getByRole('combobox', { name: 'Invite people' }).fill('carl');
  await expect(norasPage.getByText('Nobody found.').first()).toBeVisible();
  await norasPage.goto(meeting);
  await expect(norasPage.getByRole('heading', { name: 'There is nothing here' })).toBeVisible();
  await picture(norasPage, 'nothing-here');
  await norasPage.goto(linkIn(invited[carl.email], `${server.url}/room/`));
  await expect(norasPage.getByRole('heading', { name: 'There is nothing here' })).toBeVisible();

  await bertasPage.getByRole('link', { name: 'Change' }).click();
  await bertasPage.getByLabel('Title').fill('Committee for bridges');
  await bertasPage.getByRole('button', { name: 'Save changes' }).click();
  await expect(bertasPage.getByRole('heading', { name: 'Committee for bridges', level: 1 })).toBeVisible();
  const afterRenaming = entryOf((await mail.next(carl.email, guest))[guest]);
  expect(afterRenaming).toMatchObject({ method: 'REQUEST', uid: first.uid, title: 'Committee for bridges', dates: afterMoving.dates });
  expect(afterRenaming.sequence).toBeGreaterThan(afterMoving.sequence);

  // Who is not concerned by a change gets no e-mail.
  await bertasPage.getByRole('link', { name: 'Change' }).click();
  await bertasPage.getByRole('button', { name: `Take ${guest} off the list` }).click();
  await bertasPage.getByRole('button', { name: 'Save changes' }).click();
  await expect(dates.filter({ hasText: guest })).toHaveCount(0);
  expect(entryOf((await mail.next(guest))[guest])).toMatchObject({ method: 'CANCEL', uid: first.uid });

  await bertasPage.getByRole('button', { name: 'Delete', exact: true }).click();
  await bertasPage.getByRole('alertdialog').getByRole('button', { name: 'Delete' }).click();
  await expect(bertasPage.getByRole('heading', { name: 'Meetings' })).toBeVisible();
  const afterDeleting = entryOf((await mail.next(carl.email))[carl.email]);
  expect(afterDeleting).toMatchObject({ method: 'CANCEL', uid: first.uid });
  expect(afterDeleting.sequence).toBeGreaterThan(afterRenaming.sequence);
  await carlsPage.reload();
  await expect(carlsPage.getByRole('heading', { name: 'There is nothing here' })).toBeVisible();
  for (const check of clean) check();
});
