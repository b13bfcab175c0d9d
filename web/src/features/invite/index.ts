// SPDX-License-Identifier: EUPL-1.2

import type { Feature } from '../feature';
import { InviteButton } from './InviteButton';

export const invite: Feature = { name: 'invite', Chip: InviteButton };
