// SPDX-License-Identifier: EUPL-1.2
// A server of the S3 protocol: versitygw over a folder, whose contents a story can look at.

import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Settings } from './konvent.ts';
import { freeTcpPort } from './server.ts';

const VERSION = 'v1.8.0';
const HOME = fileURLToPath(new URL(`../../target/interop/versitygw-${VERSION}`, import.meta.url));
const BUCKET = 'konvent';
const [ACCESS, SECRET] = ['story', 'a-secret-of-a-story'];

function build() {
  if (existsSync(`${HOME}/versitygw`)) return;
  const env = { ...process.env, GOBIN: HOME };
  try {
    execFileSync('go', ['install', `github.com/versity/versitygw/cmd/versitygw@${VERSION}`], { env, stdio: 'inherit' });
  } catch (error) {
    throw new Error(`versitygw is built with Go 1.24 or newer: https://go.dev`, { cause: error });
  }
}

export class S3 {
  private child?: ChildProcess;

  private constructor(
    private readonly port: number,
    private readonly folder: string,
  ) {}

  static async start(): Promise<S3> {
    build();
    const s3 = new S3(await freeTcpPort(), mkdtempSync(join(tmpdir(), 'konvent-s3-')));
    for (const name of ['objects', 'attributes', 'accounts']) mkdirSync(join(s3.folder, name));
    mkdirSync(join(s3.folder, 'objects', BUCKET));
    await s3.run();
    return s3;
  }

  /** What Konvent has to be told. */
  settings(): Settings {
    return {
      FILES_S3_BUCKET: BUCKET,
      FILES_S3_ENDPOINT: `http://127.0.0.1:${this.port}`,
      FILES_S3_ACCESS_KEY: ACCESS,
      FILES_S3_SECRET_KEY: SECRET,
    };
  }

  /** Starts it, or starts it again. */
  async run(): Promise<void> {
    // Attributes in a folder of their own: not every file system of a temporary directory has them.
    const backend = ['posix', '--sidecar', join(this.folder, 'attributes'), join(this.folder, 'objects')];
    // With a store of accounts it refuses an unknown key in the words of S3.
    const accounts = ['--access', ACCESS, '--secret', SECRET, '--iam-dir', join(this.folder, 'accounts')];
    const words = ['--port', `127.0.0.1:${this.port}`, ...accounts, '--quiet', ...backend];
    const child = spawn(`${HOME}/versitygw`, words, { stdio: ['ignore', 'ignore', 'inherit'] });
    this.child = child;
    for (;;) {
      if (child.exitCode !== null) throw new Error(`versitygw ended with ${child.exitCode}`);
      const answered = await fetch(`http://127.0.0.1:${this.port}/`).catch(() => undefined);
      if (answered) return;
      await new Promise((soon) => setTimeout(soon, 50));
    }
  }

  async halt(): Promise<void> {
    const child = this.child;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((done) => child.once('close', done));
    child.kill('SIGKILL');
    await ended;
  }

  async stop(): Promise<void> {
    await this.halt();
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** Sizes of what lies in the bucket. */
  sizes(): number[] {
    const bucket = join(this.folder, 'objects', BUCKET);
    const names = readdirSync(bucket, { recursive: true, encoding: 'utf8' });
    const files = names.filter((name) => !name.startsWith('.')).map((name) => statSync(join(bucket, name)));
    return files.filter((file) => file.isFile()).map((file) => file.size);
  }
}
