// SPDX-License-Identifier: EUPL-1.2

/** The chat panel of somebody who looks elsewhere, and comes back. */
import { act } from 'react';
import { createRoot, type Root } from 'react-dom/client';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Call } from '../../call/call';
import { unreadTotal } from '../../call/select';
import { CallContext } from '../feature';
import { Panel } from './Panel';

let root: Root;
let call: Call;
let visibility: DocumentVisibilityState;

beforeEach(() => {
  Object.assign(globalThis, { IS_REACT_ACT_ENVIRONMENT: true });
  visibility = 'visible';
  vi.spyOn(document, 'visibilityState', 'get').mockImplementation(() => visibility);
  HTMLElement.prototype.scrollTo = () => undefined;
  document.body.innerHTML = '<div></div>';
  root = createRoot(document.body.firstElementChild as HTMLElement);
  call = new Call({ roomId: 'r' }, { microphone: false, camera: false }, {
    api: '',
    accessToken: async () => undefined,
    openMedia: () => new Promise(() => undefined),
  });
  call.store.update((state) => ({ ...state, phase: { at: 'meeting' }, me: { id: 'me', connectionId: 'c', name: 'Me', role: 'user', owner: false } }));
});

afterEach(() => {
  act(() => root.unmount());
  vi.restoreAllMocks();
});

const open = () =>
  act(() =>
    root.render(
      <CallContext value={call}>
        <Panel />
      </CallContext>,
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
    call.store.update((state) => ({
      ...state,
      chat: { ...state.chat, conversations: new Map([['global', { messages: [], unread: state.chat.reading === 'global' ? 0 : count }]]) },
    })),
  );

describe('the chat', () => {
  it('counts what comes while its tab is hidden as new, until somebody looks', () => {
    open();
    looks('hidden');
    unread(2);
    expect(unreadTotal(call.store.getSnapshot())).toBe(2);
    looks('visible');
    expect(unreadTotal(call.store.getSnapshot())).toBe(0);
  });

  it('keeps a draft while its panel is closed', () => {
    open();
    typed('half a sentence');
    close();
    open();
    expect(field().value).toBe('half a sentence');
  });

  it('says while somebody writes how much is too much, cuts nothing, and sends nothing of it', () => {
    const write = vi.spyOn(call, 'write').mockReturnValue(undefined);
    const sends = () => act(() => field().form?.requestSubmit());
    open();
    // As the server counts them: each of these is one character.
    typed('👍'.repeat(3_897));
    expect(document.querySelector('form p')?.textContent).toBe('chat.left');
    typed('👍'.repeat(4_097));
    expect(field().value).toHaveLength(2 * 4_097);
    expect(field().getAttribute('aria-invalid')).toBe('true');
    expect(document.querySelector('form p')?.textContent).toContain('chat.too_long');
    sends();
    expect(write).not.toHaveBeenCalled();
    typed('👍'.repeat(4_096));
    sends();
    expect(write).toHaveBeenCalledWith('global', '👍'.repeat(4_096));
  });
});
