-- SPDX-License-Identifier: EUPL-1.2
-- The common subset of SQLite and PostgreSQL. Ids are UUIDs as text, times are milliseconds since 1970, hashes are
-- SHA-256 in base64url. Ids, times and defaults come from the program. The tenant is the first column of every key.

CREATE TABLE tenants (
    id TEXT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    organisation_name TEXT
);
INSERT INTO tenants (id, name) VALUES ('00000000-0000-0000-0000-000000000001', 'default');

-- A person, known by issuer and subject of their OpenID tokens. The issuer is 'local' for accounts of the built-in
-- provider, so that the server may change its address.
CREATE TABLE users (
    tenant TEXT NOT NULL REFERENCES tenants (id),
    id TEXT NOT NULL,
    issuer TEXT NOT NULL,
    subject TEXT NOT NULL,
    email TEXT NOT NULL,
    title TEXT NOT NULL,
    firstname TEXT NOT NULL,
    lastname TEXT NOT NULL,
    display_name TEXT NOT NULL,
    language TEXT NOT NULL,
    dashboard_theme TEXT NOT NULL,
    conference_theme TEXT NOT NULL,
    is_admin BOOLEAN NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (tenant, id),
    UNIQUE (tenant, issuer, subject)
);
CREATE INDEX users_email ON users (tenant, email);

-- Built-in provider: what a local account proves itself with. Its id is the subject of its user.
CREATE TABLE accounts (
    tenant TEXT NOT NULL REFERENCES tenants (id),
    id TEXT NOT NULL,
    email TEXT NOT NULL,
    password_hash TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (tenant, id),
    UNIQUE (tenant, email)
);

CREATE TABLE signing_keys (
    tenant TEXT NOT NULL REFERENCES tenants (id),
    kid TEXT NOT NULL,
    private_key TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (tenant, kid)
);

-- A browser that has logged in (the login cookie).
CREATE TABLE login_sessions (
    tenant TEXT NOT NULL REFERENCES tenants (id),
    secret_hash TEXT NOT NULL,
    account TEXT NOT NULL,
    authenticated_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    PRIMARY KEY (tenant, secret_hash),
    FOREIGN KEY (tenant, account) REFERENCES accounts (tenant, id) ON DELETE CASCADE
);

-- One authorization: its code, and the family of refresh tokens that grows from it.
CREATE TABLE grants (
    tenant TEXT NOT NULL REFERENCES tenants (id),
    id TEXT NOT NULL,
    account TEXT NOT NULL,
    session_hash TEXT NOT NULL,
    client_id TEXT NOT NULL,
    redirect_uri TEXT NOT NULL,
    scope TEXT NOT NULL,
    nonce TEXT,
    code_hash TEXT NOT NULL,
    code_challenge TEXT NOT NULL,
    code_expires_at BIGINT NOT NULL,
    code_used BOOLEAN NOT NULL,
    current_token TEXT,
    previous_token TEXT,
    rotated_at BIGINT,
    authenticated_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    revoked BOOLEAN NOT NULL,
    PRIMARY KEY (tenant, id),
    UNIQUE (tenant, code_hash),
    FOREIGN KEY (tenant, account) REFERENCES accounts (tenant, id) ON DELETE CASCADE
);
CREATE INDEX grants_session ON grants (tenant, session_hash);

CREATE TABLE rooms (
    tenant TEXT NOT NULL REFERENCES tenants (id),
    id TEXT NOT NULL,
    created_by TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    password TEXT,
    waiting_room BOOLEAN NOT NULL,
    guest_access TEXT NOT NULL,
    e2e_encryption BOOLEAN NOT NULL,
    PRIMARY KEY (tenant, id),
    FOREIGN KEY (tenant, created_by) REFERENCES users (tenant, id)
);

-- Times of an event: an instant, and the time zone in which it was entered.
CREATE TABLE events (
    tenant TEXT NOT NULL REFERENCES tenants (id),
    id TEXT NOT NULL,
    room TEXT NOT NULL,
    title TEXT NOT NULL,
    description TEXT NOT NULL,
    created_by TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_by TEXT NOT NULL,
    updated_at BIGINT NOT NULL,
    is_adhoc BOOLEAN NOT NULL,
    is_all_day BOOLEAN,
    starts_at BIGINT,
    starts_at_timezone TEXT,
    ends_at BIGINT,
    ends_at_timezone TEXT,
    show_meeting_details BOOLEAN NOT NULL,
    PRIMARY KEY (tenant, id),
    UNIQUE (tenant, room),
    FOREIGN KEY (tenant, room) REFERENCES rooms (tenant, id) ON DELETE CASCADE,
    FOREIGN KEY (tenant, created_by) REFERENCES users (tenant, id),
    FOREIGN KEY (tenant, updated_by) REFERENCES users (tenant, id)
);
CREATE INDEX events_creator ON events (tenant, created_by);

CREATE TABLE event_invites (
    tenant TEXT NOT NULL REFERENCES tenants (id),
    event TEXT NOT NULL,
    invitee TEXT NOT NULL,
    role TEXT NOT NULL,
    status TEXT NOT NULL,
    created_by TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (tenant, event, invitee),
    FOREIGN KEY (tenant, event) REFERENCES events (tenant, id) ON DELETE CASCADE,
    FOREIGN KEY (tenant, invitee) REFERENCES users (tenant, id) ON DELETE CASCADE
);
CREATE INDEX event_invites_invitee ON event_invites (tenant, invitee);

-- People invited who are not users.
CREATE TABLE event_email_invites (
    tenant TEXT NOT NULL REFERENCES tenants (id),
    event TEXT NOT NULL,
    email TEXT NOT NULL,
    role TEXT NOT NULL,
    created_by TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (tenant, event, email),
    FOREIGN KEY (tenant, event) REFERENCES events (tenant, id) ON DELETE CASCADE
);

CREATE TABLE event_favorites (
    tenant TEXT NOT NULL REFERENCES tenants (id),
    event TEXT NOT NULL,
    owner TEXT NOT NULL,
    PRIMARY KEY (tenant, event, owner),
    FOREIGN KEY (tenant, event) REFERENCES events (tenant, id) ON DELETE CASCADE,
    FOREIGN KEY (tenant, owner) REFERENCES users (tenant, id) ON DELETE CASCADE
);

-- Guest links. The code is kept as it is, because moderators read it again to hand it out.
CREATE TABLE invites (
    tenant TEXT NOT NULL REFERENCES tenants (id),
    code TEXT NOT NULL,
    room TEXT NOT NULL,
    created_by TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_by TEXT NOT NULL,
    updated_at BIGINT NOT NULL,
    active BOOLEAN NOT NULL,
    expires_at BIGINT,
    PRIMARY KEY (tenant, code),
    FOREIGN KEY (tenant, room) REFERENCES rooms (tenant, id) ON DELETE CASCADE,
    FOREIGN KEY (tenant, created_by) REFERENCES users (tenant, id)
);
CREATE INDEX invites_room ON invites (tenant, room);
