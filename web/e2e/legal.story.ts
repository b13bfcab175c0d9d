// SPDX-License-Identifier: EUPL-1.2
import { type Page } from '@playwright/test';
import { join, openPanel, phone } from './call';
import { isAccessible, noConsoleErrors } from './accessible';
import { expect, inviteLink, logIn, person, picture, Server, startMeeting, test } from './konvent';

const imprint = 'https://town.example/imprint';
const privacy = 'https://town.example/privacy';
const accessibility = 'mailto:barriers@town.example';

const link = (page: Page, name: string | RegExp) => page.getByRole('navigation', { name: /Legal information|Rechtliches/ }).getByRole('link', { name });

test('imprint and data protection are one step away on every page, before, in and after a meeting', async ({ page, browser }) => {
  test.slow();
  const server = await Server.start({ KONVENT_ORGANISATION_IMPRINT_URL: imprint, KONVENT_ORGANISATION_DATA_PROTECTION_URL: privacy });
  try {
    await page.goto(`${server.url}/setup`);
    await expect(link(page, 'Imprint')).toHaveAttribute('href', imprint);
    await isAccessible(page);
    await server.setUp();
    const clean = noConsoleErrors(page);
    await page.goto(server.url);
    await expect(link(page, 'Data protection')).toHaveAttribute('href', privacy);
    await picture(page, 'legal-start');
    await logIn(page, server);

    // What is missing is said to who can set it, and stands on the pages as soon as it is.
    await page.getByRole('link', { name: 'Administration' }).click();
    const hints = page.getByRole('region', { name: 'To be done' });
    await expect(hints).toContainText('Accessibility');
    await expect(hints).not.toContainText('Imprint');
    await isAccessible(page);
    await picture(page, 'legal-hint');
    await hints.getByRole('link', { name: 'Set the links' }).click();
    await page.getByLabel('Accessibility statement').fill('javascript:alert(1)');
    await page.getByRole('button', { name: 'Save' }).click();
    await expect(page.getByLabel('Accessibility statement')).toHaveAttribute('aria-invalid', 'true');
    await page.getByLabel('Accessibility statement').fill(accessibility);
    await page.getByRole('button', { name: 'Save' }).click();
    await expect(page.getByText(/has been changed/).first()).toBeVisible();
    await page.goto(`${server.url}/admin/users`);
    await expect(link(page, 'Accessibility')).toHaveAttribute('href', accessibility);
    await expect(hints).toBeHidden();

    await page.goto(server.url);
    const room = await inviteLink(page, server, await startMeeting(page));
    await join(page);
    await page.getByRole('button', { name: 'More', exact: true }).click();
    const entry = page.getByRole('menuitem', { name: 'Imprint' });
    await expect(entry).toHaveAttribute('href', imprint);
    await expect(entry).toHaveAttribute('target', '_blank');
    await picture(page, 'legal-menu');
    await page.keyboard.press('Escape');
    await openPanel(page, 'Moderation');
    await page.locator('label', { has: page.getByRole('radio', { name: 'For guests' }) }).click();

    const emma = await person(browser, { ...phone, locale: 'de-DE' });
    await emma.goto(room);
    await expect(link(emma, 'Impressum')).toHaveAttribute('href', imprint);
    await picture(emma, 'legal-join-phone');
    await join(emma, 'Emma Gast');
    await expect(emma.getByRole('heading', { name: 'Warteraum' })).toBeVisible();
    await expect(link(emma, /^Datenschutz/)).toHaveAttribute('target', '_blank');
    await isAccessible(emma);
    await picture(emma, 'legal-waiting-phone');
    await emma.getByRole('button', { name: 'Verlassen' }).click();
    await expect(link(emma, /^Impressum/)).toBeVisible();
    await isAccessible(emma);
    await picture(emma, 'legal-over-phone');
    clean();
  } finally {
    await server.stop();
  }
});
