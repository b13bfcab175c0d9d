// SPDX-License-Identifier: EUPL-1.2
//! Every column of the database and what it is, so that nobody has to guess where personal data lies. Tests compare it
//! with the schema and with `docs/operate/personal-data.md`, which is written from it.

/// A table and its columns by kind, separated by spaces.
pub struct Table {
    pub name: &'static str,
    pub holds: &'static str,
    pub kept: &'static str,
    /// Names a person, or says something about one.
    pub personal: &'static str,
    /// What people wrote, which may name anybody.
    pub content: &'static str,
    /// Secrets, most of them hashed.
    pub secret: &'static str,
    pub technical: &'static str,
}

pub const TABLES: &[Table] = &[
    Table {
        name: "account_links",
        holds: "One-time addresses to set a password",
        kept: "until they are used or have run out",
        personal: "account",
        content: "",
        secret: "secret_hash",
        technical: "tenant expires_at",
    },
    Table {
        name: "accounts",
        holds: "Accounts of the built-in login",
        kept: "until the person is deleted",
        personal: "id email",
        content: "",
        secret: "password_hash",
        technical: "tenant created_at",
    },
    Table {
        name: "asset_downloads",
        holds: "One-time addresses to download a file",
        kept: "a minute",
        personal: "",
        content: "",
        secret: "secret_hash",
        technical: "tenant asset expires_at",
    },
    Table {
        name: "assets",
        holds: "Files of rooms; their contents lie in the files folder or S3",
        kept: "until their room is deleted",
        personal: "owner created_by",
        content: "filename",
        secret: "",
        technical: "tenant id room created_at namespace kind size",
    },
    Table {
        name: "audit_entries",
        holds: "The audit log: ids, and from which machines failed logins came",
        kept: "`retention.audit_log_days`, also after a person is deleted: it shows that the deletion took place",
        personal: "actor object details",
        content: "",
        secret: "",
        technical: "tenant number at actor_kind action previous hash",
    },
    Table {
        name: "audit_heads",
        holds: "The newest entry of each audit log",
        kept: "always",
        personal: "",
        content: "",
        secret: "",
        technical: "tenant number hash",
    },
    Table {
        name: "avatars",
        holds: "Pictures of people",
        kept: "until the person removes it or is deleted",
        personal: "owner content",
        content: "",
        secret: "",
        technical: "tenant id kind created_at",
    },
    Table {
        name: "calendar_feeds",
        holds: "Secret addresses of people's calendars",
        kept: "until the person removes it or is deleted",
        personal: "owner",
        content: "",
        secret: "secret_hash",
        technical: "tenant created_at",
    },
    Table {
        name: "ended_logins",
        holds: "Logins that an OpenID provider has ended",
        kept: "`retention.ended_logins_days`",
        personal: "login_hash",
        content: "",
        secret: "",
        technical: "ended_at",
    },
    Table {
        name: "event_email_invites",
        holds: "People invited by e-mail address",
        kept: "until the meeting or the person is deleted",
        personal: "email firstname lastname status created_by",
        content: "",
        secret: "",
        technical: "tenant event role created_at",
    },
    Table {
        name: "event_exceptions",
        holds: "Single dates of a series that differ",
        kept: "until the meeting is deleted",
        personal: "created_by updated_by",
        content: "title description",
        secret: "",
        technical: "tenant event instance created_at updated_at cancelled is_all_day starts_at starts_at_timezone ends_at ends_at_timezone",
    },
    Table {
        name: "event_favorites",
        holds: "Meetings people marked",
        kept: "until the meeting or the person is deleted",
        personal: "owner",
        content: "",
        secret: "",
        technical: "tenant event",
    },
    Table {
        name: "event_guest_links",
        holds: "Which guest link was mailed to whom",
        kept: "until the guest link is deleted",
        personal: "email",
        content: "",
        secret: "code",
        technical: "tenant event",
    },
    Table {
        name: "event_invites",
        holds: "People invited with their account",
        kept: "until the meeting or the person is deleted",
        personal: "invitee created_by",
        content: "",
        secret: "",
        technical: "tenant event role status created_at",
    },
    Table {
        name: "events",
        holds: "Meetings",
        kept: "until their organiser deletes them or is deleted, or `retention.past_events_days` after their last date; those without a plan `retention.adhoc_events_hours`",
        personal: "created_by updated_by",
        content: "title description",
        secret: "",
        technical: "tenant id room created_at updated_at is_adhoc is_all_day starts_at starts_at_timezone ends_at ends_at_timezone show_meeting_details recurrence recurrence_ends sorts_at spans_from spans_to revision training_report",
    },
    Table {
        name: "grants",
        holds: "Logins of browsers",
        kept: "`retention.ended_logins_days` after they have run out",
        personal: "account browser",
        content: "",
        secret: "id session_hash code_hash current_token previous_token code_challenge nonce",
        technical: "tenant client_id redirect_uri scope code_expires_at code_used rotated_at authenticated_at expires_at revoked",
    },
    Table {
        name: "invites",
        holds: "Guest links",
        kept: "`retention.expired_guest_links_days` after they have run out",
        personal: "created_by updated_by",
        content: "",
        secret: "code",
        technical: "tenant room created_at updated_at active expires_at",
    },
    Table {
        name: "issuers",
        holds: "OpenID providers of organisations",
        kept: "until an administrator removes them",
        personal: "",
        content: "",
        secret: "",
        technical: "tenant issuer client_id audience tenant_claim emails_verified created_at",
    },
    Table {
        name: "jobs",
        holds: "Work to be done, such as mails that were not sent yet",
        kept: "until it is done, or failed long ago",
        personal: "payload last_error",
        content: "",
        secret: "",
        technical: "tenant id kind state run_at attempts lease created_at",
    },
    Table {
        name: "journal_pages",
        holds: "What was said and done in meetings that are running",
        kept: "until the meeting ends; 14 days where it could not be read after a restart",
        personal: "",
        content: "lines",
        secret: "",
        technical: "tenant journal number",
    },
    Table {
        name: "journals",
        holds: "Meetings that are running, so that they go on after a restart",
        kept: "until the meeting ends; 14 days where it could not be read after a restart",
        personal: "parameters",
        content: "",
        secret: "",
        technical: "tenant id room began_at version origin set_aside_at",
    },
    Table {
        name: "login_sessions",
        holds: "Login cookies",
        kept: "`retention.ended_logins_days` after they have run out",
        personal: "account",
        content: "",
        secret: "secret_hash",
        technical: "tenant authenticated_at expires_at",
    },
    Table {
        name: "passkeys",
        holds: "Passkeys of accounts: public keys",
        kept: "until the person removes them or is deleted",
        personal: "account",
        content: "name",
        secret: "",
        technical: "tenant id credential_id credential created_at used_at",
    },
    Table {
        name: "recovery_codes",
        holds: "Codes for who has lost their second factor",
        kept: "until they are used or the second factor is removed",
        personal: "account",
        content: "",
        secret: "code_hash",
        technical: "tenant",
    },
    Table {
        name: "room_bans",
        holds: "Who may not enter a room",
        kept: "until a moderator takes it back, or room or person are deleted",
        personal: "banned",
        content: "",
        secret: "",
        technical: "tenant room created_at",
    },
    Table {
        name: "rooms",
        holds: "Rooms",
        kept: "until their owner deletes them or is deleted",
        personal: "created_by",
        content: "",
        secret: "password",
        technical: "tenant id created_at waiting_room guest_access e2e_encryption screen_share_requires_permission",
    },
    Table {
        name: "second_factors",
        holds: "Secrets of authenticator apps",
        kept: "until the person removes it or is deleted",
        personal: "account",
        content: "",
        secret: "secret",
        technical: "tenant confirmed last_step created_at",
    },
    Table {
        name: "signing_keys",
        holds: "Keys of the built-in login",
        kept: "always",
        personal: "",
        content: "",
        secret: "private_key",
        technical: "tenant kid created_at",
    },
    Table {
        name: "sip_configs",
        holds: "Numbers and passwords to dial in by telephone",
        kept: "until the room is deleted",
        personal: "",
        content: "",
        secret: "sip_id password",
        technical: "tenant room lobby",
    },
    Table {
        name: "streaming_targets",
        holds: "Where a meeting is streamed to",
        kept: "until the room is deleted",
        personal: "",
        content: "name public_url",
        secret: "streaming_endpoint streaming_key",
        technical: "tenant id room created_at",
    },
    Table {
        name: "tariffs",
        holds: "What people may use",
        kept: "until an administrator deletes them",
        personal: "",
        content: "",
        secret: "",
        technical: "id name external_id max_storage room_time_limit_secs room_participant_limit disabled created_at",
    },
    Table {
        name: "tenants",
        holds: "Organisations",
        kept: "always",
        personal: "",
        content: "",
        secret: "",
        technical: "id name organisation_name external_id address colour_light colour_dark imprint_url data_protection_url \
                    accessibility_url tariff disabled created_at",
    },
    Table {
        name: "used_ceremonies",
        holds: "Which uses of passkeys have taken place, so that none is repeated",
        kept: "five minutes",
        personal: "",
        content: "",
        secret: "",
        technical: "ceremony_hash expires_at",
    },
    Table {
        name: "user_groups",
        holds: "Groups as the OpenID provider names them",
        kept: "until the provider says otherwise or the person is deleted",
        personal: "member",
        content: "name",
        secret: "",
        technical: "tenant",
    },
    Table {
        name: "users",
        holds: "People",
        kept: "until they are deleted",
        personal: "id issuer subject email email_verified title firstname lastname display_name search language dashboard_theme conference_theme is_admin is_operator disabled tariff tariff_status",
        content: "",
        secret: "",
        technical: "tenant created_at",
    },
];

