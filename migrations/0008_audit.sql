-- SPDX-License-Identifier: EUPL-1.2
-- The audit log: one chain of entries for each tenant. Ids only, no names; `details` is a flat JSON object of texts.
-- Entries are added and, when their time of retention is over, removed from the front; they are never changed.

CREATE TABLE audit_entries (
    tenant TEXT NOT NULL REFERENCES tenants (id),
    number BIGINT NOT NULL,
    at BIGINT NOT NULL,
    actor_kind TEXT NOT NULL,
    actor TEXT,
    action TEXT NOT NULL,
    object TEXT,
    details TEXT NOT NULL,
    previous TEXT NOT NULL,
    hash TEXT NOT NULL,
    PRIMARY KEY (tenant, number)
);
CREATE INDEX audit_entries_at ON audit_entries (tenant, at);

-- The end of each chain. Whoever adds an entry holds this row until it is there.
CREATE TABLE audit_heads (
    tenant TEXT NOT NULL PRIMARY KEY REFERENCES tenants (id),
    number BIGINT NOT NULL,
    hash TEXT NOT NULL
);
