// SPDX-License-Identifier: EUPL-1.2
//! The token endpoint: a code for tokens, and a refresh token for the next ones. Not for clients with a secret. A code or
//! refresh token that turns up twice ends the whole family (RFC 9700 §4.14.2).

use axum::Form;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use serde_json::json;
use sha2::Digest as _;

use super::keys;
use crate::app::App;
use crate::clock::{self, hashed};
use crate::db::{millis, time};
use crate::http::failure::Failure;
use crate::http::origin::Origin;
use crate::identity::provider::store::{self, Grant};
use crate::identity::provider::{ACCESS_SECS, ID, REFRESH_SECS, account};
use crate::identity::{audience, caller};

/// The `typ` of refresh tokens: no other kind is taken for one.
const REFRESH: &str = "rt+jwt";
/// When an answer got lost on the way, its request may come again within this time.
const REPEAT_MILLIS: i64 = 10_000;
/// Of what a browser calls itself, in characters.
const LONGEST_BROWSER: usize = 255;

/// No `Debug`: secrets.
#[derive(Deserialize)]
pub struct Request {
    grant_type: Option<String>,
    client_id: Option<String>,
    code: Option<String>,
    redirect_uri: Option<String>,
    code_verifier: Option<String>,
    refresh_token: Option<String>,
}

#[derive(Serialize, Deserialize)]
struct RefreshClaims {
    iss: String,
    sub: String,
    /// The grant it belongs to.
    grant: String,
    jti: String,
    iat: u64,
    exp: u64,
}

