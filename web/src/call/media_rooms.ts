// SPDX-License-Identifier: EUPL-1.2

/**
 * The media rooms this person is in, several at once: the meeting's own, and beside it what whispers, interprets or is a group apart.
 * It knows no library and no signaling. Its one rule: a room that was opened comes back by itself until it is closed.
 */
import { backoff } from './backoff';
import type { Devices } from './devices';
import type { MediaRoom, OpenRoom, RoomOptions } from './media_port';
import type { RoomKey, RoomState } from './state';
import type { Credentials } from './wire';

interface Entry {
  room: Promise<MediaRoom> | undefined;
  options: RoomOptions;
  /** Media tokens are short-lived: each new try needs a new one, with which the room is opened again. */
  renew: () => void;
  retry: ReturnType<typeof setTimeout> | undefined;
  attempt: number;
  /** Where its last token leads, and as whom. */
  leads: string | undefined;
  connected: boolean;
}

/** Where a token leads, and as whom. One that cannot be read leads to itself alone. */
function lead({ room, token }: Credentials): string {
  try {
    const claims = JSON.parse(atob((token.split('.')[1] ?? '').replaceAll('-', '+').replaceAll('_', '/'))) as { sub: string };
    return `${room} ${claims.sub}`;
  } catch {
    return token;
  }
}

export class MediaRooms {
  readonly #entries = new Map<RoomKey, Entry>();

  /** `changed` with nothing: the room is closed. */
  constructor(
    private readonly devices: Devices,
    private readonly openRoom: OpenRoom,
    private readonly changed: (key: RoomKey, state: RoomState | undefined) => void,
  ) {}

  /** Opens the room, or gives an open one a new connection; one that stands and leads to the same goes on. */
  async open(key: RoomKey, credentials: Credentials, options: RoomOptions, renew: () => void): Promise<void> {
    const entry: Entry = this.#entries.get(key) ?? { room: undefined, options, renew, retry: undefined, attempt: 0, leads: undefined, connected: false };
    this.#entries.set(key, entry);
    const leads = lead(credentials);
    if (entry.connected && entry.leads === leads) return;
    clearTimeout(entry.retry);
    entry.leads = leads;
    const current = (): boolean => this.#entries.get(key) === entry;
    entry.room ??= this.openRoom(this.devices, entry.options, {
      changed: (state) => {
        if (!current()) return;
        entry.connected = state.connection === 'connected';
        if (entry.connected) entry.attempt = 0;
        this.changed(key, state);
      },
      lost: (retry) => retry && this.lost(key),
      stopped: (kind, problem) => (problem === undefined ? void this.devices.set(kind, false) : this.devices.fail(kind, problem)),
    });
    const { room } = entry;
    try {
      await (await room).connect(credentials);
    } catch {
      // The chunk could not be loaded (the server restarts): ask for it again.
      if (entry.room === room) entry.room = undefined;
      this.lost(key);
    }
  }

  /** Without a connection, and nobody wanted that. */
  lost(key: RoomKey): void {
    const entry = this.#entries.get(key);
    if (entry === undefined) return;
    clearTimeout(entry.retry);
    entry.attempt += 1;
    entry.retry = setTimeout(entry.renew, backoff(entry.attempt));
  }

  async close(key: RoomKey): Promise<void> {
    const entry = this.#entries.get(key);
    if (entry === undefined) return;
    this.#entries.delete(key);
    clearTimeout(entry.retry);
    this.changed(key, undefined);
    await entry.room?.then((room) => room.close()).catch(() => undefined);
  }

  closeAll(): void {
    for (const key of [...this.#entries.keys()]) void this.close(key);
  }

  setVolume(key: RoomKey, volume: number): void {
    void this.#entries.get(key)?.room?.then((room) => room.setVolume(volume));
  }

  /** Must be called from a tap or key press. */
  async playSound(): Promise<void> {
    await Promise.all([...this.#entries.values()].map(async ({ room }) => (await room)?.playSound()));
  }
}
