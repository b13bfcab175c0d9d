// SPDX-License-Identifier: EUPL-1.2
//! Meetings as other programs' calendars know them: entries in mails, and a secret address to subscribe to. Not the
//! events themselves. An entry has the id of its event for good, so that a calendar updates it and shows it once.

pub mod http;
pub mod store;

use konvent_calendar::{Changed, Exception, Meeting, Person, Span, When};

use crate::db::{Db, millis, time};
use crate::events::instances;
use crate::ids::{EventId, TenantId};

/// Dates of series that are different, in one calendar.
pub const MOST_EXCEPTIONS: usize = 2000;
/// Those that are cancelled count for themselves: somebody who goes there in vain is worse than a title that was changed, and
/// they say nothing but their date.
const MOST_CANCELLED: usize = 20_000;
/// Bytes of descriptions in one calendar: what a few hundred meetings have, each with a long one.
const MOST_DESCRIBED: usize = 2 << 20;

/// How many bytes of descriptions a calendar still takes. Whatever comes after that is told without its description: a
/// date matters more.
pub struct Descriptions(usize);

impl Default for Descriptions {
    fn default() -> Descriptions {
        Descriptions(MOST_DESCRIBED)
    }
}

impl Descriptions {
    fn keep(&mut self, text: &mut String) {
        match self.0.checked_sub(text.len()) {
            Some(left) => self.0 = left,
            None => *text = String::new(),
        }
    }
}

/// The meeting that an event is now.
pub async fn meeting(db: &Db, tenant: TenantId, event: EventId) -> sqlx::Result<Option<Meeting>> {
    let Some(row) = store::event(db, tenant, event).await? else {
        return Ok(None);
    };
    let mut meeting = Meeting::from(row);
    if let Some(when) = meeting.when.as_mut().filter(|when| !when.rules.is_empty()) {
        let exceptions = instances::store::of_events(db, tenant, &[event]).await?;
        let (title, description) = (&meeting.title, &meeting.description);
        with_exceptions(when, title, description, exceptions, &mut Descriptions::default());
    }
    Ok(Some(meeting))
}

/// `descriptions`: for those that dates have from their series.
fn with_exceptions(
    when: &mut When,
    title: &str,
    description: &str,
    rows: Vec<instances::store::Exception>,
    descriptions: &mut Descriptions,
) {
    let zone = when.zone();
    when.exceptions = rows
        .into_iter()
        .map(|row| {
            let is_all_day = row.is_all_day.unwrap_or(when.span.is_all_day);
            // Whole days of another time zone are the same days here.
            let here = |at: i64, own: Option<&String>| match own {
                Some(name) if is_all_day && *name != when.timezone => {
                    let day = konvent_calendar::zone(name).to_datetime(time(at));
                    zone.to_ambiguous_timestamp(day).compatible().map_or(at, millis)
                }
                _ => at,
            };
            let starts_at = row
                .starts_at
                .map_or(row.instance, |at| here(at, row.starts_at_timezone.as_ref()));
            let ends_at = row.ends_at.map(|at| here(at, row.ends_at_timezone.as_ref()));
            let span = Span {
                starts_at,
                ends_at: ends_at.unwrap_or_else(|| when.span.end_from(starts_at, &zone)),
                is_all_day,
            };
            let changed = Changed {
                span,
                title: row.title.unwrap_or_else(|| title.to_owned()),
                description: row.description.unwrap_or_else(|| {
                    let mut inherited = description.to_owned();
                    descriptions.keep(&mut inherited);
                    inherited
                }),
            };
            Exception {
                instance: row.instance,
                changed: (!row.cancelled).then_some(changed),
            }
        })
        .collect();
}

impl From<store::EventRow> for Meeting {
    fn from(row: store::EventRow) -> Meeting {
        let rules = row.recurrence.lines().map(|line| line.trim().to_owned());
        let rules = rules.filter(|line| !line.is_empty()).collect();
        let when = match (row.starts_at, row.starts_at_timezone, row.ends_at) {
            (Some(starts_at), Some(timezone), Some(ends_at)) => Some(When {
                span: Span {
                    starts_at,
                    ends_at,
                    is_all_day: row.is_all_day == Some(true),
                },
                timezone,
                rules,
                ends: row.recurrence_ends,
                exceptions: Vec::new(),
            }),
            _ => None,
        };
        Meeting {
            event: row.id.0,
            room: row.room.0,
            sequence: row.sequence,
            changed_at: row.updated_at,
            title: row.title,
            description: row.description,
            organiser: Person {
                name: row.organiser_name,
                email: row.organiser_email,
            },
            has_password: row.has_password,
            when,
        }
    }
}
