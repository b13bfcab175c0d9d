-- SPDX-License-Identifier: EUPL-1.2
-- Dial-in by telephone: the number and the password that callers type. The password is shown to who is invited, so it is
-- kept as it is.

CREATE TABLE sip_configs (
    tenant TEXT NOT NULL REFERENCES tenants (id),
    room TEXT NOT NULL,
    sip_id TEXT NOT NULL UNIQUE,
    password TEXT NOT NULL,
    lobby BOOLEAN NOT NULL,
    PRIMARY KEY (tenant, room),
    FOREIGN KEY (tenant, room) REFERENCES rooms (tenant, id) ON DELETE CASCADE
);
