// SPDX-License-Identifier: EUPL-1.2
import type { Page } from '@playwright/test';
import { isAccessible, noConsoleErrors } from './accessible';
import { expect, logIn, person, picture, test } from './konvent';

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
  const field = page.getByRole('combobox', { name: 'Invite people' });
  await field.fill('Dora Dorn <dora@example.com>, emil@example.com; the mayor');
  await page.getByRole('button', { name: 'Plan meeting' }).click();
  await expect(page.getByText('This is not an e-mail address: the mayor.')).toBeVisible();
  await expect(field).toBeFocused();
  await expect(page.getByRole('list', { name: 'Invited people' }).getByRole('listitem')).toContainText(['Dora Dorn', 'emil@example.com']);
  await isAccessible(page);
  await picture(page, 'invited-list-desktop');
  await field.fill('');
  await field.evaluate((input) => {
    const clipboardData = new DataTransfer();
    clipboardData.setData('text/plain', 'ida@example.com\nkim@example.com\n');
    input.dispatchEvent(new ClipboardEvent('paste', { clipboardData, bubbles: true, cancelable: true }));
  });
  await expect(field).toHaveValue('ida@example.com, kim@example.com');
  await page.getByRole('button', { name: 'Plan meeting' }).click();

  await expect(page.getByRole('heading', { name: 'Committee for roads', level: 1 })).toBeVisible();
  for (const name of ['dora', 'emil', 'ida', 'kim']) await expect(page.getByText(`${name}@example.com`, { exact: true })).toBeVisible();
  // An hour long, because the end moves with the beginning.
  await expect(page.locator('span', { hasText: '6 May 2030' })).toContainText(/18:30\s?–\s?19:30/);
  await page.getByRole('button', { name: 'Add to favourites' }).click();
  await expect(page.getByRole('button', { name: 'Remove from favourites' })).toBeVisible();
  await page.getByRole('button', { name: 'Create a link' }).click();
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
  await page.getByRole('link', { name: 'Join', exact: true }).click();
  await expect(page.getByRole('heading', { name: 'Committee for bridges', level: 1 })).toBeVisible();
  await expect(page.getByRole('button', { name: 'Join' })).toBeVisible();
  await page.goBack();

  await page.getByRole('button', { name: 'Delete' }).click();
  const sure = page.getByRole('alertdialog', { name: 'Delete “Committee for bridges”?' });
  await expect(sure).toBeVisible();
  await sure.getByRole('button', { name: 'Delete' }).click();
  await expect(page.getByText('No meetings are planned.')).toBeVisible();
  clean();
});

test('the link for guests works until its end, is ended, and is made anew', async ({ page, browser, server }) => {
  const clean = noConsoleErrors(page);
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
  await logIn(page, server);
  await page.getByRole('link', { name: 'Plan a meeting' }).click();
  await page.getByLabel('Title').fill('Committee for roads');
  await page.getByText('At any time (a room').click();
  await page.getByRole('button', { name: 'Plan meeting' }).click();

  const card = page.getByRole('region', { name: 'One link for everybody' });
  const heading = card.getByRole('heading');
  await expect(card).toContainText('There is no link for guests.');
  await card.getByRole('button', { name: 'Create a link' }).press('Enter');
  const shown = card.getByLabel('Link to the meeting');
  await expect(shown).toBeVisible();
  await expect(heading).toBeFocused();
  const first = await shown.inputValue();
  await card.getByRole('button', { name: 'Copy link' }).click();
  await expect(page.locator('[data-live="polite"]')).toContainText('The link has been copied.');
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(first);

  await expect(card).toContainText('It works until you end it.');
  const change = card.getByRole('button', { name: 'Change how long it works' });
  await change.press('Enter');
  const dialog = page.getByRole('dialog', { name: 'How long the link works' });
  await dialog.getByText('Until a date and time').click();
  await type(page, 'Works until', '060520201830');
  await dialog.getByRole('button', { name: 'Save' }).click();
  await expect(dialog.getByText('This time has passed. Please choose a later one.')).toBeVisible();
  await expect(dialog.getByRole('group', { name: 'Works until' }).getByRole('spinbutton').first()).toBeFocused();
  await isAccessible(page);
  await picture(page, 'link-until-desktop');
  await type(page, 'Works until', '060520301830');
  await dialog.getByRole('button', { name: 'Save' }).click();
  await expect(card).toContainText('It works until 6 May 2030 at 18:30.');
  await expect(change).toBeFocused();
  await picture(page, 'link-desktop');
  await isAccessible(page);

  const guest = await person(browser, { viewport: { width: 390, height: 844 } });
  await guest.goto(first);
  await expect(guest.getByLabel('Your name')).toBeVisible();

  await card.getByRole('button', { name: 'End this link' }).click();
  const sure = page.getByRole('alertdialog', { name: 'End this link?' });
  await expect(sure.getByRole('button', { name: 'Cancel' })).toBeFocused();
  await isAccessible(page);
  await picture(page, 'link-end-desktop');
  await sure.getByRole('button', { name: 'End this link' }).click();
  await expect(card).toContainText('There is no link for guests.');
  await expect(heading).toBeFocused();
  await guest.reload();
  await expect(guest.getByRole('heading', { name: 'This link does not work' })).toBeVisible();

  await card.getByRole('button', { name: 'Create a link' }).click();
  await expect(shown).toBeVisible();
  const second = await shown.inputValue();
  expect(second).not.toBe(first);
  await guest.goto(second);
  await expect(guest.getByLabel('Your name')).toBeVisible();

  // Fields know minutes; a story has only seconds.
  await page.route('**/invites/*', async (route) => {
    await route.continue({ postData: JSON.stringify({ expiration: new Date(Date.now() + 2_000).toISOString() }) });
  });
  await change.click();
  await dialog.getByText('Until a date and time').click();
  await dialog.getByRole('button', { name: 'Save' }).click();
  await expect(dialog).toBeHidden();
  await expect(async () => {
    await page.reload();
    await expect(card).toContainText('The last link expired on', { timeout: 5_000 });
  }).toPass();
  await picture(page, 'link-over-desktop');
  await isAccessible(page);
  await guest.reload();
  await expect(guest.getByRole('heading', { name: 'This link does not work' })).toBeVisible();
  await page.setViewportSize({ width: 390, height: 844 });
  await page.emulateMedia({ colorScheme: 'dark' });
  await picture(page, 'link-over-dark-phone');
  await card.getByRole('button', { name: 'Create a link' }).click();
  await expect(shown).toBeVisible();
  await picture(page, 'link-dark-phone');
  clean();
});
