// SPDX-License-Identifier: EUPL-1.2
import { guest, heard, join, notices, observeMedia, openPanel, phone, seesAndHears, tile, urgent as said } from './call';
import { isAccessible, noConsoleErrors } from './accessible';
import { admin, expect, inviteLink, logIn, picture, startMeeting, test } from './konvent';
import { Line } from './line';

/** What Chromium and the media library write when a connection breaks, or when somebody left before their picture came. */
const BROKEN =
  /^(Failed to load resource|Failed to fetch|WebSocket connection to|Encountered websocket error|error reading from signal stream|invalid token|Received leave request while trying to|publisher data channel|cannot send signal request|Tried to add a track for a participant, that's not present)/;

test('cut connections and a killed server heal without a reload, and the page says so', async ({ page, browser, server }) => {
  test.slow();
  const line = await Line.to(server);
  await observeMedia(page);
  const clean = [noConsoleErrors(page, BROKEN)];
  await logIn(page, server);
  const link = await inviteLink(page, server, await startMeeting(page));
  await join(page);
  const emma = await guest(browser, link.replace(server.url, line.url), 'Emma Müller', { ...phone, locale: 'de-DE' });
  clean.push(noConsoleErrors(emma, BROKEN));
  await seesAndHears(emma, admin.name);
  for (const one of [page, emma]) await one.evaluate(() => Object.assign(window, { here: true }));
  const lost = emma.getByRole('paragraph').filter({ hasText: 'Die Verbindung ist unterbrochen.' });
  const mediaLost = emma.getByRole('paragraph').filter({ hasText: 'Ton und Bild werden wieder verbunden.' });
  const eachOther = async (): Promise<void> => {
    await seesAndHears(emma, admin.name);
    await seesAndHears(page, 'Emma Müller');
    for (const one of [page, emma]) expect(await one.evaluate(() => 'here' in window)).toBe(true);
  };

  // The signaling connection. Sound and picture have one of their own, and go on; what was written meanwhile is told as a sum.
  await emma.getByRole('button', { name: 'Hand heben' }).click();
  await expect(tile(page, 'Emma Müller, hand raised')).toBeVisible();
  await emma.getByRole('button', { name: 'Hand senken' }).click();
  await expect(tile(page, 'Emma Müller, hand raised')).toBeHidden();
  await openPanel(page, 'Chat');
  const before = [await heard(emma), await heard(page)];
  line.down.add('signaling');
  expect(line.cut('signaling')).toBe(1);
  await expect(lost).toBeVisible();
  await expect(said(emma)).toContainText('Die Verbindung ist unterbrochen.');
  await expect(emma).toHaveTitle(/^Verbindung wird wiederhergestellt/);
  await isAccessible(emma);
  await page.getByLabel('Write a message').fill('Good morning');
  await page.getByLabel('Write a message').press('Enter');
  await page.getByRole('button', { name: 'Close side panel' }).click();
  line.down.delete('signaling');
  await expect(lost).toBeHidden({ timeout: 60_000 });
  await expect(said(emma)).toContainText('Sie sind wieder verbunden.');
  await expect(notices(emma)).toContainText('Inzwischen kam 1 Nachricht im Chat.');
  await picture(emma, 'back-phone');
  await eachOther();
  for (const [index, one] of [emma, page].entries()) {
    const after = await heard(one);
    expect(after.connections, 'no media connection was made anew').toBe(before[index]?.connections);
    expect(after.packets).toBeGreaterThan(before[index]?.packets ?? 0);
  }

  // A line that is dead and does not say so: people are told before it counts as lost, and nothing goes into the void. What may be done
  // twice is done after the reconnect; a message is said not to be sent.
  expect(line.hold('signaling')).toBe(1);
  line.down.add('signaling');
  await emma.getByRole('button', { name: 'Hand heben' }).click();
  await openPanel(emma, 'Chat');
  await emma.getByLabel('Nachricht schreiben').fill('Kommt das an?');
  await emma.getByLabel('Nachricht schreiben').press('Enter');
  await expect(emma.getByRole('log')).toContainText('Wird gesendet …');
  await expect(emma.getByRole('paragraph').filter({ hasText: 'Der Server antwortet nicht.' })).toBeVisible();
  await picture(emma, 'silent-phone');
  await expect(lost).toBeVisible({ timeout: 20_000 });
  line.down.delete('signaling');
  await expect(lost).toBeHidden({ timeout: 60_000 });
  await expect(tile(page, 'Emma Müller, hand raised')).toBeVisible();
  await expect(emma.getByRole('log')).toContainText('Nicht gesendet');
  await expect(notices(emma)).toContainText('Sie sind wieder verbunden.');
  await picture(emma, 'not-sent-phone');
  await isAccessible(emma);
  await emma.getByRole('button', { name: 'Erneut senden', exact: true }).click();
  await expect(emma.getByRole('log')).not.toContainText('Nicht gesendet');
  await openPanel(page, 'Chat, 1 unread');
  await expect(page.getByRole('log')).toContainText('Kommt das an?');

  // The connection of the media, which carries no picture but decides about them.
  line.down.add('media');
  expect(line.cut('media')).toBe(1);
  await expect(mediaLost).toBeVisible();
  await isAccessible(emma);
  line.down.delete('media');
  await expect(mediaLost).toBeHidden({ timeout: 60_000 });
  await eachOther();

  // The server, as if somebody had pulled its plug.
  await server.kill();
  await expect(lost).toBeVisible();
  await expect(page.getByRole('paragraph').filter({ hasText: 'The connection was lost.' })).toBeVisible();
  await isAccessible(page);
  await server.restart();
  await expect(lost).toBeHidden({ timeout: 60_000 });
  await expect(page.getByRole('paragraph').filter({ hasText: 'The connection was lost.' })).toBeHidden({ timeout: 60_000 });
  await eachOther();
  for (const check of clean) check();
  line.close();
});
