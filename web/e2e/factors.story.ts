// SPDX-License-Identifier: EUPL-1.2
/** Logging in with more than a password: a passkey of a real authenticator of the browser, and codes of an app. */
import { createHmac } from 'node:crypto';
import type { Locator, Page } from '@playwright/test';
import jsQR from 'jsqr';
import { isAccessible, noConsoleErrors } from './accessible';
import { type Account, admin, expect, logIn, person, picture, Server, test } from './konvent';

const berta: Account = { name: 'Berta Beispiel', email: 'berta@example.org', password: 'correct horse stable' };

/** Passkeys belong to host names. */
function underItsName(server: Server): void {
  server.url = server.url.replace('127.0.0.1', 'localhost');
}

async function openSecurity(page: Page, name: string): Promise<void> {
  await page.getByRole('button', { name: `Your account: ${name}` }).click();
  await page.getByRole('menuitem', { name: 'Password and logins' }).click();
  await expect(page.getByRole('heading', { name: 'Passkeys' })).toBeVisible();
}

async function logOut(page: Page): Promise<void> {
  await page.getByRole('button', { name: /^Your account/ }).click();
  await page.getByRole('menuitem', { name: 'Log out' }).click();
  await expect(page.getByRole('heading', { name: 'I have an account' })).toBeVisible();
}

/** A device with a fingerprint reader that takes every finger. */
async function withAuthenticator(page: Page): Promise<void> {
  const session = await page.context().newCDPSession(page);
  await session.send('WebAuthn.enable');
  await session.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      transport: 'internal',
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  });
}

test('somebody logs in with a passkey, without password and code', async ({ browser, server }) => {
  underItsName(server);
  const page = await person(browser);
  const clean = noConsoleErrors(page);
  await withAuthenticator(page);
  await logIn(page, server);
  await openSecurity(page, admin.name);
  const section = page.getByRole('region', { name: 'Passkeys' });
  await expect(section).toContainText('You have no passkeys yet.');
  await picture(page, 'security-desktop');

  const add = section.getByRole('button', { name: 'Add a passkey' });
  await add.press('Enter');
  const dialog = page.getByRole('dialog', { name: 'Add a passkey' });
  await expect(dialog.getByLabel('Name')).toBeFocused();
  await expect(dialog.getByLabel('Name')).toHaveValue('Chrome on Linux');
  await dialog.getByLabel('Name').fill('Work laptop');
  await dialog.getByLabel('Your password').fill('a guess at it');
  await dialog.getByRole('button', { name: 'Continue to the device' }).click();
  await expect(dialog.getByRole('alert')).toContainText('Please check the marked fields.');
  await expect(dialog.getByText('This is not your password.')).toBeVisible();
  await expect(dialog.getByLabel('Your password')).toBeFocused();
  await picture(page, 'passkey-add-desktop');
  await isAccessible(page);
  await dialog.getByLabel('Your password').fill(admin.password);
  await dialog.getByRole('button', { name: 'Continue to the device' }).click();
  await expect(section.getByRole('listitem')).toContainText('Work laptop');
  await expect(section.getByRole('listitem')).toContainText('Never used');
  await expect(add).toBeFocused();
  await isAccessible(page);

  await add.click();
  await dialog.getByLabel('Your password').fill(admin.password);
  await dialog.getByRole('button', { name: 'Continue to the device' }).click();
  await expect(dialog.getByRole('alert')).toContainText('This device already has a passkey for this account.');
  await page.keyboard.press('Escape');

  await logOut(page);
  await page.getByRole('button', { name: 'Log in' }).click();
  await expect(page.getByLabel('Password')).toBeVisible();
  await picture(page, 'login-desktop');
  await isAccessible(page);
  await page.getByRole('button', { name: 'Use a passkey' }).press('Enter');
  await expect(page.getByRole('heading', { name: `Hello, ${admin.name}` })).toBeVisible();

  await openSecurity(page, admin.name);
  await expect(section.getByRole('listitem')).toContainText('Last used');
  await picture(page, 'passkeys-desktop');
  await section.getByRole('button', { name: 'Remove: Work laptop' }).click();
  const sure = page.getByRole('dialog', { name: 'Remove the passkey “Work laptop”?' });
  await expect(sure.getByLabel('Your password')).toBeFocused();
  await sure.getByLabel('Your password').fill('a guess at it');
  await sure.getByRole('button', { name: 'Remove' }).click();
  await expect(sure.getByText('This is not your password.')).toBeVisible();
  await sure.getByLabel('Your password').fill(admin.password);
  await picture(page, 'passkey-remove-desktop');
  await isAccessible(page);
  await sure.getByRole('button', { name: 'Remove' }).click();
  await expect(section).toContainText('You have no passkeys yet.');
  await expect(section.getByRole('heading', { name: 'Passkeys' })).toBeFocused();

  // The device still has it; the server knows it no more.
  await logOut(page);
  await page.getByRole('button', { name: 'Log in' }).click();
  await page.getByRole('button', { name: 'Use a passkey' }).click();
  await expect(page.getByRole('alert').filter({ hasText: 'This passkey was not accepted.' })).toBeVisible();
  await page.getByLabel('E-mail address').fill(admin.email);
  await page.getByLabel('Password').fill(admin.password);
  await page.getByRole('button', { name: 'Log in' }).click();

  await page.getByRole('link', { name: 'Administration' }).click();
  await page.getByRole('link', { name: 'Audit log' }).click();
  await expect(page.getByRole('row', { name: 'Passkey added' })).toBeVisible();
  await expect(page.getByRole('row', { name: 'Passkey removed' })).toBeVisible();
  clean();
});

