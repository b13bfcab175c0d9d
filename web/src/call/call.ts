// SPDX-License-Identifier: EUPL-1.2

/**
 * One person's call: gets a place, keeps the signaling connection and the media alive, and folds
 * everything that happens into one store. It knows no React and no text. Its one rule: a lost
 * connection is always either on its way back or over, and the store says which.
 */
import type { AccessToken } from '../api/send';
import { type Answer, Asks } from './ask';
import { backoff } from './backoff';
import { noticesAhead } from './closing';
import { deviceSecret } from './device';
import { guestLink } from './invite';
import type { Devices } from './devices';
import type { OpenRoom } from './media_port';
import { MediaRooms } from './media_rooms';
import { type AnyModule, type Keyed, sliceOf, withSlice } from './module';
import { notDone, reduce } from './reduce';
import { isModerator } from './select';
import { heard, settled } from './settled';
import { type Ending, openSignaling, type Signaling, signalingUrl } from './signaling';
import { type Joining, type Place, Refused, start } from './start';
import { type CallState, type DeviceKind, initialState, MAIN, type Media, mediaOff, type RoomKey, roomOff, type RoomState } from './state';
import { createStore, type Store } from './store';
import type { ClientFrame, Credentials, ParticipantId, ServerFrame, Timestamp } from './wire';

/** A line that swallows everything must not hold up the next try. */
const START_WITHIN_MS = 15_000;

/** Who joins and is not in after this is asked again: nobody is put before an open microphone a minute after they gave up. */
const JOIN_WITHIN_MS = 10_000;

export interface CallOptions {
  api: string;
  accessToken: AccessToken;
  openRoom: OpenRoom;
  /** What the meeting can do beyond who is there: one of each namespace. */
  modules: readonly AnyModule[];
}

