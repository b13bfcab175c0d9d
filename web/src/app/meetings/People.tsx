// SPDX-License-Identifier: EUPL-1.2

import { useState } from 'react';
import { announce, Avatar, Button, IconButton, Select, TextField } from '../../ui';
import styles from './meetings.module.css';
import type { Guest, Role } from './queries';
import { useTexts } from './texts';

const EMAIL = /^[^\s@]+@[^\s@]+\.[^\s@]+$/;

export interface PeopleProps {
  guests: readonly Guest[];
  onChange: (guests: readonly Guest[]) => void;
}

/** Who is invited, by e-mail address: who has an account here is invited with it, everybody else as a guest. */
export function People({ guests, onChange }: PeopleProps) {
  const { t } = useTexts();
  const [text, setText] = useState('');
  const [wrong, setWrong] = useState(false);
  const add = () => {
    const email = text.trim();
    const known = guests.some((guest) => guest.email.toLowerCase() === email.toLowerCase());
    setWrong(!EMAIL.test(email));
    if (!EMAIL.test(email)) return;
    if (!known) onChange([...guests, { email, name: email, role: 'user' }]);
    setText('');
    announce(t('people.added', { name: email }));
  };
  const change = (guest: Guest, role: Role) => onChange(guests.map((one) => (one === guest ? { ...one, role } : one)));
  return (
    <div className={styles['people']}>
      <TextField
        label={t('people.invite')}
        hint={t('people.hint')}
        type="email"
        inputMode="email"
        autoComplete="off"
        value={text}
        onChange={setText}
        error={wrong ? t('people.wrong') : undefined}
      />
      <Button icon="plus" onPress={add}>
        {t('people.add')}
      </Button>
      {guests.length > 0 ? (
        <ul className={styles['guests']} aria-label={t('people.invited')}>
          {guests.map((guest) => (
            <li key={guest.id ?? guest.email}>
              <Avatar name={guest.name} />
              <span className={styles['name']}>
                <strong>{guest.name}</strong>
                <span>{guest.id === undefined ? t('people.new') : guest.email}</span>
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
