-- SPDX-License-Identifier: EUPL-1.2
-- Pictures of people, small enough for a row: base 64, so that one text of SQL serves both databases. The id is in the
-- address and cannot be guessed; a new picture has a new one.

CREATE TABLE avatars (
    tenant TEXT NOT NULL REFERENCES tenants (id),
    owner TEXT NOT NULL,
    id TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL,
    content TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (tenant, owner),
    FOREIGN KEY (tenant, owner) REFERENCES users (tenant, id) ON DELETE CASCADE
);
