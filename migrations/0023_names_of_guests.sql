-- SPDX-License-Identifier: EUPL-1.2
-- Names of people invited by e-mail address whom the directory of the OpenID provider knows; empty: it does not.

ALTER TABLE event_email_invites ADD COLUMN firstname TEXT NOT NULL DEFAULT '';
ALTER TABLE event_email_invites ADD COLUMN lastname TEXT NOT NULL DEFAULT '';
