// SPDX-License-Identifier: EUPL-1.2

import { type ClipboardEvent, useEffect, useState } from 'react';
import { ApiError } from '../../api/client';
import { announce, Avatar, Button, IconButton, Select, SuggestField, TextField } from '../../ui';
import { hasUserSearch, installation } from '../config';
import { useDebounced } from '../debounced';
import { peopleIn } from './addresses';
import styles from './meetings.module.css';
import { type Guest, keyOf, type Role, useGroups, usePeople } from './queries';
import { useTexts } from './texts';

/** Whom a meeting invites, and what stands in the field for more. Nobody who stands there is left behind when the form is sent. */
export function useInviting(stored: readonly Guest[]) {
  const { t, i18n } = useTexts();
  const [guests, setGuests] = useState(stored);
  const [text, setText] = useState('');
  const [wrong, setWrong] = useState(false);
  const add = (...more: readonly Guest[]): readonly Guest[] => {
    const all = [...guests];
    for (const guest of more) if (!all.some(isSame(guest))) all.push(guest);
    setGuests(all);
    if (more.length > 0) announce(t('people.added', { name: new Intl.ListFormat(i18n.language).format(more.map(({ name }) => name)) }));
    return all;
  };
  return {
    guests,
    setGuests,
    text,
    wrong,
    write: (next: string) => {
      setText(next);
      setWrong(false);
    },
    add: (guest: Guest) => {
      add(guest);
      setText('');
      setWrong(false);
    },
    /** Adds everybody in the field; all who are invited then, or `undefined` if something stays in it that is no address. */
    addText: (): readonly Guest[] | undefined => {
      const { people, left } = peopleIn(text);
      const all = add(...people.map((one) => ({ ...one, role: 'user' as const })));
      setText(left);
      setWrong(left !== '');
      return left === '' ? all : undefined;
    },
    empty: () => setWrong(true),
  };
}

export type Inviting = ReturnType<typeof useInviting>;

const isSame = (guest: Guest) => (one: Guest) =>
  keyOf(one) === keyOf(guest) || (guest.email !== '' && one.email.toLowerCase() === guest.email.toLowerCase());

/** A field has one line, and browsers run the lines of a list together: whole addresses must stay apart. */
function keepLines(event: ClipboardEvent, write: (text: string) => void) {
  const lines = event.clipboardData.getData('text/plain').trim();
  const field = event.target;
  if (!lines.includes('\n') || !(field instanceof HTMLInputElement)) return;
  event.preventDefault();
  const [from, to] = [field.selectionStart ?? field.value.length, field.selectionEnd ?? field.value.length];
  write(field.value.slice(0, from) + lines.replaceAll(/\s*\n\s*/g, ', ') + field.value.slice(to));
}

/** Who is invited, by name or e-mail address: who has an account here is invited with it, everybody else as a guest. */
export function People({ inviting }: { inviting: Inviting }) {
  const { t } = useTexts();
  const { guests, setGuests: onChange, text, wrong, write, add } = inviting;
  const { searched, found, nobody } = useFound(text, guests);
  const addText = () => (text.trim() === '' ? inviting.empty() : void inviting.addText());
  const pick = (key: string) => {
    const one = found.find((candidate) => keyOf(candidate.guest) === key);
    if (one) add(one.guest);
  };
  const change = (guest: Guest, role: Role) => onChange(guests.map((one) => (one === guest ? { ...one, role } : one)));
  const newText = ({ group }: Guest) =>
    installation().mails
      ? t(group === undefined ? 'people.new' : 'people.new_group')
      : t(group === undefined ? 'people.new_no_mail' : 'people.new_group_no_mail');
  const wrongText = (searched: boolean) => {
    if (text.trim() === '') return t(searched ? 'people.search_empty' : 'people.empty');
    return t(searched ? 'people.search_wrong' : 'people.wrong', { text: text.trim() });
  };
  const field = { label: t('people.invite'), value: text, onChange: write, error: wrong ? wrongText(searched) : undefined };
  const addButton = (
    <Button icon="plus" onPress={addText}>
      {t('people.add')}
    </Button>
  );
  return (
    <div className={styles['people']} onPaste={(event) => keepLines(event, write)}>
      {installation().mails ? null : <p className={styles['note']}>{t('people.no_mails')}</p>}
      {searched ? (
        <SuggestField
          {...field}
          beside={addButton}
          hint={t('people.search_hint')}
          suggestions={found.map(({ guest, detail }) => ({ id: keyOf(guest), label: guest.name, detail }))}
          onPick={pick}
          onEnter={addText}
          {...(nobody ? { note: t('people.found', { count: 0 }) } : {})}
        />
      ) : (
        <>
          <TextField {...field} hint={t('people.hint')} inputMode="email" autoComplete="off" />
          {addButton}
        </>
      )}
      {guests.length > 0 ? (
        <ul className={styles['guests']} aria-label={t('people.invited')}>
          {guests.map((guest) => (
            <li key={keyOf(guest)}>
              <Avatar name={guest.name} />
              <span className={styles['name']}>
                <strong>{guest.name}</strong>
                <span>{[guest.name === guest.email ? '' : guest.email, guest.id === undefined ? newText(guest) : ''].filter(Boolean).join(' · ')}</span>
              </span>
              <Select
                label={t('people.role', { name: guest.name })}
                hideLabel
                choices={[
                  { value: 'user', label: t('people.user') },
                  { value: 'moderator', label: t('people.moderator') },
                ]}
                value={guest.role}
                onChange={(role) => change(guest, role as Role)}
              />
              <IconButton
                icon="close"
                label={t('people.remove', { name: guest.name })}
                onPress={() => {
                  onChange(guests.filter((one) => one !== guest));
                  announce(t('people.removed', { name: guest.name }));
                }}
              />
            </li>
          ))}
        </ul>
      ) : null}
    </div>
  );
}

/** Somebody to invite, or a group, and what tells them from others of the same name. */
interface Candidate {
  guest: Guest;
  detail: string;
}

/** Whom the words in the field mean, and whether there is a search at all. How many there are is read out. */
function useFound(text: string, guests: readonly Guest[]) {
  const { t } = useTexts();
  const words = useDebounced(text);
  const people = usePeople(words);
  const groups = useGroups(words);
  const off = people.error instanceof ApiError && people.error.status === 404;
  const searched = hasUserSearch() && !off;
  const candidates: Candidate[] = [
    ...(groups.data ?? []).map(({ name, members }) => ({
      guest: { group: name, email: '', name, role: 'user' as const },
      detail: t('people.group', { count: members }),
    })),
    ...(people.data ?? []).map((one) => ({
      guest: { ...(one.kind === 'registered' ? { id: one.id } : {}), email: one.email, name: one.display_name, role: 'user' as const },
      detail: one.email,
    })),
  ];
  const invited = ({ guest }: Candidate) => guests.some(isSame(guest));
  const found = words === text ? candidates.filter((one) => !invited(one)) : [];
  const count = people.isSuccess && words === text ? found.length : undefined;
  // An address that is being written is nobody's name.
  const silent = count === undefined || (count === 0 && words.includes('@'));
  useEffect(() => {
    if (!silent) announce(t('people.found', { count }));
  }, [silent, count, words, t]);
  return { searched, found, nobody: !silent && count === 0 };
}
