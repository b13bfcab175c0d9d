-- SPDX-License-Identifier: EUPL-1.2
-- Logins that foreign OpenID providers have ended. Of no tenant: a session id does not tell whose it is.

CREATE TABLE ended_logins (
    login_hash TEXT NOT NULL PRIMARY KEY,
    ended_at BIGINT NOT NULL
);
