// SPDX-License-Identifier: EUPL-1.2

/** Codes of an app at the login: turned on in steps, turned off with the password. */
import { useMutation, useQuery } from '@tanstack/react-query';
import { type FormEvent, type ReactNode, useEffect, useRef, useState } from 'react';
import { ApiError } from '../../api/client';
import { Alert, announce, Button, TextField } from '../../ui';
import { keepFocus } from '../focus';
import { confirmFactor, type Proposal, proposeFactor, removeFactor, secondFactor } from './account';
import { LoadFailed } from './LoadFailed';
import { PasswordDialog } from './PasswordDialog';
import { QrCode } from './QrCode';
import styles from './security.module.css';
import { useTexts } from './texts';

/** Fewer recovery codes than this are worth a warning. */
const FEW = 3;

export function SecondFactor() {
  const { t } = useTexts();
  const status = useQuery({ queryKey: ['second_factor'], queryFn: secondFactor });
  const [asking, setAsking] = useState<'on' | 'off'>();
  const [proposal, setProposal] = useState<Proposal>();
  const [codes, setCodes] = useState<string[]>();
  const heading = useRef<HTMLHeadingElement>(null);
  const back = () => {
    setProposal(undefined);
    setCodes(undefined);
    heading.current?.focus();
  };
  const turnOn = useMutation({
    mutationFn: proposeFactor,
    onSuccess: (proposed) => {
      setAsking(undefined);
      setProposal(proposed);
    },
    // The secret is shown only as long as it is needed.
    gcTime: 0,
  });
  const turnOff = useMutation({
    mutationFn: removeFactor,
    onSuccess: async () => {
      await status.refetch();
      setAsking(undefined);
      announce(t('security.factor.removed'));
      keepFocus(() => heading.current);
    },
  });
  const close = () => {
    setAsking(undefined);
    turnOn.reset();
    turnOff.reset();
  };
  return (
    <section className={styles['card']} aria-labelledby="second_factor">
      <h2 id="second_factor" tabIndex={-1} ref={heading}>
        {t('security.factor.title')}
      </h2>
      <p className={styles['lead']}>{t('security.factor.lead')}</p>
      {codes ? (
        <RecoveryCodes codes={codes} onKept={back} />
      ) : proposal ? (
        <SetUp
          proposal={proposal}
          onDone={(given) => {
            setCodes(given);
            void status.refetch();
          }}
          onCancel={back}
        />
      ) : status.data ? (
        <Status enabled={status.data.enabled} left={status.data.recovery_codes} onChange={setAsking} />
      ) : status.isError ? (
        <LoadFailed text={t('security.factor.load_failed')} onRetry={() => void status.refetch()} />
      ) : (
        <p role="status">{t('loading')}</p>
      )}
      {asking === 'on' ? (
        <PasswordDialog
          title={t('security.factor.turn_on')}
          action={t('security.factor.go_on')}
          busy={turnOn.isPending}
          error={turnOn.error}
          problem={(error) => (error instanceof ApiError && error.status === 409 ? t('security.factor.is_on') : undefined)}
          onSubmit={turnOn.mutate}
          onClose={close}
        />
      ) : null}
      {asking === 'off' ? (
        <PasswordDialog
          title={t('security.factor.remove_title')}
          text={t('security.factor.remove_text')}
          action={t('security.factor.turn_off')}
          danger
          busy={turnOff.isPending}
          error={turnOff.error}
          problem={() => undefined}
          onSubmit={turnOff.mutate}
          onClose={close}
        />
      ) : null}
    </section>
  );
}

function Status({ enabled, left, onChange }: { enabled: boolean; left: number; onChange: (to: 'on' | 'off') => void }) {
  const { t } = useTexts();
  if (!enabled)
    return (
      <>
        <p>{t('security.factor.off')}</p>
        <Button icon="lock" onPress={() => onChange('on')}>
          {t('security.factor.turn_on')}
        </Button>
      </>
    );
  return (
    <>
      <Alert kind="success" title={t('security.factor.on')}>
        {left < FEW ? null : t('security.factor.codes', { count: left })}
      </Alert>
      {left < FEW ? <Alert kind="warning" title={t('security.factor.few', { count: left })} /> : null}
      <Button onPress={() => onChange('off')}>{t('security.factor.turn_off')}</Button>
    </>
  );
}

