// SPDX-License-Identifier: EUPL-1.2
//! Where the meetings of a room are streamed to. Not the streaming itself. The key of a streaming platform is a secret:
//! only the room's owner reads it again.

pub mod http;
pub mod store;
pub mod wire;

use crate::http::failure::Answer;
use crate::http::failure::Refused;
use wire::StreamingTarget;

/// Most targets of one room.
pub const MOST_TARGETS: usize = 16;

/// Refuses what cannot be streamed to, naming `field`.
pub fn check(targets: &[StreamingTarget], field: &str, errors: &mut Vec<crate::http::failure::Invalid>) {
    use crate::http::failure::Invalid;
    if targets.len() > MOST_TARGETS {
        errors.push(Invalid::new(
            field,
            "too_many",
            format!("At most {MOST_TARGETS} targets."),
        ));
    }
    for target in targets {
        target.check(field, errors);
    }
}

pub(crate) fn refuse_if(errors: Vec<crate::http::failure::Invalid>) -> Answer<()> {
    if errors.is_empty() {
        Ok(())
    } else {
        Err(Refused::validation(errors).into())
    }
}
