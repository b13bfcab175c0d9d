// SPDX-License-Identifier: EUPL-1.2
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import type { Page } from '@playwright/test';
import { guest, join, observeMedia, seesAndHears } from './call';
import { noConsoleErrors } from './accessible';
import { expect, freePort, Server, test } from './konvent';

const folder = resolve(import.meta.dirname, '../../crates/server/tests/oidc-provider');
/** Pages renew an access token half a minute before its end: these last a quarter of a minute. */
const LASTS_SECS = 45;

/** The real npm `oidc-provider`, which logs Anna in without a page of its own. */
async function provider(origin: string): Promise<{ issuer: string; stop: () => void }> {
  const child: ChildProcess = spawn('node', ['provider.mjs', '0', 'first', origin, String(LASTS_SECS)], { cwd: folder });
  const [first] = (await once(child.stdout ?? child, 'data')) as [Buffer];
  return { issuer: `http://127.0.0.1:${Number(first.toString())}`, stop: () => void child.kill() };
}

async function logIn(page: Page, url: string): Promise<void> {
  await page.goto(url);
  await page.getByRole('button', { name: 'Log in' }).click();
  await expect(page.getByRole('heading', { name: /Anna Arndt/ })).toBeVisible();
}

test('a foreign provider logs people in, its tokens are renewed during a meeting, and either side logs out', async ({ page, browser }) => {
  test.slow();
  const port = await freePort();
  const origin = `http://127.0.0.1:${port}`;
  const foreign = await provider(origin);
  const settings = { KONVENT_IDENTITY_ISSUER: foreign.issuer, KONVENT_IDENTITY_AUDIENCE: 'urn:konvent', KONVENT_MAIL_LANGUAGE: 'en' };
  const server = await Server.start(settings, port);
  try {
    await observeMedia(page);
    const clean = noConsoleErrors(page);
    const renewed: number[] = [];
    page.on('response', (answer) => {
      if (answer.url() === `${foreign.issuer}/token`) renewed.push(answer.status());
    });
    await logIn(page, server.url);
    expect(renewed).toEqual([200]);
    await page.reload();
    await expect(page.getByRole('heading', { name: /Anna Arndt/ })).toBeVisible();

    // In a meeting for longer than a token lasts.
    await page.getByRole('button', { name: 'Start meeting' }).click();
    await page.waitForURL(/\/room\//);
    await join(page);
    const sockets = () => page.evaluate(() => (window as unknown as { kept: { sockets: WebSocket[] } }).kept.sockets.length);
    // Signaling and media.
    await expect.poll(sockets).toBe(2);
    const until = Date.now() + LASTS_SECS * 1000 + 5000;
    const tokens = renewed.length;
    await expect.poll(() => Date.now() > until, { timeout: 90_000, intervals: [1000] }).toBe(true);
    await page.getByRole('button', { name: 'Invite' }).click();
    const shown = page.getByRole('dialog').getByRole('textbox');
    await expect(shown).toHaveValue(/\/invite\/[0-9a-f-]{36}$/);
    const link = await shown.inputValue();
    await page.keyboard.press('Escape');
    expect(renewed.length, 'a token was renewed').toBeGreaterThan(tokens);
    expect(renewed.every((status) => status === 200)).toBe(true);
    expect(await sockets(), 'nothing was connected anew').toBe(2);
    const bela = await guest(browser, link, 'Béla Gast');
    await seesAndHears(bela, 'Anna Arndt');

    // Logged out here, one is logged out there.
    await page.goto(server.url);
    await page.getByRole('button', { name: /^Your account/ }).click();
    await page.getByRole('menuitem', { name: 'Log out' }).click();
    await page.getByRole('button', { name: 'Yes, sign me out' }).click();
    await expect(page).toHaveURL(`${origin}/`);
    await expect(page.getByRole('button', { name: 'Log in' })).toBeVisible();

    // Logged out there, one is logged out here at the next thing one does.
    await logIn(page, server.url);
    const there = await page.context().newPage();
    await there.goto(`${foreign.issuer}/session/end`);
    await there.getByRole('button', { name: 'Yes, sign me out' }).click();
    await expect(there.getByText('Sign-out Success')).toBeVisible();
    await page.getByRole('link', { name: 'Meetings' }).click();
    await expect(page.getByRole('button', { name: 'Log in' })).toBeVisible();
    clean();
  } finally {
    await server.stop();
    foreign.stop();
  }
});
