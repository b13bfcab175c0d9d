// SPDX-License-Identifier: EUPL-1.2
// What a browser loads, compressed as the server sends it: the start page, the chunks it names, and those of the page that is opened.
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

const dist = process.argv[2] ?? '../web/dist';
const assets = join(dist, 'assets');
const files = readdirSync(assets);
const page = readFileSync(join(dist, 'index.html'), 'utf8');

/** Bytes of the start page with these chunks and everything they import at once. */
function weight(chunks) {
  const loaded = new Set();
  const open = [...page.matchAll(/assets\/([\w.-]+\.(?:js|css))/g)].map(([, name]) => name);
  for (const chunk of chunks) {
    const found = files.filter((name) => new RegExp(`^${chunk}-[\\w-]{8}\\.(js|css)$`).test(name));
    if (!found.some((name) => name.endsWith('.js'))) throw new Error(`no chunk ${chunk} in ${assets}`);
    open.push(...found);
  }
  while (open.length > 0) {
    const name = open.pop();
    if (loaded.has(name)) continue;
    loaded.add(name);
    if (!name.endsWith('.js')) continue;
    const text = readFileSync(join(assets, name), 'utf8');
    open.push(...[...text.matchAll(/(?:from|import)\s*["'`]\.\/([\w.-]+\.js)["'`]/g)].map(([, imported]) => imported));
  }
  const sizes = [...loaded].map((name) => gzipSync(readFileSync(join(assets, name)), { level: 9 }).length);
  return sizes.reduce((sum, size) => sum + size, gzipSync(page, { level: 9 }).length);
}

for (const [name, chunks] of [
  ['home page before login', ['Home']],
  ['guest page before joining', ['Room']],
  ['guest page with the meeting', ['Room', 'MeetingPage', 'media_room']],
])
  console.log(`page weight, ${name}: ${(weight(chunks) / 1000).toFixed(0)} kB gzip`);
