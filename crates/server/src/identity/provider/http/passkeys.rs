// SPDX-License-Identifier: EUPL-1.2
//! Passkeys of local accounts (Web Authentication Level 2): see, add and remove one's own. Logging in with one is in
//! `passkey_login`. The checks of the standard are the library's. A ceremony's state goes to the browser, signed, and comes back
//! with the answer: the rule is that it counts once.

use axum::extract::State;
use axum::http::StatusCode;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use uuid::Uuid;
use webauthn_rs::prelude::{PasskeyRegistration, RegisterPublicKeyCredential, Url};
use webauthn_rs::{Webauthn, WebauthnBuilder};

use super::account::{Password, account, prove};
use super::keys;
use crate::app::App;
use crate::audit::{Action, Entry};
use crate::change::Change;
use crate::clock::{self, hashed};
use crate::db::{millis, time};
use crate::http::client::Client;
use crate::http::extract::{Id, Json};
use crate::http::failure::{Answer, Invalid, Refused};
use crate::http::origin::Origin;
use crate::identity::caller::Known;
use crate::identity::provider::account::passkeys::store::{self, NewPasskey};

/// A browser waits for somebody to find their key.
const CEREMONY_SECS: u64 = 5 * 60;
/// The `typ` of signed ceremonies.
const ADDING: &str = "passkey-registration+jwt";

/// A ceremony under way.
#[derive(Serialize, Deserialize)]
pub(super) struct Ceremony<T> {
    iss: String,
    exp: u64,
    /// The account that begins it; empty at a login.
    sub: String,
    jti: String,
    state: T,
}

#[derive(Serialize)]
pub struct Passkey {
    id: String,
    name: String,
    created_at: jiff::Timestamp,
    last_used_at: Option<jiff::Timestamp>,
}

/// What the browser hands to `navigator.credentials`, and what comes back with the answer.
#[derive(Serialize)]
pub struct Started<T> {
    pub(super) ceremony: String,
    pub(super) options: T,
}

#[derive(Deserialize)]
pub struct NewPasskeyBody {
    ceremony: String,
    /// How its owner tells it from others.
    name: String,
    /// As `PublicKeyCredential.toJSON()` gives it.
    credential: serde_json::Value,
}

/// The relying party at an address. Passkeys belong to host names: there are none for bare IP addresses.
pub(super) async fn relying_party(app: &App, origin: &Origin) -> Answer<Webauthn> {
    let no_name = || {
        let text = "Passkeys need a host name: open this server under its name, not its IP address.";
        Refused::new(StatusCode::CONFLICT, "no_host_name", text)
    };
    let url = Url::parse(origin.as_str()).map_err(|_| no_name())?;
    let host = url.domain().ok_or_else(no_name)?.to_owned();
    let directory = app.tenants.directory(&app.db).await;
    let tenant = directory.at_host(origin.host());
    let named = tenant.and_then(|tenant| tenant.organisation_name.as_deref());
    let builder = WebauthnBuilder::new(&host, &url).map_err(|_| no_name())?;
    let builder = builder.rp_name(named.unwrap_or(&app.config.organisation.name));
    Ok(builder.build().map_err(|_| no_name())?)
}

pub(super) fn sign<T: Serialize>(app: &App, origin: &Origin, kind: &str, account: &str, state: T) -> Answer<String> {
    let ceremony = Ceremony {
        iss: format!("{}/identity", origin.as_str()),
        exp: clock::unix() + CEREMONY_SECS,
        sub: account.to_owned(),
        jti: clock::secret(),
        state,
    };
    Ok(keys(app)?.sign(kind, &ceremony)?)
}

pub(super) fn refused(error: &impl std::fmt::Display) -> Refused {
    tracing::info!(%error, "a passkey was refused");
    let text = "The passkey was not accepted. Try again.";
    Refused::new(StatusCode::BAD_REQUEST, "passkey_refused", text)
}

/// The state of a ceremony that has not been used yet; from now on it is.
pub(super) async fn take<T: DeserializeOwned>(
    app: &App,
    origin: &Origin,
    kind: &str,
    account: &str,
    token: &str,
) -> Answer<T> {
    let issuer = format!("{}/identity", origin.as_str());
    let ceremony: Ceremony<T> = keys(app)?.verify(kind, token, &issuer).map_err(|why| refused(&why))?;
    let now = millis(clock::now());
    let expires = now + i64::try_from(CEREMONY_SECS).unwrap_or(i64::MAX) * 2000;
    let too_old = || Refused::gone("ceremony_expired", "That took too long. Try again.");
    if ceremony.exp <= clock::unix() || ceremony.sub != account {
        return Err(too_old().into());
    }
    if !store::use_ceremony(&app.db, &hashed(&ceremony.jti), expires, now).await? {
        return Err(too_old().into());
    }
    Ok(ceremony.state)
}

