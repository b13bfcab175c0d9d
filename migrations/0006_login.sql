-- SPDX-License-Identifier: EUPL-1.2
-- Which browser a login belongs to, as it named itself; for its owner's list of logins.
ALTER TABLE grants ADD COLUMN browser TEXT;
