// SPDX-License-Identifier: EUPL-1.2
import { guest, join, observeMedia, openPanel, phone, seesAndHears, tile } from './call';
import { isAccessible, noConsoleErrors } from './accessible';
import { admin, expect, inviteLink, logIn, startMeeting, test } from './konvent';

test('three people meet, see and hear each other, write, raise hands and react', async ({ page, browser, server }) => {
  test.slow();
  await observeMedia(page);
  const clean = [noConsoleErrors(page)];
  await logIn(page, server);
  const link = await inviteLink(page, server, await startMeeting(page));
  await join(page);
  await expect(page.getByText('You are the only one here.')).toBeVisible();

  // As somebody would invite: the link from the meeting itself.
  await page.getByRole('button', { name: 'Invite' }).click();
  const shown = page.getByRole('dialog', { name: 'Invite people' }).getByLabel('Link');
  await expect(shown).toHaveValue(/\/invite\/[0-9a-f-]{36}$/);
  const fromMeeting = await shown.inputValue();
  await isAccessible(page);
  await page.keyboard.press('Escape');
  await expect(page.getByRole('button', { name: 'Invite' })).toBeFocused();

  const bela = await guest(browser, fromMeeting, 'Béla Gast');
  const emma = await guest(browser, link, 'Emma Müller', { ...phone, locale: 'de-DE' });
  clean.push(noConsoleErrors(bela), noConsoleErrors(emma));
  for (const [viewer, others] of [
    [page, ['Béla Gast', 'Emma Müller']],
    [bela, [admin.name, 'Emma Müller']],
    [emma, [admin.name, 'Béla Gast']],
  ] as const) {
    for (const name of others) await seesAndHears(viewer, name);
  }
  await isAccessible(page);
  await isAccessible(emma);

  // Hands: the moderator sees them in order and lowers one.
  await emma.getByRole('button', { name: 'Hand heben' }).click();
  await expect(emma.getByRole('button', { name: 'Hand senken' })).toBeVisible();
  await bela.getByRole('button', { name: 'Raise hand' }).click();
  await expect(tile(page, 'Emma Müller, hand raised')).toBeVisible();
  await expect(page.locator('[data-announcer="polite"]')).toContainText('Béla Gast raised a hand, position 2.');
  await openPanel(page, 'Moderation');
  await expect(page.getByRole('heading', { name: 'Want to speak (2)' })).toBeVisible();
  await isAccessible(page);
  await page.getByRole('button', { name: 'Lower the hand of Emma Müller' }).click();
  await expect(emma.getByRole('button', { name: 'Hand heben' })).toBeVisible();

  // A reaction flies over everybody's stage.
  await bela.getByRole('button', { name: 'React' }).click();
  await bela.getByRole('menuitem', { name: 'Applause' }).click();
  await expect(page.getByText('👏')).toBeVisible();

  // Chat: to everybody, and to one alone.
  await openPanel(page, 'Chat');
  await page.getByLabel('Write a message').fill('Good morning all');
  await page.keyboard.press('Enter');
  await openPanel(emma, 'Chat, 1 ungelesen');
  await expect(emma.getByRole('log')).toContainText('Good morning all');
  await emma.getByRole('combobox', { name: /^An/ }).selectOption({ label: admin.name });
  await emma.getByLabel('Nachricht schreiben').fill('Nur für Sie');
  await emma.getByRole('button', { name: 'Nachricht senden' }).click();
  await isAccessible(emma);
  await expect(page.locator('[data-announcer="polite"]')).toContainText('Emma Müller to you alone: Nur für Sie');
  await expect(page.getByRole('combobox', { name: /^To/ })).toContainText('Emma Müller (1)');
  await page.getByRole('combobox', { name: /^To/ }).selectOption({ label: 'Emma Müller (1)' });
  await expect(page.getByRole('log')).toContainText('Nur für Sie');
  await isAccessible(page);
  await openPanel(bela, 'Chat, 1 unread');
  await expect(bela.getByRole('log')).toContainText('Good morning all');
  await expect(bela.getByRole('log')).not.toContainText('Nur für Sie');

  // Leaving: the others see it, and the page offers the way back.
  await bela.getByRole('button', { name: 'Leave' }).click();
  await expect(bela.getByRole('heading', { name: 'You have left the meeting' })).toBeVisible();
  await isAccessible(bela);
  await expect(tile(page, 'Béla Gast')).toBeHidden();
  await expect(tile(emma, 'Béla Gast')).toBeHidden();
  for (const check of clean) check();
});
