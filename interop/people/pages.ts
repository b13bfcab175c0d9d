// SPDX-License-Identifier: EUPL-1.2
// Serves the page of a person together with the SDK version that this person uses, straight from the npm packages.

import { readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

export const SDKS = { '2.15.16': 'livekit-client-2-15', '2.19.2': 'livekit-client-2-19', '2.23.0': 'livekit-client-2-23' };
export type Sdk = keyof typeof SDKS;

const root = new URL('../', import.meta.url);

function file(path: string): URL | undefined {
  if (path === '/page/person.js') return new URL('page/person.js', root);
  const [, sdk, name] = /^\/sdk\/([\d.]+)\/([\w.-]+)$/.exec(path) ?? [];
  if (!(sdk in SDKS)) return undefined;
  if (name === 'person.html') return new URL('page/person.html', root);
  return new URL(`node_modules/${SDKS[sdk as Sdk]}/dist/${name}`, root);
}

export async function servePages(): Promise<{ origin: string; close(): void }> {
  const server: Server = createServer(async (request, response) => {
    const found = file(request.url ?? '');
    const body = found && (await readFile(found).catch(() => undefined));
    if (!body) {
      response.writeHead(404).end();
      return;
    }
    const type = found.pathname.endsWith('.html') ? 'text/html' : 'text/javascript';
    response.writeHead(200, { 'content-type': type }).end(body);
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  return { origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, close: () => server.close() };
}
