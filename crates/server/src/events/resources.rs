// SPDX-License-Identifier: EUPL-1.2
//! Stored events as the JSON one person sees, many at a time: whatever the number of events, one query for each kind of
//! thing around them. Not which events: that is in `http` and `instances`.

use std::collections::HashMap;

use jiff::Timestamp;

use super::instances::store::Exception;
use super::invites;
use super::store::{Event, Seen};
use super::when::{Instances, zoned};
use super::wire::{
    DateTimeTz, EventException, EventInstance, EventInvitee, EventResource, EventRoom, EventStatus, EventType,
    InviteStatus, InviteeProfile, TrainingReport,
};
use crate::config::Config;
use crate::db::{Db, millis, time};
use crate::http::failure::Answer;
use crate::http::origin::Origin;
use crate::ids::{EventId, RoomId, TenantId, UserId};
use crate::rooms::GuestAccess;
use crate::rooms::sip::{self, CallIn};
use crate::rooms::streaming::{self, wire::StreamingTargetResource};
use crate::users::profile::PublicUserProfile;
use crate::users::{self, User};

/// Most invited people an event lists.
const MOST_INVITEES: i64 = 1000;

/// What surrounds a number of events: people, invitations, streaming targets.
pub struct Surroundings {
    origin: Origin,
    user: UserId,
    people: HashMap<UserId, PublicUserProfile>,
    invitees: HashMap<EventId, Vec<EventInvitee>>,
    most_invitees: usize,
    targets: HashMap<RoomId, Vec<streaming::store::Target>>,
    call_in: HashMap<RoomId, CallIn>,
}

impl Surroundings {
    /// `exceptions`: only those whose authors will be shown.
    pub async fn of(
        db: &Db,
        config: &Config,
        user: &User,
        origin: &Origin,
        events: &[Event],
        exceptions: &[Exception],
        invitees_max: i64,
    ) -> Answer<Surroundings> {
        let most = invitees_max.clamp(0, MOST_INVITEES);
        let ids: Vec<EventId> = events.iter().map(|event| event.id).collect();
        let rooms: Vec<RoomId> = events.iter().map(|event| event.room).collect();
        let authors = events.iter().flat_map(|event| [event.created_by, event.updated_by]);
        let changed_by = exceptions
            .iter()
            .flat_map(|exception| [exception.created_by, exception.updated_by]);
        let authors: Vec<UserId> = authors.chain(changed_by).collect();
        // One more than asked for tells whether there are more.
        let (people, invitees) = invited(db, user.tenant, origin, &ids, most + 1, authors).await?;
        let mut targets: HashMap<RoomId, Vec<_>> = HashMap::new();
        for target in streaming::store::of_rooms(db, user.tenant, &rooms).await? {
            targets.entry(target.room).or_default().push(target);
        }
        Ok(Surroundings {
            call_in: sip::call_in(db, config, user.tenant, &rooms).await?,
            origin: origin.clone(),
            user: user.id,
            people,
            invitees,
            most_invitees: usize::try_from(most).unwrap_or(0),
            targets,
        })
    }

