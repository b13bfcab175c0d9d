// SPDX-License-Identifier: EUPL-1.2
//! Frames on the wire: the envelope of the OpenTalk profile §4.1, read once and written once. What a payload means is
//! in the features. The one rule: whatever a client sends, the answer is a frame and the connection lives.

use std::io::Write as _;

use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::RawValue;
use utoipa::ToSchema;

use crate::features::{Command, NotACommand};
use crate::ports::{ClientCommand, Frame};

/// What the server says in one namespace. Nothing else can be sent.
pub(crate) trait Event: Serialize + ToSchema {
    const NAMESPACE: &'static str;
    /// About how many bytes it takes, so that a large frame is written once and not moved as it grows.
    fn size(&self) -> usize {
        256
    }
}

/// Where a module has nothing of this kind.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) enum Nothing {}

/// What is wrong with a frame, whatever module it was for.
#[derive(Serialize, ToSchema)]
#[serde(tag = "error", rename_all = "snake_case")]
pub(crate) enum FrameError {
    /// No command: not JSON, no envelope, or not the payload of a command.
    InvalidJson {
        /// Where it stopped making sense.
        message: String,
    },
    /// There is no such module, or the tariff of this meeting does not have it.
    UnknownNamespace {
        /// As it was sent, cut to 64 characters.
        invalid_namespace: String,
    },
    /// Not while waiting.
    NotSupported,
    /// Commands come too fast; they are delayed, not lost.
    SlowDown,
    /// What has to be on record cannot be written at the moment; nothing of it has happened.
    NotRecorded,
    /// Something went wrong that the client cannot help.
    Internal,
}

impl Event for FrameError {
    const NAMESPACE: &'static str = "error";
}

#[derive(Serialize, Deserialize)]
struct Envelope<N, P> {
    namespace: N,
    payload: P,
    #[serde(skip_serializing_if = "Option::is_none")]
    transaction_id: Option<u64>,
}

/// As a client sends it.
type Sent<'a> = Envelope<String, &'a RawValue>;

impl Sent<'_> {
    fn command(&self) -> Result<ClientCommand, NotACommand> {
        Ok(ClientCommand {
            transaction: self.transaction_id,
            command: Command::parse(&self.namespace, self.payload)?,
        })
    }
}

impl Serialize for ClientCommand {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let envelope = Envelope {
            namespace: self.command.namespace(),
            payload: &self.command,
            transaction_id: self.transaction,
        };
        envelope.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for ClientCommand {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<ClientCommand, D::Error> {
        let known = Sent::deserialize(deserializer)?.command();
        known.map_err(|_| serde::de::Error::custom("no command of this version"))
    }
}

/// Reads a client's frame. `Err` holds the error frame to send back; it never ends the connection.
pub fn parse(frame: &str, now: Timestamp) -> Result<ClientCommand, Frame> {
    let envelope: Sent<'_> = serde_json::from_str(frame).map_err(|error| invalid_json(now, &error, None))?;
    let transaction = envelope.transaction_id;
    match envelope.command() {
        Ok(command) => Ok(command),
        Err(NotACommand::Payload(error)) => Err(invalid_json(now, &error, transaction)),
        Err(NotACommand::Namespace) => {
            // Cut, so that nobody has kilobytes sent back to them.
            let invalid_namespace = envelope.namespace.chars().take(64).collect();
            Err(encode(
                now,
                &FrameError::UnknownNamespace { invalid_namespace },
                transaction,
            ))
        }
    }
}

fn invalid_json(now: Timestamp, error: &serde_json::Error, transaction: Option<u64>) -> Frame {
    let message = format!(
        "{:?} error at line {} column {}",
        error.classify(),
        error.line(),
        error.column()
    );
    encode(now, &FrameError::InvalidJson { message }, transaction)
}

/// Told to a client whose commands come too fast; they are delayed, not lost.
pub fn slow_down(now: Timestamp) -> Frame {
    encode(now, &FrameError::SlowDown, None)
}

/// Told to a client when something went wrong that it cannot help.
pub fn internal_error(now: Timestamp) -> Frame {
    encode(now, &FrameError::Internal, None)
}

/// Told to a client whose command has to be on record and cannot be.
pub fn not_recorded(command: &ClientCommand, now: Timestamp) -> Frame {
    encode(now, &FrameError::NotRecorded, command.transaction)
}

/// One frame of the server, encoded for all who get it.
pub(crate) fn encode<E: Event>(now: Timestamp, event: &E, transaction: Option<u64>) -> Frame {
    envelope(E::NAMESPACE, now, event, event.size(), transaction)
}

/// The refusal of a command, in the namespace of its module.
pub(crate) fn refusal(namespace: &str, now: Timestamp, refusal: &RawValue, transaction: Option<u64>) -> Frame {
    envelope(namespace, now, refusal, refusal.get().len(), transaction)
}

fn envelope(
    namespace: &str,
    now: Timestamp,
    payload: &(impl Serialize + ?Sized),
    size: usize,
    transaction: Option<u64>,
) -> Frame {
    let mut text = Vec::with_capacity(128 + size);
    write!(text, r#"{{"namespace":"{namespace}","timestamp":"{now}","payload":"#).expect("a Vec takes all");
    serde_json::to_writer(&mut text, payload).expect("payloads have text keys and no failing parts");
    if let Some(transaction) = transaction {
        write!(text, r#","transaction_id":{transaction}"#).expect("a Vec takes all");
    }
    text.push(b'}');
    String::from_utf8(text).expect("JSON is UTF-8").into()
}
