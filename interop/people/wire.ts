// SPDX-License-Identifier: EUPL-1.2
// The signaling connection between one person and the server, as something that can be cut: a TCP relay.

import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

export class Wire {
  private readonly sockets = new Set<Socket>();
  private whole = true;

  private constructor(
    private readonly server: Server,
    readonly host: string,
  ) {}

  static async to(target: URL): Promise<Wire> {
    const server = createServer();
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
    const wire = new Wire(server, `127.0.0.1:${(server.address() as AddressInfo).port}`);
    server.on('connection', (near) => wire.relay(near, connect(Number(target.port), target.hostname)));
    return wire;
  }

  private relay(near: Socket, far: Socket) {
    for (const [socket, other] of [
      [near, far],
      [far, near],
    ]) {
      this.sockets.add(socket);
      socket.on('error', () => other.destroy());
      socket.on('close', (failed) => {
        this.sockets.delete(socket);
        if (failed) other.destroy();
      });
      socket.pipe(other);
    }
    if (!this.whole) near.destroy();
  }

  /** Resets whatever runs through; later connections pass again at once. */
  snap() {
    for (const socket of this.sockets) socket.resetAndDestroy();
  }

  /** Resets whatever runs through and refuses the rest until `mend`. */
  cut() {
    this.whole = false;
    this.snap();
  }

  mend() {
    this.whole = true;
  }

  close() {
    this.snap();
    this.server.close();
  }
}
