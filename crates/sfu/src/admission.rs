// SPDX-License-Identifier: EUPL-1.2
//! Who may connect: the access token (JWT, HS256) and the query of a signaling request.
//!
//! Not a session: nothing here lives longer than one request. Status codes and texts are those of
//! LiveKit's server, so that its clients know which of them are final. No part of a token is logged.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::{Deserialize, Serialize};

use crate::api::{Key, Permission, Refusal, SignalPath, TrackSource};
use crate::limits;
use crate::proto::{self, ClientInfo, JoinRequest};
use crate::request::usable_description;

/// How far the clocks of token issuer and SFU may differ.
const LEEWAY_SECONDS: u64 = 60;
/// A refreshed token outlives one missed refresh.
const REFRESHED_FOR_SECONDS: u64 = 600;
/// No token that this SFU renewed is admitted for longer.
pub const RENEWED_FOR: Duration = Duration::from_secs(REFRESHED_FOR_SECONDS + LEEWAY_SECONDS);

/// The claims of LiveKit's access token that this SFU knows.
#[derive(Clone, Serialize, Deserialize)]
pub struct Claims {
    #[serde(default)]
    pub iss: String,
    #[serde(default)]
    pub sub: String,
    exp: Option<u64>,
    nbf: Option<u64>,
    /// When the token was made, in seconds since 1970; RFC 7519 allows fractions.
    iat: Option<f64>,
    #[serde(default)]
    pub name: String,
    #[serde(default)]
    pub metadata: String,
    #[serde(default)]
    pub kind: String,
    #[serde(default)]
    pub attributes: BTreeMap<String, String>,
    #[serde(default)]
    pub video: Grants,
}

/// The `video` claim: what the holder may do in which room.
#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Grants {
    pub room_join: bool,
    pub room: String,
    pub can_publish: Option<bool>,
    pub can_subscribe: Option<bool>,
    pub can_publish_data: Option<bool>,
    pub can_publish_sources: Vec<String>,
    pub can_update_own_metadata: Option<bool>,
    pub hidden: bool,
    pub recorder: bool,
    pub agent: bool,
}

impl Claims {
    /// Whether the token was made after this, in milliseconds since 1970; one that does not say when is old.
    pub fn made_after(&self, unix_ms: u64) -> bool {
        self.iat.is_some_and(|seconds| seconds * 1000.0 > unix_ms as f64 + 0.5)
    }
}

impl Grants {
    /// The permission these grants amount to; publish and subscribe are granted unless refused.
    pub fn permission(&self) -> Permission {
        let can_publish = self.can_publish.unwrap_or(true);
        Permission {
            can_subscribe: self.can_subscribe.unwrap_or(true),
            can_publish,
            can_publish_data: self.can_publish_data.unwrap_or(can_publish),
            can_publish_sources: self.can_publish_sources.iter().map(|name| source_named(name)).collect(),
            can_update_metadata: self.can_update_own_metadata.unwrap_or(false),
            hidden: self.hidden,
        }
    }

    pub fn set_permission(&mut self, permission: &Permission) {
        self.can_publish = Some(permission.can_publish);
        self.can_subscribe = Some(permission.can_subscribe);
        self.can_publish_data = Some(permission.can_publish_data);
        self.can_publish_sources = permission
            .can_publish_sources
            .iter()
            .map(|source| source_name(*source).into())
            .collect();
        self.can_update_own_metadata = Some(permission.can_update_metadata);
        self.hidden = permission.hidden;
    }
}

fn source_named(name: &str) -> TrackSource {
    match name.to_ascii_lowercase().as_str() {
        "camera" => TrackSource::Camera,
        "microphone" => TrackSource::Microphone,
        "screen_share" => TrackSource::ScreenShare,
        "screen_share_audio" => TrackSource::ScreenShareAudio,
        _ => TrackSource::Unknown,
    }
}

fn source_name(source: TrackSource) -> &'static str {
    match source {
        TrackSource::Camera => "camera",
        TrackSource::Microphone => "microphone",
        TrackSource::ScreenShare => "screen_share",
        TrackSource::ScreenShareAudio => "screen_share_audio",
        TrackSource::Unknown => "unknown",
    }
}

