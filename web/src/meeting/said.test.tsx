// SPDX-License-Identifier: EUPL-1.2

/** What a screen reader says of the meeting's own words, also while a dialog lies over the page. */
import { virtual } from '@guidepup/virtual-screen-reader';
import { act, type ReactNode } from 'react';
import { Dialog, Heading, Modal, ModalOverlay } from 'react-aria-components';
import { createRoot, type Root } from 'react-dom/client';
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Call } from '../call/call';
import type { CallState } from '../call/state';
import { LiveRegions } from '../ui';
import { devices } from '../features/livekit/module';
import { Notices } from '../features/notices';
import { Slot } from '../features/Slot';
import { timer } from '../features/timer/module';
import { aCall, Around, having, inMeeting, person, speakEnglish } from '../features/test_meeting';
import { WaitingRoom } from './WaitingRoom';
import { Announcer } from './Announcer';
import { NoticeList } from './NoticeList';

const style = getComputedStyle;
let root: Root;
let call: Call;
let notices: Notices;

beforeAll(speakEnglish);

beforeEach(async () => {
  // jsdom has no CSS, and no style of what comes before or after an element.
  vi.stubGlobal('getComputedStyle', (element: Element) => style(element));
  vi.stubGlobal('CSS', { escape: (text: string) => text });
  Object.assign(globalThis, { IS_REACT_ACT_ENVIRONMENT: true });
  document.body.innerHTML = '<div id="root"></div>';
  root = createRoot(document.getElementById('root') as HTMLElement);
  notices = new Notices();
  call = aCall();
  const bo = person('bo', { name: 'Bo', role: 'moderator', kind: 'registered', owner: true });
  call.store.update(() => inMeeting({ me: { id: 'me', name: 'Me', role: 'user', owner: false }, people: new Map([bo]) }));
  await virtual.start({ container: document.body });
});

afterEach(async () => {
  await virtual.stop();
  act(() => root.unmount());
  vi.unstubAllGlobals();
});

const show = (children: ReactNode) =>
  act(() =>
    root.render(
      <Around call={call} notices={notices}>
        <LiveRegions />
        <Announcer />
        {children}
      </Around>,
    ),
  );

const happens = async (change: (state: CallState) => CallState): Promise<void> => {
  await act(async () => call.store.update(change));
};
const muted = (state: CallState): CallState => having(state, devices, { muted: { by: 'bo', count: 1 } });
const said = async (): Promise<string> => (await virtual.spokenPhraseLog()).join(' | ');

describe('a screen reader', () => {
  it('is told who muted this person, and the same can be read', async () => {
    show(<NoticeList />);
    await happens(muted);
    expect(await said()).toContain('assertive: Bo has muted you.');
    expect(document.querySelector('section')?.textContent).toBe('Bo has muted you.');
  });

  it('is asked who is ready until that is answered, and told when nobody is missing any more', async () => {
    show(<NoticeList />);
    const read = () => document.querySelector('section')?.textContent ?? '';
    const startedAt = '2026-01-01T10:00:00Z';
    const running = { startedAt, heardAt: startedAt, isBreak: false, asksWhoIsReady: true };
    await happens((state) => having(state, timer, { running }));
    expect(read()).toContain('Say when you are ready.');
    await happens((state) => having(state, timer, { ready: new Set(['me']) }));
    expect(await said()).toContain('You are ready.');
    expect(read()).toBe('');
    await happens((state) => having(state, timer, { ready: new Set(['me', 'bo']) }));
    expect(await said()).toContain('Everybody is ready.');
    expect(read()).toBe('Everybody is ready.');
  });

  it('is told all that is urgent, also when it comes in one moment', async () => {
    show(null);
    await act(async () => {
      call.store.update(muted);
      call.store.update((state) => ({ ...state, link: { state: 'lost', attempt: 1 } }));
    });
    expect(await said()).toContain('assertive: Bo has muted you.');
    expect(await said()).toContain('assertive: The connection was lost. We are reconnecting you.');
  });

  it('is told so also while a dialog is open', async () => {
    show(
      <>
        <NoticeList />
        <ModalOverlay isOpen>
          <Modal>
            <Dialog>
              <Heading slot="title">Invite people</Heading>
            </Dialog>
          </Modal>
        </ModalOverlay>
      </>,
    );
    await happens(muted);
    const regions = [...document.querySelectorAll('[data-live]')];
    expect(regions).toHaveLength(2);
    expect(regions.filter((region) => region.closest('[inert], [aria-hidden="true"]'))).toEqual([]);
    expect(document.querySelector('section')?.closest('[inert], [aria-hidden="true"]')).not.toBeNull();
    expect(await said()).toContain('assertive: Bo has muted you.');
  });

  it('is told that a command was refused, and why', async () => {
    show(<NoticeList />);
    await happens((state) => ({ ...state, refusal: { count: 1, namespace: 'chat', error: 'chat_disabled' } }));
    await happens((state) => ({ ...state, refusal: { count: 2, namespace: 'chat', error: 'a word of tomorrow' } }));
    expect(await said()).toContain('assertive: The chat is turned off.');
    expect(await said()).toContain('assertive: That did not work. Please try again.');
  });

  it('is told of the waiting room, of being let in and of being sent back, and the focus is there', async () => {
    await happens((state) => ({ ...state, phase: { at: 'joining' } }));
    show(null);
    await happens((state) => ({ ...state, phase: { at: 'waiting', accepted: false, why: 'arrived' } }));
    show(<WaitingRoom />);
    expect(document.activeElement?.textContent).toBe('Waiting room');
    await happens((state) => ({ ...state, phase: { at: 'meeting' } }));
    await happens((state) => ({ ...state, phase: { at: 'waiting', accepted: false, why: 'sent_back' } }));
    const all = await said();
    expect(all).toContain('assertive: Waiting room. As soon as a moderator is there, they will see that you are waiting.');
    expect(all).toContain('assertive: You are in the meeting.');
    expect(all).toContain('assertive: You are back in the waiting room. A moderator has sent you to the waiting room.');
  });

  it('reads nothing that no longer holds', async () => {
    show(<NoticeList />);
    await happens((state) => ({ ...state, media: { ...state.media, replaced: { kind: 'microphone', by: 'Headset', count: 1 } } }));
    expect(document.querySelector('section')?.textContent).toBe('Your microphone was unplugged. Now using Headset.');
    await happens((state) => ({ ...state, media: { ...state.media, problems: { microphone: 'unplugged' } } }));
    expect(document.querySelector('section')).toBeNull();
    await happens((state) => ({ ...state, me: state.me && { ...state.me, role: 'moderator' } }) as CallState);
    await happens((state) => ({ ...state, me: state.me && { ...state.me, role: 'user' } }) as CallState);
    expect(document.querySelector('section')?.textContent).toBe('You are no longer a moderator.');
  });

  it('hears of a private message who wrote it and what, and reads only who', async () => {
    show(<NoticeList />);
    await act(async () => notices.say({ text: 'Bo, only to you: hi', shown: 'Bo sent you a private message in the chat.' }));
    expect(await said()).toContain('polite: Bo, only to you: hi');
    expect(document.querySelector('section')?.textContent).toBe('Bo sent you a private message in the chat.');
  });
});

