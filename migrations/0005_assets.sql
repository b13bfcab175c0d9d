-- SPDX-License-Identifier: EUPL-1.2
-- Files of rooms. The contents lie in a folder or in S3 under `{tenant}/{id}`. A row is written when the content is
-- complete and removed before the content is. There is no foreign key to the room: a file outlives it until its content
-- has been removed. The owner is whose quota it counts against.

CREATE TABLE assets (
    tenant TEXT NOT NULL REFERENCES tenants (id),
    id TEXT NOT NULL,
    room TEXT NOT NULL,
    owner TEXT NOT NULL,
    created_by TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    namespace TEXT,
    kind TEXT NOT NULL,
    filename TEXT NOT NULL,
    size BIGINT NOT NULL,
    PRIMARY KEY (tenant, id)
);
CREATE INDEX assets_room ON assets (tenant, room, created_at);
CREATE INDEX assets_owner ON assets (tenant, owner, created_at);

-- Addresses that download one file once, without a login. Only the hash of the secret in them is kept.
CREATE TABLE asset_downloads (
    tenant TEXT NOT NULL REFERENCES tenants (id),
    secret_hash TEXT NOT NULL,
    asset TEXT NOT NULL,
    expires_at BIGINT NOT NULL,
    PRIMARY KEY (tenant, secret_hash),
    FOREIGN KEY (tenant, asset) REFERENCES assets (tenant, id) ON DELETE CASCADE
);
