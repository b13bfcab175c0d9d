-- SPDX-License-Identifier: EUPL-1.2
-- Where the rules of a series end, found out once, when they are taken.

-- One line for each line of recurrence: the last start in milliseconds, or - for a rule without end; '' for a series that
-- was stored before, until the program next starts.
ALTER TABLE events ADD COLUMN recurrence_ends TEXT NOT NULL DEFAULT '';
