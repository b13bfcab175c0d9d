// SPDX-License-Identifier: EUPL-1.2
//! Bodies, queries and path ids, read so that bad input gets the profile's refusals: malformed JSON 400 `invalid_json`,
//! unreadable ids 404. Not for who asks: that is `identity::caller`.

use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, Path, Request};
use axum::http::request::Parts;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize};
use uuid::Uuid;

use super::failure::{Failure, Refused};

pub struct Json<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Json<T> {
    type Rejection = Failure;

    async fn from_request(request: Request, state: &S) -> Result<Json<T>, Failure> {
        let is_json = request
            .headers()
            .get(header::CONTENT_TYPE)
            .and_then(|value| value.to_str().ok())
            .is_some_and(|value| {
                let kind = value.split(';').next().unwrap_or_default().trim();
                kind.eq_ignore_ascii_case("application/json") || kind.eq_ignore_ascii_case("text/json")
            });
        if !is_json {
            let text = "Send the body as application/json.";
            return Err(Refused::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "invalid_content_type", text).into());
        }
        let body = Bytes::from_request(request, state)
            .await
            .map_err(|rejection| Refused::new(rejection.status(), "bad_request", rejection.body_text()))?;
        // serde would take a list for an object whose fields come in order. No body of ours is a list.
        if body.trim_ascii_start().first() == Some(&b'[') {
            let text = "an object is expected, not a list";
            return Err(Refused::new(StatusCode::BAD_REQUEST, "invalid_json", text).into());
        }
        match serde_json::from_slice(&body) {
            Ok(value) => Ok(Json(value)),
            // The message of serde_json names the field or the place, never the contents beside it.
            Err(error) => Err(Refused::new(StatusCode::BAD_REQUEST, "invalid_json", shown(&error)).into()),
        }
    }
}

/// serde quotes values ("invalid type: string \"…\""): keep the place only.
fn shown(error: &serde_json::Error) -> String {
    let what = match error.classify() {
        serde_json::error::Category::Data => "a field is missing or of the wrong kind",
        _ => "this is not JSON",
    };
    format!("{what}, line {} column {}", error.line(), error.column())
}

impl<T: Serialize> IntoResponse for Json<T> {
    fn into_response(self) -> Response {
        axum::Json(self.0).into_response()
    }
}

pub struct Query<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Query<T> {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Query<T>, Failure> {
        axum::extract::Query::try_from_uri(&parts.uri)
            .map(|axum::extract::Query(value)| Query(value))
            .map_err(|_| Refused::bad_request("A value in the query is not valid.").into())
    }
}

/// The one id in a path. What is no id names nothing: 404.
pub struct Id<T>(pub T);

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for Id<T> {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Id<T>, Failure> {
        match Path::<T>::from_request_parts(parts, state).await {
            Ok(Path(id)) => Ok(Id(id)),
            Err(_) => Err(Refused::not_found().into()),
        }
    }
}

/// A list in a query: comma-separated, unknown words refused.
pub fn comma_list<'de, D: Deserializer<'de>, T: DeserializeOwned>(from: D) -> Result<Vec<T>, D::Error> {
    let text = String::deserialize(from)?;
    text.split(',')
        .map(str::trim)
        .filter(|part| !part.is_empty())
        .map(|part| serde_json::from_value(part.into()).map_err(serde::de::Error::custom))
        .collect()
}

/// Tells an absent field (`None`) from one set to null (`Some(None)`).
pub fn present<'de, D: Deserializer<'de>, T: Deserialize<'de>>(from: D) -> Result<Option<Option<T>>, D::Error> {
    Option::<T>::deserialize(from).map(Some)
}

/// An id in a body that must be a UUID; anything else is `None`, so that the handler can refuse it by name.
pub fn uuid(text: &str) -> Option<Uuid> {
    text.parse().ok()
}