test('a passkey needs a name of the server, and a person who wants to', async ({ browser, server }) => {
  const page = await person(browser);
  await page.goto(server.url);
  await page.getByRole('button', { name: 'Log in' }).click();
  const use = page.getByRole('button', { name: 'Use a passkey' });
  await use.click();
  await expect(page.getByRole('alert').filter({ hasText: 'not with its IP address' })).toBeVisible();

  underItsName(server);
  await page.goto(server.url);
  await page.getByRole('button', { name: 'Log in' }).click();
  // On the login page, not on the way there.
  await expect(use).toBeVisible();
  await page.evaluate(() => {
    navigator.credentials.get = () => Promise.reject(new DOMException('', 'NotAllowedError'));
  });
  await use.click();
  await expect(page.locator('form').getByText('No passkey was used.')).toBeVisible();
  await expect(page.locator('[data-live="polite"]')).toContainText('No passkey was used.');
  await expect(page.locator('form').getByRole('alert')).toHaveCount(0);
  await expect(use).toBeFocused();
});

/** What an authenticator app shows, RFC 6238; `later` in steps of 30 seconds. */
function codeOf(secret: string, later = 0): string {
  const bits = [...secret].map((letter) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(letter).toString(2).padStart(5, '0')).join('');
  const key = Buffer.from((bits.match(/.{8}/g) ?? []).map((byte) => parseInt(byte, 2)));
  const step = Buffer.alloc(8);
  step.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000) + later));
  const hash = createHmac('sha1', key).update(step).digest();
  const number = hash.readUInt32BE((hash.at(-1) ?? 0) & 15) & 0x7fffffff;
  return String(number % 1_000_000).padStart(6, '0');
}

/** What a camera reads from it as it is shown. */
async function scanned(page: Page, shown: Locator): Promise<string | undefined> {
  const png = (await shown.screenshot()).toString('base64');
  const { pixels, width, height } = await page.evaluate(async (text) => {
    const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
    const image = await createImageBitmap(new Blob([bytes]));
    const canvas = new OffscreenCanvas(image.width, image.height).getContext('2d');
    canvas?.drawImage(image, 0, 0);
    const data = canvas?.getImageData(0, 0, image.width, image.height).data ?? [];
    return { pixels: [...data], width: image.width, height: image.height };
  }, png);
  return jsQR(Uint8ClampedArray.from(pixels), width, height)?.data;
}

async function logInWithCode(page: Page, server: Server, code: string): Promise<void> {
  await page.goto(server.url);
  await page.getByRole('button', { name: 'Log in' }).click();
  await page.getByLabel('E-mail address').fill(berta.email);
  await page.getByLabel('Password').fill(berta.password);
  await page.getByRole('button', { name: 'Log in' }).click();
  await expect(page.getByLabel('Code')).toBeFocused();
  await page.getByLabel('Code').fill(code);
  await page.getByRole('button', { name: 'Log in' }).click();
}

