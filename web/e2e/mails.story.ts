// SPDX-License-Identifier: EUPL-1.2
import type { Page } from '@playwright/test';
import { isAccessible, noConsoleErrors } from './accessible';
import { admin, expect, logIn, picture, test as withoutMails } from './konvent';
import { test as withMails } from './mail';

const PHONE = { width: 390, height: 844 };

/** Plans a meeting at any time with these people. */
async function plan(page: Page, title: string, ...people: string[]): Promise<void> {
  await page.getByRole('link', { name: 'Plan a meeting' }).click();
  await page.getByLabel('Title').fill(title);
  await page.getByText('At any time (a room').click();
  const field = page.getByRole('combobox', { name: 'Invite people' });
  for (const text of people) {
    await field.fill(text);
    await field.press('Escape');
    await page.getByRole('button', { name: 'Add', exact: true }).click();
  }
}

/** Desktop and telephone. */
async function pictures(page: Page, name: string): Promise<void> {
  await picture(page, name);
  const size = page.viewportSize();
  await page.setViewportSize(PHONE);
  await picture(page, `${name}-phone`);
  await isAccessible(page);
  if (size) await page.setViewportSize(size);
}

withoutMails('without mails nobody is said to be invited by mail, and the text of the invitation is at hand', async ({ page, server }) => {
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
  const clean = noConsoleErrors(page);
  await logIn(page, server);
  await plan(page, 'Committee for roads', 'Gustav <gustav@example.org>;');
  const list = page.getByRole('list', { name: 'Invited people' });
  await expect(list.getByRole('listitem')).toContainText('gustav@example.org');
  await expect(list.getByRole('listitem')).toContainText('gets no e-mail');
  await expect(page.getByText('This server does not send e-mails. Once you have saved')).toBeVisible();
  await pictures(page, 'plan-without-mails');
  await page.getByRole('button', { name: 'Plan meeting' }).click();
  await expect(page.getByRole('heading', { name: 'Committee for roads', level: 1 })).toBeVisible();
  await expect(page.getByText('Nobody has received an invitation.')).toBeVisible();
  await expect(page.getByRole('listitem').filter({ hasText: 'gustav@example.org' })).toContainText('Without an account');
  await page.getByRole('button', { name: 'Create a link' }).click();
  const text = page.getByLabel('Invitation text');
  await expect(text).toHaveValue(/\?invite=/);
  await page.getByRole('button', { name: 'Copy invitation' }).click();
  const copied = await page.evaluate(() => navigator.clipboard.readText());
  expect(copied).toBe(await text.inputValue());
  expect(copied).toContain(`${admin.name} invites you to a meeting:`);
  expect(copied).toContain('Committee for roads');
  expect(copied).toContain(`${server.url}/room/`);
  await pictures(page, 'meeting-without-mails');
  await page.getByRole('button', { name: 'Delete', exact: true }).click();
  await expect(page.getByRole('alertdialog')).toContainText('tell the people you invited yourself');
  clean();
});

withMails('who plans a meeting sees whom no mail has reached, and what to do', async ({ page, mail, mailing }) => {
  const clean = noConsoleErrors(page);
  await logIn(page, mailing);
  await plan(page, 'Committee for roads', 'refused@example.net', 'guest@example.net');
  await expect(page.getByRole('list', { name: 'Invited people' }).getByRole('listitem').first()).toContainText('Gets an invitation by e-mail when you save');
  await page.getByRole('button', { name: 'Plan meeting' }).click();
  await expect(page.getByRole('heading', { name: 'Committee for roads', level: 1 })).toBeVisible();
  await mail.next('guest@example.net');
  await expect(page.getByText('This server does not send e-mails.')).toHaveCount(0);
  const notice = page.getByRole('alert').filter({ hasText: 'One person did not get an e-mail about this meeting' });
  // The page asks again by itself: mails are sent after the answer.
  await expect(notice).toBeVisible({ timeout: 30_000 });
  await expect(notice).toContainText('refused@example.net');
  await expect(notice).toContainText('Check it and invite the right one');
  await pictures(page, 'undelivered');
  clean();
});
