// SPDX-License-Identifier: EUPL-1.2
import type { Page } from '@playwright/test';
import { isAccessible, noConsoleErrors } from './accessible';
import { guest, heard, join, notices, observeMedia, openPanel, phone, seesAndHears, tile } from './call';
import { type Account, expect, inviteLink, logIn, person, picture, startMeeting, test } from './konvent';

const ben: Account = { name: 'Ben Becker', email: 'ben@example.org', password: 'a long enough password' };

/** Between one look and the next, a second apart, no sound came. */
async function hearsNobody(page: Page): Promise<void> {
  let before = -1;
  const more = async (): Promise<number> => {
    const { packets } = await heard(page);
    const since = packets - before;
    before = packets;
    return since;
  };
  await expect.poll(more, { intervals: [1_000] }).toBe(0);
}

test('a council splits into two rooms, each among itself, and is together again', async ({ page, browser, server }) => {
  test.slow();
  await server.addUser(ben);
  await observeMedia(page);
  const checks = [noConsoleErrors(page)];
  await logIn(page, server);
  const link = await inviteLink(page, server, await startMeeting(page));
  await join(page);
  const member = await person(browser, { viewport: { width: 1280, height: 800 } });
  checks.push(noConsoleErrors(member));
  await observeMedia(member);
  await logIn(member, server, ben);
  await member.goto(link);
  await join(member);
  const emma = await guest(browser, link, 'Emma Müller', { ...phone, locale: 'de-DE' });
  checks.push(noConsoleErrors(emma));
  await seesAndHears(emma, 'Ben Becker');

  // Who goes where is chosen by hand.
  await openPanel(page, 'Breakout rooms');
  const panel = page.getByRole('complementary');
  await panel.getByLabel('I assign people').check({ force: true });
  await panel.getByLabel('Ben Becker').selectOption('Room 1');
  await panel.getByLabel('Emma Müller').selectOption('Room 2');
  await panel.getByLabel('Duration in minutes (optional)').fill('20');
  await picture(page, 'breakout-start');
  await isAccessible(page);
  await panel.getByRole('button', { name: 'Open the rooms' }).click();

  // Everybody is in their room, and knows it.
  await expect(member.getByText('You are in the breakout room Room 1.')).toBeVisible();
  await expect(emma.getByText('Sie sind im Gruppenraum Room 2.')).toBeVisible();
  await expect(tile(member, 'Emma Müller')).toBeHidden();
  await expect(panel).toBeFocused();
  await expect(panel.getByRole('heading', { name: 'Room 2 (1)' })).toBeVisible();
  await expect(panel.getByRole('list', { name: 'People in Room 2' })).toContainText('Emma Müller');
  await picture(page, 'breakout-open');
  await picture(member, 'breakout-member');
  await picture(emma, 'breakout-phone');
  await isAccessible(page);
  await isAccessible(emma);

  // A voice is heard in its room alone.
  await hearsNobody(emma);
  await hearsNobody(member);

  // So is what is written; what is written to all is read by all.
  await openPanel(member, 'Chat');
  await member.getByLabel('Write a message').fill('Only for room 1');
  await member.getByRole('button', { name: 'Send message' }).click();
  await expect(member.getByRole('log')).toContainText('Only for room 1');
  await panel.getByLabel('Message to all rooms').fill('Ten minutes left');
  await panel.getByRole('button', { name: 'Send to all' }).click();
  await expect(notices(emma)).toContainText('Anna Beispiel: Ten minutes left');
  await openPanel(emma, 'Chat');
  await expect(emma.getByRole('combobox', { name: 'An', exact: true })).toHaveValue('breakout 1');
  await expect(emma.getByRole('log')).not.toContainText('Only for room 1');
  await emma.getByRole('button', { name: 'Seitenleiste schließen' }).click();

  // A room calls, the moderator comes, hears them, and brings them to the others.
  await emma.getByRole('button', { name: 'Moderation rufen' }).click();
  await expect(notices(page)).toContainText('Emma Müller asks for a moderator in the breakout room Room 2.');
  await panel.getByRole('button', { name: 'Go to Room 2' }).press('Enter');
  await expect(panel.getByRole('heading', { name: 'Room 2 (2)' })).toBeFocused();
  await expect(emma.getByRole('button', { name: 'Moderation rufen' })).toBeVisible();
  await seesAndHears(emma, 'Anna Beispiel');
  await panel.getByRole('button', { name: 'Take Emma Müller to another room' }).press('Enter');
  await page.getByRole('menuitem', { name: 'Room 1' }).press('Enter');
  await expect(notices(emma)).toContainText('Sie sind jetzt im Gruppenraum Room 1.');
  await seesAndHears(emma, 'Ben Becker');
  await openPanel(emma, 'Chat');
  await expect(emma.getByRole('log')).toContainText('Only for room 1');
  await picture(emma, 'breakout-chat-phone');

  // The list of people says who is where.
  await openPanel(page, 'People');
  await expect(page.getByRole('row', { name: 'Emma Müller' })).toContainText('Room 1');
  await picture(page, 'breakout-people');

  // The rooms close: everybody is back, sees and hears all.
  await openPanel(page, 'Breakout rooms');
  await panel.getByRole('button', { name: 'Close now' }).click();
  await page.getByRole('alertdialog').getByRole('button', { name: 'Close now' }).click();
  await expect(notices(emma)).toContainText('Die Gruppenräume sind geschlossen. Alle sind wieder im Hauptraum.');
  await expect(emma.getByRole('combobox', { name: 'An', exact: true })).toHaveValue('global');
  await emma.getByRole('button', { name: 'Seitenleiste schließen' }).click();
  await seesAndHears(emma, 'Anna Beispiel');
  await seesAndHears(member, 'Emma Müller');
  await picture(page, 'breakout-back');
  for (const check of checks) check();
});
