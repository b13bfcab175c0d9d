-- SPDX-License-Identifier: EUPL-1.2
-- One-time addresses by which people set the password of their account: mailed to who forgot it or is invited. Only the hash
-- of the secret is kept, and it alone leads to the row. An account without a password yet has an empty hash.
CREATE TABLE account_links (
    tenant TEXT NOT NULL REFERENCES tenants (id),
    secret_hash TEXT NOT NULL PRIMARY KEY,
    account TEXT NOT NULL,
    expires_at BIGINT NOT NULL,
    FOREIGN KEY (tenant, account) REFERENCES accounts (tenant, id) ON DELETE CASCADE
);
CREATE INDEX account_links_account ON account_links (tenant, account);
