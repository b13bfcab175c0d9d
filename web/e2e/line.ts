// SPDX-License-Identifier: EUPL-1.2
/** A line between a browser and its server that a story cuts: TCP in, TCP out. Media itself (UDP) does not pass it. */
import { connect, createServer, type Server as Listener, type Socket } from 'node:net';
import { type Server } from './konvent';

const KINDS = { signaling: /^GET \/v1\/signaling\//, media: /^GET \/rtc/ } as const;

type Kind = keyof typeof KINDS;

export class Line {
  /** Kinds whose new connections are cut at once. */
  readonly down = new Set<Kind>();
  private readonly open = new Map<Socket, Kind | undefined>();

  private constructor(
    private readonly listener: Listener,
    readonly url: string,
  ) {}

  static async to(server: Server): Promise<Line> {
    const target = new URL(server.url);
    const listener = createServer();
    await new Promise<void>((listening) => listener.listen(0, '127.0.0.1', listening));
    const address = listener.address();
    const line = new Line(listener, `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`);
    listener.on('connection', (near) => {
      const far = connect(Number(target.port), target.hostname);
      line.open.set(near, undefined);
      near.once('data', (head) => line.begins(near, head.toString('latin1')));
      near.pipe(far).pipe(near);
      for (const [one, other] of [[near, far], [far, near]] as const) {
        one.on('error', () => other.destroy());
        one.on('close', () => {
          other.destroy();
          line.open.delete(near);
        });
      }
    });
    return line;
  }

  private begins(near: Socket, head: string): void {
    const kind = (Object.keys(KINDS) as Kind[]).find((one) => KINDS[one].test(head));
    this.open.set(near, kind);
    if (kind !== undefined && this.down.has(kind)) near.destroy();
  }

  /** What is open now carries nothing more, and does not say so: a cable that has been pulled. */
  hold(kind: Kind): number {
    const held = [...this.open].filter(([, one]) => one === kind);
    for (const [near] of held) near.unpipe().pause();
    return held.length;
  }

  /** Cuts what is open now and says how many that were. */
  cut(kind: Kind): number {
    const cut = [...this.open].filter(([, one]) => one === kind);
    for (const [socket] of cut) socket.destroy();
    return cut.length;
  }

  close(): void {
    for (const [socket] of this.open) socket.destroy();
    this.listener.close();
  }
}
