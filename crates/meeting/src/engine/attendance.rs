// SPDX-License-Identifier: EUPL-1.2
//! Who was here, and from when to when, for reports. Not who is here now: that is in `people`. The one rule: a line
//! that was cut and came back in time was never away.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::ids::ParticipantId;
use crate::limits;

/// From entering to leaving.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Visit {
    pub from: Timestamp,
    /// `None`: still here.
    pub until: Option<Timestamp>,
}

/// Of everybody who is listed, the visits in order.
#[derive(Default)]
pub(crate) struct Attendance(BTreeMap<ParticipantId, Vec<Visit>>);

impl Attendance {
    pub fn came(&mut self, who: ParticipantId, from: Timestamp) {
        let visits = self.0.entry(who).or_default();
        if visits.len() < limits::VISITS {
            visits.push(Visit { from, until: None });
        } else if let Some(last) = visits.last_mut() {
            // Whoever comes and goes so often has been here all the time.
            last.until = None;
        }
    }

    pub fn left(&mut self, who: ParticipantId, until: Timestamp) {
        if let Some(last) = self.0.get_mut(&who).and_then(|visits| visits.last_mut()) {
            last.until = Some(until);
        }
    }

    pub fn of(&self, who: ParticipantId) -> &[Visit] {
        self.0.get(&who).map_or(&[], Vec::as_slice)
    }

    pub fn forget(&mut self, who: ParticipantId) {
        self.0.remove(&who);
    }
}
