// SPDX-License-Identifier: EUPL-1.2

import { Dialog, type DialogProps } from '../ui';
import { Parts } from './Parts';

/** A dialog over the meeting. What it covers cannot be reached, so whoever waits is seen and let in from it, too. */
export function MeetingDialog(props: Omit<DialogProps, 'above'>) {
  return <Dialog {...props} above={<Parts of={({ BannerInDialog }) => BannerInDialog} />} />;
}
