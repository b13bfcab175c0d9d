// SPDX-License-Identifier: EUPL-1.2
//! The audit log: who did what, when, on which object; one chain for each tenant, in which every entry carries the
//! SHA-256 over its forerunner's hash and its own canonical JSON. Not a log for operators: that is `tracing`. Ids only:
//! no name, e-mail address, title or secret ever stands in an entry; of a failed login the address of the machine does.

pub mod cli;
pub mod http;
pub mod store;

use std::collections::BTreeMap;
use std::fmt::Display;

use serde::Serialize;
use sha2::Digest as _;
use utoipa::ToSchema;

use crate::clock;
use crate::db::{Db, millis, on};
use crate::ids::{TenantId, UserId};

/// What the first entry of a chain has for its forerunner's hash.
pub const NO_HASH: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// Who did it.
#[derive(Clone, Copy)]
pub enum Actor {
    User(UserId),
    /// Somebody who has not proved who they are.
    Nobody,
    /// Whoever may use the command line of the machine.
    Operator,
    /// The program by itself: jobs.
    System,
}

impl Actor {
    fn kind(self) -> &'static str {
        match self {
            Actor::User(_) => "user",
            Actor::Nobody => "nobody",
            Actor::Operator => "operator",
            Actor::System => "system",
        }
    }

    fn id(self) -> Option<String> {
        match self {
            Actor::User(id) => Some(id.to_string()),
            _ => None,
        }
    }
}

impl From<UserId> for Actor {
    fn from(id: UserId) -> Actor {
        Actor::User(id)
    }
}

