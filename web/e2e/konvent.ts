// SPDX-License-Identifier: EUPL-1.2
/** A real server for each story, and the ways people take: set up, log in, start a meeting, invite. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { type Browser, type BrowserContextOptions, expect, type Page, test as base } from '@playwright/test';

const binary = resolve(import.meta.dirname, process.env['KONVENT_BIN'] ?? '../../target/debug/konvent');

export interface Account {
  name: string;
  email: string;
  password: string;
}

export const admin: Account = { name: 'Anna Beispiel', email: 'anna@example.org', password: 'correct horse battery' };

/** What people of the stories are called, write and type. */
const PERSONAL =
  /@example\.(?:org|com|net)|Beispiel|Béla|Emma|Müller|Gustav|Berta|Kollegin|correct horse|sentence of words|Committee|Council|Budget|Good morning/;

/** Settings as the surroundings give them: `KONVENT_` and the key in capitals. */
export type Settings = Readonly<Record<string, string>>;

export class Server {
  /** Web address without a slash at the end. */
  url = '';
  /** One-time address; empty when there is an administrator. */
  setupUrl = '';
  private process: ChildProcess | undefined;
  /** Everything the server has printed and logged, whatever level. */
  private printed = '';

  private constructor(
    readonly data: string,
    private readonly settings: Settings,
  ) {}

  static async start(settings: Settings = {}, port = 0): Promise<Server> {
    const server = new Server(await mkdtemp(join(tmpdir(), 'konvent-story-')), settings);
    await server.run(`127.0.0.1:${port}`);
    return server;
  }

  private spawn(...words: string[]): ChildProcess {
    // A setting of the surrounding shell must not reach the server of a story.
    const plain = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('KONVENT_')));
    return spawn(binary, [...words, '--data', this.data], {
      env: { ...plain, KONVENT_LOG_LEVEL: 'debug', KONVENT_MEDIA_UDP: '127.0.0.1:0', KONVENT_MEDIA_ADVERTISED: '127.0.0.1', LANG: 'C.UTF-8', ...this.settings },
    });
  }

  private async run(listen: string): Promise<void> {
    const child = this.spawn('serve', '--listen', listen);
    this.process = child;
    let text = '';
    await new Promise<void>((ready, failed) => {
      const read = (chunk: Buffer) => {
        text += chunk.toString();
        this.printed += chunk.toString();
        const web = /Web address\s+(http\S+)/.exec(text)?.[1];
        // The text is complete when its line about the media has come.
        if (web && /Audio and video\s+\S+/.test(text)) ready();
      };
      child.stdout?.on('data', read);
      child.stderr?.on('data', read);
      child.on('exit', (code) => failed(new Error(`konvent ended with ${code}:\n${text}`)));
    });
    this.url = /Web address\s+(http\S+)/.exec(text)?.[1]?.replace(/\/$/, '') ?? '';
    await this.answering();
    this.setupUrl = /(http\S+\/setup\?token=\S+)/.exec(text)?.[1] ?? '';
  }

  private async answering(): Promise<void> {
    await expect.poll(() => fetch(`${this.url}/config.js`).then((answer) => answer.status, () => 0)).toBe(200);
  }

  /** Ends the program at once, as a power cut does. */
  async kill(): Promise<void> {
    const child = this.process;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    child.removeAllListeners('exit');
    const ended = new Promise((done) => child.once('exit', done));
    child.kill('SIGKILL');
    await ended;
  }

  /** The same data at the same address again. */
  async restart(): Promise<void> {
    await this.kill();
    await this.run(new URL(this.url).host);
  }

  async stop(): Promise<void> {
    await this.kill();
    await rm(this.data, { recursive: true, force: true });
    this.keepsQuiet();
  }

  /** Logs hold no personal data, whatever happened and whatever the level: no name, address, password, title or message of any story. */
  private keepsQuiet(): void {
    const told = this.printed.split('\n').filter((line) => PERSONAL.test(line));
    expect(told, 'the log tells of people').toEqual([]);
  }

  /** An archive of everything, made beside the running server. */
  async backup(): Promise<string> {
    const archive = join(await mkdtemp(join(tmpdir(), 'konvent-backup-')), 'konvent.tar');
    await this.command('', 'backup', archive);
    return archive;
  }

  /** A server on another, empty machine, from such an archive. */
  static async restored(archive: string): Promise<Server> {
    const server = new Server(await mkdtemp(join(tmpdir(), 'konvent-story-')), {});
    await server.command('', 'restore', archive);
    await server.run('127.0.0.1:0');
    return server;
  }

  /** Does what its operator does beside the running server. */
  private async command(input: string, ...words: string[]): Promise<void> {
    const child = this.spawn(...words);
    child.stdin?.end(input);
    expect(await new Promise((done) => child.once('exit', done))).toBe(0);
  }

  async addUser({ email, name, password }: Account): Promise<void> {
    await this.command(`${password}\n`, 'users', 'add', email, '--name', name);
  }

  /** What everybody may use who has no other tariff. */
  async limit(...flags: string[]): Promise<void> {
    await this.command('', 'tariffs', 'set', 'Standard', ...flags);
  }

  /** Makes the administrator without a browser. */
  async setUp(): Promise<void> {
    const token = new URL(this.setupUrl).searchParams.get('token');
    const answer = await fetch(`${this.url}/v1/setup`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ token, email: admin.email, display_name: admin.name, password: admin.password }),
    });
    expect(answer.status).toBe(201);
  }
}

