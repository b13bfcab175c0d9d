// SPDX-License-Identifier: EUPL-1.2

/** Codes of an app at the login: turned on in steps, turned off with the password. */
import { useMutation, useQuery } from '@tanstack/react-query';
import { useRef, useState } from 'react';
import { ApiError } from '../../api/client';
import { Alert, announce, Button } from '../../ui';
import { keepFocus } from '../focus';
import { confirmFactor, type Proposal, proposeFactor, removeFactor, renewCodes, type SecondFactor as Factor, secondFactor } from './account';
import { LoadFailed } from './LoadFailed';
import { PasswordDialog } from './PasswordDialog';
import styles from './security.module.css';
import { RecoveryCodes, SetUp } from './SetUp';
import { useRefusal, useTexts } from './texts';

/** Fewer recovery codes than this are worth a warning. */
const FEW = 3;

type Change = 'on' | 'off' | 'codes';

export function SecondFactor() {
  const { t } = useTexts();
  const status = useQuery({ queryKey: ['second_factor'], queryFn: secondFactor });
  const [asking, setAsking] = useState<Change>();
  const [proposal, setProposal] = useState<Proposal>();
  const [codes, setCodes] = useState<string[]>();
  const heading = useRef<HTMLHeadingElement>(null);
  const refusal = useRefusal();
  const back = () => {
    setProposal(undefined);
    setCodes(undefined);
    confirm.reset();
    renew.reset();
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
  const confirm = useMutation({
    mutationFn: confirmFactor,
    onSuccess: (given) => {
      setCodes(given);
      void status.refetch();
    },
    gcTime: 0,
  });
  const renew = useMutation({
    mutationFn: renewCodes,
    onSuccess: (given) => {
      setAsking(undefined);
      setCodes(given);
      void status.refetch();
    },
    gcTime: 0,
  });
  const wrong = confirm.error instanceof ApiError && confirm.error.status === 422;
  const gone = confirm.error instanceof ApiError && confirm.error.status === 404;
  const turnOff = useMutation({
    mutationFn: removeFactor,
    onSuccess: async () => {
      await status.refetch();
      setAsking(undefined);
      announce(t('security.factor.removed'));
      keepFocus(() => heading.current);
    },
  });
  /** Turned off meanwhile, in another window or by the administrator. */
  const isOff = (error: unknown) => (error instanceof ApiError && error.status === 404 ? t('security.factor.is_off') : undefined);
  const close = () => {
    setAsking(undefined);
    turnOn.reset();
    turnOff.reset();
    renew.reset();
  };
  return (
    <section className={styles['card']} aria-labelledby="second_factor">
      <h2 id="second_factor" tabIndex={-1} ref={heading}>
        {t('security.factor.title')}
      </h2>
      <p className={styles['lead']}>{t('security.factor.lead')}</p>
      {codes ? (
        <RecoveryCodes heading="h3" codes={codes} onKept={back} />
      ) : proposal ? (
        <SetUp
          heading="h3"
          proposal={proposal}
          busy={confirm.isPending}
          wrong={wrong}
          problem={gone ? t('security.factor.gone') : refusal(confirm.error)}
          onCode={confirm.mutate}
          onCancel={back}
        />
      ) : status.data ? (
        <Status {...status.data} onChange={setAsking} />
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
      {asking === 'codes' ? (
        <PasswordDialog
          title={t('security.factor.renew')}
          text={t('security.factor.renew_text')}
          action={t('security.factor.go_on')}
          busy={renew.isPending}
          error={renew.error}
          problem={isOff}
          onSubmit={renew.mutate}
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
          problem={isOff}
          onSubmit={turnOff.mutate}
          onClose={close}
        />
      ) : null}
    </section>
  );
}

function Status({ enabled, required, recovery_codes: left, onChange }: Factor & { onChange: (to: Change) => void }) {
  const { t } = useTexts();
  if (!enabled)
    return (
      <>
        <p>{t('security.factor.off')}</p>
        {required ? <p>{t('security.factor.required_next')}</p> : null}
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
      <div className={styles['row']}>
        <Button onPress={() => onChange('codes')}>{t('security.factor.renew')}</Button>
        {required ? null : <Button onPress={() => onChange('off')}>{t('security.factor.turn_off')}</Button>}
      </div>
      {required ? <p>{t('security.factor.required')}</p> : null}
    </>
  );
}
