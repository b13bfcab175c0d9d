// SPDX-License-Identifier: EUPL-1.2

/** The chat panel of somebody who looks elsewhere, and comes back. */
import { act } from 'react';
import { createRoot, type Root } from 'react-dom/client';
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Call } from '../../call/call';
import { aCall, Around, inMeeting, speakEnglish } from '../test_meeting';
import { messages, unread as unreadOf } from './module';
import { Panel } from './Panel';

let root: Root;
let call: Call;
let visibility: DocumentVisibilityState;

beforeAll(speakEnglish);

beforeEach(() => {
  Object.assign(globalThis, { IS_REACT_ACT_ENVIRONMENT: true });
  visibility = 'visible';
  vi.spyOn(document, 'visibilityState', 'get').mockImplementation(() => visibility);
  HTMLElement.prototype.scrollTo = () => undefined;
  document.body.innerHTML = '<div></div>';
  root = createRoot(document.body.firstElementChild as HTMLElement);
  call = aCall();
  call.store.update(() => inMeeting());
});

afterEach(() => {
  act(() => root.unmount());
  vi.restoreAllMocks();
});

const open = () =>
  act(() =>
    root.render(
      <Around call={call}>
        <Panel />
      </Around>,
    ),
  );
const close = () => act(() => root.render(null));
const field = () => document.querySelector('textarea') as HTMLTextAreaElement;
const typed = (text: string) =>
  act(() => {
    Object.getOwnPropertyDescriptor(HTMLTextAreaElement.prototype, 'value')?.set?.call(field(), text);
    field().dispatchEvent(new Event('input', { bubbles: true }));
  });
const looks = (how: DocumentVisibilityState) =>
  act(() => {
    visibility = how;
    document.dispatchEvent(new Event('visibilitychange'));
  });
const unread = (count: number) =>
  act(() =>
    call.slice(messages).update((chat) => ({ ...chat, conversations: new Map([['global', { messages: [], unread: chat.reading === 'global' ? 0 : count }]]) })),
  );

describe('the chat', () => {
  it('counts what comes while its tab is hidden as new, until somebody looks', () => {
    open();
    looks('hidden');
    unread(2);
    expect(unreadOf(call.slice(messages).getSnapshot())).toBe(2);
    looks('visible');
    expect(unreadOf(call.slice(messages).getSnapshot())).toBe(0);
  });

  it('keeps a draft while its panel is closed', () => {
    open();
    typed('half a sentence');
    close();
    open();
    expect(field().value).toBe('half a sentence');
  });

  it('says while somebody writes how much is too much, cuts nothing, and sends nothing of it', () => {
    const write = vi.spyOn(call, 'ask').mockResolvedValue({ is: 'done' });
    const sends = () => act(() => field().form?.requestSubmit());
    open();
    // As the server counts them: each of these is one character.
    typed('👍'.repeat(3_897));
    expect(document.querySelector('form p')?.textContent).toMatch(/characters? left/);
    typed('👍'.repeat(4_097));
    expect(field().value).toHaveLength(2 * 4_097);
    expect(field().getAttribute('aria-invalid')).toBe('true');
    expect(document.querySelector('form p')?.textContent).toContain('too many');
    sends();
    expect(write).not.toHaveBeenCalled();
    typed('👍'.repeat(4_096));
    sends();
    expect(write).toHaveBeenCalledWith({ namespace: 'chat', payload: { action: 'send_message', content: '👍'.repeat(4_096), scope: 'global' } });
  });
});