export class Call {
  readonly store: Store<CallState> = createStore(initialState);
  /** Who speaks and is heard, loudest first, self included: apart, because it changes all the time and few look at it. */
  readonly speaking: Store<readonly ParticipantId[]> = createStore<readonly ParticipantId[]>([]);
  #signaling: Signaling | undefined;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #notices: ReturnType<typeof setTimeout>[] = [];
  #generation = 0;
  #joinBy: ReturnType<typeof setTimeout> | undefined;
  #running: (() => void)[] = [];
  readonly #asks: Asks;
  /** Who is inside comes back by themselves; who was not in yet is asked. */
  readonly #online = (): void => {
    if (this.store.getSnapshot().phase.at !== 'joining') this.retryNow();
  };
  readonly #offline = (): void => this.#signaling?.probe();
  #forgetDevices: (() => void) | undefined;
  /** As reported last. */
  #media: Media = mediaOff;
  /** Where sound and picture travel. A feature opens and closes further rooms here. */
  readonly rooms: MediaRooms;

  /** The devices outlive the call: the page that joins has tried them, and shows them again afterwards. */
  constructor(
    private readonly joining: Joining,
    readonly devices: Devices,
    private readonly options: CallOptions,
  ) {
    const again = ({ namespace, payload }: ClientFrame) => options.modules.find((module) => module.namespace === namespace)?.again?.[payload.action];
    this.#asks = new Asks((command, number) => this.#signaling?.send(command, number) ?? false, again);
    this.rooms = new MediaRooms(devices, options.openRoom, (key, room) => this.#roomChanged(key, room));
  }

  /** Starts joining; everything after that is in the store. */
  join(): void {
    addEventListener('online', this.#online);
    addEventListener('offline', this.#offline);
    this.devices.open();
    const follow = (): void => this.#mediaChanged(this.#media);
    this.#forgetDevices = this.devices.store.subscribe(follow);
    follow();
    this.#running = this.options.modules.flatMap((module) => module.run?.(this, this.slice<unknown>(module)) ?? []);
    this.#tryToJoin();
  }

  #tryToJoin(): void {
    clearTimeout(this.#joinBy);
    this.#joinBy = setTimeout(() => {
      if (this.store.getSnapshot().phase.at !== 'joining') return;
      this.#generation++;
      this.#signaling?.close();
      this.#signaling = undefined;
      this.#lost();
    }, JOIN_WITHIN_MS);
    void this.#attempt();
  }

  leave(): void {
    if (this.store.getSnapshot().phase.at !== 'over') {
      this.store.update((state) => ({ ...state, phase: { at: 'over', why: 'left' } }));
    }
    this.#end();
  }

  /** Does not wait for the back-off: a person asked, or the network came back to who is inside. */
  retryNow(): void {
    const { phase, link } = this.store.getSnapshot();
    // A try that hangs on the network of before is given up, too.
    const down = link.state === 'lost' || (link.state === 'connecting' && link.attempt > 0);
    if (phase.at === 'over' || !down) return;
    if (phase.at === 'joining') return this.#tryToJoin();
    clearTimeout(this.#retry);
    void this.#attempt();
  }

  /** What this person asks of the meeting, and how it went: whoever asks says it. */
  ask(command: ClientFrame): Promise<Answer> {
    return this.#asks.ask(command);
  }

  /** The same where nothing else says how it went: they are told what was not done, and why. False: it could not even be sent. */
  send(command: ClientFrame): boolean {
    const { namespace } = command;
    if (this.#signaling?.open !== true) {
      this.refuse(namespace, 'not_sent');
      return false;
    }
    void this.ask(command).then((answer) => {
      if (answer.is === 'refused') this.refuse(namespace, answer.error);
      if (answer.is === 'lost' && this.store.getSnapshot().phase.at === 'meeting') this.refuse(namespace, 'lost');
    });
    return true;
  }

  /** Tells the server something that nobody waits for. */
  tell(frame: ClientFrame): void {
    this.#signaling?.send(frame);
  }

  /** Something was not done, and this person learns why. */
  refuse(namespace: string, error: string): void {
    this.store.update((state) => notDone(state, namespace, error));
  }

  /** What a module knows, to be watched and changed by the module itself. */
  slice<S>(module: Keyed<S>): Store<S> {
    const { store } = this;
    return {
      getSnapshot: () => sliceOf(store.getSnapshot(), module),
      subscribe(listener) {
        let last = sliceOf(store.getSnapshot(), module);
        return store.subscribe(() => {
          const now = sliceOf(store.getSnapshot(), module);
          if (now === last) return;
          last = now;
          listener();
        });
      },
      update: (change) => store.update((state) => withSlice(state, module, change(sliceOf(state, module)))),
    };
  }

  set(kind: DeviceKind, on: boolean): void {
    void this.devices.set(kind, on);
  }

  /** The code of a guest link that works now. Nothing: it has ended, and only moderators can make another. */
  invite(): Promise<string | undefined> {
    const state = this.store.getSnapshot();
    return guestLink({ roomId: this.joining.roomId, known: state.room.inviteCode, mayMakeOne: isModerator(state) }, this.options);
  }

  async #attempt(): Promise<void> {
    const generation = ++this.#generation;
    this.#signaling?.close();
    this.#signaling = undefined;
    this.#asks.lineLost();
    this.store.update((state) => {
      const { retryAt: _, ...link } = state.link;
      return { ...state, link: { ...link, state: 'connecting' } };
    });
    let place: Place;
    try {
      place = await start(this.joining, {
        api: this.options.api,
        deviceSecret: deviceSecret(),
        accessToken: this.options.accessToken,
        signal: AbortSignal.timeout(START_WITHIN_MS),
      });
    } catch (error) {
      if (generation !== this.#generation) return;
      if (error instanceof Refused) this.#refused(error);
      else this.#lost();
      return;
    }
    if (generation !== this.#generation) return;
    const url = signalingUrl(place.roomserver_address, place.token);
    this.#signaling = openSignaling(url, {
      frame: (frame) => generation === this.#generation && this.#received(frame),
      silent: (now) => generation === this.#generation && this.#silent(now),
      ended: (how) => generation === this.#generation && this.#ended(how),
    });
  }

  #received(frame: ServerFrame): void {
    if (this.#asks.heard(frame)) return;
    const before = this.store.getSnapshot();
    const next = this.#reduced(before, frame);
    if (next === undefined) return;
    const back = frame.namespace === 'core' && next.link.state !== 'open';
    this.store.update(() => (back ? { ...next, link: { state: 'open', attempt: 0 } } : next));
    this.#devicesFollow(frame);
    const state = this.store.getSnapshot();
    if (state.phase.at === 'over') return this.#end();
    this.#mediaFollows(frame);
    if (frame.namespace === 'core' && frame.payload.message === 'join_success') {
      this.#asks.lineBack();
      this.#noticeEnd(frame.timestamp, frame.payload.closes_at);
    }
    if (state.phase.at === 'waiting') {
      this.#asks.giveUp();
      this.#closeMedia();
      if (state.phase.accepted && before.phase !== state.phase) {
        this.#signaling?.send({ namespace: 'core', payload: { action: 'enter_room' } });
      }
    }
  }

  /** Who was muted or sent out is heard and seen again when they want it themselves, however they come back. */
  #devicesFollow({ namespace, payload }: ServerFrame): void {
    if (namespace !== 'moderation') return;
    if (payload.message === 'muted') this.set('microphone', false);
    if (payload.message === 'sent_to_waiting_room') {
      this.set('microphone', false);
      this.set('camera', false);
    }
  }

  #mediaFollows({ namespace, payload }: ServerFrame): void {
    if (namespace === 'core' && payload.message === 'join_success') {
      const { livekit } = payload.module_data;
      if (livekit !== undefined) this.#connectMedia(livekit);
    } else if (namespace === 'breakout' && payload.message === 'switched_room') {
      if (payload.own_data.livekit !== undefined) this.#connectMedia(payload.own_data.livekit);
    } else if (namespace === 'livekit' && payload.message === 'credentials') {
      this.#connectMedia(payload);
    } else if (namespace === 'livekit' && payload.message === 'error') {
      if (payload.error === 'livekit_unavailable') this.rooms.lost(MAIN);
    }
  }

  /** By the server's clock, because this machine's may be wrong. */
  #noticeEnd(now: Timestamp | undefined, closesAt: Timestamp | null | undefined): void {
    this.#forgetNotices();
    if (!closesAt) return;
    const left = Date.parse(closesAt) - (now === undefined ? Date.now() : Date.parse(now));
    this.#notices = noticesAhead(left).map(({ notice, inMs }) =>
      setTimeout(() => this.store.update((state) => ({ ...state, room: { ...state.room, closing: notice } })), inMs),
    );
  }

  #forgetNotices(): void {
    for (const notice of this.#notices) clearTimeout(notice);
    this.#notices = [];
  }

  #connectMedia(credentials: Credentials): void {
    this.devices.resume();
    // Without signaling there is no token; the next `join_success` brings one.
    const renew = (): void => void this.#signaling?.send({ namespace: 'livekit', payload: { action: 'create_new_access_token' } });
    void this.rooms.open(MAIN, credentials, { publishes: ['microphone', 'camera', 'screen_share'] }, renew);
  }

  #roomChanged(key: RoomKey, room: RoomState | undefined): void {
    const { rooms } = this.#media;
    if (key === MAIN) return this.#mediaChanged({ ...this.#media, ...(room ?? roomOff) });
    const next = new Map(rooms);
    if (room === undefined) next.delete(key);
    else next.set(key, room);
    this.#mediaChanged({ ...this.#media, rooms: next });
  }

  #mediaChanged(report: Media): void {
    const { tracks: _, ...devices } = this.devices.store.getSnapshot();
    const { replaced: __, offered: ___, ...room } = report;
    const media: Media = { ...room, ...devices };
    this.#media = media;
    this.speaking.update((before) => heard(before, media));
    this.store.update((state) => {
      const now = settled(state.media, media);
      return now === state.media ? state : { ...state, media: now };
    });
  }

  #refused({ code }: Refused): void {
    this.store.update((state) => ({
      ...state,
      phase: { at: 'over', why: 'refused', refusal: code },
    }));
    this.#end();
  }

  #silent(now: boolean): void {
    this.store.update((state) =>
      state.link.state === (now ? 'open' : 'silent') ? { ...state, link: { ...state.link, state: now ? 'silent' : 'open' } } : state,
    );
  }

  #ended(how: Ending): void {
    this.#signaling = undefined;
    if (how === 'lost') return this.#lost();
    if (this.store.getSnapshot().phase.at !== 'over') {
      this.store.update((state) => ({ ...state, phase: { at: 'over', why: 'closed' } }));
    }
    this.#end();
  }

  #lost(): void {
    const { phase, link } = this.store.getSnapshot();
    const attempt = link.attempt + 1;
    if (phase.at === 'joining') {
      clearTimeout(this.#joinBy);
      this.store.update((state) => ({ ...state, link: { state: 'lost', attempt } }));
      return;
    }
    const delay = backoff(attempt);
    this.store.update((state) => ({ ...state, link: { state: 'lost', attempt, retryAt: Date.now() + delay } }));
    this.#asks.lineLost();
    this.#retry = setTimeout(() => void this.#attempt(), delay);
  }

  #end(): void {
    this.#generation++;
    clearTimeout(this.#retry);
    clearTimeout(this.#joinBy);
    for (const stop of this.#running.splice(0)) stop();
    this.#forgetNotices();
    removeEventListener('online', this.#online);
    removeEventListener('offline', this.#offline);
    this.#signaling?.close();
    this.#signaling = undefined;
    this.#asks.giveUp();
    this.#closeMedia();
    this.#forgetDevices?.();
  }

  /** Nothing is captured, sent or heard where there is no meeting. */
  #closeMedia(): void {
    this.devices.hold();
    this.rooms.closeAll();
  }

  /** Nothing for a frame that this client cannot make sense of: it is passed over, and the meeting goes on. */
  #reduced(state: CallState, frame: ServerFrame): CallState | undefined {
    try {
      return reduce(this.options.modules, state, frame);
    } catch {
      return undefined;
    }
  }
}