/// Everything a room has to know about somebody who comes in or comes back.
pub struct Joining {
    /// The checked claims, with metadata and attributes as the request changed them.
    pub claims: Claims,
    /// One peer connection for both directions.
    pub single: bool,
    /// Client, settings, first offer and tracks; of a v0 query the part that it has.
    pub request: JoinRequest,
    /// Seconds since 1970.
    pub now_unix: u64,
}

/// Checks a request; see [`crate::Sfu::admit`].
pub fn admit(
    keys: &[Key],
    path: SignalPath,
    query: &str,
    authorization: Option<&str>,
    now_unix: u64,
) -> Result<Joining, Refusal> {
    if query.len() > limits::QUERY_BYTES {
        return Err(refusal(414, "the query is too long"));
    }
    let query = parse_query(query);
    let get = |name: &str| query.get(name).map(String::as_str);
    let bearer = authorization.and_then(|value| {
        let (scheme, token) = value.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then_some(token.trim())
    });
    let Some(token) = bearer.or(get("access_token")).filter(|token| !token.is_empty()) else {
        return Err(refusal(401, "no permissions to access the room"));
    };
    let mut claims = check_token(keys, token, now_unix)?;
    if !claims.video.room_join {
        return Err(refusal(401, "no permissions to access the room"));
    }
    if claims.sub.is_empty() {
        return Err(refusal(400, "identity cannot be empty"));
    }
    if claims.sub.len() > limits::IDENTITY_BYTES || claims.video.room.len() > limits::IDENTITY_BYTES {
        return Err(refusal(400, "identity or room name is too long"));
    }
    if claims.video.room.is_empty() {
        return Err(refusal(400, "room name cannot be empty"));
    }
    let (mut request, single) = match (get("join_request"), path) {
        (Some(value), _) => match proto::read_join_request(value) {
            Some(request) => (request, true),
            None => return Err(refusal(400, "invalid join_request")),
        },
        (None, SignalPath::RtcV1) => return Err(refusal(400, "missing join_request")),
        (None, SignalPath::Rtc) => (v0_request(&query)?, false),
    };
    let too_much = |excess: limits::Excess| refusal(400, &format!("limit exceeded: {excess}"));
    limits::check_join(&request).map_err(too_much)?;
    let publisher_offer = request.publisher_offer.take().map(usable_description);
    let request = JoinRequest {
        publisher_offer,
        ..request
    };
    let changes = !request.metadata.is_empty() || !request.participant_attributes.is_empty();
    if changes && !claims.video.can_update_own_metadata.unwrap_or(false) {
        return Err(refusal(401, "no permissions to set metadata or attributes"));
    }
    if !request.metadata.is_empty() {
        claims.metadata.clone_from(&request.metadata);
    }
    let added = request.participant_attributes.iter();
    claims.attributes.extend(added.map(|(k, v)| (k.clone(), v.clone())));
    limits::attributes(claims.attributes.iter()).map_err(too_much)?;
    Ok(Joining {
        claims,
        single,
        request,
        now_unix,
    })
}

fn refusal(status: u16, body: &str) -> Refusal {
    Refusal {
        status,
        body: body.into(),
    }
}

fn check_token(keys: &[Key], token: &str, now_unix: u64) -> Result<Claims, Refusal> {
    let invalid = |why: &str| refusal(401, &format!("invalid token: {why}"));
    let header = jsonwebtoken::decode_header(token).map_err(|_| invalid("it is malformed"))?;
    if header.alg != Algorithm::HS256 {
        return Err(invalid("its algorithm is not allowed"));
    }
    // Which key to verify with stands inside the token itself; until verified it is only a name.
    let mut validation = Validation::new(Algorithm::HS256);
    validation.required_spec_claims.clear();
    validation.validate_exp = false;
    validation.validate_aud = false;
    let claims = keys
        .iter()
        .find_map(|key| {
            let secret = DecodingKey::from_secret(key.secret.as_bytes());
            let claims = jsonwebtoken::decode::<Claims>(token, &secret, &validation).ok()?.claims;
            (claims.iss == key.key).then_some(claims)
        })
        .ok_or_else(|| invalid("its signature is wrong"))?;
    match claims.exp {
        Some(exp) if exp.saturating_add(LEEWAY_SECONDS) >= now_unix => {}
        Some(_) => return Err(invalid("it has expired")),
        None => return Err(invalid("it never expires")),
    }
    if claims
        .nbf
        .is_some_and(|nbf| nbf > now_unix.saturating_add(LEEWAY_SECONDS))
    {
        return Err(invalid("it is not valid yet"));
    }
    Ok(claims)
}

