// SPDX-License-Identifier: EUPL-1.2

import { type FormEvent, type ReactNode, useEffect, useRef } from 'react';
import { Alert } from './Alert';
import styles from './form.module.css';

export interface FormProps {
  problem: string | undefined;
  onSubmit: () => void;
  children: ReactNode;
}

/** Says what is wrong above the fields, and leads to the first of them, or to what it says. */
export function Form({ problem, onSubmit, children }: FormProps) {
  const form = useRef<HTMLFormElement>(null);
  useEffect(() => {
    if (problem === undefined) return;
    const wrong = form.current?.querySelector<HTMLElement>('[aria-invalid="true"]');
    if (wrong) wrong.focus();
    else form.current?.querySelector('[role="alert"]')?.scrollIntoView?.({ block: 'nearest' });
  }, [problem]);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    // A dialog lies in the page's React tree: its form must not send one around it.
    event.stopPropagation();
    onSubmit();
  };
  return (
    <form className={styles['form']} onSubmit={submit} noValidate ref={form}>
      {problem ? <Alert kind="danger" title={problem} live /> : null}
      {children}
    </form>
  );
}
