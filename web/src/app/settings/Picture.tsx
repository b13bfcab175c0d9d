// SPDX-License-Identifier: EUPL-1.2

/** One's own picture, as others see it while the camera is off. */
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { answer, api, ApiError, type Profile, removed, unhurried } from '../../api/client';
import { Alert, announce, Avatar, Button, photograph } from '../../ui';
import { FileButton } from '../../ui/FileButton';
import { squared } from './picture';
import styles from './settings.module.css';
import { Refusal } from '../Refusal';
import { useTexts } from './texts';

export function Picture({ profile }: { profile: Profile }) {
  const { t } = useTexts();
  const queries = useQueryClient();
  const refresh = (text: string) => async () => {
    await queries.invalidateQueries({ queryKey: ['me'] });
    announce(text);
  };
  const set = useMutation({
    mutationFn: async (file: File) => {
      const body = await squared(file);
      return answer(
        api.PUT('/v1/users/me/avatar', {
          ...unhurried,
          body: body as never,
          bodySerializer: (content: unknown) => content as BodyInit,
          headers: { 'Content-Type': 'application/octet-stream' },
        }),
      );
    },
    onSuccess: refresh(t('settings.picture_set')),
  });
  const remove = useMutation({
    mutationFn: () => removed(answer(api.DELETE('/v1/users/me/avatar'))),
    onSuccess: refresh(t('settings.picture_removed')),
  });
  const unfit = set.error instanceof ApiError && set.error.fields['avatar'] !== undefined;
  return (
    <section className={styles['card']} aria-labelledby="picture">
      <h2 id="picture">{t('settings.picture')}</h2>
      <p>{t('settings.picture_hint')}</p>
      {unfit ? <Alert kind="danger" title={t('settings.picture_failed')} live /> : <Refusal error={set.error ?? remove.error} failed={t('settings.picture_failed')} />}
      <div className={styles['picture']}>
        <Avatar name={profile.display_name} picture={profile.avatar_url} />
        <FileButton accept={['image/*']} onFile={(file) => set.mutate(file)} busy={set.isPending}>
          {t('settings.picture_choose')}
        </FileButton>
        {photograph(profile.avatar_url) === undefined ? null : (
          <Button kind="quiet" onPress={() => remove.mutate()} busy={remove.isPending}>
            {t('settings.picture_remove')}
          </Button>
        )}
      </div>
    </section>
  );
}
