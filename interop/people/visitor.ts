// SPDX-License-Identifier: EUPL-1.2
// Somebody at Konvent's own pages in a browser of their own, and what their page knows of its connections.

import { expect, type Browser, type Page } from '@playwright/test';

interface Kept {
  sockets: WebSocket[];
  connections: RTCPeerConnection[];
}

export const SOON = { timeout: 15_000 };

export async function visitor(browser: Browser, address: string): Promise<Page> {
  const context = await browser.newContext({ locale: 'de-DE', permissions: ['camera', 'microphone'] });
  const page = await context.newPage();
  await page.addInitScript(() => {
    const kept: Kept = { sockets: [], connections: [] };
    Object.assign(window, { kept });
    window.WebSocket = class extends WebSocket {
      constructor(...address: ConstructorParameters<typeof WebSocket>) {
        super(...address);
        kept.sockets.push(this);
      }
    };
    window.RTCPeerConnection = class extends RTCPeerConnection {
      constructor(configuration?: RTCConfiguration) {
        super(configuration);
        kept.connections.push(this);
      }
    };
  });
  await page.goto(address);
  return page;
}

/** From the join page into the meeting, with camera and microphone. */
export async function join(page: Page, name?: string): Promise<void> {
  if (name !== undefined) await page.getByLabel('Ihr Name').fill(name);
  await page.getByRole('button', { name: 'Kamera' }).click();
  await page.getByRole('button', { name: 'Mikrofon', exact: true }).click();
  await page.getByRole('button', { name: 'Teilnehmen' }).click();
}

/** Pictures of others arrive at this page. */
export async function sees(page: Page): Promise<void> {
  const frames = () =>
    page.evaluate(async () => {
      let sum = 0;
      for (const connection of (window as unknown as { kept: Kept }).kept.connections) {
        for (const report of (await connection.getStats()).values()) {
          if (report.type === 'inbound-rtp') sum += report.framesDecoded ?? 0;
        }
      }
      return sum;
    });
  const before = await frames();
  await expect.poll(frames, { message: 'decoded pictures', timeout: 45_000 }).toBeGreaterThan(before + 10);
}

/** How many connections the page has ever made; all of them are expected to be up. */
export async function connections(page: Page): Promise<{ sockets: number; media: number }> {
  const { sockets, states } = await page.evaluate(() => {
    const { kept } = window as unknown as { kept: Kept };
    return {
      sockets: kept.sockets.map(({ readyState }) => readyState),
      states: kept.connections.map(({ connectionState }) => connectionState),
    };
  });
  expect(sockets.every((state) => state === 1), `states of the sockets: ${sockets}`).toBe(true);
  expect(states.every((state) => state === 'connected'), `states of the media: ${states}`).toBe(true);
  return { sockets: sockets.length, media: states.length };
}