test('somebody logs in with codes of an app on a phone; who lost it, with a recovery code, and then by the administrator', async ({
  browser,
  server,
}) => {
  await server.addUser(berta);
  const page = await person(browser, { viewport: { width: 390, height: 844 } });
  const clean = noConsoleErrors(page);
  const hello = page.getByRole('heading', { name: `Hello, ${berta.name}` });
  await logIn(page, server, berta);
  await openSecurity(page, berta.name);
  await picture(page, 'security-phone');

  const section = page.getByRole('region', { name: 'Second factor' });
  await section.getByRole('button', { name: 'Turn on the second factor' }).click();
  const dialog = page.getByRole('dialog', { name: 'Turn on the second factor' });
  await expect(dialog.getByLabel('Your password')).toBeFocused();
  await dialog.getByLabel('Your password').fill(berta.password);
  await picture(page, 'factor-password-phone');
  await isAccessible(page);
  await dialog.getByRole('button', { name: 'Continue' }).click();

  await expect(section.getByRole('heading', { name: 'Set up the app' })).toBeFocused();
  const secret = (await section.getByLabel('Key to enter by hand').inputValue()).replaceAll(' ', '');
  // Cameras want black on white also where the page is dark.
  await page.emulateMedia({ colorScheme: 'dark' });
  const address = new URL((await scanned(page, section.getByRole('img', { name: 'QR code for the authenticator app' }))) ?? '');
  expect(address.protocol).toBe('otpauth:');
  expect(address.searchParams.get('secret')).toBe(secret);
  await picture(page, 'factor-app-dark-phone');
  await section.getByRole('textbox', { name: 'Code' }).fill('000000');
  await section.getByRole('button', { name: 'Turn on', exact: true }).click();
  await expect(section.getByRole('alert')).toContainText('Please check the marked fields.');
  await expect(section.getByText('This is not the code that the app is showing now.')).toBeVisible();
  await expect(section.getByRole('textbox', { name: 'Code' })).toBeFocused();
  await picture(page, 'factor-app-phone');
  await isAccessible(page);
  await section.getByRole('textbox', { name: 'Code' }).fill(codeOf(secret));
  await section.getByRole('textbox', { name: 'Code' }).press('Enter');

  await expect(section.getByRole('heading', { name: 'Your recovery codes' })).toBeFocused();
  const codes = await section.getByRole('listitem').allTextContents();
  expect(new Set(codes).size).toBe(10);
  const download = page.waitForEvent('download');
  await section.getByRole('button', { name: 'Download codes' }).click();
  const file = await download;
  expect(file.suggestedFilename()).toBe('recovery-codes.txt');
  await picture(page, 'factor-codes-phone');
  await isAccessible(page);
  await section.getByRole('button', { name: 'I have saved the codes' }).click();
  await expect(section.getByRole('heading', { name: 'Second factor' })).toBeFocused();
  await expect(section).toContainText('You have 10 recovery codes left.');
  await isAccessible(page);

  await logOut(page);
  await logInWithCode(page, server, '');
  await expect(page.getByText('Please enter the code from your app, or a recovery code.')).toBeVisible();
  await page.getByLabel('Code').fill('000000');
  await page.getByRole('button', { name: 'Log in' }).click();
  await expect(page.getByRole('alert').filter({ hasText: 'This code is wrong or has already been used.' })).toBeVisible();
  await expect(page.getByLabel('Code')).toHaveAttribute('autocomplete', 'one-time-code');
  await picture(page, 'login-code-phone');
  await isAccessible(page);
  // A code counts once: the app's next one is taken already.
  await page.getByLabel('Code').fill(codeOf(secret, 1));
  await page.getByLabel('Code').press('Enter');
  await expect(hello).toBeVisible();

  await logOut(page);
  await logInWithCode(page, server, (codes[0] ?? '').toUpperCase());
  await expect(hello).toBeVisible();
  await openSecurity(page, berta.name);
  await expect(section).toContainText('You have 9 recovery codes left.');
  await logOut(page);
  await logInWithCode(page, server, codes[0] ?? '');
  await expect(page.getByRole('alert').filter({ hasText: 'This code is wrong or has already been used.' })).toBeVisible();

  const boss = await person(browser);
  clean();
  await logIn(boss, server);
  await boss.getByRole('link', { name: 'Administration' }).click();
  await boss.getByRole('button', { name: `Change: ${berta.name}` }).click();
  const remove = boss.getByRole('dialog', { name: `Change: ${berta.name}` }).getByRole('button', { name: 'Remove second factor and passkeys' });
  await picture(boss, 'person-change-desktop');
  await isAccessible(boss);
  await remove.click();
  const sure = boss.getByRole('alertdialog', { name: `Remove the second factor and the passkeys of ${berta.name}?` });
  await picture(boss, 'factor-remove-desktop');
  await isAccessible(boss);
  await sure.getByRole('button', { name: 'Remove second factor and passkeys' }).click();
  await expect(sure).toHaveCount(0);
  await expect(remove).toBeFocused();
  await remove.click();
  await sure.getByRole('button', { name: 'Remove second factor and passkeys' }).click();
  await expect(sure.getByRole('alert')).toContainText(`${berta.name} has no second factor and no passkey.`);

  await logIn(page, server, berta);
  await openSecurity(page, berta.name);
  await expect(section).toContainText('The second factor is off.');
});

