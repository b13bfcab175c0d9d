// SPDX-License-Identifier: EUPL-1.2

/** One's own passkeys: seen, added, removed. */
import { useMutation, useQuery } from '@tanstack/react-query';
import { useRef, useState } from 'react';
import { ApiError } from '../../api/client';
import { announce, Button, TextField } from '../../ui';
import { keepFocus } from '../focus';
import { addPasskey, browserOf, type Passkey, passkeys, removePasskey } from './account';
import { knowsPasskeys, PasskeyProblem } from './credential';
import { LoadFailed } from './LoadFailed';
import { PasswordDialog } from './PasswordDialog';
import styles from './security.module.css';
import { useTexts } from './texts';
import { useWhen } from './when';

/** What the server says against a passkey, for the texts. */
const REFUSALS: Partial<Record<string, string>> = {
  no_host_name: 'security.passkeys.error.no_host_name',
  passkey_refused: 'security.passkeys.error.refused',
  ceremony_expired: 'security.passkeys.error.expired',
};

export function Passkeys() {
  const { t } = useTexts();
  const when = useWhen();
  const list = useQuery({ queryKey: ['passkeys'], queryFn: passkeys });
  const [adding, setAdding] = useState(false);
  const [removing, setRemoving] = useState<Passkey>();
  const heading = useRef<HTMLHeadingElement>(null);
  const changed = async (text: string) => {
    await list.refetch();
    setAdding(false);
    setRemoving(undefined);
    announce(text);
    keepFocus(() => heading.current);
  };
  return (
    <section className={styles['card']} aria-labelledby="passkeys">
      <h2 id="passkeys" tabIndex={-1} ref={heading}>
        {t('security.passkeys.title')}
      </h2>
      <p className={styles['lead']}>{t('security.passkeys.lead')}</p>
      {list.isError ? (
        <LoadFailed text={t('security.passkeys.load_failed')} onRetry={() => void list.refetch()} />
      ) : list.data === undefined ? (
        <p role="status">{t('loading')}</p>
      ) : list.data.length === 0 ? (
        <p>{t('security.passkeys.none')}</p>
      ) : (
        <ul className={styles['keys']}>
          {list.data.map((passkey) => (
            <li key={passkey.id}>
              <div className={styles['key']}>
                <strong>{passkey.name}</strong>
                <span>{t('security.passkeys.since', { time: when(passkey.created_at) })}</span>
                <span>
                  {passkey.last_used_at === null
                    ? t('security.passkeys.unused')
                    : t('security.passkeys.used', { time: when(passkey.last_used_at) })}
                </span>
              </div>
              <Button aria-label={t('security.passkeys.remove_named', { name: passkey.name })} onPress={() => setRemoving(passkey)}>
                {t('security.remove')}
              </Button>
            </li>
          ))}
        </ul>
      )}
      {knowsPasskeys() ? (
        <Button icon="key" onPress={() => setAdding(true)}>
          {t('security.passkeys.add')}
        </Button>
      ) : (
        <p>{t('security.passkeys.unknown')}</p>
      )}
      {adding ? <Adding onClose={() => setAdding(false)} onDone={changed} /> : null}
      {removing ? <Removing passkey={removing} onClose={() => setRemoving(undefined)} onDone={changed} /> : null}
    </section>
  );
}

interface ChangeProps {
  onClose: () => void;
  onDone: (text: string) => Promise<void>;
}

function Adding({ onClose, onDone }: ChangeProps) {
  const { t } = useTexts();
  const { browser, system } = browserOf(navigator.userAgent);
  const [name, setName] = useState(browser ? t(system ? 'security.browser_on' : 'security.browser', { browser, system }) : '');
  const add = useMutation({
    mutationFn: (password: string) => addPasskey(name.trim(), password),
    onSuccess: () => onDone(t('security.passkeys.added', { name: name.trim() })),
  });
  const nameless = add.error instanceof ApiError && add.error.fields['name'] !== undefined;
  const problem = (error: unknown) => {
    if (error instanceof PasskeyProblem)
      return t(error.code === 'failed' ? 'security.passkeys.error.refused' : `security.passkeys.error.${error.code}`);
    const refusal = error instanceof ApiError ? REFUSALS[error.code] : undefined;
    return refusal === undefined ? undefined : t(refusal);
  };
  return (
    <PasswordDialog
      title={t('security.passkeys.add')}
      action={t('security.passkeys.go_on')}
      busy={add.isPending}
      error={add.error}
      problem={problem}
      onSubmit={add.mutate}
      onClose={onClose}
    >
      <TextField
        label={t('security.passkeys.name')}
        hint={t('security.passkeys.name_hint')}
        value={name}
        onChange={setName}
        maxLength={255}
        autoComplete="off"
        error={nameless ? t('security.passkeys.name_wrong') : undefined}
        required
        autoFocus
      />
    </PasswordDialog>
  );
}

function Removing({ passkey, onClose, onDone }: ChangeProps & { passkey: Passkey }) {
  const { t } = useTexts();
  const remove = useMutation({
    mutationFn: (password: string) => removePasskey(passkey.id, password),
    onSuccess: () => onDone(t('security.passkeys.removed', { name: passkey.name })),
  });
  return (
    <PasswordDialog
      title={t('security.passkeys.remove_title', { name: passkey.name })}
      text={t('security.passkeys.remove_text')}
      action={t('security.remove')}
      danger
      busy={remove.isPending}
      error={remove.error}
      problem={() => undefined}
      onSubmit={remove.mutate}
      onClose={onClose}
    />
  );
}
