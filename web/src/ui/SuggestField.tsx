// SPDX-License-Identifier: EUPL-1.2

/** A field to write in that offers what fits. Arrows go through the offers, Enter takes one, Esc closes them. */
import { type KeyboardEvent, type ReactNode, useId, useState } from 'react';
import styles from './field.module.css';
import { Icon } from './Icon';

export interface Suggestion {
  id: string;
  label: string;
  /** A second line, to tell two of the same name apart. */
  detail?: string;
}

export interface SuggestFieldProps {
  label: string;
  hint?: string;
  /** Says what is wrong and what to do; marks the field as invalid. */
  error?: string | undefined;
  value: string;
  onChange: (value: string) => void;
  suggestions: readonly Suggestion[];
  /** Seen where the suggestions would be; whoever gives it reads it out. */
  note?: string;
  onPick: (id: string) => void;
  /** Enter while nothing is chosen from the offers. */
  onEnter: () => void;
  /** The button for what has been written. It stands beside the field: what opens below never covers it. */
  beside?: ReactNode;
}

export function SuggestField({ label, hint, error, value, onChange, suggestions, note, onPick, onEnter, beside }: SuggestFieldProps) {
  const id = useId();
  const [open, setOpen] = useState(false);
  const [at, setAt] = useState(-1);
  const shown = open && suggestions.length > 0;
  const current = shown ? suggestions[Math.min(at, suggestions.length - 1)] : undefined;
  const close = () => {
    setOpen(false);
    setAt(-1);
  };
  const pick = (one: Suggestion) => {
    close();
    onPick(one.id);
  };
  const move = (step: 1 | -1) => {
    setOpen(true);
    const from = at < 0 && step < 0 ? suggestions.length : at;
    setAt((from + step + suggestions.length) % Math.max(suggestions.length, 1));
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const keys: Record<string, (() => void) | undefined> = {
      ArrowDown: () => move(1),
      ArrowUp: () => move(-1),
      Enter: () => (current === undefined ? onEnter() : pick(current)),
      Escape: shown ? close : undefined,
    };
    const act = event.nativeEvent.isComposing ? undefined : keys[event.key];
    if (act === undefined) return;
    event.preventDefault();
    act();
  };
  const described = [hint ? `${id}-hint` : '', error ? `${id}-error` : ''].filter(Boolean).join(' ');
  return (
    <div className={styles['field']}>
      <label className={styles['label']} htmlFor={id}>
        {label}
      </label>
      {hint ? (
        <span className={styles['hint']} id={`${id}-hint`}>
          {hint}
        </span>
      ) : null}
      <div className={styles['offering']}>
        <input
          id={id}
          className={styles['input']}
          role="combobox"
          aria-autocomplete="list"
          aria-expanded={shown}
          aria-controls={shown ? `${id}-list` : undefined}
          aria-activedescendant={current ? `${id}-${current.id}` : undefined}
          aria-describedby={described || undefined}
          aria-invalid={error !== undefined || undefined}
          data-invalid={error !== undefined || undefined}
          autoComplete="off"
          spellCheck={false}
          value={value}
          onChange={(event) => {
            onChange(event.target.value);
            setOpen(true);
            setAt(-1);
          }}
          onKeyDown={onKeyDown}
          onBlur={close}
        />
        {beside}
        {shown ? (
          <ul
            className={styles['offers']}
            // Below a field at the lower edge of the window nobody would see it.
            ref={(list) => list?.scrollIntoView({ block: 'nearest' })}
            role="listbox"
            id={`${id}-list`}
            aria-label={label}
          >
            {suggestions.map((one) => (
              <li
                key={one.id}
                id={`${id}-${one.id}`}
                role="option"
                aria-selected={one === current}
                ref={one === current ? (row) => row?.scrollIntoView({ block: 'nearest' }) : undefined}
                className={styles['offer']}
                // The focus stays in the field.
                onMouseDown={(event) => event.preventDefault()}
                onClick={() => pick(one)}
              >
                <span>{one.label}</span>
                {one.detail ? <small>{one.detail}</small> : null}
              </li>
            ))}
          </ul>
        ) : null}
      </div>
      {note && !error ? <span className={styles['hint']}>{note}</span> : null}
      {error ? (
        <span className={styles['error']} id={`${id}-error`}>
          <Icon name="alert" size={18} />
          <span>{error}</span>
        </span>
      ) : null}
    </div>
  );
}
