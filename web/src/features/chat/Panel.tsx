// SPDX-License-Identifier: EUPL-1.2

import { type FormEvent, useEffect, useId, useLayoutEffect, useRef, useState } from 'react';
import { Button, useLocale } from 'react-aria-components';
import { useTranslation } from 'react-i18next';
import { nameOf, present } from '../../call/select';
import type { ConversationKey } from '../../call/state';
import { announce } from '../../ui';
import { useCall, useCallState } from '../feature';
import { Icon } from '../icons';
import room from '../../meeting/meeting.module.css';
import { timeText } from '../time';
import styles from './chat.module.css';
import { draftsOf } from './drafts';

/** The profile's limit for one message, in characters as the server counts them. */
const LONGEST = 4096;
/** So few are left that it is worth saying. */
const NEARLY = 200;

/** The log never takes the focus; what others write is announced, what I write is not echoed. */
export function Panel() {
  const { t } = useTranslation('call');
  const { locale } = useLocale();
  const call = useCall();
  const state = useCallState((now) => now);
  const drafts = draftsOf(call);
  const id = useId();
  const [to, setTo] = useState(drafts.to);
  const [draft, setDraft] = useState(() => drafts.texts.get(to) ?? '');
  const write = (text: string): void => {
    drafts.texts.set(to, text);
    setDraft(text);
  };
  const turnTo = (key: ConversationKey): void => {
    drafts.to = key;
    setTo(key);
    setDraft(drafts.texts.get(key) ?? '');
  };
  const log = useRef<HTMLDivElement>(null);
  const conversation = state.chat.conversations.get(to);
  const messages = conversation?.messages ?? [];
  const partners = new Map(present(state).map(({ id, name }) => [id, name]));
  for (const key of state.chat.conversations.keys()) {
    if (key !== 'global') partners.set(key, nameOf(state, key) ?? '');
  }
  const scope = to === 'global' ? ({ scope: 'global' } as const) : ({ scope: 'private', target: to } as const);

  // What comes while nobody looks at the page has not been read.
  useEffect(() => {
    const look = (): void => call.readConversation(document.visibilityState === 'visible' ? to : undefined);
    look();
    document.addEventListener('visibilitychange', look);
    return () => {
      document.removeEventListener('visibilitychange', look);
      call.readConversation(undefined);
    };
  }, [call, to]);
  const newest = messages.at(-1)?.id;
  const outbox = state.chat.outbox.filter((one) => one.to === to);
  const elsewhere = [...state.chat.conversations].flatMap(([key, { unread }]) => (key !== to && unread > 0 ? [[key, unread] as const] : []));
  useLayoutEffect(() => {
    log.current?.scrollTo({ top: log.current.scrollHeight });
  }, [newest, outbox.length]);

  const left = LONGEST - [...draft.trim()].length;
  const tooLong = left < 0;
  useEffect(() => {
    if (tooLong) announce(t('refused.message_too_long'), 'assertive');
  }, [tooLong, t]);

  const send = (event?: FormEvent): void => {
    event?.preventDefault();
    const content = draft.trim();
    if (content === '') return;
    if (tooLong) return announce(t('chat.too_long', { count: -left }), 'assertive');
    call.write(to, content);
    write('');
  };
  return (
    <div className={styles.chat}>
      <label className={styles.to}>
        <span>{t('chat.to')}</span>
        <select value={to} onChange={(event) => turnTo(event.target.value)}>
          <option value="global">{t('chat.everybody')}</option>
          {[...partners].map(([id, name]) => {
            const unread = state.chat.conversations.get(id)?.unread ?? 0;
            return (
              <option key={id} value={id}>
                {unread > 0 ? `${name} (${unread})` : name}
              </option>
            );
          })}
        </select>
      </label>
      {elsewhere.map(([key, count]) => (
        <Button key={key} className={styles.elsewhere ?? ''} onPress={() => turnTo(key)}>
          {t(key === 'global' ? 'chat.new_for_all' : 'chat.new_from', { count, name: partners.get(key) ?? '' })}
        </Button>
      ))}
      {conversation?.nextIndex !== undefined && (
        <Button
          className={room.quiet ?? ''}
          onPress={() => call.send({ namespace: 'chat', payload: { action: 'get_history_chunk', message_index: conversation.nextIndex ?? 0, ...scope } })}
        >
          {t('chat.older')}
        </Button>
      )}
      <div ref={log} className={styles.log} role="log" aria-live="off" aria-label={t('chat.messages')} tabIndex={0}>
        <ol>
        {messages.map(({ id, source, timestamp, content }) => (
          <li key={id} data-own={source === state.me?.id}>
            <span className={styles.head}>
              <b>{source === state.me?.id ? t('chat.you') : nameOf(state, source)}</b>{' '}
              <time dateTime={timestamp}>{timeText(timestamp, locale)}</time>
            </span>
            <span className={styles.text}>{content}</span>
          </li>
        ))}
        {outbox.map((one) => (
          <li key={`outbox-${one.transaction}`} data-own data-failed={one.failed}>
            <span className={styles.head}>{t(one.failed ? 'chat.failed' : 'chat.sending')}</span>
            <span className={styles.text}>{one.content}</span>
            {one.failed && (
              <span className={styles.again}>
                <Button
                  className={room.quiet ?? ''}
                  onPress={() => {
                    call.discard(one.transaction);
                    call.write(one.to, one.content);
                  }}
                >
                  {t('chat.send_again')}
                </Button>
                <Button className={room.quiet ?? ''} onPress={() => call.discard(one.transaction)}>
                  {t('chat.discard')}
                </Button>
              </span>
            )}
          </li>
        ))}
        </ol>
      </div>
      {messages.length === 0 && outbox.length === 0 && <p className={room.muted}>{t('chat.empty')}</p>}
      {state.chat.enabled ? (
        <form className={styles.write} onSubmit={send}>
          {left <= NEARLY && (
            <p id={`${id}-left`} className={styles.left} data-over={tooLong}>
              {tooLong ? `${t('chat.too_long', { count: -left })} ${t('refused.message_too_long')}` : t('chat.left', { count: left })}
            </p>
          )}
          <textarea
            aria-label={t('chat.write')}
            placeholder={t('chat.write')}
            value={draft}
            aria-invalid={tooLong}
            aria-describedby={left <= NEARLY ? `${id}-left` : undefined}
            rows={2}
            onChange={(event) => write(event.target.value)}
            onKeyDown={(event) => {
              if (event.key === 'Enter' && !event.shiftKey && !event.nativeEvent.isComposing) {
                event.preventDefault();
                send();
              }
            }}
          />
          <Button type="submit" className={room.iconButton ?? ''} aria-label={t('chat.send')}>
            <Icon name="send" />
          </Button>
        </form>
      ) : (
        <p className={room.muted}>{t('chat.disabled')}</p>
      )}
    </div>
  );
}