    pub fn event(&self, seen: Seen) -> EventResource {
        let Seen {
            event,
            invite_status,
            is_favorite,
        } = seen;
        let (invitees, invitees_truncated) = self.invitees(event.id);
        let is_owner = event.created_by == self.user;
        let targets = self.targets.get(&event.room).into_iter().flatten();
        EventResource {
            created_by: self.person(event.created_by),
            created_at: time(event.created_at),
            updated_by: self.person(event.updated_by),
            updated_at: time(event.updated_at),
            room: self.room(&event),
            invitees_truncated,
            invitees,
            is_adhoc: event.is_adhoc,
            is_time_independent: event.starts_at.is_none(),
            is_all_day: event.is_all_day,
            starts_at: zoned(event.starts_at, event.starts_at_timezone.as_ref()),
            ends_at: zoned(event.ends_at, event.ends_at_timezone.as_ref()),
            recurrence_pattern: event.recurrence.lines().map(str::to_owned).collect(),
            r#type: if event.recurrence.is_empty() {
                EventType::Single
            } else {
                EventType::Recurring
            },
            invite_status: InviteStatus::stored(&invite_status),
            is_favorite,
            can_edit: is_owner,
            streaming_targets: targets
                .map(|target| StreamingTargetResource::new(target.clone(), is_owner))
                .collect(),
            show_meeting_details: event.show_meeting_details,
            training_participation_report: training_report(&event),
            id: event.id,
            title: event.title,
            description: event.description,
        }
    }

    /// The date of a series that begins by its rules at `start`.
    pub fn instance(
        &self,
        seen: &Seen,
        instances: &Instances,
        start: Timestamp,
        exception: Option<&Exception>,
    ) -> EventInstance {
        let event = &seen.event;
        let (invitees, invitees_truncated) = self.invitees(event.id);
        let (starts_at, ends_at) = times(event, instances, start, exception);
        let changed = exception.map(|exception| (exception.updated_by, exception.updated_at));
        let (updated_by, updated_at) = changed.unwrap_or((event.updated_by, event.updated_at));
        let text = |changed: Option<&String>, own: &str| changed.map_or(own, String::as_str).to_owned();
        EventInstance {
            id: format!("{}_{}", event.id, instance_id(start)),
            recurring_event_id: event.id,
            instance_id: instance_id(start),
            created_by: self.person(event.created_by),
            created_at: time(event.created_at),
            updated_by: self.person(updated_by),
            updated_at: time(updated_at),
            title: text(exception.and_then(|exception| exception.title.as_ref()), &event.title),
            description: text(
                exception.and_then(|exception| exception.description.as_ref()),
                &event.description,
            ),
            room: self.room(event),
            invitees_truncated,
            invitees,
            is_all_day: exception
                .and_then(|exception| exception.is_all_day)
                .or(event.is_all_day)
                == Some(true),
            starts_at,
            ends_at,
            r#type: EventType::Instance,
            status: status(exception),
            invite_status: InviteStatus::stored(&seen.invite_status),
            is_favorite: seen.is_favorite,
            can_edit: event.created_by == self.user,
            training_participation_report: training_report(event),
        }
    }

    pub fn exception(&self, event: &Event, exception: Exception) -> EventException {
        let start = time(exception.instance);
        EventException {
            id: format!("{}_{}", event.id, instance_id(start)),
            recurring_event_id: event.id,
            instance_id: instance_id(start),
            created_by: self.person(exception.created_by),
            created_at: time(exception.created_at),
            updated_by: self.person(exception.updated_by),
            updated_at: time(exception.updated_at),
            status: status(Some(&exception)),
            is_all_day: exception.is_all_day,
            starts_at: zoned(exception.starts_at, exception.starts_at_timezone.as_ref()),
            ends_at: zoned(exception.ends_at, exception.ends_at_timezone.as_ref()),
            title: exception.title,
            description: exception.description,
            original_starts_at: DateTimeTz {
                datetime: start,
                timezone: event.starts_at_timezone.clone().unwrap_or_default(),
            },
            r#type: EventType::Exception,
            can_edit: event.created_by == self.user,
        }
    }

    fn invitees(&self, event: EventId) -> (Vec<EventInvitee>, bool) {
        let all = self.invitees.get(&event).map(Vec::as_slice).unwrap_or_default();
        let some = &all[..all.len().min(self.most_invitees)];
        (some.to_vec(), some.len() < all.len())
    }

    fn room(&self, event: &Event) -> EventRoom {
        EventRoom {
            id: event.room,
            waiting_room: event.waiting_room,
            guest_access: GuestAccess::stored(&event.guest_access),
            e2e_encryption: event.e2e_encryption,
            call_in: self.call_in.get(&event.room).cloned(),
            password: event.password.clone().filter(|_| event.created_by == self.user),
        }
    }

    /// Foreign keys keep the authors of events: they are always found.
    fn person(&self, id: UserId) -> PublicUserProfile {
        self.people
            .get(&id)
            .cloned()
            .unwrap_or_else(|| PublicUserProfile::unknown(id, &self.origin))
    }
}

