// SPDX-License-Identifier: EUPL-1.2
//! Streaming targets as JSON (profile §2). No `Debug`: they hold a key.

use reqwest::Url;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::store::Target;
use crate::http::failure::Invalid;
use crate::ids::StreamingTargetId;

/// Longest name, key and address, in characters.
const LONGEST_TEXT: usize = 255;
const LONGEST_ADDRESS: usize = 2048;
/// What the recorder can send to.
const SCHEMES: [&str; 6] = ["rtmp", "rtmps", "srt", "whip", "https", "http"];

#[derive(Clone, Deserialize, ToSchema)]
pub struct StreamingTarget {
    #[schema(min_length = 1, max_length = 255)]
    pub name: String,
    pub kind: StreamingKind,
    /// Where the stream is sent, e.g. `rtmps://live.example.org/app`.
    #[schema(max_length = 2048)]
    pub streaming_endpoint: String,
    #[schema(min_length = 1, max_length = 255)]
    pub streaming_key: String,
    /// Where people watch it.
    #[schema(max_length = 2048)]
    pub public_url: String,
}

#[derive(Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum StreamingKind {
    Custom,
}

#[derive(Clone, Serialize, ToSchema)]
pub struct StreamingTargetResource {
    pub id: StreamingTargetId,
    pub name: String,
    pub kind: StreamingKind,
    pub streaming_endpoint: String,
    /// Only for the room's owner.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub streaming_key: Option<String>,
    pub public_url: String,
}

/// Absent fields stay.
#[derive(Deserialize, ToSchema)]
pub struct PatchStreamingTarget {
    pub name: Option<String>,
    pub kind: Option<PatchKind>,
}

/// `{"kind": "custom", …}`, as the profile nests it.
#[derive(Deserialize, ToSchema)]
pub struct PatchKind {
    pub kind: StreamingKind,
    pub streaming_endpoint: Option<String>,
    pub streaming_key: Option<String>,
    pub public_url: Option<String>,
}

/// What everybody in the meeting may know of a stream.
#[derive(Clone, Serialize, ToSchema)]
pub struct StreamingLink {
    pub name: String,
    pub url: String,
}

impl StreamingTarget {
    pub fn check(&self, field: &str, errors: &mut Vec<Invalid>) {
        let text = |text: &str| !text.trim().is_empty() && text.chars().count() <= LONGEST_TEXT;
        if !text(&self.name) || !text(&self.streaming_key) {
            let message = format!("Name and key have 1 to {LONGEST_TEXT} characters.");
            errors.push(Invalid::new(field, "invalid_length", message));
        } else {
            errors.extend(Invalid::name(field, &self.name));
        }
        let address = |address: &str, schemes: &[&str]| {
            address.len() <= LONGEST_ADDRESS
                && Url::parse(address).is_ok_and(|url| schemes.contains(&url.scheme()) && url.has_host())
        };
        if !address(&self.streaming_endpoint, &SCHEMES) || !address(&self.public_url, &["https", "http"]) {
            let message = "streaming_endpoint is an address such as rtmps://…, public_url one such as https://…";
            errors.push(Invalid::new(field, "invalid_url", message));
        }
    }
}

impl StreamingTargetResource {
    pub fn new(target: Target, is_owner: bool) -> StreamingTargetResource {
        StreamingTargetResource {
            id: target.id,
            name: target.name,
            kind: StreamingKind::Custom,
            streaming_endpoint: target.streaming_endpoint,
            streaming_key: Some(target.streaming_key).filter(|_| is_owner),
            public_url: target.public_url,
        }
    }
}
