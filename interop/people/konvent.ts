// SPDX-License-Identifier: EUPL-1.2
// A whole Konvent with data of its own, on either database, set up with an administrator. Not the media server alone:
// that is `server.ts`.
//
// KONVENT_BIN  the program to start

import { expect } from '@playwright/test';
import { spawn, type ChildProcess } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const BINARY = process.env.KONVENT_BIN ?? fileURLToPath(new URL('../../target/debug/konvent', import.meta.url));
export const PASSWORD = 'correct horse battery staple';
export const ADMIN = 'anna@example.org';

/** Settings by their names in the environment, without the KONVENT_ before them. */
export type Settings = Record<string, string>;

export class Konvent {
  /** Without a slash at the end. */
  url = '';
  /** What it printed and logged. */
  text = '';
  private child?: ChildProcess;

  private constructor(
    readonly data: string,
    readonly settings: Settings,
  ) {}

  /** A running server. With a login of its own it has an administrator. */
  static async start(settings: Settings = {}): Promise<Konvent> {
    const konvent = new Konvent(await mkdtemp(join(tmpdir(), 'konvent-interop-')), settings);
    await konvent.run('127.0.0.1:0');
    const token = /\/setup\?token=(\S+)/.exec(konvent.text)?.[1];
    if (token !== undefined) {
      await konvent.post('/v1/setup', '', { token, email: ADMIN, display_name: 'Anna Arndt', password: PASSWORD });
    }
    return konvent;
  }

  /** What a server says that is expected not to start. */
  static async refusesToStart(settings: Settings): Promise<string> {
    const konvent = new Konvent(await mkdtemp(join(tmpdir(), 'konvent-interop-')), settings);
    const said = await konvent.run('127.0.0.1:0').then(() => 'it started', (error: Error) => error.message);
    await konvent.stop();
    return said;
  }

  private spawn(...words: string[]): ChildProcess {
    // A setting of the surrounding shell must not reach the server of a story.
    const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('KONVENT_')));
    const settings = { MEDIA_UDP: '127.0.0.1:0', MEDIA_ADVERTISED: '127.0.0.1', ...this.settings };
    for (const [name, value] of Object.entries(settings)) env[`KONVENT_${name}`] = value;
    return spawn(BINARY, [...words, '--data', this.data], { env: { ...env, LANG: 'C.UTF-8' } });
  }

  private async run(listen: string): Promise<void> {
    const child = this.spawn('serve', '--listen', listen);
    this.child = child;
    this.text = '';
    await new Promise<void>((ready, failed) => {
      const read = (chunk: Buffer) => {
        this.text += chunk;
        if (/Web address\s+http\S+/.test(this.text) && /Audio and video\s+\S+/.test(this.text)) ready();
      };
      child.stdout?.on('data', read);
      child.stderr?.on('data', read);
      child.once('close', (code) => failed(new Error(`konvent ended with ${code}:\n${this.text}`)));
    });
    this.url = /Web address\s+(http\S+)/.exec(this.text)![1]!.replace(/\/$/, '');
    await expect.poll(() => fetch(`${this.url}/ready`).then((answer) => answer.status, () => 0)).toBe(200);
  }

  /** The operator's command line beside the running server; gives what it printed. */
  async command(input: string, ...words: string[]): Promise<string> {
    const child = this.spawn(...words);
    let text = '';
    child.stdout?.on('data', (chunk) => (text += chunk));
    child.stderr?.on('data', (chunk) => (text += chunk));
    child.stdin?.end(input);
    const code = await new Promise((ended) => child.once('close', ended));
    expect(code, text).toBe(0);
    return text;
  }

  async ask(method: string, path: string, token = '', body?: unknown): Promise<Response> {
    const headers: Record<string, string> = token === '' ? {} : { Authorization: `Bearer ${token}` };
    if (body !== undefined) headers['Content-Type'] = 'application/json';
    return fetch(`${this.url}${path}`, { method, headers, body: body === undefined ? undefined : JSON.stringify(body) });
  }

  /** The answer to a request that is expected to succeed. */
  async post(path: string, token: string, body: unknown): Promise<Record<string, string>> {
    const answer = await this.ask('POST', path, token, body);
    expect(answer.ok, `POST ${path}: ${answer.status}`).toBe(true);
    const text = await answer.text();
    return text === '' ? {} : JSON.parse(text);
  }

  /** An access token of the login built in, got as the client does. */
  async logIn(email: string): Promise<string> {
    const verifier = randomBytes(32).toString('base64url');
    const client = { client_id: 'konvent-web', redirect_uri: `${this.url}/auth/callback` };
    const asked = new URLSearchParams({
      ...client,
      response_type: 'code',
      scope: 'openid profile email',
      state: 'story',
      code_challenge: createHash('sha256').update(verifier).digest('base64url'),
      code_challenge_method: 'S256',
    });
    const page = await fetch(`${this.url}/identity/authorize?${asked}`, { redirect: 'manual' });
    const request = new URL(page.headers.get('location')!, this.url).searchParams.get('request');
    const { redirect_to } = await this.post('/identity/login', '', { request, email, password: PASSWORD });
    const code = new URL(redirect_to).searchParams.get('code')!;
    const form = new URLSearchParams({ ...client, grant_type: 'authorization_code', code, code_verifier: verifier });
    const answer = await fetch(`${this.url}/identity/token`, { method: 'POST', body: form });
    expect(answer.status).toBe(200);
    return ((await answer.json()) as { access_token: string }).access_token;
  }

  private async kill(): Promise<void> {
    const child = this.child;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((done) => child.once('close', done));
    child.kill('SIGKILL');
    await ended;
  }

  async stop(): Promise<void> {
    await this.kill();
    await rm(this.data, { recursive: true, force: true });
  }
}
