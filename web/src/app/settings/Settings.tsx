// SPDX-License-Identifier: EUPL-1.2

/** What a person decides about their own account. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { answer, api, ApiError, type Profile } from '../../api/client';
import { Alert, announce, Button, RadioGroup, Select, TextField } from '../../ui';
import { installation } from '../config';
import { chooseLanguage, type Language, languageNames } from '../i18n';
import { Problem, problemOf } from '../pages/Problem';
import { useProfile } from '../profile';
import { logins } from '../security/account';
import { applyTheme, storedTheme, type Theme } from '../theme';
import { useTitle } from '../title';
import { Picture } from './Picture';
import styles from './settings.module.css';
import { Storage } from './Storage';
import { Tariff } from './Tariff';
import { useTexts } from './texts';
import { Refusal } from '../Refusal';
import { CalendarFeed, YourData } from './YourData';

export function Settings() {
  const { t } = useTexts();
  const profile = useProfile();
  useTitle(t('settings.title'));
  if (profile.isError) return <Problem kind={problemOf(profile.error)} retry={() => void profile.refetch()} />;
  if (profile.data === undefined) return <p role="status">{t('loading')}</p>;
  return (
    <div className={styles['page']}>
      <h1>{t('settings.title')}</h1>
      <Person profile={profile.data} />
      <Picture profile={profile.data} />
      <Appearance />
      <Tariff />
      <Storage />
      <CalendarFeed />
      <YourData />
    </div>
  );
}

/** Whether one's account is kept by an OpenID provider. */
function useForeignLogin(): boolean {
  const builtIn = installation().builtInLogin !== false;
  const list = useQuery({ queryKey: ['logins'], queryFn: logins, enabled: builtIn });
  return !builtIn || (list.error instanceof ApiError && list.error.status === 404);
}

export function Person({ profile }: { profile: Profile }) {
  const { t } = useTexts();
  const queries = useQueryClient();
  const foreign = useForeignLogin();
  const [name, setName] = useState(profile.display_name);
  const [title, setTitle] = useState(profile.title);
  const [language, setLanguage] = useState(profile.language === 'en' ? 'en' : 'de');
  const save = useMutation({
    mutationFn: () =>
      answer(api.PATCH('/v1/users/me', { body: { display_name: name.trim(), title: title.trim(), language } })),
    onSuccess: async () => {
      chooseLanguage(language as Language);
      await queries.invalidateQueries({ queryKey: ['me'] });
      announce(t('settings.saved'));
    },
  });
  const fields = save.error instanceof ApiError ? save.error.fields : {};
  const submit = (event: FormEvent) => {
    event.preventDefault();
    save.mutate();
  };
  return (
    <form className={styles['card']} onSubmit={submit} noValidate>
      <h2>{t('settings.person')}</h2>
      <TextField
        label={t('settings.name')}
        hint={t('settings.name_hint')}
        value={name}
        onChange={setName}
        maxLength={100}
        autoComplete="name"
        error={fields['display_name'] === undefined ? undefined : t('settings.name_wrong')}
        required
      />
      <TextField
        label={t('settings.name_title')}
        hint={t('settings.name_title_hint')}
        value={title}
        onChange={setTitle}
        maxLength={50}
        autoComplete="honorific-prefix"
        error={fields['title'] === undefined ? undefined : t('settings.title_wrong')}
      />
      <TextField label={t('settings.email')} hint={t(foreign ? 'settings.email_hint_foreign' : 'settings.email_hint')} value={profile.email} onChange={() => undefined} readOnly />
      <Select
        label={t('settings.language')}
        choices={languageNames}
        value={language}
        onChange={setLanguage}
      />
      {/* Where who has pressed the button looks. */}
      <Refusal error={save.error} failed={t('settings.failed')} />
      {save.isSuccess ? <Alert kind="success" title={t('settings.saved')} /> : null}
      <Button type="submit" kind="primary" busy={save.isPending}>
        {t('settings.save')}
      </Button>
    </form>
  );
}

function Appearance() {
  const { t } = useTexts();
  const [theme, setTheme] = useState<Theme>(storedTheme);
  return (
    <section className={styles['card']}>
      <h2>{t('shell.theme')}</h2>
      <RadioGroup
        label={t('settings.theme')}
        choices={(['system', 'light', 'dark'] as const).map((value) => ({ value, label: t(`shell.theme_${value}`) }))}
        value={theme}
        onChange={(value) => {
          applyTheme(value as Theme);
          setTheme(value as Theme);
        }}
      />
    </section>
  );
}
