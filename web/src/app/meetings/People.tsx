// SPDX-License-Identifier: EUPL-1.2

import { useEffect, useState } from 'react';
import { ApiError } from '../../api/client';
import { announce, Avatar, Button, IconButton, Select, SuggestField, TextField } from '../../ui';
import { hasUserSearch, installation } from '../config';
import { useDebounced } from '../debounced';
import styles from './meetings.module.css';
import { type Guest, keyOf, type Role, useGroups, usePeople } from './queries';
import { useTexts } from './texts';

const EMAIL = /^[^\s@]+@[^\s@]+\.[^\s@]+$/;

/** The address in what was pasted, as the server reads it: `Anna <a@example.net>`, `mailto:a@example.net`, `a@example.net;`. */
export function addressIn(pasted: string): string {
  const inside = /<([^<>]*)>[^<>]*$/.exec(pasted)?.[1] ?? pasted;
  return inside.replace(/^[\s;,"]*(mailto:)?/i, '').replace(/(\?.*)?[\s;,"]*$/, '');
}

export interface PeopleProps {
  guests: readonly Guest[];
  onChange: (guests: readonly Guest[]) => void;
}

/** Who is invited, by name or e-mail address: who has an account here is invited with it, everybody else as a guest. */
export function People({ guests, onChange }: PeopleProps) {
  const { t } = useTexts();
  const [text, setText] = useState('');
  const [wrong, setWrong] = useState(false);
  const { searched, found, nobody } = useFound(text, guests);
  const add = (guest: Guest) => {
    const same = (one: Guest) => keyOf(one) === keyOf(guest) || (guest.email !== '' && one.email.toLowerCase() === guest.email.toLowerCase());
    if (!guests.some(same)) onChange([...guests, guest]);
    setText('');
    setWrong(false);
    announce(t('people.added', { name: guest.name }));
  };
  const addText = () => {
    const email = addressIn(text);
    if (EMAIL.test(email)) add({ email, name: email, role: 'user' });
    else setWrong(true);
  };
  const pick = (key: string) => {
    const one = found.find((candidate) => keyOf(candidate.guest) === key);
    if (one) add(one.guest);
  };
  const change = (guest: Guest, role: Role) => onChange(guests.map((one) => (one === guest ? { ...one, role } : one)));
  const newText = ({ group }: Guest) =>
    installation().mails
      ? t(group === undefined ? 'people.new' : 'people.new_group')
      : t(group === undefined ? 'people.new_no_mail' : 'people.new_group_no_mail');
  const field = { label: t('people.invite'), value: text, onChange: setText, error: wrong ? t(searched ? 'people.search_wrong' : 'people.wrong') : undefined };
  const addButton = (
    <Button icon="plus" onPress={addText}>
      {t('people.add')}
    </Button>
  );
  return (
    <div className={styles['people']}>
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
          <TextField {...field} hint={t('people.hint')} type="email" inputMode="email" autoComplete="off" />
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
                <span>{guest.id === undefined ? newText(guest) : guest.email}</span>
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
  const invited = ({ guest }: Candidate) =>
    guests.some((one) => keyOf(one) === keyOf(guest) || (guest.email !== '' && one.email.toLowerCase() === guest.email.toLowerCase()));
  const found = words === text ? candidates.filter((one) => !invited(one)) : [];
  const count = people.isSuccess && words === text ? found.length : undefined;
  // An address that is being written is nobody's name.
  const silent = count === undefined || (count === 0 && words.includes('@'));
  useEffect(() => {
    if (!silent) announce(t('people.found', { count }));
  }, [silent, count, words, t]);
  return { searched, found, nobody: !silent && count === 0 };
}
