-- SPDX-License-Identifier: EUPL-1.2
-- Many tenants: how a request finds its tenant, who administers, what a tariff allows.

-- Tariffs belong to the installation, like the tenants themselves. An absent quota is no limit. `disabled` holds words
-- `module` or `module::feature` with spaces between them.
CREATE TABLE tariffs (
    id TEXT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    external_id TEXT UNIQUE,
    max_storage BIGINT,
    room_time_limit_secs BIGINT,
    room_participant_limit BIGINT,
    disabled TEXT NOT NULL,
    created_at BIGINT NOT NULL
);
INSERT INTO tariffs (id, name, disabled, created_at) VALUES ('00000000-0000-0000-0000-000000000001', 'Standard', '', 0);

-- What a claim calls the tenant, its own web address, how its pages look, and the tariff of its people (none: Standard).
ALTER TABLE tenants ADD COLUMN external_id TEXT;
ALTER TABLE tenants ADD COLUMN address TEXT;
ALTER TABLE tenants ADD COLUMN colour_light TEXT;
ALTER TABLE tenants ADD COLUMN colour_dark TEXT;
ALTER TABLE tenants ADD COLUMN tariff TEXT REFERENCES tariffs (id);
ALTER TABLE tenants ADD COLUMN disabled BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE tenants ADD COLUMN created_at BIGINT NOT NULL DEFAULT 0;
CREATE UNIQUE INDEX tenants_external_id ON tenants (external_id);
CREATE UNIQUE INDEX tenants_address ON tenants (address);

-- OpenID providers beside the one of the settings. With `tenant_claim` that claim names the tenant of each of its people;
-- without it they all belong to `tenant`.
CREATE TABLE issuers (
    tenant TEXT NOT NULL REFERENCES tenants (id),
    issuer TEXT NOT NULL UNIQUE,
    client_id TEXT NOT NULL,
    audience TEXT NOT NULL,
    tenant_claim TEXT,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (tenant, issuer)
);

-- `is_admin`: of the tenant; `is_operator`: of the whole installation. `search` is name and address, folded.
ALTER TABLE users ADD COLUMN is_operator BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE users ADD COLUMN disabled BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE users ADD COLUMN tariff TEXT REFERENCES tariffs (id);
ALTER TABLE users ADD COLUMN tariff_status TEXT NOT NULL DEFAULT 'default';
ALTER TABLE users ADD COLUMN search TEXT NOT NULL DEFAULT '';
UPDATE users SET is_operator = is_admin WHERE tenant = '00000000-0000-0000-0000-000000000001';

CREATE TABLE user_groups (
    tenant TEXT NOT NULL REFERENCES tenants (id),
    member TEXT NOT NULL,
    name TEXT NOT NULL,
    PRIMARY KEY (tenant, member, name),
    FOREIGN KEY (tenant, member) REFERENCES users (tenant, id) ON DELETE CASCADE
);
CREATE INDEX user_groups_name ON user_groups (tenant, name);

-- What a request carries without its tenant is unique across tenants, so that it leads to exactly one.
CREATE UNIQUE INDEX accounts_email ON accounts (email);
CREATE UNIQUE INDEX login_sessions_secret ON login_sessions (secret_hash);
CREATE UNIQUE INDEX grants_id ON grants (id);
CREATE UNIQUE INDEX grants_code ON grants (code_hash);
CREATE UNIQUE INDEX rooms_id ON rooms (id);
CREATE UNIQUE INDEX invites_code ON invites (code);
