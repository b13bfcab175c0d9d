// SPDX-License-Identifier: EUPL-1.2

import { useState } from 'react';
import { answer, api, ApiError, removed } from '../../api/client';
import { Alert, announce, Button, Select, Switch, TextField } from '../../ui';
import { installation } from '../config';
import { languageNames } from '../i18n';
import { useProfile } from '../profile';
import styles from './admin.module.css';
import { Confirm, FormDialog } from './dialogs';
import { PasswordLink } from './PasswordLink';
import { keepFocus, TariffSelect } from './pieces';
import { type Account, type Administers, useChange, useIsOperator, useRefusal } from './queries';
import { useTexts } from './texts';

interface FormProps {
  onClose: () => void;
  /** Says what has been done. */
  onDone: (text: string) => void;
}

export function AddUser({ tenant, onClose, onDone }: FormProps & { tenant: string }) {
  const { t, i18n } = useTexts();
  const [email, setEmail] = useState('');
  const [name, setName] = useState('');
  const [password, setPassword] = useState('');
  const [language, setLanguage] = useState(i18n.language);
  const [administers, setAdministers] = useState<Administers>('nothing');
  const add = useChange(
    () => {
      const body = {
        email: email.trim(),
        display_name: name.trim(),
        password: password === '' && installation().mails ? null : password,
        language,
        administers,
        ...(tenant === '' ? {} : { tenant_id: tenant }),
      };
      return answer(api.POST('/v1/admin/users', { body }));
    },
    (user) => onDone(t(user.invited && installation().mails ? 'admin.users.added_and_mailed' : 'admin.users.added', { name: user.display_name })),
  );
  const { problem, field } = useRefusal(add.error);
  return (
    <FormDialog
      title={t('admin.users.add')}
      action={t('admin.users.add_action')}
      busy={add.isPending}
      problem={problem}
      onSubmit={() => add.mutate()}
      onClose={onClose}
    >
      <TextField label={t('admin.users.name')} value={name} onChange={setName} error={field('display_name')} autoComplete="off" maxLength={255} required autoFocus />
      <TextField label={t('admin.users.email')} type="email" inputMode="email" value={email} onChange={setEmail} error={field('email')} autoComplete="off" required />
      <TextField
        label={t('admin.users.password')}
        hint={t(installation().mails ? 'admin.users.password_or_mail' : 'admin.users.password_hint')}
        type="password"
        value={password}
        onChange={setPassword}
        error={field('password')}
        autoComplete="new-password"
        required={!installation().mails}
      />
      <Select label={t('admin.users.language')} choices={languageNames} value={language} onChange={setLanguage} />
      <AdministersSelect value={administers} onChange={setAdministers} />
    </FormDialog>
  );
}

