// SPDX-License-Identifier: EUPL-1.2

import { type HTMLInputAutoCompleteAttribute, useState } from 'react';
import { useTranslation } from 'react-i18next';
import {
  Button as AriaButton,
  Checkbox as AriaCheckbox,
  FieldError,
  Input,
  Label,
  ListBox,
  ListBoxItem,
  Popover,
  Radio,
  RadioGroup as AriaRadioGroup,
  Select as AriaSelect,
  SelectValue,
  Switch as AriaSwitch,
  Text,
  TextArea as AriaTextArea,
  TextField as AriaTextField,
} from 'react-aria-components';
import styles from './field.module.css';
import { Icon } from './Icon';

/** From so few characters left on, the field says how many. */
const NEARLY_FULL = 20;

export interface TextFieldProps {
  label: string;
  name?: string;
  type?: 'text' | 'email' | 'password' | 'url' | 'datetime-local';
  value: string;
  onChange: (value: string) => void;
  hint?: string;
  /** Says what is wrong and what to do; marks the field as invalid. */
  error?: string | undefined;
  required?: boolean;
  autoComplete?: HTMLInputAutoCompleteAttribute;
  autoFocus?: boolean;
  maxLength?: number;
  inputMode?: 'text' | 'email' | 'url' | 'numeric' | 'decimal';
  /** Several lines to write in. */
  lines?: number;
  /** To be read and copied only. */
  readOnly?: boolean;
}

export function TextField({ label, hint, error, required, autoFocus, lines, readOnly, ...input }: TextFieldProps) {
  const { t } = useTranslation();
  const [shown, setShown] = useState(false);
  const secret = input.type === 'password';
  const left = input.maxLength === undefined ? Infinity : input.maxLength - input.value.length;
  return (
    <AriaTextField
      className={styles['field'] ?? ''}
      isRequired={required ?? false}
      isInvalid={error !== undefined}
      validationBehavior="aria"
      type={input.type === 'datetime-local' || shown ? 'text' : (input.type ?? 'text')}
      value={input.value}
      onChange={input.onChange}
      {...(input.name ? { name: input.name } : {})}
      {...(input.autoComplete ? { autoComplete: input.autoComplete } : {})}
      {...(input.maxLength ? { maxLength: input.maxLength } : {})}
      {...(input.inputMode ? { inputMode: input.inputMode } : {})}
      {...(autoFocus ? { autoFocus: true } : {})}
      {...(readOnly ? { isReadOnly: true } : {})}
    >
      <Label className={styles['label']}>{label}</Label>
      {hint ? (
        <Text slot="description" className={styles['hint'] ?? ''}>
          {hint}
        </Text>
      ) : null}
      {lines === undefined ? (
        <div className={secret ? styles['secret'] : styles['plain']}>
          <Input
            className={styles['input'] ?? ''}
            {...(input.type === 'datetime-local' ? { type: 'datetime-local' } : {})}
            {...(secret ? { spellCheck: 'false', autoCapitalize: 'none' } : {})}
          />
          {secret ? (
            <button
              type="button"
              className={styles['show']}
              aria-label={t(shown ? 'field.hide' : 'field.show')}
              onClick={() => setShown(!shown)}
            >
              {t(shown ? 'field.hide_short' : 'field.show_short')}
            </button>
          ) : null}
        </div>
      ) : (
        <AriaTextArea className={styles['input'] ?? ''} rows={lines} />
      )}
      {left <= NEARLY_FULL && (input.maxLength ?? 0) > 2 * NEARLY_FULL ? (
        <span className={styles['hint']} role="status">
          {t('field.left', { count: Math.max(0, left) })}
        </span>
      ) : null}
      <FieldError className={styles['error'] ?? ''}>
        <Icon name="alert" size={18} />
        <span>{error}</span>
      </FieldError>
    </AriaTextField>
  );
}

export interface Choice {
  value: string;
  label: string;
}

export interface ChoiceProps {
  label: string;
  choices: readonly Choice[];
  value: string;
  onChange: (value: string) => void;
}

/** A visible list of choices, for few and important ones. */
export function RadioGroup({ label, choices, value, onChange }: ChoiceProps) {
  return (
    <AriaRadioGroup className={styles['radios'] ?? ''} value={value} onChange={onChange}>
      <Label className={styles['label']}>{label}</Label>
      {choices.map((choice) => (
        <Radio key={choice.value} value={choice.value} className={styles['radio'] ?? ''}>
          <span className={styles['dot']} aria-hidden="true" />
          <span>{choice.label}</span>
        </Radio>
      ))}
    </AriaRadioGroup>
  );
}

export function Select({ label, choices, value, onChange, hideLabel }: ChoiceProps & { hideLabel?: boolean }) {
  return (
    <AriaSelect
      className={styles['field'] ?? ''}
      value={value}
      onChange={(key) => onChange(String(key))}
    >
      <Label className={hideLabel ? 'sr-only' : styles['label']}>{label}</Label>
      <AriaButton className={styles['select'] ?? ''}>
        <SelectValue />
        <Icon name="chevron" size={18} />
      </AriaButton>
      <Popover className={styles['popover'] ?? ''}>
        <ListBox className={styles['list'] ?? ''}>
          {choices.map((choice) => (
            <ListBoxItem key={choice.value} id={choice.value} className={styles['option'] ?? ''}>
              {choice.label}
            </ListBoxItem>
          ))}
        </ListBox>
      </Popover>
    </AriaSelect>
  );
}

export interface CheckboxProps {
  label: string;
  isSelected: boolean;
  onChange: (selected: boolean) => void;
  isDisabled?: boolean;
}

export function Checkbox({ label, ...rest }: CheckboxProps) {
  return (
    <AriaCheckbox className={styles['checkbox'] ?? ''} {...rest}>
      <span className={styles['box']} aria-hidden="true">
        <Icon name="check" size={16} />
      </span>
      <span>{label}</span>
    </AriaCheckbox>
  );
}

export interface SwitchProps {
  label: string;
  isSelected: boolean;
  onChange: (selected: boolean) => void;
}

export function Switch({ label, isSelected, onChange }: SwitchProps) {
  return (
    <AriaSwitch className={styles['switch'] ?? ''} isSelected={isSelected} onChange={onChange}>
      <span className={styles['track']} aria-hidden="true" />
      <span>{label}</span>
    </AriaSwitch>
  );
}
