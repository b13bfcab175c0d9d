// SPDX-License-Identifier: EUPL-1.2
import { isAccessible } from './accessible';
import { metByEmma, notices, openPanel, tile } from './call';
import { expect, picture, test } from './konvent';

test('a moderator starts a break, sees who is ready, and the clock of a countdown ends it', async ({ page, browser, server }) => {
  const { emma, clean } = await metByEmma(page, browser, server);

  // What cannot be started is said at its field.
  await openPanel(page, 'Timer');
  await picture(page, 'timer-form');
  await isAccessible(page);
  const panel = page.getByRole('complementary');
  await panel.getByLabel('Coffee break').check({ force: true });
  await panel.getByLabel('Minutes').fill('0');
  await panel.getByRole('button', { name: 'Start' }).click();
  await expect(panel.getByLabel('Minutes')).toBeFocused();
  await expect(panel).toContainText('Enter whole minutes from 1 to 1440.');
  await panel.getByLabel('Minutes').fill('15');
  await panel.getByLabel('Name (optional)').fill('Lunch');
  await panel.getByLabel('Ask who is ready').check({ force: true });
  await panel.getByRole('button', { name: 'Start' }).click();

  // Everybody sees it, and can look behind it.
  const curtain = emma.getByRole('region', { name: 'Lunch' });
  await expect(curtain.getByRole('timer')).toHaveText(/^1[45]:\d\d$/);
  await expect(notices(emma)).toContainText('Lunch gestartet. Sagen Sie, wenn Sie bereit sind.');
  await picture(emma, 'timer-break-phone');
  await picture(page, 'timer-break');
  await isAccessible(emma);
  await isAccessible(page);
  await curtain.getByRole('button', { name: 'Ich bin bereit' }).click();
  await expect(panel).toContainText('1 of 2 ready');
  await curtain.getByRole('button', { name: 'Besprechung anzeigen' }).click();
  await expect(curtain).toBeHidden();
  await expect(tile(emma, 'Anna Beispiel')).toBeVisible();
  await expect(emma.getByRole('banner').getByRole('timer')).toHaveText(/^1[45]:\d\d$/);

  // Who comes back finds it running, and is asked again.
  await emma.reload();
  await emma.getByRole('button', { name: 'Teilnehmen' }).click();
  await expect(emma.getByRole('region', { name: 'Lunch' }).getByRole('button', { name: 'Ich bin bereit' })).toBeVisible();

  // Who moderates ends it in the panel or at the curtain, and is then where they can go on.
  await expect(panel.getByRole('button', { name: 'End the break' })).toBeVisible();
  await page.getByRole('region', { name: 'Lunch' }).getByRole('button', { name: 'End the break' }).focus();
  await page.keyboard.press('Enter');
  await expect(page.getByRole('main')).toBeFocused();
  await expect(notices(emma)).toContainText('Lunch: beendet von Anna Beispiel.');
  await expect(emma.getByRole('timer')).toBeHidden();

  // A countdown ends by the server's clock.
  await panel.getByLabel('Countdown').check({ force: true });
  await panel.getByLabel('Minutes').fill('1');
  await panel.getByRole('button', { name: 'Start' }).click();
  await expect(notices(emma)).toContainText('Countdown: Die Zeit ist um.', { timeout: 75_000 });
  await expect(panel.getByRole('button', { name: 'Start' })).toBeVisible();
  clean();
});
