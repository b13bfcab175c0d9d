-- SPDX-License-Identifier: EUPL-1.2
-- Series of events with their exceptions, and where the meetings of a room are streamed to.

-- recurrence: RRULE lines, '' for one meeting. sorts_at: the first start, or the creation of an event without time.
-- spans_from, spans_to: from the first start to the last end, exceptions included; an endless series ends at the largest
-- number. revision: counts changes that invited people should hear of (SEQUENCE of RFC 5545). training_report: JSON.
ALTER TABLE events ADD COLUMN recurrence TEXT NOT NULL DEFAULT '';
ALTER TABLE events ADD COLUMN sorts_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE events ADD COLUMN spans_from BIGINT NOT NULL DEFAULT 0;
ALTER TABLE events ADD COLUMN spans_to BIGINT NOT NULL DEFAULT 0;
ALTER TABLE events ADD COLUMN revision BIGINT NOT NULL DEFAULT 0;
ALTER TABLE events ADD COLUMN training_report TEXT;
UPDATE events SET sorts_at = COALESCE(starts_at, created_at), spans_from = COALESCE(starts_at, created_at),
    spans_to = COALESCE(ends_at, created_at);

DROP INDEX events_creator;
CREATE INDEX events_creator ON events (tenant, created_by, spans_to);
DROP INDEX event_invites_invitee;
CREATE INDEX event_invites_invitee ON event_invites (tenant, invitee, event, status);
CREATE INDEX event_favorites_owner ON event_favorites (tenant, owner, event);
CREATE INDEX event_email_invites_email ON event_email_invites (tenant, email);

-- One date of a series that is cancelled or different. instance: when it would have begun by the rules. What is NULL is
-- as in the series.
CREATE TABLE event_exceptions (
    tenant TEXT NOT NULL REFERENCES tenants (id),
    event TEXT NOT NULL,
    instance BIGINT NOT NULL,
    created_by TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_by TEXT NOT NULL,
    updated_at BIGINT NOT NULL,
    cancelled BOOLEAN NOT NULL,
    title TEXT,
    description TEXT,
    is_all_day BOOLEAN,
    starts_at BIGINT,
    starts_at_timezone TEXT,
    ends_at BIGINT,
    ends_at_timezone TEXT,
    PRIMARY KEY (tenant, event, instance),
    FOREIGN KEY (tenant, event) REFERENCES events (tenant, id) ON DELETE CASCADE,
    FOREIGN KEY (tenant, created_by) REFERENCES users (tenant, id),
    FOREIGN KEY (tenant, updated_by) REFERENCES users (tenant, id)
);

-- The key is a secret of the streaming platform; it is handed to the room's owner and to the recorder only.
CREATE TABLE streaming_targets (
    tenant TEXT NOT NULL REFERENCES tenants (id),
    id TEXT NOT NULL,
    room TEXT NOT NULL,
    name TEXT NOT NULL,
    streaming_endpoint TEXT NOT NULL,
    streaming_key TEXT NOT NULL,
    public_url TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (tenant, id),
    FOREIGN KEY (tenant, room) REFERENCES rooms (tenant, id) ON DELETE CASCADE
);
CREATE INDEX streaming_targets_room ON streaming_targets (tenant, room, created_at);
CREATE INDEX rooms_creator ON rooms (tenant, created_by);