enum Failed {
    /// An error code of RFC 6749 §5.2.
    OAuth(&'static str),
    Other(Failure),
}

impl<E: Into<Failure>> From<E> for Failed {
    fn from(error: E) -> Failed {
        Failed::Other(error.into())
    }
}

pub async fn token(
    State(app): State<App>,
    origin: Origin,
    headers: HeaderMap,
    form: Result<Form<Request>, axum::extract::rejection::FormRejection>,
) -> Response {
    let result = match form {
        Ok(Form(request)) => answer(&app, &origin, &headers, request).await,
        Err(_) => Err(Failed::OAuth("invalid_request")),
    };
    let no_store = [(header::CACHE_CONTROL, "no-store")];
    match result {
        Ok(tokens) => (no_store, axum::Json(tokens)).into_response(),
        Err(Failed::OAuth(error)) => {
            (StatusCode::BAD_REQUEST, no_store, axum::Json(json!({"error": error}))).into_response()
        }
        Err(Failed::Other(failure)) => failure.into_response(),
    }
}

async fn answer(
    app: &App,
    origin: &Origin,
    headers: &HeaderMap,
    request: Request,
) -> Result<serde_json::Value, Failed> {
    keys(app)?;
    if request.client_id.as_deref() != Some(&app.config.identity.client_id) {
        return Err(Failed::OAuth("invalid_client"));
    }
    match request.grant_type.as_deref() {
        Some("authorization_code") => redeem(app, origin, headers, request).await,
        Some("refresh_token") => refresh(app, origin, request).await,
        _ => Err(Failed::OAuth("unsupported_grant_type")),
    }
}

async fn redeem(
    app: &App,
    origin: &Origin,
    headers: &HeaderMap,
    request: Request,
) -> Result<serde_json::Value, Failed> {
    let (Some(code), Some(redirect_uri), Some(verifier)) = (request.code, request.redirect_uri, request.code_verifier)
    else {
        return Err(Failed::OAuth("invalid_request"));
    };
    let grant = store::grant_by_code(&app.db, &hashed(&code)).await?;
    let grant = grant.ok_or(Failed::OAuth("invalid_grant"))?;
    let jti = clock::secret();
    let now = millis(clock::now());
    let first = store::use_code(&app.db, grant.tenant, &grant.id, &hashed(&jti), now).await?;
    let proven = URL_SAFE_NO_PAD.encode(sha2::Sha256::digest(&verifier)) == grant.code_challenge;
    let holds = first && grant.code_expires_at > now && grant.redirect_uri == redirect_uri && proven && !grant.revoked;
    if !holds {
        tracing::warn!(replayed = !first, "authorization code refused");
        store::revoke(&app.db, grant.tenant, &grant.id).await?;
        return Err(Failed::OAuth("invalid_grant"));
    }
    if let Some(browser) = headers.get(header::USER_AGENT).and_then(|value| value.to_str().ok()) {
        let browser: String = browser.chars().take(LONGEST_BROWSER).collect();
        account::store::name_browser(&app.db, grant.tenant, &grant.id, &browser).await?;
    }
    tokens(app, origin, &grant, &jti).await
}

async fn refresh(app: &App, origin: &Origin, request: Request) -> Result<serde_json::Value, Failed> {
    let presented = request.refresh_token.ok_or(Failed::OAuth("invalid_request"))?;
    let issuer = format!("{}/identity", origin.as_str());
    let claims: RefreshClaims = keys(app)?.verify(REFRESH, &presented, &issuer).map_err(|reason| {
        tracing::info!(reason, "refresh token refused");
        Failed::OAuth("invalid_grant")
    })?;
    let now = millis(clock::now());
    let grant = store::grant(&app.db, &claims.grant).await?;
    let grant = grant.filter(|grant| !grant.revoked && grant.expires_at > now);
    let grant = grant.ok_or(Failed::OAuth("invalid_grant"))?;
    // Derived, so that a repeated request gets the same successor; the signing key's secret is not in it, but without
    // that key nobody can make a token of it.
    let next = hashed(&format!("next {}", claims.jti));
    if store::rotate(
        &app.db,
        grant.tenant,
        &grant.id,
        &hashed(&claims.jti),
        &hashed(&next),
        now,
    )
    .await?
    {
        return tokens(app, origin, &grant, &next).await;
    }
    let grant = store::grant(&app.db, &claims.grant)
        .await?
        .ok_or(Failed::OAuth("invalid_grant"))?;
    let repeated = grant.previous_token.as_deref() == Some(&hashed(&claims.jti))
        && grant.rotated_at.is_some_and(|at| now - at <= REPEAT_MILLIS)
        && !grant.revoked;
    if repeated {
        return tokens(app, origin, &grant, &next).await;
    }
    tracing::warn!("refresh token used twice: its login is ended");
    store::revoke(&app.db, grant.tenant, &grant.id).await?;
    Err(Failed::OAuth("invalid_grant"))
}

async fn tokens(app: &App, origin: &Origin, grant: &Grant, jti: &str) -> Result<serde_json::Value, Failed> {
    let user = crate::users::store::by_subject(&app.db, grant.tenant, crate::users::LOCAL, &grant.account).await?;
    let user = user
        .filter(|user| !user.is_blocked)
        .ok_or(Failed::OAuth("invalid_grant"))?;
    let keys = keys(app)?;
    let issuer = format!("{}/identity", origin.as_str());
    let now = clock::unix();
    let client_id = &app.config.identity.client_id;
    let access = keys.sign(
        caller::ACCESS,
        &json!({
            "iss": issuer, "sub": grant.account, (caller::TENANT): grant.tenant, "aud": audience(&app.config),
            "client_id": client_id, "scope": grant.scope, "sid": grant.id, "iat": now, "exp": now + ACCESS_SECS,
            "jti": clock::token(),
        }),
    )?;
    let refresh = keys.sign(
        REFRESH,
        &RefreshClaims {
            iss: issuer.clone(),
            sub: grant.account.clone(),
            grant: grant.id.clone(),
            jti: jti.to_owned(),
            iat: now,
            exp: now + REFRESH_SECS,
        },
    )?;
    let has = |scope: &str| grant.scope.split_whitespace().any(|word| word == scope);
    let mut id = json!({
        "iss": issuer, "sub": grant.account, "aud": client_id, "iat": now, "exp": now + ACCESS_SECS,
        "auth_time": time(grant.authenticated_at).as_second(),
        "at_hash": URL_SAFE_NO_PAD.encode(&sha2::Sha256::digest(&access)[..16]),
    });
    if let Some(nonce) = &grant.nonce {
        id["nonce"] = json!(nonce);
    }
    if has("email") {
        id["email"] = json!(user.email);
    }
    if has("profile") {
        id["name"] = json!(user.display_name);
        id["given_name"] = json!(user.firstname);
        id["family_name"] = json!(user.lastname);
    }
    Ok(json!({
        "access_token": access,
        "token_type": "Bearer",
        "expires_in": ACCESS_SECS,
        "refresh_token": refresh,
        "refresh_expires_in": REFRESH_SECS,
        "id_token": keys.sign(ID, &id)?,
        "scope": grant.scope,
    }))
}
