// SPDX-License-Identifier: EUPL-1.2

/** A one-time address with which somebody sets a new password, to be handed over where no mail can bring it. */
import { answer, api } from '../../api/client';
import { Alert, announce, Button, CopyButton, Dialog, TextField } from '../../ui';
import { useWhen } from './pieces';
import { type Account, useChange, useRefusal } from './queries';
import { useTexts } from './texts';

export function PasswordLink({ user, onClose }: { user: Account; onClose: () => void }) {
  const { t } = useTexts();
  const when = useWhen();
  const make = useChange(
    () =>
      answer(
        api.POST('/v1/admin/users/{user_id}/password_link', {
          params: { path: { user_id: user.id }, query: { tenant_id: user.tenant_id } },
        }),
      ),
    () => announce(t('admin.users.link_made')),
  );
  const { problem } = useRefusal(make.error);
  const link = make.data;
  return (
    <Dialog
      title={t('admin.users.link_title', { name: user.display_name })}
      isOpen
      onClose={onClose}
      actions={
        <>
          <Button onPress={onClose}>{t(link ? 'admin.close' : 'admin.cancel')}</Button>
          {link ? (
            <CopyButton kind="primary" text={link.url} label={t('admin.users.link_copy')} copied={t('admin.users.link_copied')} refused={t('copy.refused')} />
          ) : (
            <Button kind="primary" autoFocus busy={make.isPending} onPress={() => make.mutate()}>
              {t('admin.users.link_make')}
            </Button>
          )}
        </>
      }
    >
      <p>{t('admin.users.link_text')}</p>
      {link ? (
        <TextField
          label={t('admin.users.link_address')}
          hint={t('admin.users.link_until', { time: when(link.expires_at) })}
          value={link.url}
          onChange={() => undefined}
          readOnly
        />
      ) : null}
      {problem ? <Alert kind="danger" title={problem} live /> : null}
    </Dialog>
  );
}
