// SPDX-License-Identifier: EUPL-1.2
/** The mail server of the server's own tests, and the mails it took. It reads calendar entries with a calendar library. */
import { type ChildProcess, spawn } from 'node:child_process';
import { resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { expect, freePort, Server, test as base } from './konvent';

const directory = resolve(import.meta.dirname, '../../crates/server/tests/smtp');

export interface Entry {
  uid: string;
  sequence: number;
  summary: string;
  location: string;
  status: string;
  organizer: string;
  attendees: { address: string; name?: string; status?: string }[];
  /** The first dates, those that are moved at their new time. */
  dates: { start: string; title: string }[];
}

export interface Mail {
  to: string[];
  subject: string;
  text: string;
  calendar: { method: string; events: Entry[]; exceptions: number; text: string } | null;
}

export class MailServer {
  readonly mails: Mail[] = [];
  private read = 0;

  private constructor(
    private readonly process: ChildProcess,
    readonly port: number,
  ) {}

  static async start(): Promise<MailServer> {
    const child = spawn('node', ['server.mjs', '0', 'plain'], {
      cwd: directory,
      stdio: ['pipe', 'pipe', 'inherit'],
      // The runner of the stories wants colours; a port is read without.
      env: { ...process.env, FORCE_COLOR: '0' },
    });
    const lines = createInterface({ input: child.stdout });
    const port = await new Promise<number>((ready, failed) => {
      lines.once('line', (line) => ready(Number(line)));
      child.once('exit', () => failed(new Error('the mail server ended')));
    });
    const server = new MailServer(child, port);
    lines.on('line', (line) => server.mails.push(JSON.parse(line) as Mail));
    return server;
  }

  /** The mails since the last call, by receiver, when all of these have one. */
  async next(...to: readonly string[]): Promise<Readonly<Record<string, Mail>>> {
    const fresh = () => this.mails.slice(this.read);
    const receivers = () => fresh().flatMap((mail) => mail.to).sort();
    await expect.poll(receivers, { timeout: 30_000 }).toEqual([...to].sort());
    const mails = Object.fromEntries(fresh().flatMap((mail) => mail.to.map((address) => [address, mail])));
    this.read = this.mails.length;
    return mails;
  }

  stop(): void {
    this.process.kill();
  }
}

/** The one address in a mail's text that begins so. */
export function linkIn(mail: Mail | undefined, start: string): string {
  const links = mail?.text.split(/\s+/).filter((word) => word.startsWith(start)) ?? [];
  expect(links).toHaveLength(1);
  return links[0] ?? '';
}

export const test = base.extend<{ mail: MailServer; mailing: Server }>({
  // eslint-disable-next-line no-empty-pattern -- Playwright reads the fixture's needs from this pattern
  mail: async ({}, provide) => {
    const mail = await MailServer.start();
    await provide(mail);
    mail.stop();
  },
  /** A server with an administrator that sends mails. */
  mailing: async ({ mail }, provide) => {
    const port = await freePort();
    const settings = {
      KONVENT_HTTP_PUBLIC_URL: `http://127.0.0.1:${port}`,
      KONVENT_MAIL_URL: `smtp://127.0.0.1:${mail.port}`,
      KONVENT_MAIL_TLS: 'none',
      KONVENT_MAIL_FROM: 'konvent@meet.example',
      KONVENT_MAIL_LANGUAGE: 'en',
    };
    const server = await Server.start(settings, port);
    await server.setUp();
    await provide(server);
    await server.stop();
  },
});
