// SPDX-License-Identifier: EUPL-1.2
//! Frames on the wire: the envelope of the OpenTalk profile §4.1, read once and written once. What a payload means is
//! in the features. The one rule: whatever a client sends, the answer is a frame and the connection lives.

use std::fmt::Write as _;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::json;
use serde_json::value::RawValue;

use crate::features::{Command, NotACommand};
use crate::ports::{ClientCommand, Frame};

#[derive(Deserialize)]
struct Envelope<'a> {
    namespace: String,
    #[serde(borrow)]
    payload: &'a RawValue,
    transaction_id: Option<u64>,
}

/// Reads a client's frame. `Err` holds the error frame to send back; it never ends the connection.
pub fn parse(frame: &str, now: Timestamp) -> Result<ClientCommand, Frame> {
    let envelope: Envelope = serde_json::from_str(frame).map_err(|error| invalid_json(now, &error, None))?;
    let transaction = envelope.transaction_id;
    match Command::parse(&envelope.namespace, envelope.payload) {
        Ok(command) => Ok(ClientCommand {
            frame: frame.into(),
            transaction,
            command,
        }),
        Err(NotACommand::Payload(error)) => Err(invalid_json(now, &error, transaction)),
        Err(NotACommand::Namespace) => {
            // Cut, so that nobody has kilobytes sent back to them.
            let namespace: String = envelope.namespace.chars().take(64).collect();
            let payload = json!({ "error": "unknown_namespace", "invalid_namespace": namespace });
            Err(encode("error", now, &payload, transaction))
        }
    }
}

fn invalid_json(now: Timestamp, error: &serde_json::Error, transaction: Option<u64>) -> Frame {
    let place = format!(
        "{:?} error at line {} column {}",
        error.classify(),
        error.line(),
        error.column()
    );
    encode(
        "error",
        now,
        &json!({ "error": "invalid_json", "message": place }),
        transaction,
    )
}

/// Told to a client whose commands come too fast; they are delayed, not lost.
pub fn slow_down(now: Timestamp) -> Frame {
    encode("error", now, &json!({ "error": "slow_down" }), None)
}

/// Told to a client when something went wrong that it cannot help.
pub fn internal_error(now: Timestamp) -> Frame {
    encode("error", now, &json!({ "error": "internal" }), None)
}

/// One frame of the server, encoded for all who get it.
pub(crate) fn encode(namespace: &str, now: Timestamp, payload: &impl Serialize, transaction: Option<u64>) -> Frame {
    let payload = serde_json::to_string(payload).expect("payloads have text keys and no failing parts");
    envelope(namespace, now, &payload, transaction)
}

pub(crate) fn envelope(namespace: &str, now: Timestamp, payload: &str, transaction: Option<u64>) -> Frame {
    let mut text = String::with_capacity(payload.len() + 96);
    write!(
        text,
        r#"{{"namespace":"{namespace}","timestamp":"{now}","payload":{payload}"#
    )
    .expect("a String takes all");
    if let Some(transaction) = transaction {
        write!(text, r#","transaction_id":{transaction}"#).expect("a String takes all");
    }
    text.push('}');
    text.into()
}
