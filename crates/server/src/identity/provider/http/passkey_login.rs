// SPDX-License-Identifier: EUPL-1.2
//! Logging in with a passkey, without a name or password: the key says whose it is. It has checked its owner (PIN, finger,
//! face), so it is two factors in one and no code is asked for.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use webauthn_rs::prelude::{DiscoverableAuthentication, Passkey, PublicKeyCredential};

use super::passkeys::{Started, refused, relying_party, sign, take};
use super::{keys, login};
use crate::app::App;
use crate::clock;
use crate::db::millis;
use crate::http::client::Client;
use crate::http::extract::Json;
use crate::http::failure::Answer;
use crate::http::origin::Origin;
use crate::identity::provider::account::passkeys::store;
use crate::identity::throttle::Counter;

/// The `typ` of signed ceremonies.
const ENTERING: &str = "passkey-login+jwt";

/// No `Debug`: what opens an account.
#[derive(Deserialize)]
pub struct Login {
    request: String,
    ceremony: String,
    /// As `PublicKeyCredential.toJSON()` gives it.
    credential: serde_json::Value,
}

/// Begins a login: nothing is stored for it, and nothing said of who has an account.
pub async fn start(State(app): State<App>, origin: Origin) -> Answer<Response> {
    keys(&app)?;
    let party = relying_party(&app, &origin).await?;
    let (mut options, state) = party
        .start_discoverable_authentication()
        .map_err(|error| refused(&error))?;
    // The page decides how it asks.
    options.mediation = None;
    let ceremony = sign(&app, &origin, ENTERING, "", state)?;
    Ok(Json(Started { ceremony, options }).into_response())
}

/// Ends it: the login page's pending authorization goes on.
pub async fn login(
    State(app): State<App>,
    origin: Origin,
    Client(address): Client,
    Json(body): Json<Login>,
) -> Answer<Response> {
    let request = login::pending(keys(&app)?, &origin, &body.request)?;
    let counted = [Counter::address(address)];
    if let Err(secs) = app.identity.throttle.attempt(counted, clock::now()) {
        tracing::warn!("login with a passkey refused: too many attempts");
        return Ok(login::too_many_attempts(secs));
    }
    let credential: PublicKeyCredential = serde_json::from_value(body.credential).map_err(|error| refused(&error))?;
    let party = relying_party(&app, &origin).await?;
    let state: DiscoverableAuthentication = take(&app, &origin, ENTERING, "", &body.ceremony).await?;
    let (owner, id) = party
        .identify_discoverable_authentication(&credential)
        .map_err(|error| refused(&error))?;
    let known = store::by_credential(&app.db, &URL_SAFE_NO_PAD.encode(id)).await?;
    let known = known.filter(|known| known.account == owner.to_string());
    let known = known.ok_or_else(|| refused(&"nobody has this passkey"))?;
    let mut passkey: Passkey = serde_json::from_str(&known.credential).map_err(anyhow::Error::from)?;
    let result = match party.finish_discoverable_authentication_v2(&credential, state, &passkey) {
        Ok(result) => result,
        Err(error) => {
            login::failed(&app, known.tenant, &known.account, address).await?;
            return Err(refused(&error).into());
        }
    };
    app.identity.throttle.succeeded(counted);
    passkey.update_credential(&result);
    let updated = serde_json::to_string(&passkey).map_err(anyhow::Error::from)?;
    store::used(&app.db, known.tenant, &known.id, &updated, millis(clock::now())).await?;
    let user = login::enabled(&app, known.tenant, &known.account).await?;
    login::enter(&app, &origin, &request, &user, &known.account, None).await
}
