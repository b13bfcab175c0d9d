// SPDX-License-Identifier: EUPL-1.2
import { type Page } from '@playwright/test';
import { act, framesOf, guest, hasNoMedia, join, observeMedia, openPanel, phone, seesAndHears, sent, tile, urgent } from './call';
import { isAccessible, noConsoleErrors } from './accessible';
import { admin, expect, inviteLink, logIn, person, picture, startMeeting, test } from './konvent';

test('guests wait, hear nothing of the meeting, are let in and sent out again', async ({ page, browser, server }) => {
  test.slow();
  await observeMedia(page);
  const clean = [noConsoleErrors(page)];
  await logIn(page, server);
  const link = await inviteLink(page, server, await startMeeting(page));
  await join(page);
  await openPanel(page, 'Moderation');
  await setDoor(page, 'For guests');

  const emma = await person(browser, { ...phone, locale: 'de-DE' });
  const heard = framesOf(emma);
  clean.push(noConsoleErrors(emma));
  await observeMedia(emma);
  await emma.goto(link);
  await join(emma, 'Emma Müller');
  // Who waits hears where they are, and is told nothing about people who may not be there.
  await expect(emma.getByRole('heading', { name: 'Warteraum' })).toBeFocused();
  await expect(urgent(emma)).toContainText('Warteraum. Sobald jemand von der Moderation da ist');
  await picture(emma, 'waiting-phone');
  await expect(emma).toHaveTitle('Warteraum');
  await isAccessible(emma);
  await expect(page).toHaveTitle(/^1 waiting/);
  await expect(page.locator('[data-live="polite"]')).toContainText('Emma Müller is waiting.');
  // Whatever panel is open, and also for who is alone.
  const door = page.getByRole('region', { name: 'Waiting room' });
  await expect(door).toContainText('Emma Müller is waiting to be let in.');
  await expect(page.getByText('You are the only one here.')).toBeHidden();
  await picture(page, 'door-moderation');

  // What is said inside meanwhile does not reach who waits.
  await openPanel(page, 'Chat');
  await page.getByLabel('Write a message').fill('Only for those inside');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('log')).toContainText('Only for those inside');
  expect(await hasNoMedia(emma)).toBe(true);

  await openPanel(page, 'People, 1 waiting');
  await isAccessible(page);
  expect(heard()).toEqual(['core.in_waiting_room']);
  await page.getByRole('complementary').getByRole('button', { name: 'Let Emma Müller in' }).click();
  await expect(tile(emma, 'Emma Müller')).toBeVisible();
  await expect(emma.getByRole('main')).toBeFocused();
  await expect(door).toBeHidden();
  expect(heard().slice(0, 3)).toEqual(['core.in_waiting_room', 'moderation.accepted', 'core.join_success']);
  await seesAndHears(emma, admin.name);
  await seesAndHears(page, 'Emma Müller');

  // Back before the door: nothing of the meeting stays on the screen, no sound, no picture, no message.
  await act(page, 'Emma Müller', 'Send to waiting room');
  await expect(emma.getByRole('heading', { name: 'Sie sind wieder im Warteraum' })).toBeFocused();
  await expect(urgent(emma)).toContainText('Sie sind wieder im Warteraum. Die Moderation hat Sie in den Warteraum geschickt.');
  await picture(emma, 'sent-back-phone');
  await expect.poll(() => hasNoMedia(emma)).toBe(true);
  await expect(tile(page, 'Emma Müller')).toBeHidden();
  const before = heard().length;
  await openPanel(page, 'Chat');
  await page.getByLabel('Write a message').fill('Still only for those inside');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('log')).toContainText('Still only for those inside');
  await isAccessible(emma);
  expect(heard().slice(before)).toEqual([]);

  // The door opens for all who wait.
  await openPanel(page, 'Moderation');
  await setDoor(page, 'Off: everybody comes straight in');
  await seesAndHears(emma, admin.name);
  // Who was sent out is neither seen nor heard again until they want to be.
  await expect(tile(page, 'Emma Müller, microphone off')).toBeVisible();
  await expect(emma.getByRole('button', { name: 'Mikrofon einschalten' })).toBeVisible();
  expect([await sent(emma, 'audio'), await sent(emma, 'video')]).toEqual([0, 0]);
  await emma.getByRole('button', { name: 'Mikrofon einschalten' }).click();
  await emma.getByRole('button', { name: 'Kamera einschalten' }).click();
  await seesAndHears(page, 'Emma Müller');

  // Whatever dialog is open, it shows who waits; on a phone, too.
  await setDoor(page, 'For guests');
  await page.getByRole('button', { name: 'More' }).click();
  await page.getByRole('menuitem', { name: 'Settings' }).click();
  const settings = page.getByRole('dialog', { name: 'Settings' });
  const berta = await guest(browser, link, 'Berta Gast');
  await expect(settings.getByText('Berta Gast is waiting to be let in.')).toBeVisible();
  await picture(page, 'door-dialog');
  await isAccessible(page);
  await page.setViewportSize({ width: 390, height: 844 });
  await picture(page, 'door-dialog-phone');
  await settings.getByRole('button', { name: 'Let Berta Gast in' }).click();
  await expect(berta.getByRole('toolbar')).toBeVisible();
  await expect(settings.getByText('Berta Gast is waiting to be let in.')).toBeHidden();
  await page.keyboard.press('Escape');
  await page.setViewportSize({ width: 1280, height: 720 });

  // A guest who is refused is told so.
  const stranger = await guest(browser, link, 'Unbekannt');
  await expect(stranger.getByRole('heading', { name: 'Waiting room' })).toBeVisible();
  await door.getByRole('button', { name: 'Show' }).click();
  await page.getByRole('button', { name: 'Turn Unbekannt away' }).click();
  await expect(stranger.getByRole('heading', { name: 'You were not let in' })).toBeVisible();
  for (const check of clean) check();
});

/** The server decides: the choice is shown when it has been made there. */
async function setDoor(page: Page, name: string): Promise<void> {
  const door = page.getByRole('radio', { name });
  await page.locator('label', { has: door }).click();
  await expect(door).toBeChecked();
}
