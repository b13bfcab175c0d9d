// SPDX-License-Identifier: EUPL-1.2
//! The log as people read it: with the names and titles of what its ids lead to now, and looked through by them. Nothing of
//! that is kept in the log: what is deleted has no name any more.

use std::collections::{BTreeMap, HashMap};

use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::audit::{Recorded, store};
use crate::db::{Db, time};
use crate::ids::{TenantId, UserId};
use crate::users;

/// People that a word of the filter may mean, at most: each is looked for in every entry.
pub const MOST_MEANT: i64 = 50;
/// The details that name a person, or several with spaces between.
const PEOPLE: [&str; 4] = ["invitee", "member", "participant", "participants"];
/// The detail that names a room.
const ROOM: &str = "room";
/// Ids looked up at once.
const AT_ONCE: usize = 1 << 12;

/// What happened once.
#[derive(Serialize, ToSchema)]
pub struct AuditEntry {
    pub number: i64,
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    /// `user`, `nobody` (not logged in), `operator` (command line) or `system` (by itself).
    pub actor_kind: String,
    /// The id of a user.
    pub actor: Option<String>,
    /// Who that is, while they are here.
    pub actor_name: Option<String>,
    #[schema(example = "event.deleted")]
    pub action: String,
    pub object: Option<String>,
    /// The people it was done to or is about, those who are still here.
    pub people: Vec<String>,
    /// The title of the meeting it is about, while there is one.
    pub meeting: Option<String>,
    /// The name of the file, organisation or tariff it is about, while there is one.
    pub thing: Option<String>,
    pub details: BTreeMap<String, String>,
    /// SHA-256 over the hash before and this entry's canonical JSON, in hexadecimal.
    pub hash: String,
}

/// What ids are called now.
#[derive(Default)]
struct Names {
    people: HashMap<String, String>,
    meetings: HashMap<String, String>,
    things: HashMap<String, String>,
}

/// Entries with what their ids are called.
pub async fn readable(db: &Db, tenant: TenantId, entries: Vec<Recorded>) -> sqlx::Result<Vec<AuditEntry>> {
    let names = names(db, tenant, &entries).await?;
    let with_names = |entry: Recorded| {
        let details = entry.details();
        let object = entry.object.as_deref().unwrap_or_default();
        let named = [object].into_iter().chain(people_in(&details));
        AuditEntry {
            number: entry.number,
            at: time(entry.at),
            actor_name: entry.actor.as_ref().and_then(|id| names.people.get(id)).cloned(),
            people: named.filter_map(|id| names.people.get(id)).cloned().collect(),
            meeting: names
                .meetings
                .get(object)
                .or_else(|| names.meetings.get(details.get(ROOM)?))
                .cloned(),
            thing: names.things.get(object).cloned(),
            details,
            actor_kind: entry.actor_kind,
            actor: entry.actor,
            action: entry.action,
            object: entry.object,
            hash: entry.hash,
        }
    };
    Ok(entries.into_iter().map(with_names).collect())
}

/// The ids of people in the details.
fn people_in(details: &BTreeMap<String, String>) -> impl Iterator<Item = &str> {
    let texts = PEOPLE.iter().filter_map(|key| details.get(*key));
    texts.flat_map(|text| text.split(' '))
}

async fn names(db: &Db, tenant: TenantId, entries: &[Recorded]) -> sqlx::Result<Names> {
    let mut ids: Vec<Uuid> = Vec::new();
    for entry in entries {
        let details = entry.details();
        let texts = [entry.actor.as_ref(), entry.object.as_ref(), details.get(ROOM)];
        let texts = texts.into_iter().flatten().map(String::as_str);
        ids.extend(
            texts
                .chain(people_in(&details))
                .filter_map(|text| text.parse::<Uuid>().ok()),
        );
    }
    ids.sort_unstable();
    ids.dedup();
    let mut names = Names::default();
    for ids in ids.chunks(AT_ONCE) {
        let users: Vec<UserId> = ids.iter().copied().map(UserId).collect();
        let people = users::store::by_ids(db, tenant, &users).await?.into_iter();
        names
            .people
            .extend(people.map(|user| (user.id.to_string(), user.display_name)));
        names.meetings.extend(store::titles(db, tenant, ids).await?);
        names.things.extend(store::things(db, tenant, ids).await?);
    }
    Ok(names)
}

/// The people that a word of the filter means: an id, or beginnings of words of the name or e-mail address. `None`: more
/// than can be looked for.
pub async fn people_meant(db: &Db, tenant: TenantId, text: &str) -> sqlx::Result<Option<Vec<String>>> {
    if let Ok(id) = text.parse::<Uuid>() {
        return Ok(Some(vec![id.to_string()]));
    }
    let (count, found) = users::store::listed(db, tenant, text, MOST_MEANT, 0).await?;
    let all = count <= found.len();
    Ok(all.then(|| found.into_iter().map(|listed| listed.user.id.to_string()).collect()))
}
