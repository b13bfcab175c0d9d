// SPDX-License-Identifier: EUPL-1.2
//! What clients of the built-in provider look up: its endpoints, its keys, and who somebody is. Nothing secret but
//! userinfo, which takes an access token.

use axum::Json;
use axum::extract::State;
use serde_json::{Value, json};

use super::keys;
use crate::app::App;
use crate::http::failure::{Answer, Refused};
use crate::http::origin::Origin;
use crate::identity::caller::Known;
use crate::identity::provider;

pub async fn configuration(State(app): State<App>, origin: Origin) -> Result<Json<Value>, Refused> {
    keys(&app)?;
    let issuer = format!("{}/identity", origin.as_str());
    Ok(Json(json!({
        "issuer": issuer,
        "authorization_endpoint": format!("{issuer}/authorize"),
        "token_endpoint": format!("{issuer}/token"),
        "userinfo_endpoint": format!("{issuer}/userinfo"),
        "jwks_uri": format!("{issuer}/jwks"),
        "end_session_endpoint": format!("{issuer}/end_session"),
        "scopes_supported": ["openid", "profile", "email"],
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": ["authorization_code", "refresh_token"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["ES256"],
        "token_endpoint_auth_methods_supported": ["none"],
        "code_challenge_methods_supported": ["S256"],
        "prompt_values_supported": ["none", "login"],
        "claims_supported": ["sub", "iss", "aud", "exp", "iat", "auth_time", "nonce", "name", "given_name", "family_name", "email"],
        "authorization_response_iss_parameter_supported": true,
    })))
}

pub async fn jwks(State(app): State<App>) -> Result<Json<Value>, Refused> {
    Ok(Json(keys(&app)?.jwk_set()))
}

pub async fn userinfo(State(app): State<App>, Known(user): Known) -> Answer<Json<Value>> {
    keys(&app)?;
    let subject = provider::store::subject(&app.db, user.tenant, user.id).await?;
    Ok(Json(json!({
        "sub": subject,
        "email": user.email,
        "given_name": user.firstname,
        "family_name": user.lastname,
        "name": user.display_name,
    })))
}
