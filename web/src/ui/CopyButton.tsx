// SPDX-License-Identifier: EUPL-1.2

import { useEffect, useRef, useState } from 'react';
import { announce } from './announce';
import { Button, type ButtonKind } from './Button';
import styles from './button.module.css';

export interface CopyButtonProps {
  text: string;
  label: string;
  /** What is said and shown when the text is in the clipboard. */
  copied: string;
  /** What is said when the browser does not allow it; the text then stands below, selected. */
  refused: string;
  kind?: ButtonKind;
  disabled?: boolean;
}

/** Copies a text. Where the browser refuses, it hands over the selected text in place of doing nothing. */
export function CopyButton({ text, label, copied, refused, kind = 'secondary', disabled = false }: CopyButtonProps) {
  const [done, setDone] = useState<'copied' | 'refused'>();
  const field = useRef<HTMLTextAreaElement>(null);
  useEffect(() => setDone(undefined), [text]);
  useEffect(() => {
    if (done === 'refused') field.current?.focus();
  }, [done]);
  const copy = async (): Promise<void> => {
    try {
      // Without a secure context there is no clipboard at all.
      await navigator.clipboard.writeText(text);
      setDone('copied');
      announce(copied);
    } catch {
      setDone('refused');
      field.current?.focus();
      announce(refused, 'assertive');
    }
  };
  return (
    <span className={styles['copy']}>
      <Button icon="copy" kind={kind} isDisabled={disabled} onPress={() => void copy()}>
        {label}
      </Button>
      {done === 'copied' ? <span>{copied}</span> : null}
      {done === 'refused' ? (
        <label>
          <span>{refused}</span>
          <textarea ref={field} readOnly value={text} rows={Math.min(6, text.split('\n').length + 1)} onFocus={({ target }) => target.select()} />
        </label>
      ) : null}
    </span>
  );
}
