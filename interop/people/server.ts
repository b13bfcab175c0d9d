// SPDX-License-Identifier: EUPL-1.2
// The server under test: `konvent sfu` by default, LiveKit as the reference, or one that already runs.
//
// INTEROP_SERVER  konvent (default) | livekit | external
// INTEROP_BINARY  the program to start
// INTEROP_URL, INTEROP_KEY, INTEROP_SECRET  for `external`

import { spawn, type ChildProcess } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { servePages } from './pages.ts';

export type Kind = 'konvent' | 'livekit' | 'external';
export type UnderTest = { kind: Kind; url: URL; udp: number; key: string; secret: string; pages: string; pid?: number };

const KEY = 'interop';
const SECRET = 'a-secret-for-tests-of-at-least-32-characters';

export function server(): UnderTest {
  const { url, ...rest } = JSON.parse(process.env.INTEROP_UNDER_TEST ?? '');
  return { url: new URL(url), ...rest };
}

/** What the server under test holds of the machine's memory, in MB. */
export function memory(): number {
  const status = readFileSync(`/proc/${server().pid}/status`, 'utf8');
  return Number(/VmRSS:\s*(\d+) kB/.exec(status)?.[1]) / 1000;
}

export async function freeTcpPort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((listening) => probe.listen(0, '127.0.0.1', listening));
  const { port } = probe.address() as AddressInfo;
  await new Promise((closed) => probe.close(closed));
  return port;
}

export async function freeUdpPort(): Promise<number> {
  const probe = createSocket('udp4');
  await new Promise<void>((listening) => probe.bind(0, '127.0.0.1', listening));
  const { port } = probe.address();
  await new Promise<void>((closed) => probe.close(closed));
  return port;
}

function startKonvent(tcp: number, udp: number): ChildProcess {
  const binary = process.env.INTEROP_BINARY ?? fileURLToPath(new URL('../../target/debug/konvent', import.meta.url));
  const flags = ['sfu', '--listen', `127.0.0.1:${tcp}`, '--udp', `127.0.0.1:${udp}`, '--key', `${KEY}:${SECRET}`];
  return spawn(binary, flags, { stdio: 'inherit' });
}

/** LiveKit on loopback only: no STUN, no telemetry, no TURN; media over TCP on the number of the UDP port, as here. */
function startLiveKit(tcp: number, udp: number): ChildProcess {
  const config = join(mkdtempSync(join(tmpdir(), 'livekit-')), 'config.yaml');
  const settings = {
    port: tcp,
    bind_addresses: ['127.0.0.1'],
    rtc: { udp_port: udp, tcp_port: udp, node_ip: '127.0.0.1', enable_loopback_candidate: true, use_external_ip: false },
    keys: { [KEY]: SECRET },
    logging: { level: 'error' },
  };
  writeFileSync(config, JSON.stringify(settings));
  const binary = process.env.INTEROP_BINARY ?? 'livekit-server';
  return spawn(binary, ['--config', config], { stdio: 'inherit' });
}

async function answers(url: URL, child: ChildProcess) {
  for (;;) {
    if (child.exitCode !== null) throw new Error(`the server under test ended with ${child.exitCode}`);
    const response = await fetch(new URL('/rtc/validate', url)).catch(() => undefined);
    if (response) return;
    await new Promise((soon) => setTimeout(soon, 50));
  }
}

/** Starts the server under test on these ports and waits until it answers. */
export async function launch(kind: Kind, tcp: number, udp: number): Promise<ChildProcess> {
  const child = kind === 'livekit' ? startLiveKit(tcp, udp) : startKonvent(tcp, udp);
  await answers(new URL(`http://127.0.0.1:${tcp}`), child);
  return child;
}

/** Playwright's global set-up: starts the server under test and returns how to stop it. */
export default async function start() {
  const kind = (process.env.INTEROP_SERVER ?? 'konvent') as Kind;
  const pages = await servePages();
  if (kind === 'external') {
    const { INTEROP_URL, INTEROP_KEY, INTEROP_SECRET, INTEROP_UDP } = process.env;
    const found = { kind, url: INTEROP_URL, udp: Number(INTEROP_UDP), key: INTEROP_KEY, secret: INTEROP_SECRET, pages: pages.origin };
    process.env.INTEROP_UNDER_TEST = JSON.stringify(found);
    return () => pages.close();
  }
  const [tcp, udp] = [await freeTcpPort(), await freeUdpPort()];
  const url = new URL(`http://127.0.0.1:${tcp}`);
  const child = await launch(kind, tcp, udp);
  process.env.INTEROP_UNDER_TEST = JSON.stringify({ kind, url, udp, key: KEY, secret: SECRET, pages: pages.origin, pid: child.pid });
  return () => {
    child.kill('SIGKILL');
    pages.close();
  };
}
