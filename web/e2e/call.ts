// SPDX-License-Identifier: EUPL-1.2
/** The way into a meeting, and what really arrives there, read from the page's own `RTCPeerConnection`s. */
import { type Browser, type BrowserContextOptions, expect, type Page } from '@playwright/test';
import { noConsoleErrors } from './accessible';
import { inviteLink, logIn, person, type Server, startMeeting } from './konvent';

/** German texts where the story needs them, by their English counterpart. */
const GERMAN = {
  Join: 'Teilnehmen',
  'Your name': 'Ihr Name',
  Camera: 'Kamera',
  Microphone: 'Mikrofon',
} as const;

export const phone: BrowserContextOptions = {
  viewport: { width: 390, height: 844 },
  deviceScaleFactor: 2,
  hasTouch: true,
  isMobile: true,
};

interface Kept {
  sockets: WebSocket[];
  connections: RTCPeerConnection[];
  /** Which participant a received track is of: the media server names the stream after both. */
  participants: Map<string, string>;
}

/**
 * Keeps hold of the page's connections, so that a story can read their statistics; asks the camera for a small
 * picture, so that three people fit on a small machine. Before the page is opened.
 */
export async function observeMedia(page: Page): Promise<void> {
  await page.addInitScript(() => {
    const kept: Kept = { sockets: [], connections: [], participants: new Map() };
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
        this.addEventListener('track', ({ track, streams }) => {
          kept.participants.set(track.id, streams[0]?.id.split('|')[0] ?? '');
        });
      }
    };
    const { mediaDevices } = navigator;
    const ask = mediaDevices.getUserMedia.bind(mediaDevices);
    mediaDevices.getUserMedia = (wanted) => {
      const video = typeof wanted?.video === 'object' ? wanted.video : {};
      return ask(wanted?.video ? { ...wanted, video: { ...video, width: 640, height: 360, frameRate: 10 } } : wanted);
    };
  });
}

export interface Arrived {
  /** Pictures decoded of this person's camera or screen. */
  frames: number;
  /** Sum of the energy of what was played of this person (`totalAudioEnergy`). */
  energy: number;
}

/** What has arrived so far at `page` of the person whose tile is called `name`. */
async function arrived(page: Page, name: string, screen: boolean): Promise<Arrived> {
  return page.evaluate(
    async ({ name, screen }) => {
      const { connections, participants } = (window as unknown as { kept: Kept }).kept;
      const tile = [...document.querySelectorAll(`[data-tile="${screen ? 'share' : 'person'}"]`)].find((one) =>
        one.getAttribute('aria-label')?.includes(name),
      );
      const source = tile?.querySelector('video')?.srcObject;
      const shown = source instanceof MediaStream ? source.getVideoTracks()[0]?.id : undefined;
      const sum = { frames: 0, energy: 0 };
      if (shown === undefined) return sum;
      for (const connection of connections.filter(({ connectionState }) => connectionState === 'connected')) {
        for (const report of (await connection.getStats()).values()) {
          if (report.type !== 'inbound-rtp') continue;
          const track = report.trackIdentifier as string;
          if (track === shown) sum.frames += report.framesDecoded ?? 0;
          if (report.kind === 'audio' && participants.get(track) === participants.get(shown)) {
            sum.energy += report.totalAudioEnergy ?? 0;
          }
        }
      }
      return sum;
    },
    { name, screen },
  );
}

/** New pictures of this person are decoded, and their sound is heard. */
export async function seesAndHears(page: Page, name: string): Promise<void> {
  let before: Arrived | undefined;
  await expect
    .poll(
      async () => {
        const now = await arrived(page, name, false);
        before ??= now.frames > 0 ? now : undefined;
        return { sees: now.frames > (before?.frames ?? 0) + 5, hears: now.energy > (before?.energy ?? 0) };
      },
      { message: `what arrives of ${name}`, timeout: 45_000, intervals: [300] },
    )
    .toEqual({ sees: true, hears: true });
}

export async function seesScreen(page: Page, name: string): Promise<void> {
  await expect
    .poll(async () => (await arrived(page, name, true)).frames, { message: `pictures of the screen of ${name}`, timeout: 45_000 })
    .toBeGreaterThan(3);
}

/** What this page hears, over all the media connections it has ever made: how many these are, and packets and samples of sound. */
export interface Heard {
  connections: number;
  packets: number;
  /** Of these the browser made up some where nothing came in time. */
  samples: number;
  concealed: number;
}

export async function heard(page: Page): Promise<Heard> {
  return page.evaluate(async () => {
    const { connections } = (window as unknown as { kept: Kept }).kept;
    const sum = { connections: connections.length, packets: 0, samples: 0, concealed: 0 };
    for (const connection of connections) {
      for (const report of (await connection.getStats()).values()) {
        if (report.type !== 'inbound-rtp' || report.kind !== 'audio') continue;
        sum.packets += report.packetsReceived ?? 0;
        sum.samples += report.totalSamplesReceived ?? 0;
        sum.concealed += report.concealedSamples ?? 0;
      }
    }
    return sum;
  });
}

/** Packets of sound and picture this page has sent so far, over all its connections. */
export async function sent(page: Page, kind: 'audio' | 'video'): Promise<number> {
  return page.evaluate(async (kind) => {
    let packets = 0;
    for (const connection of (window as unknown as { kept: Kept }).kept.connections) {
      for (const report of (await connection.getStats()).values()) {
        if (report.type === 'outbound-rtp' && report.kind === kind) packets += report.packetsSent ?? 0;
      }
    }
    return packets;
  }, kind);
}

