-- SPDX-License-Identifier: EUPL-1.2
-- The guest link that was mailed to a person invited by e-mail address: one for each person and event.
CREATE TABLE event_guest_links (
    tenant TEXT NOT NULL REFERENCES tenants (id),
    event TEXT NOT NULL,
    email TEXT NOT NULL,
    code TEXT NOT NULL,
    PRIMARY KEY (tenant, event, email),
    FOREIGN KEY (tenant, code) REFERENCES invites (tenant, code) ON DELETE CASCADE
);
CREATE INDEX event_guest_links_code ON event_guest_links (tenant, code);

-- The secret address of a person's calendar; only the hash of the secret is kept. Programs that read calendars know
-- nothing else, so the hash alone finds the row.
CREATE TABLE calendar_feeds (
    tenant TEXT NOT NULL REFERENCES tenants (id),
    owner TEXT NOT NULL,
    secret_hash TEXT NOT NULL UNIQUE,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (tenant, owner),
    FOREIGN KEY (tenant, owner) REFERENCES users (tenant, id) ON DELETE CASCADE
);
