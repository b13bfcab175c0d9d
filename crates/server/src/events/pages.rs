// SPDX-License-Identifier: EUPL-1.2
//! Pages of events and instances, by time. Where a page begins is told by what stands before it, so that nothing is lost
//! or shown twice when something is added meanwhile.

use axum::http::header;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use uuid::Uuid;

use super::store::Event;
use crate::http::failure::{Answer, Refused};
use crate::ids::EventId;

const USUAL_PAGE: i64 = 30;
const LARGEST_PAGE: i64 = 100;

/// A place in the order of time: when it begins, which event, which of its instances.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    pub at: i64,
    pub event: EventId,
    pub instance: i64,
}

impl Position {
    /// Before everything.
    pub const START: Position = Position {
        at: i64::MIN,
        event: EventId(Uuid::nil()),
        instance: i64::MIN,
    };

    pub fn of_event(event: &Event) -> Position {
        Position {
            at: event.sorts_at,
            event: event.id,
            instance: 0,
        }
    }

    fn text(self) -> String {
        URL_SAFE_NO_PAD.encode(format!("{} {} {}", self.at, self.event, self.instance))
    }

    fn parse(text: &str) -> Option<Position> {
        let decoded = String::from_utf8(URL_SAFE_NO_PAD.decode(text).ok()?).ok()?;
        let mut parts = decoded.split(' ');
        Some(Position {
            at: parts.next()?.parse().ok()?,
            event: EventId(parts.next()?.parse().ok()?),
            instance: parts.next()?.parse().ok()?,
        })
    }
}

/// Which page a request asks for.
pub struct Page {
    pub after: Option<Position>,
    size: i64,
}

impl Page {
    pub fn of(per_page: Option<i64>, after: Option<&str>) -> Answer<Page> {
        let unknown = || Refused::bad_request("The page in `after` is unknown.");
        Ok(Page {
            after: after
                .map(|text| Position::parse(text).ok_or_else(unknown))
                .transpose()?,
            size: per_page.unwrap_or(USUAL_PAGE).clamp(1, LARGEST_PAGE),
        })
    }

    /// How many to look for: one more than the page holds shows that there is another page.
    pub fn limit(&self) -> i64 {
        self.size + 1
    }

    /// Cuts what was found to the page, and tells the way to the next one.
    pub fn cut<T>(
        &self,
        found: &mut Vec<T>,
        position: impl Fn(&T) -> Position,
    ) -> Option<[(header::HeaderName, String); 1]> {
        let size = usize::try_from(self.size).unwrap_or(usize::MAX);
        let more = found.len() > size;
        found.truncate(size);
        let last = position(found.last().filter(|_| more)?).text();
        let link = format!("<?per_page={}&after={last}>; rel=\"after\"", self.size);
        Some([(header::LINK, link)])
    }
}