/// A new token for somebody who is in the room, with what is allowed there now.
pub fn refresh(keys: &[Key], claims: &Claims, permission: &Permission, now_unix: u64) -> Option<String> {
    let key = keys.iter().find(|key| key.key == claims.iss)?;
    let mut claims = claims.clone();
    claims.nbf = None;
    claims.iat = Some(now_unix as f64);
    claims.exp = Some(now_unix + REFRESHED_FOR_SECONDS);
    claims.video.set_permission(permission);
    let secret = EncodingKey::from_secret(key.secret.as_bytes());
    jsonwebtoken::encode(&Header::new(Algorithm::HS256), &claims, &secret).ok()
}

fn v0_request(query: &BTreeMap<String, String>) -> Result<JoinRequest, Refusal> {
    let get = |name: &str| query.get(name).map(String::as_str).unwrap_or_default();
    let flag = |name: &str| matches!(get(name), "1" | "t" | "T" | "true" | "TRUE" | "True");
    let sdk = proto::client_info::Sdk::from_str_name(&get("sdk").to_ascii_uppercase());
    let read = |text: &str| {
        let json = STANDARD.decode(text).or_else(|_| URL_SAFE.decode(text)).ok()?;
        serde_json::from_slice(&json).ok()
    };
    let attributes = match get("attributes") {
        "" => Some(HashMap::new()),
        text => read(text),
    };
    let Some(attributes) = attributes else {
        return Err(refusal(400, "invalid attributes"));
    };
    Ok(JoinRequest {
        client_info: Some(ClientInfo {
            sdk: sdk.unwrap_or_default() as i32,
            version: get("version").into(),
            protocol: get("protocol").parse().unwrap_or_default(),
            browser: get("browser").into(),
            client_protocol: get("client_protocol").parse().unwrap_or_default(),
            ..Default::default()
        }),
        connection_settings: Some(proto::ConnectionSettings {
            auto_subscribe: flag("auto_subscribe"),
            adaptive_stream: flag("adaptive_stream"),
            ..Default::default()
        }),
        participant_attributes: attributes,
        reconnect: flag("reconnect"),
        participant_sid: get("sid").into(),
        ..Default::default()
    })
}

/// Splits `application/x-www-form-urlencoded`; of a repeated name the first counts.
fn parse_query(query: &str) -> BTreeMap<String, String> {
    let mut parsed = BTreeMap::new();
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        parsed.entry(unescape(name)).or_insert_with(|| unescape(value));
    }
    parsed
}