export function ChangeUser({ user, onClose, onDone }: FormProps & { user: Account }) {
  const { t } = useTexts();
  const isOperator = useIsOperator();
  const me = useProfile().data;
  const [administers, setAdministers] = useState(user.administers);
  const [disabled, setDisabled] = useState(user.disabled);
  const [tariff, setTariff] = useState(user.tariff_id ?? '');
  const [groups, setGroups] = useState(user.groups.join(', '));
  const change = useChange(
    () =>
      answer(
        api.PATCH('/v1/admin/users/{user_id}', {
          params: { path: { user_id: user.id }, query: { tenant_id: user.tenant_id } },
          body: {
            administers,
            disabled,
            ...(isOperator ? { tariff_id: tariff === '' ? null : tariff } : {}),
            ...(user.local ? { groups: groups.split(',').map((name) => name.trim()).filter(Boolean) } : {}),
          },
        }),
      ),
    () => onDone(t('admin.changed', { name: user.display_name })),
  );
  const invite = useChange(
    () =>
      answer(
        api.POST('/v1/admin/users/{user_id}/invitation', {
          params: { path: { user_id: user.id }, query: { tenant_id: user.tenant_id } },
        }),
      ),
    () => undefined,
  );
  const { problem, field } = useRefusal(change.error ?? invite.error);
  const [asking, setAsking] = useState<'password' | 'factor' | 'delete'>();
  const close = () => setAsking(undefined);
  return (
    <FormDialog
      title={t('admin.change_title', { name: user.display_name })}
      action={t('admin.save')}
      busy={change.isPending}
      problem={problem}
      onSubmit={() => change.mutate()}
      onClose={onClose}
    >
      <p>{user.email}</p>
      {invite.isSuccess ? <Alert kind="success" title={t('admin.users.invited_again', { name: user.display_name })} live /> : null}
      {user.invited && !user.disabled ? (
        installation().mails ? (
          <Button busy={invite.isPending} onPress={() => invite.mutate()}>
            {t('admin.users.invite_again')}
          </Button>
        ) : (
          <Alert kind="warning" title={t('admin.users.no_mails')} />
        )
      ) : null}
      <AdministersSelect value={administers} onChange={setAdministers} />
      {isOperator ? <TariffSelect value={tariff} onChange={setTariff} inherited={t('admin.users.inherited')} /> : null}
      {user.local ? (
        <TextField
          label={t('admin.users.groups')}
          hint={t('admin.users.groups_hint')}
          value={groups}
          onChange={setGroups}
          error={field('groups')}
        />
      ) : null}
      <Switch label={t('admin.users.disable')} isSelected={disabled} onChange={setDisabled} />
      {/* One's own factor is turned off with the password, one's own account is deleted in one's settings. */}
      {user.id === me?.id ? null : (
        <div className={styles['row']}>
          {user.local && !user.disabled ? <Button onPress={() => setAsking('password')}>{t('admin.users.new_password')}</Button> : null}
          {user.local ? <Button onPress={() => setAsking('factor')}>{t('admin.users.factor')}</Button> : null}
          <Button kind="danger" onPress={() => setAsking('delete')}>
            {t('admin.users.delete')}
          </Button>
        </div>
      )}
      {asking === 'password' ? <PasswordLink user={user} onClose={close} /> : null}
      {asking === 'factor' ? <RemoveFactor user={user} onClose={close} /> : null}
      {asking === 'delete' ? <DeleteUser user={user} onClose={close} onDone={onDone} /> : null}
    </FormDialog>
  );
}

/** For who has lost the app and the recovery codes. */
function RemoveFactor({ user, onClose }: { user: Account; onClose: () => void }) {
  const { t } = useTexts();
  const remove = useChange(
    () =>
      answer(
        api.DELETE('/v1/admin/users/{user_id}/second_factor', {
          params: { path: { user_id: user.id }, query: { tenant_id: user.tenant_id } },
        }),
      ),
    () => {
      announce(t('admin.users.factor_removed', { name: user.display_name }));
      onClose();
    },
  );
  const { problem } = useRefusal(remove.error);
  const none = remove.error instanceof ApiError && remove.error.status === 404;
  return (
    <Confirm
      title={t('admin.users.factor_title', { name: user.display_name })}
      text={t('admin.users.factor_text')}
      action={t('admin.users.factor')}
      busy={remove.isPending}
      problem={none ? t('admin.users.factor_none', { name: user.display_name }) : problem}
      onConfirm={() => remove.mutate()}
      onClose={onClose}
    />
  );
}

/** For who has left. */
function DeleteUser({ user, onClose, onDone }: FormProps & { user: Account }) {
  const { t } = useTexts();
  const remove = useChange(
    () =>
      removed(
        answer(
          api.DELETE('/v1/admin/users/{user_id}', {
            params: { path: { user_id: user.id }, query: { tenant_id: user.tenant_id } },
          }),
        ),
      ),
    () => {
      onDone(t('admin.deleted', { name: user.display_name }));
      keepFocus();
    },
  );
  const { problem } = useRefusal(remove.error);
  const text = t(installation().mails ? 'admin.users.delete_text' : 'admin.users.delete_text_no_mail', { name: user.display_name });
  return (
    <Confirm
      title={t('admin.users.delete_title', { name: user.display_name })}
      text={user.local ? text : `${text} ${t('admin.users.delete_elsewhere')}`}
      action={t('admin.users.delete_now')}
      busy={remove.isPending}
      problem={problem}
      onConfirm={() => remove.mutate()}
      onClose={onClose}
    />
  );
}

function AdministersSelect({ value, onChange }: { value: Administers; onChange: (value: Administers) => void }) {
  const { t } = useTexts();
  const isOperator = useIsOperator();
  const values: readonly Administers[] = isOperator ? ['nothing', 'tenant', 'installation'] : ['nothing', 'tenant'];
  return (
    <Select
      label={t('admin.users.administers')}
      choices={values.map((one) => ({ value: one, label: t(`admin.administers.${one}`) }))}
      value={value}
      onChange={(one) => onChange(one as Administers)}
    />
  );
}
