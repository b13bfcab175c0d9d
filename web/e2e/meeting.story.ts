// SPDX-License-Identifier: EUPL-1.2
import { guest, join, notices, observeMedia, openPanel, phone, seesAndHears, tile } from './call';
import type { Page } from '@playwright/test';
import { isAccessible, noConsoleErrors } from './accessible';
import { admin, expect, inviteLink, logIn, picture, startMeeting, test } from './konvent';

test('three people meet, see and hear each other, write, raise hands and react', async ({ page, browser, server }) => {
  test.slow();
  await observeMedia(page);
  // The last: what the broken panel leaves, which this story breaks itself.
  const clean = [noConsoleErrors(page, /^(Failed to load resource|error reading from signal stream|publisher data channel|RangeError: Invalid time value)/)];
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
  await expect(page.locator('[data-live="polite"]')).toContainText('Béla Gast has raised a hand, number 2 in the queue.');
  await openPanel(page, 'Moderation');
  await expect(page.getByRole('heading', { name: '2 raised hands' })).toBeVisible();
  await isAccessible(page);
  await page.getByRole('button', { name: 'Lower Emma Müller’s hand' }).click();
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
  await expect(page.locator('[data-live="polite"]')).toContainText('Emma Müller, only to you: Nur für Sie');
  // What is private is seen while "everybody" is open; what it says stands in the chat alone.
  await expect(notices(page)).toContainText('Emma Müller sent you a private message in the chat.');
  await isAccessible(emma);
  await page.getByLabel('Write a message').fill('For everybody, not yet');
  await picture(page, 'private-unseen');
  await page.getByRole('button', { name: '1 new message from Emma Müller, only to you' }).click();
  await expect(page.getByLabel('Write a message')).toHaveValue('');
  await expect(page.getByRole('log')).toContainText('Nur für Sie');
  await isAccessible(page);
  // A draft outlives its panel, and stays with those it is for.
  await openPanel(page, 'People');
  await expect(page.getByRole('button', { name: /^People/ })).toHaveAttribute('aria-expanded', 'true');
  await openPanel(page, 'Chat');
  await page.getByRole('combobox', { name: /^To/ }).selectOption({ label: 'Everybody' });
  await expect(page.getByLabel('Write a message')).toHaveValue('For everybody, not yet');
  await page.getByLabel('Write a message').fill('');
  // Out of a panel, back to what opened it, and be that an entry of "More" that has gone with its menu.
  await emma.getByLabel('Nachricht schreiben').press('Escape');
  await expect(emma.getByRole('button', { name: 'Chat' })).toBeFocused();
  await emma.setViewportSize({ width: 320, height: 640 });
  await openPanel(emma, 'Personen');
  await emma.getByRole('complementary').press('Escape');
  await expect(emma.getByRole('button', { name: 'Mehr' })).toBeFocused();
  await emma.keyboard.press('Enter');
  await expect(emma.getByRole('menuitemradio', { name: 'Kacheln, bis zu 9', checked: true })).toBeVisible();
  await picture(emma, 'more-phone');
  await emma.keyboard.press('Escape');
  await emma.setViewportSize({ width: 390, height: 844 });
  await openPanel(bela, 'Chat, 1 unread');
  await expect(bela.getByRole('log')).toContainText('Good morning all');
  await expect(bela.getByRole('log')).not.toContainText('Nur für Sie');

  // Leaving: the others see it, and the page offers the way back.
  await bela.getByRole('button', { name: 'Leave' }).click();
  await expect(bela.getByRole('heading', { name: 'You have left the meeting' })).toBeVisible();
  await isAccessible(bela);
  await expect(tile(page, 'Béla Gast')).toBeHidden();
  await expect(tile(emma, 'Béla Gast')).toBeHidden();

  // What nobody understands ends nothing: a frame that is none, one without its parts, and a panel that stumbles over one.
  await hears(page, '{"namespace":"chat","payload":null}', '{"namespace":"core","payload":{"message":"join_success"}}');
  await hears(page, '{"namespace":"chat","payload":{"message":"message_sent","scope":"global","id":"x","source":"y","content":"z"}}');
  await expect(page.getByRole('complementary').getByRole('alert')).toContainText('Something went wrong in this part of the meeting.');
  await picture(page, 'broken-panel');
  await openPanel(page, 'People');
  await expect(tile(page, 'Emma Müller')).toBeVisible();

  // Back and reload ask first; who stays is still in it, with sound and picture.
  await page.evaluate(() => history.back());
  const leaving = page.getByRole('alertdialog', { name: 'Leave the meeting?' });
  await picture(page, 'back-asks');
  await leaving.getByRole('button', { name: 'Stay' }).click();
  const asked = page.waitForEvent('dialog');
  const reloading = page.evaluate(() => location.reload());
  const question = await asked;
  expect(question.type()).toBe('beforeunload');
  await question.dismiss();
  await reloading;
  await seesAndHears(page, 'Emma Müller');
  await seesAndHears(emma, admin.name);
  for (const check of clean) check();
});

