// SPDX-License-Identifier: EUPL-1.2
// A PostgreSQL that lives as long as a story, reached through a socket in its own folder.

import { spawn } from 'node:child_process';
import { chownSync, existsSync, mkdtempSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const SCRIPT = `
  "$0/initdb" -D "$1/db" -U konvent --auth=trust --no-sync >"$1/log" 2>&1 &&
  "$0/pg_ctl" -D "$1/db" -w -l "$1/log" -o "-k '$1' -c listen_addresses= -c fsync=off" start >>"$1/log" 2>&1 &&
  echo ready || cat "$1/log"
  cat
  "$0/pg_ctl" -D "$1/db" -m immediate stop >/dev/null 2>&1; rm -rf "$1"/*; rmdir "$1"`;

/** Its address for `KONVENT_DATABASE_URL`, and how to end it. It also ends with this process. */
export async function startPostgres(): Promise<{ url: string; stop: () => Promise<void> }> {
  const versions = existsSync('/usr/lib/postgresql') ? readdirSync('/usr/lib/postgresql') : [];
  const bin = versions.map((version) => `/usr/lib/postgresql/${version}/bin`).filter((path) => existsSync(`${path}/initdb`)).at(-1);
  if (bin === undefined) throw new Error('PostgreSQL is missing: install it with `apt-get install postgresql` (make interop does)');
  const folder = mkdtempSync(join(tmpdir(), 'konvent-pg-'));
  // PostgreSQL refuses to run as root: nobody runs it.
  const nobody = process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : {};
  if (nobody.uid !== undefined) chownSync(folder, nobody.uid, nobody.gid);
  const child = spawn('sh', ['-c', SCRIPT, bin, folder], { cwd: folder, stdio: ['pipe', 'pipe', 'inherit'], ...nobody });
  const said = await new Promise<string>((line) => child.stdout.once('data', (chunk) => line(String(chunk))));
  if (said.trim() !== 'ready') throw new Error(`PostgreSQL does not start: ${said}`);
  return {
    url: `postgres://konvent@localhost/postgres?host=${folder}`,
    stop: () =>
      new Promise((stopped) => {
        child.once('close', () => stopped());
        child.stdin.end();
      }),
  };
}
