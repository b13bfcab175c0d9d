// SPDX-License-Identifier: EUPL-1.2
//! The authorization endpoint: checks the request, then answers with a code at once (there is a login cookie) or sends
//! the browser to the login page. Not the login itself. Until client and redirect address are known to be ours, nothing
//! is redirected.

use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use jiff::SignedDuration;
use reqwest::Url;
use serde::Deserialize;

use super::{keys, session};
use crate::app::App;
use crate::change::Change;
use crate::clock::{self, hashed};
use crate::config::Config;
use crate::db::millis;
use crate::http::failure::Answer;
use crate::http::origin::Origin;
use crate::identity::provider::store::{self, Session};
use crate::identity::provider::{CODE_SECS, GRANT_SECS, LOGIN_PAGE_SECS, LoginRequest};

#[derive(Deserialize)]
pub struct Parameters {
    client_id: Option<String>,
    redirect_uri: Option<String>,
    response_type: Option<String>,
    response_mode: Option<String>,
    scope: Option<String>,
    state: Option<String>,
    nonce: Option<String>,
    code_challenge: Option<String>,
    code_challenge_method: Option<String>,
    prompt: Option<String>,
    max_age: Option<i64>,
}

/// The `typ` of a signed [`LoginRequest`].
pub const LOGIN_REQUEST: &str = "login-request+jwt";

pub async fn authorize(
    State(app): State<App>,
    origin: Origin,
    headers: HeaderMap,
    Query(asked): Query<Parameters>,
) -> Answer<Response> {
    let keys = keys(&app)?;
    let redirect_uri = asked.redirect_uri.clone().unwrap_or_default();
    if asked.client_id.as_deref() != Some(&app.config.identity.client_id)
        || !is_ours(&app.config, &origin, &redirect_uri)
    {
        return Ok(refusal_page(&headers));
    }
    let request = match checked(&asked, &origin, redirect_uri) {
        Ok(request) => request,
        Err((error, redirect_uri)) => {
            return Ok(back(
                &redirect_uri,
                &origin,
                asked.state.as_deref(),
                &[("error", error)],
            ));
        }
    };
    let prompts: Vec<&str> = asked.prompt.as_deref().unwrap_or_default().split_whitespace().collect();
    let session = if prompts.contains(&"login") || prompts.contains(&"select_account") {
        None
    } else {
        session::find(&app, &origin, &headers).await?
    };
    let session = session.filter(|session| {
        let age = clock::now().as_second() - crate::db::time(session.authenticated_at).as_second();
        asked.max_age.is_none_or(|most| age <= most)
    });
    match session {
        Some(session) => {
            let mut change = Change::begin(&app.db, session.tenant).await?;
            let to = grant(&mut change, &request, &session).await?;
            change.commit().await?;
            Ok(Redirect::to(&to).into_response())
        }
        None if prompts.contains(&"none") => {
            let error = [("error", "login_required")];
            Ok(back(&request.redirect_uri, &origin, request.state.as_deref(), &error))
        }
        None => {
            let token = keys.sign(LOGIN_REQUEST, &request)?;
            Ok(Redirect::to(&format!("/login?request={token}")).into_response())
        }
    }
}

fn is_ours(config: &Config, origin: &Origin, redirect_uri: &str) -> bool {
    let mut pages = ["/auth/callback", "/auth/popup_callback"].into_iter();
    pages.any(|page| {
        let from = redirect_uri.strip_suffix(page);
        from.is_some_and(|from| origin.serves(config, from))
    })
}

fn checked(asked: &Parameters, origin: &Origin, redirect_uri: String) -> Result<LoginRequest, (&'static str, String)> {
    let scope = asked.scope.clone().unwrap_or_default();
    let challenge = asked.code_challenge.clone().unwrap_or_default();
    let error = if asked.response_type.as_deref() != Some("code") {
        Some("unsupported_response_type")
    } else if !scope.split_whitespace().any(|word| word == "openid") {
        Some("invalid_scope")
    } else if asked.code_challenge_method.as_deref() != Some("S256")
        || challenge.len() != 43
        || asked.response_mode.as_deref().is_some_and(|mode| mode != "query")
    {
        Some("invalid_request")
    } else {
        None
    };
    if let Some(error) = error {
        return Err((error, redirect_uri));
    }
    Ok(LoginRequest {
        iss: format!("{}/identity", origin.as_str()),
        exp: clock::unix() + LOGIN_PAGE_SECS,
        client_id: asked.client_id.clone().unwrap_or_default(),
        redirect_uri,
        scope,
        state: asked.state.clone(),
        nonce: asked.nonce.clone(),
        code_challenge: challenge,
    })
}

/// Stores the authorization and gives the address to go back to, with its code.
pub async fn grant(change: &mut Change, request: &LoginRequest, session: &Session) -> anyhow::Result<String> {
    let code = clock::secret();
    let now = clock::now();
    let grant = store::NewGrant {
        id: clock::token().to_string(),
        session,
        request,
        code_hash: hashed(&code),
        code_expires_at: millis(now + SignedDuration::from_secs(CODE_SECS)),
        expires_at: millis(now + SignedDuration::from_secs(GRANT_SECS)),
    };
    store::add_grant(change, &grant).await?;
    Ok(address(
        &request.redirect_uri,
        &request.iss,
        request.state.as_deref(),
        &[("code", &code)],
    ))
}

fn back(redirect_uri: &str, origin: &Origin, state: Option<&str>, pairs: &[(&str, &str)]) -> Response {
    let issuer = format!("{}/identity", origin.as_str());
    Redirect::to(&address(redirect_uri, &issuer, state, pairs)).into_response()
}

fn address(redirect_uri: &str, issuer: &str, state: Option<&str>, pairs: &[(&str, &str)]) -> String {
    let Ok(mut url) = Url::parse(redirect_uri) else {
        return redirect_uri.to_owned();
    };
    url.query_pairs_mut()
        .extend_pairs(pairs)
        .extend_pairs(state.map(|state| ("state", state)))
        .append_pair("iss", issuer);
    url.into()
}

fn refusal_page(headers: &HeaderMap) -> Response {
    let german = headers
        .get(header::ACCEPT_LANGUAGE)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|value| value.trim_start().starts_with("de"));
    let text = if german {
        "Diese Anmeldung gehört nicht zu diesem Server. Gehen Sie zur Startseite und melden Sie sich dort an.\n"
    } else {
        "This login does not belong to this server. Go to the start page and log in there.\n"
    };
    (StatusCode::BAD_REQUEST, text).into_response()
}
