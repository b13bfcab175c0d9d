-- SPDX-License-Identifier: EUPL-1.2
-- Second factors and passkeys of accounts of the built-in login. A code by time needs its secret as it is; recovery codes
-- are hashed. A ceremony of a passkey is signed, not stored: only that it was used.

CREATE TABLE second_factors (
    tenant TEXT NOT NULL REFERENCES tenants (id),
    account TEXT NOT NULL,
    secret TEXT NOT NULL,
    confirmed BOOLEAN NOT NULL,
    last_step BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (tenant, account),
    FOREIGN KEY (tenant, account) REFERENCES accounts (tenant, id) ON DELETE CASCADE
);

CREATE TABLE recovery_codes (
    tenant TEXT NOT NULL REFERENCES tenants (id),
    account TEXT NOT NULL,
    code_hash TEXT NOT NULL,
    PRIMARY KEY (tenant, account, code_hash),
    FOREIGN KEY (tenant, account) REFERENCES accounts (tenant, id) ON DELETE CASCADE
);

CREATE TABLE passkeys (
    tenant TEXT NOT NULL REFERENCES tenants (id),
    id TEXT NOT NULL,
    account TEXT NOT NULL,
    credential_id TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    credential TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    used_at BIGINT,
    PRIMARY KEY (tenant, id),
    FOREIGN KEY (tenant, account) REFERENCES accounts (tenant, id) ON DELETE CASCADE
);
CREATE INDEX passkeys_account ON passkeys (tenant, account);

CREATE TABLE used_ceremonies (
    ceremony_hash TEXT NOT NULL PRIMARY KEY,
    expires_at BIGINT NOT NULL
);