/** The page has no media connection any more. */
export async function hasNoMedia(page: Page): Promise<boolean> {
  return page.evaluate(() =>
    (window as unknown as { kept: Kept }).kept.connections.every(({ connectionState }) => connectionState === 'closed'),
  );
}

/** On the join page: both devices on, and in. */
export async function join(page: Page, name?: string): Promise<void> {
  const german = (await page.locator('html').getAttribute('lang')) === 'de';
  const text = (english: keyof typeof GERMAN): string => (german ? GERMAN[english] : english);
  if (name !== undefined) await page.getByLabel(text('Your name')).fill(name);
  await page.getByRole('button', { name: text('Camera') }).click();
  await page.getByRole('button', { name: text('Microphone'), exact: true }).click();
  await page.getByRole('button', { name: text('Join') }).click();
}

/** A guest who has come by the link and is in the meeting or before its door. */
export async function guest(browser: Browser, link: string, name: string, options: BrowserContextOptions = {}): Promise<Page> {
  const page = await person(browser, options);
  await observeMedia(page);
  await page.goto(link);
  await join(page, name);
  return page;
}

/** Somebody in a meeting of theirs, and Emma who came to it on a German phone; neither has turned a device on. `clean`: no page complained. */
export async function metByEmma(page: Page, browser: Browser, server: Server): Promise<{ emma: Page; clean: () => void }> {
  const checks = [noConsoleErrors(page)];
  await logIn(page, server);
  const link = await inviteLink(page, server, await startMeeting(page));
  await page.getByRole('button', { name: 'Join' }).click();
  const emma = await person(browser, { ...phone, locale: 'de-DE' });
  checks.push(noConsoleErrors(emma));
  await emma.goto(link);
  await emma.getByLabel('Ihr Name').fill('Emma Müller');
  await emma.getByRole('button', { name: 'Teilnehmen' }).click();
  await expect(tile(page, 'Emma Müller')).toBeVisible();
  const clean = (): void => checks.forEach((check) => check());
  return { emma, clean };
}

/** A tile, by the beginning of its name. */
export function tile(page: Page, name: string) {
  return page.getByRole('group', { name: new RegExp(`^${name}`) });
}

/** What is said at once, and what is to be read of it on the screen. */
export const urgent = (page: Page) => page.locator('[data-live="assertive"]');
export const notices = (page: Page) => page.getByRole('region', { name: /^(Messages|Meldungen)$/ });

/** Opens a panel by its button, or where the toolbar has no room for that by "More". */
export async function openPanel(page: Page, name: string): Promise<void> {
  const button = page.getByRole('button', { name: new RegExp(`^${name}`) });
  await expect(page.getByRole('toolbar')).toBeVisible();
  const here = await button.isVisible();
  if (here) await button.click();
  else {
    await page.getByRole('button', { name: /^(More|Mehr)(,|$)/ }).click();
    await page.getByRole('menuitem', { name: new RegExp(`^${name}`) }).click();
  }
  const heading = name.split(',')[0] ?? name;
  await expect(page.getByRole('complementary').getByRole('heading', { name: heading, level: 2 })).toBeVisible();
}

/** A moderator's action on somebody in the open list of people. */
export async function act(page: Page, name: string, action: string): Promise<void> {
  await page.getByRole('button', { name: `Actions for ${name}` }).click();
  await page.getByRole('menuitem', { name: action, exact: true }).click();
}

/** RTP packets this page has received so far. */
export async function received(page: Page): Promise<number> {
  return page.evaluate(async () => {
    let packets = 0;
    for (const connection of (window as unknown as { kept: Kept }).kept.connections) {
      for (const report of (await connection.getStats()).values()) {
        if (report.type === 'inbound-rtp') packets += report.packetsReceived ?? 0;
      }
    }
    return packets;
  });
}

/** When the signaling and the last media connection ended, in milliseconds since 1970. */
export interface Ends {
  signaling: number;
  media: number;
}

/** From now on the page notes its {@link Ends}. */
export async function watchEnds(page: Page): Promise<void> {
  await page.evaluate(() => {
    const ends: Ends = { signaling: Number.NaN, media: Number.NaN };
    const { kept } = window as unknown as { kept: Kept };
    Object.assign(window, { ends });
    const { close } = RTCPeerConnection.prototype;
    RTCPeerConnection.prototype.close = function () {
      close.call(this);
      if (kept.connections.every(({ connectionState }) => connectionState === 'closed')) ends.media = Date.now();
    };
    for (const socket of kept.sockets) {
      if (socket.url.includes('/v1/signaling/')) socket.addEventListener('close', () => (ends.signaling = Date.now()));
    }
  });
}

/** What the page hears from the meeting, as `namespace.message`; answers to its heart-beat left out. */
export function framesOf(page: Page): () => string[] {
  const names: string[] = [];
  page.on('websocket', (socket) => {
    if (!socket.url().includes('/v1/signaling/')) return;
    socket.on('framereceived', ({ payload }) => {
      const { namespace, payload: event } = JSON.parse(String(payload)) as { namespace: string; payload: { message?: string } };
      if (namespace !== 'echo') names.push(`${namespace}.${event.message ?? ''}`);
    });
  });
  return () => names;
}

/** When the page sends the first frame with `text` in it, in milliseconds since 1970. */
export async function watchSending(page: Page, text: string): Promise<() => Promise<number>> {
  const at = page.evaluateHandle(
    (text) =>
      new Promise<number>((sent) => {
        const { send } = WebSocket.prototype;
        WebSocket.prototype.send = function (data) {
          if (String(data).includes(text)) sent(Date.now());
          send.call(this, data);
        };
      }),
    text,
  );
  // The page has the watch once it answers anything asked after it.
  await page.evaluate(() => undefined);
  return async () => (await at).jsonValue();
}
