-- SPDX-License-Identifier: EUPL-1.2
-- Whether somebody vouches for the e-mail address of a person: who administers the built-in login, or an OpenID provider.
-- Only then does the address lead to them. Providers say so again with each new token.
ALTER TABLE users ADD COLUMN email_verified BOOLEAN NOT NULL DEFAULT TRUE;
UPDATE users SET email_verified = FALSE WHERE issuer <> 'local';

-- The provider vouches for every address that it tells, without saying so of each.
ALTER TABLE issuers ADD COLUMN emails_verified BOOLEAN NOT NULL DEFAULT FALSE;
