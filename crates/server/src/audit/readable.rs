// SPDX-License-Identifier: EUPL-1.2
//! The log as people read it: with the names and titles of what its ids lead to now, and looked through by them. Nothing of
//! that is kept in the log: what is deleted has no name any more.

use std::collections::{BTreeMap, HashMap};

use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::{Recorded, store};
use crate::db::{Db, time};
use crate::ids::{TenantId, UserId};
use crate::users;

/// People and meetings that a word of the filter may mean, at most.
const MOST_MEANT: i64 = 50;
/// The details that name a person.
const PEOPLE: [&str; 3] = ["invitee", "participant", "member"];

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
    /// The person it was done to or is about, while they are here.
    pub person: Option<String>,
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
        let mut in_details = PEOPLE.iter().filter_map(|key| names.people.get(details.get(*key)?));
        AuditEntry {
            number: entry.number,
            at: time(entry.at),
            actor_name: entry.actor.as_ref().and_then(|id| names.people.get(id)).cloned(),
            person: names.people.get(object).or(in_details.next_back()).cloned(),
            meeting: names.meetings.get(object).cloned(),
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

async fn names(db: &Db, tenant: TenantId, entries: &[Recorded]) -> sqlx::Result<Names> {
    let mut ids: Vec<Uuid> = Vec::new();
    for entry in entries {
        let details = entry.details();
        let texts = [entry.actor.as_ref(), entry.object.as_ref()];
        let people = PEOPLE.iter().map(|key| details.get(*key));
        ids.extend(
            texts
                .into_iter()
                .chain(people)
                .flatten()
                .filter_map(|text| text.parse::<Uuid>().ok()),
        );
    }
    ids.sort_unstable();
    ids.dedup();
    let users: Vec<UserId> = ids.iter().copied().map(UserId).collect();
    let people = users::store::by_ids(db, tenant, &users).await?.into_iter();
    Ok(Names {
        people: people.map(|user| (user.id.to_string(), user.display_name)).collect(),
        meetings: store::titles(db, tenant, &ids).await?,
        things: store::things(db, tenant, &ids).await?,
    })
}

/// The people that a word of the filter means: an id, or beginnings of words of the name or e-mail address.
pub async fn people_meant(db: &Db, tenant: TenantId, text: &str) -> sqlx::Result<Vec<String>> {
    if let Ok(id) = text.parse::<Uuid>() {
        return Ok(vec![id.to_string()]);
    }
    let (_, found) = users::store::listed(db, tenant, text, MOST_MEANT, 0).await?;
    Ok(found.into_iter().map(|listed| listed.user.id.to_string()).collect())
}

/// The events and rooms that a word of the filter means: an id of either, or a part of the title.
pub async fn meetings_meant(db: &Db, tenant: TenantId, text: &str) -> sqlx::Result<Vec<String>> {
    let pairs = store::meetings(db, tenant, text, MOST_MEANT).await?;
    let mut ids: Vec<String> = pairs.into_iter().flat_map(|(event, room)| [event, room]).collect();
    ids.extend(text.parse::<Uuid>().map(|id| id.to_string()));
    Ok(ids)
}
