// SPDX-License-Identifier: EUPL-1.2
import { act, type Ends, guest, join, notices, observeMedia, openPanel, phone, received, seesAndHears, sent, tile, urgent, watchEnds, watchSending } from './call';
import { isAccessible, noConsoleErrors } from './accessible';
import { type Account, admin, expect, inviteLink, logIn, person, picture, startMeeting, test } from './konvent';

const ben: Account = { name: 'Ben Becker', email: 'ben@example.org', password: 'a long enough password' };

/** A removal takes a fraction of a second; a machine that does much else at the time gets more. */
const SOON = 5_000;

test('a moderator mutes, promotes, removes, excludes and ends', async ({ page, browser, server }) => {
  test.slow();
  await server.addUser(ben);
  await observeMedia(page);
  const clean = [noConsoleErrors(page)];
  await logIn(page, server);
  const link = await inviteLink(page, server, await startMeeting(page));
  await join(page);
  const member = await person(browser);
  await logIn(member, server, ben);
  await member.goto(link);
  await expect(member.getByText('You are joining as Ben Becker.')).toBeVisible();
  await member.getByRole('button', { name: 'Join' }).click();
  const emma = await guest(browser, link, 'Emma Müller', { ...phone, locale: 'de-DE' });
  clean.push(noConsoleErrors(member), noConsoleErrors(emma));
  await seesAndHears(page, 'Emma Müller');

  // Mute: the guest is told and really sends nothing more; they may turn it on again.
  await openPanel(page, 'People');
  await isAccessible(page);
  await act(page, 'Emma Müller', 'Mute');
  await expect(emma.getByRole('button', { name: 'Mikrofon einschalten' })).toBeVisible();
  await expect(urgent(emma)).toContainText('Anna Beispiel hat Sie stummgeschaltet.');
  // Who looks learns it, too, for as long as they want.
  await expect(notices(emma)).toContainText('Anna Beispiel hat Sie stummgeschaltet.');
  await picture(emma, 'muted-phone');
  await notices(emma).getByRole('button', { name: 'Schließen: Anna Beispiel hat Sie stummgeschaltet.' }).press('Enter');
  await expect(notices(emma)).toBeHidden();
  await expect(emma.getByRole('main')).toBeFocused();
  await expect(tile(page, 'Emma Müller, microphone off')).toBeVisible();
  await standsStill(() => sent(emma, 'audio'));
  await emma.getByRole('button', { name: 'Mikrofon einschalten' }).click();
  await seesAndHears(page, 'Emma Müller');

  // Promotion: the member is told and gets the moderator's panel, a guest cannot be promoted.
  await expect(member.getByRole('button', { name: 'Moderation' })).toBeHidden();
  await act(page, ben.name, 'Make moderator');
  await expect(urgent(member)).toContainText('You are now a moderator.');
  await expect(notices(member)).toContainText('You are now a moderator.');
  await openPanel(member, 'Moderation');
  await isAccessible(member);

  // Taken again, the panel goes, and the focus is not nowhere.
  await act(page, ben.name, 'Remove as moderator');
  await expect(notices(member)).toContainText('You are no longer a moderator.');
  await expect(member.getByRole('complementary')).toBeHidden();
  await expect(member.getByRole('main')).toBeFocused();
  await picture(member, 'role-taken');
  await act(page, ben.name, 'Make moderator');
  await expect(member.getByRole('button', { name: 'Moderation' })).toBeVisible();

  // What may not be done says why, where the keyboard finds it; what clears asks first.
  await openPanel(member, 'Moderation');
  await member.getByRole('switch', { name: 'Only moderators can speak' }).press('Space');
  const locked = emma.getByRole('button', { name: 'Mikrofon: Zurzeit darf nur die Moderation sprechen' });
  await expect(locked).toHaveAttribute('aria-disabled', 'true');
  await expect(notices(emma)).toContainText('Zurzeit darf nur die Moderation sprechen.');
  await locked.press('Enter');
  await expect(notices(emma).getByRole('listitem')).toHaveText(['Mikrofon: Zurzeit darf nur die Moderation sprechen']);
  await picture(emma, 'locked-phone');
  await emma.getByRole('button', { name: 'Hand heben' }).click();
  await member.getByRole('switch', { name: 'Allow raising hands' }).press('Space');
  await member.getByRole('alertdialog', { name: 'Turn off raising hands?' }).getByRole('button', { name: 'Cancel' }).click();
  await expect(tile(page, 'Emma Müller, microphone off, hand raised')).toBeVisible();
  await member.getByRole('button', { name: 'Lower Emma Müller’s hand' }).click();
  await expect(notices(emma)).toContainText(`${ben.name} hat Ihre Hand gesenkt.`);
  await picture(emma, 'hand-lowered-phone');
  await member.getByRole('switch', { name: 'Only moderators can speak' }).press('Space');
  await expect(locked).toBeHidden();

  // Of people who were looked for, only those are muted.
  await page.getByLabel('Search people').fill('Emma');
  await expect(page.getByRole('button', { name: 'Mute the 1 person found' })).toBeVisible();
  await page.getByLabel('Search people').fill('');

  // Removal: signaling and media end at once, also for a browser that does not want to go.
  await openPanel(member, 'People');
  const stubborn = await guest(browser, link, 'Stur Nein');
  await seesAndHears(stubborn, admin.name);
  await watchEnds(emma);
  await act(member, 'Emma Müller', 'Remove');
  const confirm = member.getByRole('alertdialog', { name: 'Remove Emma Müller?' });
  await expect(confirm.getByRole('button', { name: 'Cancel' })).toBeFocused();
  await isAccessible(member);
  const asked = await watchSending(member, '"kick"');
  await confirm.getByRole('button', { name: 'Remove' }).click();
  await expect(emma.getByRole('heading', { name: 'Sie wurden aus der Besprechung entfernt' })).toBeVisible();
  await expect(tile(page, 'Emma Müller')).toBeHidden();
  const ended = (): Promise<Ends> => emma.evaluate(() => (window as unknown as { ends: Ends }).ends);
  await expect.poll(async () => Object.values(await ended()).every((at) => !Number.isNaN(at))).toBe(true);
  const { signaling, media } = await ended();
  expect(Math.max(signaling, media) - (await asked())).toBeLessThan(SOON);
  await isAccessible(emma);

  await stubborn.evaluate(() => {
    // This page keeps its connections whatever it is told.
    RTCPeerConnection.prototype.close = () => undefined;
    WebSocket.prototype.close = () => undefined;
  });
  await act(member, 'Stur Nein', 'Remove');
  await member.getByRole('alertdialog').getByRole('button', { name: 'Remove' }).click();
  await expect(tile(page, 'Stur Nein')).toBeHidden();
  await standsStill(() => received(stubborn));

  // Exclusion: a person with an account cannot come back until it is lifted.
  await act(page, ben.name, 'Exclude');
  await page.getByRole('alertdialog', { name: `Exclude ${ben.name}?` }).getByRole('button', { name: 'Exclude' }).click();
  await expect(member.getByRole('heading', { name: 'You were excluded from the meeting' })).toBeVisible();
  await isAccessible(member);
  await member.goto(link);
  await member.getByRole('button', { name: 'Join' }).click();
  await expect(member.getByRole('heading', { name: 'You have been excluded from this meeting' })).toBeVisible();
  await openPanel(page, 'Moderation');
  await isAccessible(page);
  await page.getByRole('button', { name: 'Lift' }).click();
  await expect(page.getByRole('button', { name: 'Lift' })).toBeHidden();
  await member.goto(link);
  await member.getByRole('button', { name: 'Join' }).click();
  await expect(tile(page, ben.name)).toBeVisible();

  // The end, for everybody.
  await page.getByRole('button', { name: 'Leave' }).click();
  const leaving = page.getByRole('dialog', { name: 'Leave the meeting?' });
  await isAccessible(page);
  await leaving.getByRole('button', { name: 'End for everybody' }).click();
  for (const one of [page, member]) await expect(one.getByRole('heading', { name: 'The meeting has ended' })).toBeVisible();
  await isAccessible(page);
  for (const check of clean) check();
});

/** Two readings half a second apart are the same. */
async function standsStill(read: () => Promise<number>): Promise<void> {
  let last = -1;
  await expect
    .poll(
      async () => {
        const before = last;
        last = await read();
        return last - before;
      },
      { intervals: [500], timeout: 20_000 },
    )
    .toBe(0);
}
