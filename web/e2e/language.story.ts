// SPDX-License-Identifier: EUPL-1.2
import { isAccessible } from './accessible';
import { admin, expect, logIn, person, test } from './konvent';

test('the page speaks the language of the browser until another one is chosen', async ({ browser, server }) => {
  const page = await person(browser, { locale: 'de-DE' });
  await page.goto(server.url);
  await expect(page.getByRole('heading', { name: 'Treffen, sprechen, entscheiden' })).toBeVisible();
  await expect(page.locator('html')).toHaveAttribute('lang', 'de');
  await isAccessible(page);
  await page.getByRole('button', { name: 'Sprache: Deutsch' }).click();
  await page.getByRole('menuitemradio', { name: 'English' }).click();
  await expect(page.getByRole('heading', { name: 'Meet, speak, decide' })).toBeVisible();
  await expect(page.locator('html')).toHaveAttribute('lang', 'en');
  await page.reload();
  await expect(page.getByRole('heading', { name: 'Meet, speak, decide' })).toBeVisible();
});

test('after the login the pages speak the language of the account until another one is chosen here', async ({ browser, server }) => {
  const page = await person(browser);
  await page.goto(server.url);
  await page.getByRole('button', { name: 'Log in' }).click();
  await page.getByLabel('E-mail address').fill(admin.email);
  await page.getByLabel('Password').fill(admin.password);
  await page.getByRole('button', { name: 'Log in' }).click();
  await expect(page.getByRole('heading', { name: `Guten Tag, ${admin.name}` })).toBeVisible();
  await expect(page.locator('html')).toHaveAttribute('lang', 'de');
  await page.getByRole('button', { name: /^Ihr Konto/ }).click();
  await page.getByRole('menuitem', { name: 'Abmelden' }).click();
  await expect(page.getByRole('heading', { name: 'Meet, speak, decide' })).toBeVisible();
  // Who chooses a language here keeps it, whatever the account says.
  await logIn(page, server);
  await page.reload();
  await expect(page.getByRole('heading', { name: `Hello, ${admin.name}` })).toBeVisible();
});

test('by keyboard alone: skip link, menu, and the focus returns to its opener', async ({ browser, server }) => {
  const page = await person(browser);
  await page.goto(server.url);
  await expect(page.getByRole('heading', { name: 'Meet, speak, decide' })).toBeVisible();
  await page.keyboard.press('Tab');
  await expect(page.getByRole('link', { name: 'Skip to content' })).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(page.getByRole('main')).toBeFocused();
  const theme = page.getByRole('button', { name: /^Appearance/ });
  await theme.focus();
  await page.keyboard.press('Enter');
  await page.getByRole('menuitemradio', { name: 'Dark' }).press('Enter');
  await expect(page.locator('html')).toHaveAttribute('data-theme', 'dark');
  await expect(theme).toBeFocused();
});