macro_rules! actions {
    ($($(#[$doc:meta])* $name:ident = $word:literal),* $(,)?) => {
        /// Everything that can be in the log. The word is for good: entries are never rewritten.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Action { $($(#[$doc])* $name),* }

        impl Action {
            #[cfg(test)]
            pub const ALL: &[(Action, &str)] = &[$((Action::$name, stringify!($name))),*];

            pub fn as_str(self) -> &'static str {
                match self { $(Action::$name => $word),* }
            }
        }
    };
}

actions! {
    EventCreated = "event.created",
    EventChanged = "event.changed",
    EventDeleted = "event.deleted",
    /// The object is the event; details may name `invitee`, an id, and the `role`.
    InvitationCreated = "invitation.created",
    InvitationChanged = "invitation.changed",
    InvitationDeleted = "invitation.deleted",
    RoomCreated = "room.created",
    RoomChanged = "room.changed",
    RoomDeleted = "room.deleted",
    /// The object is the room: the code itself is a secret.
    GuestLinkCreated = "guest_link.created",
    GuestLinkChanged = "guest_link.changed",
    GuestLinkDeleted = "guest_link.deleted",
    AssetCreated = "asset.created",
    AssetDeleted = "asset.deleted",
    /// Somebody got an address to download it.
    AssetDownload = "asset.download",
    AccountCreated = "account.created",
    AccountChanged = "account.changed",
    /// Again: the first time is part of `account.created`.
    AccountInvited = "account.invited",
    PasswordChanged = "account.password_changed",
    /// An administrator has made a one-time address to set a new one.
    PasswordLinkMade = "account.password_link_made",
    SecondFactorAdded = "account.second_factor_added",
    SecondFactorRemoved = "account.second_factor_removed",
    RecoveryCodesRenewed = "account.recovery_codes_renewed",
    PasskeyAdded = "account.passkey_added",
    PasskeyRemoved = "account.passkey_removed",
    AdministratorAdded = "administrator.added",
    AdministratorRemoved = "administrator.removed",
    LoginSucceeded = "login.succeeded",
    /// The object is whose account it was; details give the `address` it came from, and `account` as `unknown` where there
    /// is no such account: what was typed is a stranger's text, perhaps a password.
    LoginFailed = "login.failed",
    LoginEnded = "login.ended",
    /// What moderators do in a meeting. The object is the room; details name `participant`, an id, or several
    /// `participants`, their ids with spaces between, and the `value` that something was set to.
    ParticipantKicked = "meeting.kicked",
    ParticipantBanned = "meeting.banned",
    ParticipantUnbanned = "meeting.unbanned",
    ParticipantRoleGiven = "meeting.role",
    ParticipantSentToWaitingRoom = "meeting.sent_to_waiting_room",
    ParticipantLetIn = "meeting.let_in",
    ParticipantRenamed = "meeting.renamed",
    ParticipantsMuted = "meeting.muted",
    MeetingDebriefed = "meeting.debriefed",
    WaitingRoomSet = "meeting.waiting_room",
    RenamingRestricted = "meeting.renaming",
    MicrophonesRestricted = "meeting.microphones",
    ScreenSharingSet = "meeting.screen_sharing",
    ChatSwitched = "meeting.chat",
    ChatCleared = "meeting.chat_cleared",
    HandsSwitched = "meeting.hands",
    HandsLowered = "meeting.hands_lowered",
    ReactionsRestricted = "meeting.reactions",
    BreakoutStarted = "meeting.breakout_started",
    BreakoutStopped = "meeting.breakout_stopped",
    ParticipantsMoved = "meeting.moved",
    /// By an administrator; the object is the room.
    MeetingEnded = "meeting.ended",
    TenantCreated = "tenant.created",
    TenantChanged = "tenant.changed",
    TariffCreated = "tariff.created",
    TariffChanged = "tariff.changed",
    TariffDeleted = "tariff.deleted",
    JobChanged = "job.changed",
    BackupMade = "backup.made",
    BackupRestored = "backup.restored",
    PersonDeleted = "person.deleted",
    PersonExported = "person.exported",
    /// Details give the number of rows removed per data class.
    RetentionRan = "retention.ran",
    /// Entries up to `through` were removed; `hash` is the last one's.
    LogShortened = "audit.shortened",
    LogExported = "audit.exported",
}

/// One thing that happened, before it has a place in the chain.
pub struct Entry {
    actor: Actor,
    action: Action,
    object: Option<String>,
    details: BTreeMap<&'static str, String>,
}

impl Entry {
    pub fn action(&self) -> Action {
        self.action
    }

    pub fn by(actor: impl Into<Actor>, action: Action) -> Entry {
        Entry {
            actor: actor.into(),
            action,
            object: None,
            details: BTreeMap::new(),
        }
    }

    /// The id of what it was done to.
    pub fn on(mut self, object: impl Display) -> Entry {
        self.object = Some(object.to_string());
        self
    }

    /// An id, a number or a fixed word; never what a person wrote.
    pub fn with(mut self, key: &'static str, value: impl Display) -> Entry {
        self.details.insert(key, value.to_string());
        self
    }
}

/// Records something in the transaction that does it. Call it last: other entries of the tenant wait for the commit.
pub async fn record_in<C: store::Append>(connection: &mut C, tenant: TenantId, entry: Entry) -> sqlx::Result<()> {
    connection
        .append(tenant, move |number, previous| {
            let mut recorded = Recorded {
                number,
                at: millis(clock::now()),
                actor_kind: entry.actor.kind().into(),
                actor: entry.actor.id(),
                action: entry.action.as_str().into(),
                object: entry.object,
                details: serde_json::to_string(&entry.details).unwrap_or_default(),
                previous,
                hash: String::new(),
            };
            recorded.hash = recorded.expected_hash(tenant);
            recorded
        })
        .await
}

/// An entry in its place.
pub struct Recorded {
    pub number: i64,
    pub at: i64,
    pub actor_kind: String,
    pub actor: Option<String>,
    pub action: String,
    pub object: Option<String>,
    pub details: String,
    pub previous: String,
    pub hash: String,
}
crate::db::row!(Recorded {
    number,
    at,
    actor_kind,
    actor,
    action,
    object,
    details,
    previous,
    hash
});

/// What is hashed: keys in the order of the alphabet, no spaces (RFC 8785 for the texts and whole numbers used here).
#[derive(Serialize)]
struct Canonical<'a> {
    action: &'a str,
    actor: Option<&'a str>,
    actor_kind: &'a str,
    at: i64,
    details: BTreeMap<String, String>,
    number: i64,
    object: Option<&'a str>,
    tenant: TenantId,
}

impl Recorded {
    pub fn details(&self) -> BTreeMap<String, String> {
        serde_json::from_str(&self.details).unwrap_or_default()
    }