fn unescape(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, tail)) = rest.split_first() {
        let escaped = || Some(hex(*tail.first()?)? << 4 | hex(*tail.get(1)?)?);
        match first {
            b'+' => bytes.push(b' '),
            b'%' => {
                if let Some(byte) = escaped() {
                    bytes.push(byte);
                    rest = &tail[2..];
                    continue;
                }
                bytes.push(b'%');
            }
            other => bytes.push(other),
        }
        rest = tail;
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit)
        .to_digit(16)
        .and_then(|value| u8::try_from(value).ok())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const NOW: u64 = 1_800_000_000;

    fn keys() -> Vec<Key> {
        vec![Key {
            key: "k1".into(),
            secret: "s1".repeat(16),
        }]
    }

    fn token(claims: &serde_json::Value) -> String {
        let secret = EncodingKey::from_secret("s1".repeat(16).as_bytes());
        jsonwebtoken::encode(&Header::new(Algorithm::HS256), claims, &secret).expect("encodes")
    }

    fn status(claims: &serde_json::Value) -> u16 {
        let query = format!("access_token={}", token(claims));
        match admit(&keys(), SignalPath::Rtc, &query, None, NOW) {
            Ok(_) => 200,
            Err(refused) => refused.status,
        }
    }

    fn good() -> serde_json::Value {
        json!({"iss": "k1", "sub": "anna", "exp": NOW + 10, "video": {"roomJoin": true, "room": "r"}})
    }

    fn with(name: &str, value: serde_json::Value) -> serde_json::Value {
        let mut claims = good();
        claims[name] = value;
        claims
    }

    #[test]
    fn a_good_token_is_admitted_from_query_and_header() {
        assert_eq!(status(&good()), 200);
        let header = format!("Bearer {}", token(&good()));
        assert!(admit(&keys(), SignalPath::Rtc, "auto_subscribe=1", Some(&header), NOW).is_ok());
    }

    #[test]
    fn bad_tokens_are_refused_with_the_status_livekit_uses() {
        assert_eq!(status(&with("exp", json!(NOW - 61))), 401);
        assert_eq!(status(&with("exp", json!(NOW - 59))), 200);
        assert_eq!(status(&with("nbf", json!(NOW + 61))), 401);
        assert_eq!(status(&with("exp", json!(null))), 401);
        assert_eq!(status(&with("iss", json!("other"))), 401);
        assert_eq!(status(&with("sub", json!(""))), 400);
        assert_eq!(status(&with("video", json!({"room": "r"}))), 401);
        let refused = |token: &str| {
            let query = format!("access_token={token}");
            admit(&keys(), SignalPath::Rtc, &query, None, NOW)
                .err()
                .map(|refused| refused.status)
        };
        assert_eq!(refused("nonsense"), Some(401));
        assert_eq!(refused(""), Some(401));
        let none = URL_SAFE.encode(r#"{"alg":"none"}"#);
        let body = token(&good()).split('.').nth(1).expect("a body").to_owned();
        assert_eq!(refused(&format!("{none}.{body}.")), Some(401));
        let hs512 = EncodingKey::from_secret("s1".repeat(16).as_bytes());
        let token = jsonwebtoken::encode(&Header::new(Algorithm::HS512), &good(), &hs512);
        assert_eq!(refused(&token.expect("encodes")), Some(401));
    }

    #[test]
    fn attributes_that_are_too_much_or_none_or_not_granted_are_refused_by_name() {
        let refused = |may: bool, attributes: &str| {
            let video = json!({"roomJoin": true, "room": "r", "canUpdateOwnMetadata": may});
            let attributes = URL_SAFE.encode(attributes);
            let query = format!("access_token={}&attributes={attributes}", token(&with("video", video)));
            let refused = admit(&keys(), SignalPath::Rtc, &query, None, NOW).err();
            refused.map(|refused| (refused.status, refused.body.contains("attributes")))
        };
        let long = json!({"a": "x".repeat(70_000)}).to_string();
        assert_eq!(refused(true, r#"{"a": "b"}"#), None);
        assert_eq!(refused(true, &long), Some((400, true)));
        assert_eq!(refused(true, r#"{"a": 7}"#), Some((400, true)));
        assert_eq!(refused(false, r#"{"a": "b"}"#), Some((401, true)));
        assert_eq!(refused(false, "{}"), None);
    }

    #[test]
    fn the_v1_path_needs_a_join_request() {
        let query = format!("access_token={}", token(&good()));
        let refused = admit(&keys(), SignalPath::RtcV1, &query, None, NOW).err();
        assert_eq!(refused.map(|refused| refused.status), Some(400));
    }

    #[test]
    fn a_refreshed_token_carries_what_is_allowed_now() {
        let header = format!("Bearer {}", token(&good()));
        let Ok(joining) = admit(&keys(), SignalPath::Rtc, "", Some(&header), NOW) else {
            panic!("a good token is refused");
        };
        let mut permission = joining.claims.video.permission();
        permission.can_publish = false;
        let fresh = refresh(&keys(), &joining.claims, &permission, NOW + 500).expect("a token");
        let header = format!("Bearer {fresh}");
        let again = admit(&keys(), SignalPath::Rtc, "", Some(&header), NOW + 1000).ok();
        assert!(!again.expect("admitted").claims.video.permission().can_publish);
    }

    #[test]
    fn a_query_is_unescaped() {
        let query = parse_query("a=1%202&b=x+y&c&a=3&d=%zz");
        assert_eq!(query["a"], "1 2");
        assert_eq!(query["b"], "x y");
        assert_eq!(query["c"], "");
        assert_eq!(query["d"], "%zz");
    }
}
