// SPDX-License-Identifier: EUPL-1.2
//! How many mails to addresses outside a person may cause: a bucket that fills over an hour. In memory and bounded; not for
//! mails to people with an account, who can be found and asked. Nobody is told of a meeting to be cancelled any later for it:
//! only invitations and changes are counted.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use jiff::Timestamp;

use crate::clock;
use crate::db::millis;
use crate::http::failure::Refused;
use crate::ids::UserId;

const HOUR: i64 = 60 * 60 * 1000;

/// When each person's bucket is full again, in milliseconds since 1970.
#[derive(Default)]
pub struct Allowance(Mutex<HashMap<UserId, i64>>);

impl Allowance {
    /// Takes a number of mails for a person, all or none. 0 as `per_hour`: no limit.
    pub fn take(&self, person: UserId, mails: usize, per_hour: u32) -> Result<(), Refused> {
        self.take_at(person, mails, per_hour, clock::now()).map_err(|secs| {
            let text =
                "These are more mails to people from outside than one person may cause in an hour. Try again later.";
            Refused::too_many("too_many_mails", text, secs)
        })
    }

    /// `Err`: seconds to wait.
    fn take_at(&self, person: UserId, mails: usize, per_hour: u32, now: Timestamp) -> Result<(), i64> {
        if per_hour == 0 || mails == 0 {
            return Ok(());
        }
        let now = millis(now);
        // A meeting with more guests than the allowance can be changed by who has not used any of it.
        let cost = (i64::try_from(mails).unwrap_or(HOUR).min(HOUR) * HOUR / i64::from(per_hour)).min(2 * HOUR);
        let mut people = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // Who may do everything again needs no entry: there are as many as people who invited within two hours.
        people.retain(|_, full_at| *full_at > now);
        let used = people.get(&person).map_or(0, |full_at| full_at - now);
        if used > 0 && used + cost > HOUR {
            let wait = used + cost.min(HOUR) - HOUR;
            return Err((wait + 999) / 1000);
        }
        people.insert(person, now + used + cost);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use super::*;

    #[test]
    fn who_has_used_up_their_mails_has_them_again_within_an_hour_and_others_have_their_own() {
        let allowance = Allowance::default();
        let [anna, bo] = [UserId(clock::id()), UserId(clock::id())];
        let start: Timestamp = "2030-05-01T10:00:00Z".parse().unwrap();
        let at = |minutes| start + SignedDuration::from_mins(minutes);
        for _ in 0..60 {
            assert_eq!(allowance.take_at(anna, 1, 60, start), Ok(()));
        }
        assert_eq!(allowance.take_at(anna, 1, 60, start), Err(60));
        assert_eq!(allowance.take_at(bo, 60, 60, start), Ok(()));
        assert_eq!(allowance.take_at(anna, 1, 60, at(2)), Ok(()));
        assert_eq!(allowance.take_at(anna, 30, 60, at(2)), Err(29 * 60));
        assert_eq!(allowance.take_at(anna, 30, 60, at(31)), Ok(()));
        assert_eq!(allowance.take_at(bo, 500, 60, at(60)), Ok(()), "a large meeting");
        assert_eq!(allowance.take_at(bo, 1, 60, at(61)), Err(60 * 60));
        assert_eq!(allowance.take_at(anna, 1, 0, at(31)), Ok(()), "no limit");
    }
}