/** As if the server had sent them. */
async function hears(page: Page, ...frames: string[]): Promise<void> {
  await page.evaluate((frames) => {
    const { sockets } = (window as unknown as { kept: { sockets: WebSocket[] } }).kept;
    const signaling = sockets.filter(({ url }) => url.includes('/v1/signaling/')).at(-1);
    for (const data of frames) signaling?.dispatchEvent(new MessageEvent('message', { data }));
  }, frames);
}

test('a meeting shows no link that has ended since', async ({ page, browser, server }) => {
  await observeMedia(page);
  await logIn(page, server);
  await page.getByRole('link', { name: 'Plan a meeting' }).click();
  await page.getByLabel('Title').fill('Committee for roads');
  await page.getByText('At any time (a room').click();
  await page.getByRole('button', { name: 'Plan meeting' }).click();
  await page.getByRole('button', { name: 'Create a link' }).click();
  await expect(page.getByLabel('Link to the meeting')).toBeVisible();
  const details = page.url();
  const link = await page.getByLabel('Link to the meeting').inputValue();
  const code = new URL(link).searchParams.get('invite') ?? '';
  await page.getByRole('link', { name: 'Join', exact: true }).click();
  await join(page);
  const emma = await guest(browser, link, 'Emma Müller', { ...phone, locale: 'de-DE' });
  const emmas = emma.getByRole('dialog', { name: 'Personen einladen' });
  await emma.getByRole('button', { name: 'Einladen' }).click();
  await expect(emmas.getByLabel('Link')).toHaveValue(`${server.url}/invite/${code}`);
  await emma.keyboard.press('Escape');

  const other = await page.context().newPage();
  await other.goto(details);
  await other.getByRole('button', { name: 'End this link' }).click();
  await other.getByRole('alertdialog').getByRole('button', { name: 'End this link' }).click();
  await expect(other.getByText('There is no link for guests.')).toBeVisible();
  await emma.getByRole('button', { name: 'Einladen' }).click();
  await expect(emmas.getByRole('alert')).toContainText('Der Link dieser Besprechung gilt nicht mehr.');
  await expect(emmas.getByRole('button')).toHaveText(['Schließen']);
  await picture(emma, 'link-ended-phone');
  await isAccessible(emma);

  // Who moderates gets another one, and the same as on the page of the meeting.
  await page.bringToFront();
  await page.getByRole('button', { name: 'Invite' }).click();
  const shown = page.getByRole('dialog', { name: 'Invite people' }).getByLabel('Link');
  await expect(shown).toHaveValue(/\/invite\/[0-9a-f-]{36}$/);
  const next = (await shown.inputValue()).split('/').at(-1) ?? '';
  expect(next).not.toBe(code);
  await other.reload();
  await expect(other.getByLabel('Link to the meeting')).toHaveValue(new RegExp(`invite=${next}$`));
});
