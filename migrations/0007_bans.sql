-- SPDX-License-Identifier: EUPL-1.2
-- Who may not enter a room, until a moderator takes it back. Registered users only: a guest cannot be told apart.

CREATE TABLE room_bans (
    tenant TEXT NOT NULL REFERENCES tenants (id),
    room TEXT NOT NULL,
    banned TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (tenant, room, banned),
    FOREIGN KEY (tenant, room) REFERENCES rooms (tenant, id) ON DELETE CASCADE,
    FOREIGN KEY (tenant, banned) REFERENCES users (tenant, id) ON DELETE CASCADE
);
