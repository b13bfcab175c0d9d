// SPDX-License-Identifier: EUPL-1.2
import { isAccessible, noConsoleErrors } from './accessible';
import { expect, logIn, picture, Server, test } from './konvent';

test('who has no internet reads how to call in, and passes it on', async ({ context, page }) => {
  const server = await Server.start({ KONVENT_CALL_IN_TEL: '+49 30 123456' });
  await server.setUp();
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  const clean = noConsoleErrors(page);
  await logIn(page, server);
  await page.getByRole('link', { name: 'Plan a meeting' }).click();
  await page.getByLabel('Title').fill('Committee for roads');
  await page.getByText('At any time (a room').click();
  await page.getByRole('button', { name: 'Plan meeting' }).click();
  await expect(page.getByRole('heading', { name: 'By phone' })).toBeVisible();
  await expect(page.getByRole('link', { name: '+49 30 123456' })).toHaveAttribute('href', 'tel:+4930123456');
  await expect(page.getByRole('definition').filter({ hasText: /^\d{3} \d{3} \d{4}$/ })).toHaveCount(2);
  await page.getByRole('button', { name: 'Copy as text' }).click();
  const copied = await page.evaluate(() => navigator.clipboard.readText());
  expect(copied).toMatch(/^By phone: \+49 30 123456, number \d{3} \d{3} \d{4}, password \d{3} \d{3} \d{4}$/);
  await picture(page, 'call-in-desktop');
  await isAccessible(page);
  await page.setViewportSize({ width: 390, height: 844 });
  await picture(page, 'call-in-phone');
  clean();
  await server.stop();
});