/** Logs in without a page, as a program would. */
async function spend(server: Server, who: Account, code: string): Promise<void> {
  const query = new URLSearchParams({
    response_type: 'code',
    client_id: 'konvent-web',
    redirect_uri: `${server.url}/auth/callback`,
    scope: 'openid',
    code_challenge: 'x'.repeat(43),
    code_challenge_method: 'S256',
  });
  const page = await fetch(`${server.url}/identity/authorize?${query}`, { redirect: 'manual' });
  const request = new URL(page.headers.get('Location') ?? '', server.url).searchParams.get('request');
  const answer = await fetch(`${server.url}/identity/login`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ request, email: who.email, password: who.password, code }),
  });
  expect(answer.status).toBe(200);
}

test('somebody is told when recovery codes run out, and turns the second factor off again with their password', async ({ browser, server }) => {
  const page = await person(browser);
  await logIn(page, server);
  await openSecurity(page, admin.name);
  const section = page.getByRole('region', { name: 'Second factor' });
  await section.getByRole('button', { name: 'Turn on the second factor' }).click();
  await page.getByRole('dialog').getByLabel('Your password').fill(admin.password);
  await page.getByRole('dialog').getByRole('button', { name: 'Continue' }).click();
  const secret = (await section.getByLabel('Key to enter by hand').inputValue()).replaceAll(' ', '');
  await picture(page, 'factor-app-desktop');
  await section.getByRole('textbox', { name: 'Code' }).fill(codeOf(secret));
  await section.getByRole('button', { name: 'Turn on', exact: true }).click();
  await expect(section.getByRole('listitem')).toHaveCount(10);
  await picture(page, 'factor-codes-desktop');
  const codes = await section.getByRole('listitem').allTextContents();
  await section.getByRole('button', { name: 'I have saved the codes' }).click();
  await picture(page, 'factor-on-desktop');
  for (const code of codes.slice(0, 8)) await spend(server, admin, code);
  await page.reload();
  await expect(section).toContainText('You have only 2 recovery codes left.');
  await picture(page, 'factor-few-desktop');
  await section.getByRole('button', { name: 'New recovery codes' }).click();
  const asking = page.getByRole('dialog', { name: 'New recovery codes' });
  await expect(asking).toContainText('no longer work');
  await isAccessible(page);
  await asking.getByLabel('Your password').fill(admin.password);
  await asking.getByRole('button', { name: 'Continue' }).click();
  await expect(section.getByRole('heading', { name: 'Your recovery codes' })).toBeFocused();
  await expect(section.getByRole('listitem')).toHaveCount(10);
  const renewed = await section.getByRole('listitem').allTextContents();
  expect(renewed.filter((code) => codes.includes(code))).toEqual([]);
  await section.getByRole('button', { name: 'I have saved the codes' }).click();
  await expect(section.getByRole('heading', { name: 'Second factor' })).toBeFocused();
  await expect(section).toContainText('You have 10 recovery codes left.');
  await spend(server, admin, renewed[0] ?? '');
  const elsewhere = await page.context().newPage();
  await elsewhere.goto(page.url());
  await elsewhere.getByRole('button', { name: 'New recovery codes' }).click();
  const late = elsewhere.getByRole('dialog', { name: 'New recovery codes' });
  await expect(late).toBeVisible();

  await section.getByRole('button', { name: 'Turn off the second factor' }).click();
  const dialog = page.getByRole('dialog', { name: 'Turn off the second factor?' });
  await expect(dialog.getByLabel('Your password')).toBeFocused();
  await isAccessible(page);
  await dialog.getByLabel('Your password').fill(admin.password);
  await dialog.getByRole('button', { name: 'Turn off the second factor' }).click();
  await expect(section).toContainText('The second factor is off.');
  await expect(section.getByRole('heading', { name: 'Second factor' })).toBeFocused();
  await late.getByLabel('Your password').fill(admin.password);
  await late.getByRole('button', { name: 'Continue' }).click();
  await expect(late.getByRole('alert')).toContainText('The second factor is already off.');
});

