// SPDX-License-Identifier: EUPL-1.2

/** The pages of administration: what an organisation's administrators see, and what only those of the installation do. */
export const sections = ['users', 'meetings', 'audit', 'jobs'] as const;
export const operatorSections = ['users', 'meetings', 'tenants', 'tariffs', 'audit', 'jobs', 'settings'] as const;
export type Section = (typeof operatorSections)[number];
