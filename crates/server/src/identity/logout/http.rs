// SPDX-License-Identifier: EUPL-1.2
//! Back-channel logout: a foreign provider tells that a login of one of its people has ended (OpenID Connect Back-Channel
//! Logout 1.0). From then on the access tokens of that login are refused. Not the logout of a browser, and nobody is sent
//! out of a running meeting. A logout token that comes twice does nothing new: it counts as of when it was issued.

use axum::Form;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::json;

use super::{of_person, of_session, store};
use crate::app::App;
use crate::clock;
use crate::http::failure::{Answer, Failure, Refused};
use crate::identity::{foreign, jwt};

/// What a logout token says it is.
const EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";
/// Older providers set no end: theirs count for so long.
const LONGEST_SECS: u64 = 5 * 60;

/// No `Debug`: a token.
#[derive(Deserialize, utoipa::ToSchema)]
pub struct Logout {
    /// Signed by the provider (section 2.4).
    logout_token: String,
}

#[derive(Deserialize)]
struct Claims {
    aud: jwt::Audience,
    sub: Option<String>,
    sid: Option<String>,
    iat: u64,
    exp: Option<u64>,
    nonce: Option<serde_json::Value>,
    events: serde_json::Map<String, serde_json::Value>,
}

/// Ends a login, or all logins of a person, at the word of their OpenID provider.
#[utoipa::path(post, path = "/auth/logout", tag = "auth",
    request_body(content = Logout, content_type = "application/x-www-form-urlencoded"),
    responses((status = 200, description = "Ended"), (status = 400, description = "No valid logout token: `error`, `error_description`")))]
pub async fn logout(
    State(app): State<App>,
    form: Result<Form<Logout>, axum::extract::rejection::FormRejection>,
) -> Response {
    let no_store = [(header::CACHE_CONTROL, "no-store")];
    let ended = match form {
        Ok(Form(Logout { logout_token })) => end(&app, &logout_token).await,
        Err(_) => Err(Refused::invalid_token("logout_token is missing").into()),
    };
    match ended {
        Ok(()) => (no_store, StatusCode::OK).into_response(),
        Err(Failure::Refused(refused)) if refused.status == StatusCode::UNAUTHORIZED => {
            tracing::warn!("a logout of the OpenID provider was refused");
            let body = json!({"error": "invalid_request", "error_description": "This is no valid logout token for this server."});
            (StatusCode::BAD_REQUEST, no_store, axum::Json(body)).into_response()
        }
        Err(failure) => failure.into_response(),
    }
}

async fn end(app: &App, token: &str) -> Answer<()> {
    let (issuer, claims) = foreign::logout_token(&app.identity, token, |claims: &Claims| &claims.aud).await?;
    let now = clock::unix();
    let problem = if !claims.events.get(EVENT).is_some_and(serde_json::Value::is_object) {
        Some("not a logout token")
    } else if claims.nonce.is_some() {
        Some("a nonce")
    } else if claims.iat > now + jwt::LEEWAY_SECS {
        Some("not issued yet")
    } else if claims.exp.is_none() && claims.iat + LONGEST_SECS + jwt::LEEWAY_SECS < now {
        Some("too old")
    } else {
        None
    };
    if let Some(problem) = problem {
        return Err(Refused::invalid_token(problem).into());
    }
    // With a session id only that login has ended, whoever it belongs to.
    let login = match (&claims.sid, &claims.sub) {
        (Some(sid), _) => of_session(&issuer, sid),
        (None, Some(sub)) => of_person(&issuer, sub),
        (None, None) => return Err(Refused::invalid_token("neither sub nor sid").into()),
    };
    store::add(&app.db, &login, i64::try_from(claims.iat).unwrap_or(i64::MAX)).await?;
    tracing::info!("a login has ended at its OpenID provider");
    Ok(())
}
