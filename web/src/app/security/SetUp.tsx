// SPDX-License-Identifier: EUPL-1.2

/** The steps of turning on a second factor: on the security page, and at a login that requires one. */
import { type ReactNode, useEffect, useRef, useState } from 'react';
import { Button, CopyButton, Form, TextField } from '../../ui';
import type { Proposal } from './account';
import { QrCode } from './QrCode';
import styles from './security.module.css';
import { useTexts } from './texts';

/** As deep as the page has it. */
type Heading = 'h1' | 'h3';

/** A step of the way: what opened it is gone, so the focus goes to its beginning. */
function Step({ heading: Title, title, children }: { heading: Heading; title: string; children: ReactNode }) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => heading.current?.focus(), []);
  return (
    <div className={styles['part']}>
      <Title tabIndex={-1} ref={heading}>
        {title}
      </Title>
      {children}
    </div>
  );
}

export interface SetUpProps {
  heading: Heading;
  lead?: string;
  proposal: Proposal;
  busy: boolean;
  /** The code was not the one that the app shows. */
  wrong: boolean;
  problem: string | undefined;
  onCode: (code: string) => void;
  onCancel: () => void;
}

/** The secret goes into the app, the app's first code comes back. */
export function SetUp({ heading, lead, proposal, busy, wrong, problem, onCode, onCancel }: SetUpProps) {
  const { t } = useTexts();
  const [code, setCode] = useState('');
  const groups = proposal.secret.match(/.{1,4}/g)?.join(' ') ?? '';
  return (
    <Step heading={heading} title={t('security.factor.set_up')}>
      {lead ? <p className={styles['lead']}>{lead}</p> : null}
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
      <CopyButton
        text={proposal.secret}
        label={t('security.factor.copy_secret')}
        copied={t('security.factor.secret_copied')}
        refused={t('copy.refused')}
      />
      <Form problem={problem} onSubmit={() => onCode(code)}>
        <p>{t('security.factor.enter')}</p>
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
          <Button type="submit" kind="primary" busy={busy}>
            {t('security.factor.confirm')}
          </Button>
          <Button onPress={onCancel}>{t('security.cancel')}</Button>
        </div>
      </Form>
    </Step>
  );
}

export function RecoveryCodes({ heading, codes, onKept }: { heading: Heading; codes: readonly string[]; onKept: () => void }) {
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
    <Step heading={heading} title={t('security.factor.recovery')}>
      <p>{t('security.factor.recovery_lead')}</p>
      <ul className={styles['codes']}>
        {codes.map((code) => (
          <li key={code}>{code}</li>
        ))}
      </ul>
      <div className={styles['row']}>
        <CopyButton text={text} label={t('security.factor.copy_codes')} copied={t('security.factor.codes_copied')} refused={t('copy.refused')} />
        <Button onPress={download}>{t('security.factor.download')}</Button>
      </div>
      <Button kind="primary" onPress={onKept}>
        {t('security.factor.kept')}
      </Button>
    </Step>
  );
}
