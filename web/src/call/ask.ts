// SPDX-License-Identifier: EUPL-1.2

/**
 * What was asked of the server and how it went, by the number that command and answer carry. It knows no state and no line: frames go
 * out by the function it is given. Its one rule: whatever is asked comes to an end, done, refused or lost.
 */
import type { ClientFrame, ModuleError, ServerFrame } from './wire';

/** Time for a dead line to be noticed, for the way back and for the answer there. After it nobody still waits for what they did. */
export const ANSWER_WITHIN_MS = 30_000;

/** `reply` is there where the command asks for something. */
export interface Done {
  is: 'done';
  reply?: ServerFrame;
}

/** The server's word for why not; nothing has changed there. */
export interface NotDone {
  is: 'refused';
  error: string;
}

/** `sent`: the server may have done it all the same. */
export interface Lost {
  is: 'lost';
  sent: boolean;
}

export type Answer = Done | NotDone | Lost;

interface Open {
  command: ClientFrame;
  /** Absent: only once. */
  already?: string;
  again: boolean;
  /** Asked on a line that is gone, and not sent on another one yet. */
  lost: boolean;
  timer: ReturnType<typeof setTimeout>;
  settle: (answer: Answer) => void;
}

export class Asks {
  #last = 0;
  readonly #open = new Map<number, Open>();

  /** `write` says whether the line took the frame; `already`, for what may be done twice, which refusal then means that it is done. */
  constructor(
    private readonly write: (command: ClientFrame, number: number) => boolean,
    private readonly already: (command: ClientFrame) => string | undefined,
  ) {}

  ask(command: ClientFrame): Promise<Answer> {
    const number = ++this.#last;
    if (!this.write(command, number)) return Promise.resolve({ is: 'lost', sent: false });
    return new Promise((settle) => {
      const timer = setTimeout(() => this.#settle(number, { is: 'lost', sent: true }), ANSWER_WITHIN_MS);
      const already = this.already(command);
      this.#open.set(number, { command, again: false, lost: false, timer, settle, ...(already === undefined ? {} : { already }) });
    });
  }

  /** Takes what answers a command. True: the frame says nothing beyond that. */
  heard(frame: ServerFrame): boolean {
    const { transaction_id: number } = frame;
    const asked = number === undefined ? undefined : this.#open.get(number);
    if (number === undefined) return false;
    const error = refusal(frame);
    const done = frame.namespace === 'echo';
    if (asked === undefined) return done;
    if (error !== undefined && !(asked.again && asked.already === error)) this.#settle(number, { is: 'refused', error });
    else this.#settle(number, done || error !== undefined ? { is: 'done' } : { is: 'done', reply: frame });
    return done || error !== undefined;
  }

  /** The line is gone: what must not be done twice is lost. */
  lineLost(): void {
    for (const [number, asked] of [...this.#open]) {
      if (asked.already === undefined) this.#settle(number, { is: 'lost', sent: true });
      else asked.lost = true;
    }
  }

  /** A new line leads into the meeting. What was asked on this one already is on its way. */
  lineBack(): void {
    for (const [number, asked] of this.#open) {
      if (!asked.lost) continue;
      asked.lost = false;
      asked.again = true;
      this.write(asked.command, number);
    }
  }

  /** Nothing more can come of it: the meeting is over for this person, or the door is between them. */
  giveUp(): void {
    for (const number of [...this.#open.keys()]) this.#settle(number, { is: 'lost', sent: true });
  }

  #settle(number: number, answer: Answer): void {
    const asked = this.#open.get(number);
    this.#open.delete(number);
    clearTimeout(asked?.timer);
    asked?.settle(answer);
  }
}

function refusal({ namespace, payload }: ServerFrame): string | undefined {
  if (namespace === 'error') return payload.error;
  return payload.message === 'error' ? (payload as ModuleError).error : undefined;
}