/** A step of the way: what opened it is gone, so the focus goes to its beginning. */
function Step({ title, children }: { title: string; children: ReactNode }) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => heading.current?.focus(), []);
  return (
    <div className={styles['part']}>
      <h3 tabIndex={-1} ref={heading}>
        {title}
      </h3>
      {children}
    </div>
  );
}

interface SetUpProps {
  proposal: Proposal;
  onDone: (recoveryCodes: string[]) => void;
  onCancel: () => void;
}

function SetUp({ proposal, onDone, onCancel }: SetUpProps) {
  const { t } = useTexts();
  const [code, setCode] = useState('');
  const form = useRef<HTMLFormElement>(null);
  const confirm = useMutation({ mutationFn: () => confirmFactor(code), onSuccess: onDone });
  const error = confirm.error;
  const wrong = error instanceof ApiError && error.status === 422;
  useEffect(() => {
    if (wrong) form.current?.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus();
  }, [wrong, error]);
  const problem = () => {
    if (wrong) return t('setup.check');
    return t(error instanceof ApiError && error.status === 404 ? 'security.factor.gone' : 'security.failed');
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    confirm.mutate();
  };
  const groups = proposal.secret.match(/.{1,4}/g)?.join(' ') ?? '';
  return (
    <Step title={t('security.factor.set_up')}>
      <p>{t('security.factor.scan')}</p>
      <QrCode text={proposal.uri} label={t('security.factor.qr')} />
      <a href={proposal.uri}>{t('security.factor.open_app')}</a>
      <TextField
        label={t('security.factor.typed')}
        hint={t('security.factor.typed_hint')}
        value={groups}
        onChange={() => undefined}
        lines={2}
        readOnly
      />
      <Button
        icon="copy"
        onPress={() => void navigator.clipboard.writeText(proposal.secret).then(() => announce(t('security.factor.secret_copied')))}
      >
        {t('security.factor.copy_secret')}
      </Button>
      <form className={styles['form']} onSubmit={submit} noValidate ref={form}>
        <p>{t('security.factor.enter')}</p>
        {error ? <Alert kind="danger" title={problem()} live /> : null}
        <TextField
          label={t('security.factor.code')}
          hint={t('security.factor.code_hint')}
          name="code"
          autoComplete="one-time-code"
          inputMode="numeric"
          value={code}
          onChange={setCode}
          error={wrong ? t('security.factor.wrong_code') : undefined}
          required
        />
        <div className={styles['row']}>
          <Button type="submit" kind="primary" busy={confirm.isPending}>
            {t('security.factor.confirm')}
          </Button>
          <Button onPress={onCancel}>{t('security.cancel')}</Button>
        </div>
      </form>
    </Step>
  );
}

function RecoveryCodes({ codes, onKept }: { codes: readonly string[]; onKept: () => void }) {
  const { t } = useTexts();
  const text = [t('security.factor.file_title', { host: location.host }), '', ...codes, ''].join('\n');
  const download = () => {
    const address = URL.createObjectURL(new Blob([text], { type: 'text/plain' }));
    const link = document.createElement('a');
    link.href = address;
    link.download = t('security.factor.file');
    link.click();
    URL.revokeObjectURL(address);
  };
  return (
    <Step title={t('security.factor.recovery')}>
      <p>{t('security.factor.recovery_lead')}</p>
      <ul className={styles['codes']}>
        {codes.map((code) => (
          <li key={code}>{code}</li>
        ))}
      </ul>
      <div className={styles['row']}>
        <Button icon="copy" onPress={() => void navigator.clipboard.writeText(text).then(() => announce(t('security.factor.codes_copied')))}>
          {t('security.factor.copy_codes')}
        </Button>
        <Button onPress={download}>{t('security.factor.download')}</Button>
      </div>
      <Button kind="primary" onPress={onKept}>
        {t('security.factor.kept')}
      </Button>
    </Step>
  );
}