/** For a server whose address must be known before it starts. */
export async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((ready) => probe.listen(0, '127.0.0.1', ready));
  const address = probe.address();
  await new Promise((done) => probe.close(done));
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

/** A picture of the page, where `KONVENT_PICTURES` names a directory for them. */
export async function picture(page: Page, name: string): Promise<void> {
  const directory = process.env['KONVENT_PICTURES'];
  if (directory === undefined) return;
  // What lies over the page covers the window, not the whole page.
  const fullPage = (await page.locator('[role="dialog"], [role="alertdialog"], [role="listbox"]').count()) === 0;
  await page.screenshot({ path: join(directory, `${name}.png`), fullPage });
}

export async function logIn(page: Page, server: Server, who = admin): Promise<void> {
  await page.goto(server.url);
  // Accounts begin in German; these people prefer what their browser speaks.
  await page.evaluate(() => localStorage.setItem('konvent.language', document.documentElement.lang));
  await page.getByRole('button', { name: 'Log in' }).click();
  await page.getByLabel('E-mail address').fill(who.email);
  await page.getByLabel('Password').fill(who.password);
  await page.getByRole('button', { name: 'Log in' }).click();
  await expect(page.getByRole('heading', { name: `Hello, ${who.name}` })).toBeVisible();
}

/** From the home page to the join page of a new meeting. Returns the room's id. */
export async function startMeeting(page: Page): Promise<string> {
  await page.getByRole('button', { name: 'Start meeting' }).click();
  await page.waitForURL(/\/room\/[0-9a-f-]{36}$/);
  await expect(page.getByRole('button', { name: 'Join' })).toBeVisible();
  return new URL(page.url()).pathname.split('/')[2] ?? '';
}

/** A guest link to the room, made with the login of `page`. */
export async function inviteLink(page: Page, server: Server, roomId: string): Promise<string> {
  const other = await page.context().newPage();
  const asked = other.waitForRequest((request) => request.url().includes('/v1/users/me'));
  await other.goto(server.url);
  const authorization = (await (await asked).allHeaders())['authorization'] ?? '';
  await other.close();
  const answer = await fetch(`${server.url}/v1/rooms/${roomId}/invites`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', Authorization: authorization },
    body: '{}',
  });
  expect(answer.status).toBe(200);
  const { invite_code } = (await answer.json()) as { invite_code: string };
  return `${server.url}/room/${roomId}?invite=${invite_code}`;
}

/** A separate person: own storage, own login. */
export async function person(browser: Browser, options: BrowserContextOptions = {}): Promise<Page> {
  const context = await browser.newContext({ locale: 'en-GB', permissions: ['camera', 'microphone'], ...options });
  return context.newPage();
}

export const test = base.extend<{ leave: void; fresh: Server; server: Server }>({
  /** Everybody leaves at the end of a story: pages left open would go on sending, and slow all stories after it. */
  leave: [
    async ({ browser }, provide) => {
      await provide();
      await Promise.all(browser.contexts().map((context) => context.close()));
    },
    { auto: true },
  ],
  /** A server nobody has set up yet. */
  // eslint-disable-next-line no-empty-pattern -- Playwright reads the fixture's needs from this pattern
  fresh: async ({}, provide) => {
    const server = await Server.start();
    await provide(server);
    await server.stop();
  },
  /** A server with an administrator. */
  server: async ({ fresh }, provide) => {
    await fresh.setUp();
    await provide(fresh);
  },
});

export { expect };