impl Table {
    pub fn columns(&self) -> impl Iterator<Item = &'static str> {
        let kinds = [self.personal, self.content, self.secret, self.technical];
        kinds.into_iter().flat_map(str::split_whitespace)
    }
}

/// The page for data protection officers, as checked in.
pub fn page() -> String {
    let mut page = String::from(
        "# Personal data

What is kept in the database, table by table, and for how long. Made from `crates/server/src/privacy/inventory.rs` with
`cargo run -p konvent-server --example personal_data > docs/operate/personal-data.md`; a test compares it with the schema.

People download what is kept about them and delete their account under *Settings*; administrators delete people under
*Administration*. A deletion takes the person's rooms, meetings and files along and reaches every table; only the audit log
keeps the id, for as long as `retention.audit_log_days` says. It does not reach backups: keep those no longer than you must.
Who logs in with an OpenID provider is made anew at the next login: remove them there first. Logs hold ids, no names and no addresses.

| table | holds | names a person | written by people | secrets | kept |
|---|---|---|---|---|---|
",
    );
    for table in TABLES {
        let shown = |columns: &str| columns.split_whitespace().collect::<Vec<_>>().join(", ");
        let (personal, content, secret) = (shown(table.personal), shown(table.content), shown(table.secret));
        page += &format!(
            "| {} | {} | {personal} | {content} | {secret} | {} |\n",
            table.name, table.holds, table.kept
        );
    }
    page
}