test('where a second factor is required, the login sets it up', async ({ browser }) => {
  const server = await Server.start({ KONVENT_IDENTITY_SECOND_FACTOR: 'everyone' });
  await server.setUp();
  await server.addUser(berta);
  const page = await person(browser);
  const clean = noConsoleErrors(page);
  await page.goto(server.url);
  await page.evaluate(() => localStorage.setItem('konvent.language', 'en'));
  await page.getByRole('button', { name: 'Log in' }).click();
  await page.getByLabel('E-mail address').fill(admin.email);
  await page.getByLabel('Password').fill(admin.password);
  await page.getByRole('button', { name: 'Log in' }).click();
  await expect(page.getByRole('heading', { name: 'Set up the app', level: 1 })).toBeFocused();
  await expect(page.getByText('Your organisation requires your account to be protected')).toBeVisible();
  const secret = (await page.getByLabel('Key to enter by hand').inputValue()).replaceAll(' ', '');
  const address = new URL((await scanned(page, page.getByRole('img', { name: 'QR code for the authenticator app' }))) ?? '');
  expect(address.searchParams.get('secret')).toBe(secret);
  await picture(page, 'login-set-up-desktop');
  await isAccessible(page);

  const code = page.getByRole('textbox', { name: 'Code' });
  const on = page.getByRole('button', { name: 'Turn on', exact: true });
  for (const wrong of ['', '000000']) {
    await code.fill(wrong);
    await on.click();
    await expect(page.getByText('This is not the code that the app is showing now.')).toBeVisible();
    await expect(code).toBeFocused();
  }
  await isAccessible(page);
  await code.fill(codeOf(secret));
  await code.press('Enter');
  await expect(page.getByRole('heading', { name: 'Your recovery codes', level: 1 })).toBeFocused();
  await expect(page.getByRole('listitem')).toHaveCount(10);
  await picture(page, 'login-codes-desktop');
  await isAccessible(page);
  await page.getByRole('button', { name: 'I have saved the codes' }).click();
  await expect(page.getByRole('heading', { name: `Hello, ${admin.name}` })).toBeVisible();

  await openSecurity(page, admin.name);
  const section = page.getByRole('region', { name: 'Second factor' });
  await expect(section).toContainText('Your organisation requires it, so it cannot be turned off.');
  await expect(section.getByRole('button')).toHaveText(['New recovery codes']);
  await picture(page, 'factor-required-desktop');
  await isAccessible(page);
  clean();

  const phone = await person(browser, { locale: 'de-DE', viewport: { width: 390, height: 844 } });
  await phone.goto(server.url);
  await phone.getByRole('button', { name: 'Anmelden' }).click();
  await phone.getByLabel('E-Mail-Adresse').fill(berta.email);
  await phone.getByLabel('Passwort').fill(berta.password);
  await phone.getByRole('button', { name: 'Anmelden', exact: true }).click();
  await expect(phone.getByRole('heading', { name: 'App einrichten' })).toBeFocused();
  await picture(phone, 'login-set-up-phone');
  const key = (await phone.getByLabel('Schlüssel zum Eintippen').inputValue()).replaceAll(' ', '');
  await phone.getByRole('textbox', { name: 'Code' }).fill(codeOf(key));
  await phone.getByRole('button', { name: 'Einschalten' }).click();
  await expect(phone.getByRole('heading', { name: 'Ihre Notfallcodes' })).toBeFocused();
  await picture(phone, 'login-codes-phone');
  await isAccessible(phone);
  await phone.getByRole('button', { name: 'Ich habe die Codes aufbewahrt' }).click();
  await expect(phone.getByRole('heading', { name: `Guten Tag, ${berta.name}` })).toBeVisible();
  await server.stop();
});
