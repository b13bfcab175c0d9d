// SPDX-License-Identifier: EUPL-1.2
import { Alert, Button } from '../../ui';
import { useTexts } from './texts';

export function LoadFailed({ text, onRetry }: { text: string; onRetry: () => void }) {
  const { t } = useTexts();
  return (
    <>
      <Alert kind="danger" title={text} live />
      <Button onPress={onRetry}>{t('problem.retry')}</Button>
    </>
  );
}