    /// The canonical JSON of the entry, as it goes into its hash.
    pub fn canonical(&self, tenant: TenantId) -> String {
        let canonical = Canonical {
            action: &self.action,
            actor: self.actor.as_deref(),
            actor_kind: &self.actor_kind,
            at: self.at,
            details: self.details(),
            number: self.number,
            object: self.object.as_deref(),
            tenant,
        };
        serde_json::to_string(&canonical).unwrap_or_default()
    }

    fn expected_hash(&self, tenant: TenantId) -> String {
        let hash = sha2::Sha256::new()
            .chain_update(&self.previous)
            .chain_update(self.canonical(tenant))
            .finalize();
        hex(&hash)
    }
}

pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// What a chain looks like.
#[derive(Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Verdict {
    pub entries: i64,
    /// The newest entry's hash. Written down elsewhere it proves later that the log up to here is the same.
    pub head: String,
    /// The number of the first entry that does not fit, or that is missing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub broken_at: Option<i64>,
}

/// Goes along the whole chain of a tenant.
pub async fn verify(db: &Db, tenant: TenantId) -> sqlx::Result<Verdict> {
    const PAGE: i64 = 1000;
    let (head_number, head) = store::head(db, tenant).await?.unwrap_or((0, NO_HASH.into()));
    let mut verdict = Verdict {
        entries: 0,
        head: head.clone(),
        broken_at: None,
    };
    let broken = |mut verdict: Verdict, number| {
        verdict.broken_at = Some(number);
        Ok(verdict)
    };
    // Where the log was shortened: the last removed entry's number and hash, once the entry that says so is met.
    let mut shortened: Vec<(i64, String)> = Vec::new();
    let mut start: Option<(i64, String)> = None;
    let mut last: Option<(i64, String)> = None;
    loop {
        let after = last.as_ref().map_or(0, |(number, _)| *number);
        let page = store::after(db, tenant, after, PAGE).await?;
        let full = page.len() == usize::try_from(PAGE).unwrap_or(usize::MAX);
        for entry in page {
            if entry.number > head_number {
                // Added since the walk began.
                break;
            }
            let fits = match &last {
                None => {
                    start = Some((entry.number - 1, entry.previous.clone()));
                    true
                }
                Some((number, hash)) => entry.number == number + 1 && entry.previous == *hash,
            };
            if !fits {
                return broken(verdict, after.max(last.map_or(0, |(number, _)| number)) + 1);
            }
            if entry.hash != entry.expected_hash(tenant) {
                return broken(verdict, entry.number);
            }
            if entry.action == Action::LogShortened.as_str() {
                let details = entry.details();
                let through = details.get("through").and_then(|text| text.parse().ok());
                shortened.extend(through.zip(details.get("hash").cloned()));
            }
            verdict.entries += 1;
            last = Some((entry.number, entry.hash));
        }
        if !full || last.as_ref().is_some_and(|(number, _)| *number >= head_number) {
            break;
        }
    }
    let (end, end_hash) = last.unwrap_or((0, NO_HASH.into()));
    if end != head_number || end_hash != head {
        return broken(verdict, end + 1);
    }
    // A chain begins with entry 1, or where an entry of its own says that it was shortened.
    let start = start.unwrap_or((0, NO_HASH.into()));
    if start != (0, NO_HASH.into()) && !shortened.contains(&start) {
        return broken(verdict, start.0);
    }
    Ok(verdict)
}

/// Removes entries older than `before` (milliseconds since 1970), and says so in the log. The number removed.
pub async fn shorten(db: &Db, tenant: TenantId, before: i64) -> sqlx::Result<u64> {
    let Some((through, hash)) = store::last_before(db, tenant, before).await? else {
        return Ok(0);
    };
    let entry = Entry::by(Actor::System, Action::LogShortened)
        .with("through", through)
        .with("hash", hash);
    on!(db, pool => {
        let mut transaction = pool.begin().await?;
        record_in(&mut *transaction, tenant, entry).await?;
        let removed = store::remove_through(&mut *transaction, tenant, through).await?;
        transaction.commit().await?;
        Ok(removed)
    })
}
