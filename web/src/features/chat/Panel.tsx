// SPDX-License-Identifier: EUPL-1.2

import { type FormEvent, memo, useEffect, useId, useLayoutEffect, useRef, useState } from 'react';
import { Button as AriaButton, useLocale } from 'react-aria-components';
import { useTranslation } from 'react-i18next';
import { nameOf, present } from '../../call/select';
import { sliceOf } from '../../call/module';
import type { StoredMessage } from '../../call/wire';
import { announce, Button, IconButton } from '../../ui';
import { useCall, useCallState, useSlice } from '../feature';
import room from '../../meeting/meeting.module.css';
import { timeText } from '../time';
import styles from './chat.module.css';
import { draftsOf } from './drafts';
import { type ConversationKey, discard, isRoom, messages as chat, read, roomKey, scopeOf, type Unsent, write as send } from './module';

/** The profile's limit for one message, in characters as the server counts them. */
const LONGEST = 4096;
const NONE: readonly StoredMessage[] = [];

/** So many of the newest are drawn, and so many more each time that older ones are asked for. */
const DRAWN = 200;

/** So few are left that it is worth saying. */
const NEARLY = 200;

/** The log never takes the focus; what others write is announced, what I write is not echoed. */
export function Panel() {
  const { t } = useTranslation('call');
  const call = useCall();
  const drafts = draftsOf(call);
  const id = useId();
  const home = useCallState(({ me }) => (me?.breakout === undefined ? 'global' : roomKey(me.breakout)));
  const [chosen, setChosen] = useState(drafts.chosen);
  const to = chosen.home === home ? chosen.to : home;
  const [texts, setTexts] = useState(drafts.texts);
  const draft = texts.get(to) ?? '';
  const write = (text: string): void => {
    drafts.texts = new Map(drafts.texts).set(to, text);
    setTexts(drafts.texts);
  };
  const turnTo = (key: ConversationKey): void => {
    drafts.chosen = { to: key, home };
    setDrawn(DRAWN);
    setChosen(drafts.chosen);
  };
  const log = useRef<HTMLDivElement>(null);
  const conversation = useSlice(chat, ({ conversations }) => conversations.get(to));
  const messages = conversation?.messages ?? NONE;
  const [drawn, setDrawn] = useState(DRAWN);
  const hidden = Math.max(0, messages.length - drawn);
  const enabled = useSlice(chat, (slice) => slice.enabled);
  const outbox = useSlice(chat, (slice) => slice.outbox.filter((one) => one.to === to));
  const others = useCallState((state) => [...new Set([...present(state).map((person) => person.id), ...sliceOf(state, chat).conversations.keys()])].filter((key) => key !== 'global' && !isRoom(key)));

  // What comes while nobody looks at the page has not been read.
  useEffect(() => {
    const reading = (key: ConversationKey | undefined): void => call.slice(chat).update((now) => read(now, key));
    const look = (): void => reading(document.visibilityState === 'visible' ? to : undefined);
    look();
    document.addEventListener('visibilitychange', look);
    return () => {
      document.removeEventListener('visibilitychange', look);
      reading(undefined);
    };
  }, [call, to]);
  const newest = messages.at(-1)?.id;
  useLayoutEffect(() => {
    log.current?.scrollTo({ top: log.current.scrollHeight });
  }, [newest, outbox.length]);

  const left = LONGEST - [...draft.trim()].length;
  const tooLong = left < 0;
  useEffect(() => {
    if (tooLong) announce(t('chat.refused.message_too_long'), 'assertive');
  }, [tooLong, t]);

  const older = (): void => {
    const from = conversation?.nextIndex;
    if (hidden === 0 && from !== undefined) call.send({ namespace: 'chat', payload: { action: 'get_history_chunk', message_index: from, ...scopeOf(to) } });
    setDrawn(drawn + DRAWN);
  };
  const submit = (event?: FormEvent): void => {
    event?.preventDefault();
    const content = draft.trim();
    if (content === '') return;
    if (tooLong) return announce(t('chat.too_long', { count: -left }), 'assertive');
    send(call, to, content);
    write('');
  };
  return (
    <div className={styles.chat}>
      <label className={styles.to}>
        <span>{t('chat.to')}</span>
        <select value={to} onChange={(event) => turnTo(event.target.value)}>
          {isRoom(home) && <option value={home}>{t('chat.this_room')}</option>}
          <option value="global">{t('chat.everybody')}</option>
          <Partners ids={others} />
        </select>
      </label>
      <Elsewhere here={to} onTurn={turnTo} />
      {(hidden > 0 || conversation?.nextIndex !== undefined) && (
        <Button onPress={older}>
          {t('chat.older')}
        </Button>
      )}
      <div ref={log} className={styles.log} role="log" aria-live="off" aria-label={t('chat.messages')} tabIndex={0}>
        <ol>
          {messages.slice(hidden).map((message) => (
            <Message key={message.id} message={message} />
          ))}
          {outbox.map((one) => (
            <Waiting key={one.number} unsent={one} />
          ))}
        </ol>
      </div>
      {messages.length === 0 && outbox.length === 0 && <p className={room.muted}>{t('chat.empty')}</p>}
      {enabled ? (
        <form className={styles.write} onSubmit={submit}>
          {left <= NEARLY && (
            <p id={`${id}-left`} className={styles.left} data-over={tooLong}>
              {tooLong ? `${t('chat.too_long', { count: -left })} ${t('chat.refused.message_too_long')}` : t('chat.left', { count: left })}
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
                submit();
              }
            }}
          />
          <IconButton type="submit" icon="send" label={t('chat.send')} />
        </form>
      ) : (
        <p className={room.muted}>{t('chat.disabled')}</p>
      )}
    </div>
  );
}

