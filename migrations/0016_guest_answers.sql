-- SPDX-License-Identifier: EUPL-1.2
-- People invited by e-mail address answer, too: by their personal link.

ALTER TABLE event_email_invites ADD COLUMN status TEXT NOT NULL DEFAULT 'pending';