describe('a person who has the keyboard on a notice', () => {
  it('is at the next one, and then in the meeting, when it goes by itself', async () => {
    show(
      <>
        <main data-region tabIndex={-1} />
        <NoticeList />
      </>,
    );
    await act(async () => notices.say({ text: 'Chat off.', shown: true, about: 'chat' }, { text: 'Bo wrote.', shown: true }));
    const button = (text: string) => document.querySelector<HTMLElement>(`button[aria-label$="${text}"]`);
    act(() => button('Chat off.')?.focus());
    await act(async () => notices.say({ text: 'Chat is on.', about: 'chat' }));
    expect(document.activeElement).toBe(button('Bo wrote.'));
    await act(async () => notices.say({ text: 'Bo wrote.', shown: true }));
    expect(document.activeElement).toBe(button('Bo wrote.'));
    act(() => button('Bo wrote.')?.click());
    expect(document.activeElement).toBe(document.querySelector('main'));
  });
});

describe('a notice', () => {
  const passes = (seconds: number) => act(() => vi.advanceTimersByTime(seconds * 1_000));
  const moves = (type: string) => act(() => void document.querySelector('section li')?.dispatchEvent(new MouseEvent(type, { bubbles: true })));

  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('goes by itself though the pointer lies where it came up, and stays while somebody points at it', () => {
    show(<NoticeList />);
    const about = (text: string) => act(() => notices.say({ text, shown: true }));
    about('Bo wrote.');
    moves('pointerover');
    passes(12);
    expect(document.querySelector('section')).toBeNull();
    about('Bo wrote again.');
    moves('pointermove');
    passes(60);
    expect(document.querySelector('section')?.textContent).toBe('Bo wrote again.');
  });

  it('has the mark of something wrong only where something is', () => {
    show(<NoticeList />);
    act(() => notices.say({ text: 'muted', urgent: true, shown: true }, { text: 'back', urgent: true, good: true, shown: true }));
    expect([...document.querySelectorAll('[data-urgent="true"]')].map(({ textContent }) => textContent)).toEqual(['muted']);
  });
});

describe('on a screen that has room for two', () => {
  it('what is urgent is among them', async () => {
    show(<NoticeList />);
    await act(async () => notices.say({ text: 'muted', urgent: true, shown: true }, { text: 'A wrote.', shown: true }, { text: 'B wrote.', shown: true }));
    expect([...document.querySelectorAll('[data-third="true"]')].map(({ textContent }) => textContent)).toEqual(['A wrote.']);
  });
});

describe('a part of the meeting that breaks', () => {
  it('says so in its place, leaves the others alone, and can be tried again', async () => {
    const fate = { broken: true };
    const Part = () => {
      if (fate.broken) throw new Error('broken');
      return <p>whole again</p>;
    };
    // React tells the console of every caught error.
    const told = vi.spyOn(console, 'error').mockImplementation(() => undefined);
    show(
      <>
        <p>beside</p>
        <Slot>
          <Part />
        </Slot>
      </>,
    );
    told.mockRestore();
    expect(document.body.textContent).toContain('beside');
    expect(document.querySelector('[role="alert"]')?.textContent).toContain('Something went wrong in this part of the meeting.');
    fate.broken = false;
    act(() => document.querySelector<HTMLElement>('[role="alert"] button')?.click());
    expect(document.body.textContent).toContain('whole again');
  });
});