/// The profiles of `also` and of everybody invited, and the invited people of each event: colleagues first.
async fn invited(
    db: &Db,
    tenant: TenantId,
    origin: &Origin,
    events: &[EventId],
    most: i64,
    also: Vec<UserId>,
) -> Answer<(HashMap<UserId, PublicUserProfile>, HashMap<EventId, Vec<EventInvitee>>)> {
    let colleagues = invites::store::people(db, tenant, events, most).await?;
    let emails = invites::store::emails(db, tenant, events, most).await?;
    let mut ids: Vec<UserId> = also;
    ids.extend(colleagues.iter().map(|person| person.invitee));
    ids.sort();
    ids.dedup();
    let people: HashMap<UserId, PublicUserProfile> = users::store::by_ids(db, tenant, &ids)
        .await?
        .into_iter()
        .map(|user| (user.id, PublicUserProfile::of(user, origin)))
        .collect();
    let mut invitees: HashMap<EventId, Vec<EventInvitee>> = HashMap::new();
    for person in colleagues {
        let Some(profile) = people.get(&person.invitee) else {
            continue;
        };
        invitees.entry(person.event).or_default().push(EventInvitee {
            profile: InviteeProfile::Registered {
                profile: profile.clone(),
                role: person.role,
            },
            status: InviteStatus::stored(&person.status),
        });
    }
    for guest in emails {
        invitees.entry(guest.event).or_default().push(EventInvitee {
            status: InviteStatus::stored(&guest.status),
            profile: InviteeProfile::of_guest(guest, origin),
        });
    }
    Ok((people, invitees))
}

/// Everybody invited to one event.
pub async fn invitees(db: &Db, tenant: TenantId, origin: &Origin, event: EventId) -> Answer<Vec<EventInvitee>> {
    let (_, mut invitees) = invited(db, tenant, origin, &[event], i64::MAX, Vec::new()).await?;
    Ok(invitees.remove(&event).unwrap_or_default())
}

/// One event.
pub async fn one(
    db: &Db,
    config: &Config,
    user: &User,
    origin: &Origin,
    seen: Seen,
    invitees_max: i64,
) -> Answer<EventResource> {
    let event = std::slice::from_ref(&seen.event);
    let surroundings = Surroundings::of(db, config, user, origin, event, &[], invitees_max).await?;
    Ok(surroundings.event(seen))
}

/// When a date of a series begins and ends, its exception considered.
pub fn times(
    event: &Event,
    instances: &Instances,
    start: Timestamp,
    exception: Option<&Exception>,
) -> (DateTimeTz, DateTimeTz) {
    let changed_start =
        exception.and_then(|exception| zoned(exception.starts_at, exception.starts_at_timezone.as_ref()));
    let changed_end = exception.and_then(|exception| zoned(exception.ends_at, exception.ends_at_timezone.as_ref()));
    let starts_at = changed_start.unwrap_or_else(|| DateTimeTz {
        datetime: start,
        timezone: event.starts_at_timezone.clone().unwrap_or_default(),
    });
    let ends_at = changed_end.unwrap_or_else(|| DateTimeTz {
        datetime: instances.end(starts_at.datetime),
        timezone: event.ends_at_timezone.clone().unwrap_or_default(),
    });
    (starts_at, ends_at)
}

/// `20260105T090000Z`.
pub fn instance_id(start: Timestamp) -> String {
    start.strftime("%Y%m%dT%H%M%SZ").to_string()
}

/// The start that an instance id names.
pub fn parse_instance_id(text: &str) -> Option<i64> {
    let local = jiff::civil::DateTime::strptime("%Y%m%dT%H%M%SZ", text).ok()?;
    let start = jiff::tz::TimeZone::UTC.to_timestamp(local).ok()?;
    Some(millis(start)).filter(|_| instance_id(start) == text)
}

fn status(exception: Option<&Exception>) -> EventStatus {
    match exception {
        Some(exception) if exception.cancelled => EventStatus::Cancelled,
        _ => EventStatus::Ok,
    }
}

fn training_report(event: &Event) -> Option<TrainingReport> {
    serde_json::from_str(event.training_report.as_deref()?).ok()
}
