// SPDX-License-Identifier: EUPL-1.2
// Keycloak as the login: in, out, out from its side, long meetings, people who have never logged
// in, two organisations, and what happens when it is gone.

import { expect, test, type Browser, type BrowserContext, type Page } from '@playwright/test';
import { Keycloak, type Realm } from '../../people/keycloak.ts';
import { Konvent, PASSWORD } from '../../people/konvent.ts';
import { freeTcpPort } from '../../people/server.ts';
import { connections, join, sees, SOON, visitor } from '../../people/visitor.ts';

const ANNA = { username: 'anna', firstName: 'Anna', lastName: 'Arndt', groups: ['councillors', 'finance'] };
const BEN = { username: 'ben', firstName: 'Ben', lastName: 'Berg', groups: ['clerks'] };
const CLEO = { username: 'cleo', firstName: 'Cleo', lastName: 'Cordes' };
const DORA = { username: 'dora', firstName: 'Dora', lastName: 'Dahl' };
const EMIL = { username: 'emil', firstName: 'Emil', lastName: 'Ernst' };
const SECRET = 'a secret of the directory';

test.describe('with Keycloak', () => {
  let keycloak: Keycloak, konvent: Konvent, council: Realm, school: Realm;
  const contexts: BrowserContext[] = [];

  test.beforeAll(async () => {
    test.setTimeout(300_000);
    keycloak = await Keycloak.start();
    const listen = await freeTcpPort();
    konvent = await Konvent.start({ HTTP_LISTEN: `127.0.0.1:${listen}`, ...keycloak.settings('council', SECRET) });
    council = await keycloak.realm('council', konvent.url, PASSWORD, [ANNA, BEN, DORA, EMIL]);
    await council.directory(SECRET);
  });

  test.afterEach(async () => {
    for (const context of contexts.splice(0)) await context.close();
  });

  test.afterAll(async () => {
    await konvent?.stop();
    await keycloak?.stop();
  });

  // In German, the language of people whose provider tells none.
  async function arrive(browser: Browser, address = konvent.url): Promise<Page> {
    const page = await visitor(browser, address);
    contexts.push(page.context());
    return page;
  }

  /** Through Keycloak's own page. */
  async function logIn(page: Page, who: typeof CLEO): Promise<void> {
    await page.getByRole('button', { name: 'Anmelden' }).click();
    await page.getByLabel('Username or email').fill(who.username);
    await page.getByLabel('Password', { exact: true }).fill(PASSWORD);
    await page.getByRole('button', { name: 'Sign In' }).click();
    await expect(page.getByRole('button', { name: `Ihr Konto: ${who.firstName} ${who.lastName}` })).toBeVisible(SOON);
  }

  /** The access token that the page uses. */
  async function tokenOf(page: Page): Promise<string> {
    const asked = page.waitForRequest((request) => request.url().endsWith('/v1/users/me'));
    await page.reload();
    return (await (await asked).allHeaders())['authorization']!.replace('Bearer ', '');
  }

  const statusWith = async (token: string) => (await konvent.ask('GET', '/v1/users/me', token)).status;

  /** Whom somebody can find to invite. */
  async function find(token: string, name: string, at = konvent): Promise<{ kind: string; display_name: string; email: string }[]> {
    return (await at.ask('GET', `/v1/users/find?q=${encodeURIComponent(name)}`, token)).json();
  }

  test('people log in, stay logged in, and bring their groups', async ({ browser }) => {
    const page = await arrive(browser);
    await logIn(page, ANNA);
    const token = await tokenOf(page);
    await expect(page.getByRole('heading', { name: 'Guten Tag, Anna Arndt' })).toBeVisible(SOON);
    const data = await (await konvent.ask('GET', '/v1/users/me/export', token)).text();
    for (const group of ANNA.groups) expect(data).toContain(group);
    expect(data).not.toContain('clerks');
  });

  test('who logs out here has to show their password there again', async ({ browser }) => {
    const page = await arrive(browser);
    await logIn(page, BEN);
    const token = await tokenOf(page);
    expect(await statusWith(token)).toBe(200);
    expect(await council.sessionsOf('ben')).toHaveLength(1);
    await page.getByRole('button', { name: 'Ihr Konto' }).click();
    await page.getByRole('menuitem', { name: 'Abmelden' }).click();
    await expect(page).toHaveURL(`${konvent.url}/`, SOON);
    await expect(page.getByRole('button', { name: 'Anmelden' })).toBeVisible(SOON);
    expect(await council.sessionsOf('ben')).toHaveLength(0);
    await expect.poll(() => statusWith(token), SOON).toBe(401);
    await page.getByRole('button', { name: 'Anmelden' }).click();
    await expect(page.getByLabel('Password', { exact: true })).toBeVisible(SOON);
  });

  for (const [what, end] of [
    ['a session', async () => keycloak.admin('DELETE', `/council/sessions/${(await council.sessionsOf('ben'))[0]}`)],
    ['the sessions of somebody', async () => keycloak.admin('POST', `/council/users/${await council.idOf('ben')}/logout`)],
  ] as const) {
    test(`when Keycloak ends ${what}, the login has ended here`, async ({ browser }) => {
      // When it ends several at once, Keycloak 26.4 tells of one of them only: the stories before must leave none.
      for (const id of await council.sessionsOf('ben')) await keycloak.admin('DELETE', `/council/sessions/${id}`);
      const [page, other] = [await arrive(browser), await arrive(browser)];
      await logIn(page, BEN);
      await logIn(other, ANNA);
      const [token, hers] = [await tokenOf(page), await tokenOf(other)];
      expect(await statusWith(token)).toBe(200);
      await end();
      await expect.poll(() => statusWith(token), SOON).toBe(401);
      expect(await statusWith(hers)).toBe(200);
      await page.getByRole('link', { name: 'Besprechungen' }).click();
      await expect(page.getByRole('button', { name: /^(Anmelden|Zur Anmeldung)$/ })).toBeVisible(SOON);
      await logIn(page, BEN);
      await expect(page.getByRole('heading', { name: 'Besprechungen' })).toBeVisible(SOON);
    });
  }

  test('programs are known by their roles and are nobody', async () => {
    const recorder = await council.machine('recorder', 'opentalk-recorder');
    expect(await statusWith(recorder)).toBe(403);
    const people = await konvent.command('', 'users', 'list');
    expect(people).not.toContain('recorder');
  });

  test('who has never logged in is found by name, and their first login brings the invitation', async ({ browser }) => {
    const anna = await arrive(browser);
    await logIn(anna, ANNA);
    const token = await tokenOf(anna);
    const known = { email: 'dora@example.org', display_name: 'Dora Dahl' };
    expect(await find(token, 'Dahl')).toMatchObject([{ kind: 'unregistered', ...known }]);

    await anna.getByRole('link', { name: 'Besprechung planen' }).click();
    await anna.getByLabel('Titel').fill('Haushalt');
    const field = anna.getByRole('combobox', { name: 'Personen einladen' });
    await field.fill('Dora Da');
    await anna.getByRole('option', { name: 'Dora Dahl dora@example.org' }).click(SOON);
    await expect(field).toHaveValue('');
    await expect(anna.getByRole('list', { name: 'Eingeladene' }).getByText('Dora Dahl', { exact: true })).toBeVisible();
    await anna.getByRole('button', { name: 'Besprechung planen' }).click();
    await expect(anna.getByRole('heading', { name: 'Haushalt', level: 1 })).toBeVisible(SOON);
    const invited = anna.getByRole('listitem').filter({ hasText: 'dora@example.org' });
    await expect(invited).toContainText('Per E-Mail eingeladen, ohne Konto');
    await expect(invited).toContainText('Dora Dahl');
    const [event] = await (await konvent.ask('GET', '/v1/events?invitees_max=10', token)).json();
    expect(event.invitees).toMatchObject([{ profile: { kind: 'unregistered', firstname: 'Dora', lastname: 'Dahl', ...known }, status: 'pending' }]);

    const dora = await arrive(browser);
    await logIn(dora, DORA);
    await expect(dora.getByRole('heading', { name: 'Offene Einladungen' })).toBeVisible(SOON);
    await dora.getByRole('link', { name: 'Haushalt', exact: true }).click();
    await dora.getByRole('button', { name: 'Ich nehme teil', exact: true }).click();
    await expect(dora.getByRole('region', { name: 'Ihre Antwort' }).getByText('Sie nehmen teil.')).toBeVisible(SOON);
    await anna.reload();
    await expect(invited).toContainText('Dora Dahl', SOON);
    await expect(invited).toContainText('Zugesagt');
    expect(await find(token, 'Dahl')).toMatchObject([{ kind: 'registered', ...known }]);
  });

  test('who may not log in at Keycloak is not found', async ({ browser }) => {
    const anna = await arrive(browser);
    await logIn(anna, ANNA);
    const token = await tokenOf(anna);
    expect(await find(token, 'Emil')).toHaveLength(1);
    const path = `/council/users/${await council.idOf('emil')}`;
    await keycloak.admin('PUT', path, { enabled: false });
    expect(await find(token, 'Emil')).toHaveLength(0);
    await keycloak.admin('PUT', path, { enabled: true });
  });

  test('with a wrong secret, who has logged in is still found, and the log tells', async ({ browser }) => {
    const other = await Konvent.start(keycloak.settings('club', 'a secret of yesterday'));
    try {
      const club = await keycloak.realm('club', other.url, PASSWORD, [ANNA, BEN, EMIL]);
      await club.directory(SECRET);
      const [anna, ben] = [await arrive(browser, other.url), await arrive(browser, other.url)];
      await logIn(anna, ANNA);
      await logIn(ben, BEN);
      const token = await tokenOf(anna);
      const complaint = /the directory of the OpenID provider does not answer.*401/;
      expect(other.text).not.toMatch(complaint);
      expect(await find(token, 'Berg', other)).toMatchObject([{ kind: 'registered', display_name: 'Ben Berg' }]);
      expect(await find(token, 'Emil', other)).toHaveLength(0);
      await expect.poll(() => other.text).toMatch(complaint);
      await anna.getByRole('link', { name: 'Besprechung planen' }).click();
      await anna.getByRole('combobox', { name: 'Personen einladen' }).fill('Berg');
      await expect(anna.getByRole('option', { name: 'Ben Berg' })).toBeVisible(SOON);
    } finally {
      await other.stop();
    }
  });

  test('a second organisation has a realm of its own beside it', async ({ browser }) => {
    const address = `http://localhost:${new URL(konvent.url).port}`;
    school = await keycloak.realm('school', address, PASSWORD, [CLEO], konvent.url);
    await konvent.command('', 'tenants', 'add', 'School', '--address', address);
    await konvent.command('', 'tenants', 'add-issuer', 'School', school.issuer, '--client-id', 'konvent-web');
    const [anna, ben] = [await arrive(browser), await arrive(browser)];
    await logIn(anna, ANNA);
    await logIn(ben, BEN);
    // A running server sees within two seconds what was done beside it.
    const config = () => anna.request.get(`${konvent.url}/config.js`, { headers: { Host: new URL(address).host } });
    await expect.poll(async () => (await config()).text(), SOON).toContain(school.issuer);
    const cleo = await arrive(browser, address);
    await logIn(cleo, CLEO);
    await anna.reload();
    await expect(anna.getByRole('heading', { name: 'Guten Tag, Anna Arndt' })).toBeVisible(SOON);
    const [hers, annas] = [await tokenOf(cleo), await tokenOf(anna)];
    // Ben has logged in, Emil never has: neither is for the other organisation to find.
    for (const name of ['Ben', 'Emil']) {
      expect(await find(annas, name)).toHaveLength(1);
      expect(await find(hers, name)).toHaveLength(0);
    }
    expect(await find(annas, 'Cleo')).toHaveLength(0);
  });

  /** Anna and a guest in a meeting, seeing each other, with access tokens that end soon. */
  async function meeting(browser: Browser): Promise<{ anna: Page; guest: Page; token: string }> {
    // The page renews a token half a minute before its end, and the server takes it for a minute longer.
    await keycloak.admin('PUT', '/council', { accessTokenLifespan: 31 });
    const anna = await arrive(browser);
    await logIn(anna, ANNA);
    const token = await tokenOf(anna);
    await anna.getByRole('button', { name: 'Besprechung starten' }).click();
    await anna.waitForURL(/\/room\/[0-9a-f-]{36}$/, SOON);
    const room = new URL(anna.url()).pathname.split('/')[2]!;
    await join(anna);
    // Her page would know a link made before she is in, and would have nothing to ask for.
    await expect(anna.getByRole('button', { name: 'Einladen' })).toBeVisible(SOON);
    const { invite_code } = await konvent.post(`/v1/rooms/${room}/invites`, token, {});
    const guest = await arrive(browser, `${konvent.url}/room/${room}?invite=${invite_code}`);
    await join(guest, 'Gerda Gast');
    for (const page of [anna, guest]) await sees(page);
    return { anna, guest, token };
  }

  test('a meeting outlasts its access tokens', async ({ browser }) => {
    const { anna, guest, token } = await meeting(browser);
    const before = [await connections(anna), await connections(guest)];
    await expect.poll(() => statusWith(token), { timeout: 120_000, intervals: [2000] }).toBe(401);
    await anna.getByRole('button', { name: 'Einladen' }).click();
    await expect(anna.getByRole('dialog', { name: 'Personen einladen' }).getByLabel('Link')).toHaveValue(/\/invite\//, SOON);
    await anna.keyboard.press('Escape');
    for (const page of [anna, guest]) await sees(page);
    expect([await connections(anna), await connections(guest)]).toEqual(before);
  });

  test('without Keycloak a meeting goes on, and who wants to log in is told', async ({ browser }) => {
    const { anna, guest, token } = await meeting(browser);
    const before = [await connections(anna), await connections(guest)];
    await keycloak.stop();
    const ben = await arrive(browser);
    await ben.getByRole('button', { name: 'Anmelden' }).click();
    await expect(ben.getByRole('alert').getByText('Die Anmeldung antwortet nicht.')).toBeVisible(SOON);
    expect(await statusWith(token)).toBe(200);
    // Nothing can be asked for now, but nobody is logged out either.
    await anna.getByRole('button', { name: 'Einladen' }).click();
    await expect(anna.getByText('Der Link ließ sich nicht anlegen.')).toBeVisible({ timeout: 45_000 });
    await anna.keyboard.press('Escape');
    await guest.getByRole('button', { name: 'Hand heben' }).click();
    await expect(anna.getByRole('group', { name: /^Gerda Gast, Hand gehoben/ })).toBeVisible(SOON);
    for (const page of [anna, guest]) await sees(page);
    expect([await connections(anna), await connections(guest)]).toEqual(before);
  });
});