/// One's own passkeys, the oldest first.
pub async fn list(State(app): State<App>, Known(user): Known) -> Answer<Json<Vec<Passkey>>> {
    keys(&app)?;
    let account = account(&app, &user).await?;
    let listed = store::list(&app.db, user.tenant, &account).await?;
    let passkeys = listed.into_iter().map(|row| Passkey {
        id: row.id,
        name: row.name,
        created_at: time(row.created_at),
        last_used_at: row.used_at.map(time),
    });
    Ok(Json(passkeys.collect()))
}

/// Begins to add a passkey: what the browser asks the authenticator for.
pub async fn start(
    State(app): State<App>,
    origin: Origin,
    client: Client,
    Known(user): Known,
    Json(body): Json<Password>,
) -> Answer<Json<Started<serde_json::Value>>> {
    let account = prove(&app, &user, client, body.current_password).await?;
    let id: Uuid = account.parse().map_err(anyhow::Error::from)?;
    let known = store::credential_ids(&app.db, user.tenant, &account).await?;
    let known = known.iter().filter_map(|id| URL_SAFE_NO_PAD.decode(id).ok());
    let party = relying_party(&app, &origin).await?;
    let (options, state) = party
        .start_passkey_registration(id, &user.email, &user.display_name, Some(known.collect()))
        .map_err(|error| refused(&error))?;
    // The login page does not ask for a name first: the key itself has to know whose it is.
    let mut options = serde_json::to_value(options).map_err(anyhow::Error::from)?;
    let selection = &mut options["publicKey"]["authenticatorSelection"];
    selection["residentKey"] = "required".into();
    selection["requireResidentKey"] = true.into();
    let ceremony = sign(&app, &origin, ADDING, &account, state)?;
    Ok(Json(Started { ceremony, options }))
}

/// Adds the passkey that the authenticator has made.
pub async fn add(
    State(app): State<App>,
    origin: Origin,
    Known(user): Known,
    Json(body): Json<NewPasskeyBody>,
) -> Answer<StatusCode> {
    keys(&app)?;
    if let Some(wrong) = Invalid::name("name", &body.name) {
        return Err(Refused::validation(vec![wrong]).into());
    }
    let account = account(&app, &user).await?;
    let credential: RegisterPublicKeyCredential =
        serde_json::from_value(body.credential).map_err(|error| refused(&error))?;
    let party = relying_party(&app, &origin).await?;
    let state: PasskeyRegistration = take(&app, &origin, ADDING, &account, &body.ceremony).await?;
    let passkey = party
        .finish_passkey_registration(&credential, &state)
        .map_err(|error| refused(&error))?;
    let id = clock::id();
    let new = NewPasskey {
        id: &id.to_string(),
        account: &account,
        credential_id: &URL_SAFE_NO_PAD.encode(passkey.cred_id()),
        name: body.name.trim(),
        credential: &serde_json::to_string(&passkey).map_err(anyhow::Error::from)?,
        created_at: millis(clock::now()),
    };
    let mut change = Change::begin(&app.db, user.tenant).await?;
    if !store::add(&mut change, &new).await? {
        return Err(refused(&"it is known already").into());
    }
    change.record(Entry::by(user.id, Action::PasskeyAdded).on(user.id));
    change.commit().await?;
    Ok(StatusCode::CREATED)
}

/// Removes one of one's own passkeys.
pub async fn remove(
    State(app): State<App>,
    client: Client,
    Known(user): Known,
    Id(id): Id<Uuid>,
    Json(body): Json<Password>,
) -> Answer<StatusCode> {
    let account = prove(&app, &user, client, body.current_password).await?;
    let mut change = Change::begin(&app.db, user.tenant).await?;
    if !store::remove(&mut change, &account, &id.to_string()).await? {
        return Err(Refused::not_found().into());
    }
    change.record(Entry::by(user.id, Action::PasskeyRemoved).on(user.id));
    change.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}