const Message = memo(function Message({ message: { source, timestamp, content } }: { message: StoredMessage }) {
  const { t } = useTranslation('call');
  const { locale } = useLocale();
  const own = useCallState(({ me }) => me?.id === source);
  const name = useCallState((state) => nameOf(state, source));
  return (
    <li data-own={own}>
      <span className={styles.head}>
        <b>{own ? t('chat.you') : name}</b> <time dateTime={timestamp}>{timeText(timestamp, locale)}</time>
      </span>
      <span className={styles.text}>{content}</span>
    </li>
  );
});

/** An own message that the server has not shown to have yet. */
function Waiting({ unsent: { number, to, content, failed } }: { unsent: Unsent }) {
  const { t } = useTranslation('call');
  const call = useCall();
  const again = (): void => {
    discard(call, number);
    send(call, to, content);
  };
  return (
    <li data-own data-failed={failed}>
      <span className={styles.head}>{t(failed ? 'chat.failed' : 'chat.sending')}</span>
      <span className={styles.text}>{content}</span>
      {failed && (
        <span className={styles.again}>
          <Button onPress={again}>
            {t('chat.send_again')}
          </Button>
          <Button onPress={() => discard(call, number)}>
            {t('chat.discard')}
          </Button>
        </span>
      )}
    </li>
  );
}

/** Whom one can write to; there may be a thousand, so they are drawn again only when one of them changes. */
const Partners = memo(function Partners({ ids }: { ids: readonly ConversationKey[] }) {
  const names = useCallState((state) => ids.map((id) => nameOf(state, id) ?? ''));
  const unread = useSlice(chat, ({ conversations }) => ids.map((id) => conversations.get(id)?.unread ?? 0));
  return ids.map((id, index) => {
    const count = unread[index] ?? 0;
    return (
      <option key={id} value={id}>
        {count > 0 ? `${names[index]} (${count})` : names[index]}
      </option>
    );
  });
});

/** What is new where this person does not look. */
function Elsewhere({ here, onTurn }: { here: ConversationKey; onTurn: (key: ConversationKey) => void }) {
  const keys = useSlice(chat, ({ conversations }) => [...conversations].flatMap(([key, { unread }]) => (key !== here && unread > 0 ? [key] : [])));
  return keys.map((key) => <New key={key} of={key} onTurn={onTurn} />);
}

function New({ of: key, onTurn }: { of: ConversationKey; onTurn: (key: ConversationKey) => void }) {
  const { t } = useTranslation('call');
  const count = useSlice(chat, ({ conversations }) => conversations.get(key)?.unread ?? 0);
  const name = useCallState((state) => nameOf(state, key) ?? '');
  return (
    <AriaButton className={styles.elsewhere ?? ''} onPress={() => onTurn(key)}>
      {isRoom(key) ? t('chat.new_in_room', { count }) : t(key === 'global' ? 'chat.new_for_all' : 'chat.new_from', { count, name })}
    </AriaButton>
  );
}
