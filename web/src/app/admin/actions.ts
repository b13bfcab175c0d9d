// SPDX-License-Identifier: EUPL-1.2

/** The kinds of actions of the audit log that the filter offers: what stands before the dot of their words. */
export const kinds = [
  'login',
  'account',
  'administrator',
  'person',
  'event',
  'invitation',
  'room',
  'guest_link',
  'asset',
  'meeting',
  'tenant',
  'tariff',
  'job',
  'backup',
  'retention',
  'audit',
] as const;
