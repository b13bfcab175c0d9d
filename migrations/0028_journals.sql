-- SPDX-License-Identifier: EUPL-1.2
-- What running meetings were told, so that one goes on where it was when the program ends in the middle of it. Both rows go
-- with the meeting. A journal that cannot be read is set aside and kept for some days.

CREATE TABLE journals (
    tenant TEXT NOT NULL REFERENCES tenants (id),
    id TEXT NOT NULL,
    room TEXT NOT NULL,
    began_at BIGINT NOT NULL,
    version BIGINT NOT NULL,
    origin TEXT NOT NULL,
    -- JSON: what the meeting knew of its room when it began, without passwords and codes.
    parameters TEXT NOT NULL,
    set_aside_at BIGINT,
    PRIMARY KEY (tenant, id),
    FOREIGN KEY (tenant, room) REFERENCES rooms (tenant, id) ON DELETE CASCADE
);
CREATE INDEX journals_room ON journals (tenant, room);

-- One line of JSON for each thing that happened, with its time.
CREATE TABLE journal_pages (
    tenant TEXT NOT NULL,
    journal TEXT NOT NULL,
    number BIGINT NOT NULL,
    lines TEXT NOT NULL,
    PRIMARY KEY (tenant, journal, number),
    FOREIGN KEY (tenant, journal) REFERENCES journals (tenant, id) ON DELETE CASCADE
);
