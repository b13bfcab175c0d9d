-- SPDX-License-Identifier: EUPL-1.2
-- Whether sharing a screen needs a moderator's permission in this room; NULL: as the server's setting says.

ALTER TABLE rooms ADD COLUMN screen_share_requires_permission BOOLEAN;
