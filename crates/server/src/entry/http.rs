// SPDX-License-Identifier: EUPL-1.2
//! The way into a meeting: `POST /v1/rooms/{id}/start` and `…/start_invited` answer with a single-use token for the
//! signaling WebSocket and its address. Who may enter is decided by `Entrance::admission`; here it becomes a ticket.

use std::net::IpAddr;
use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use konvent_meeting as meeting;
use konvent_meeting::{ConnectionId, Dialect, Joining, ParticipantId, ParticipationKind};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::Way;
use crate::app::App;
use crate::clock;
use crate::http::client::Client;
use crate::http::extract::{Id, Json};
use crate::http::failure::{Answer, ErrorBody, Invalid, Refused};
use crate::http::origin::Origin;
use crate::identity::caller::Asker;
use crate::ids::{InviteCode, RoomId, TenantId};
use crate::rooms::sip::SipConfig;
use crate::rooms::{Role, store};
use crate::signaling::tickets::Ticket;
use crate::users::{self, User, avatar};

/// In characters (profile §4.1).
const SECRET_LENGTH: std::ops::RangeInclusive<usize> = 16..=255;

/// No `Debug`: it holds secrets and a name.
#[derive(Deserialize, ToSchema)]
pub struct Start {
    /// A secret the device keeps, 16 to 255 characters; it makes the device known again.
    #[schema(min_length = 16, max_length = 255)]
    device_secret: String,
    /// The name to be shown: of at most 255 characters, as in a profile; guests must give one, of at most 100 bytes.
    display_name: Option<String>,
    password: Option<String>,
    invite_code: Option<String>,
    /// Konvent's own: `july` for a front end that knows the events of July 2026 (`waiting_room_updated`,
    /// `participant_banned`, `participant_unbanned`); absent: `june`.
    #[serde(default)]
    #[schema(value_type = Option<String>, example = "july")]
    dialect: Dialect,
}

#[derive(Serialize, ToSchema)]
pub struct Started {
    /// For one connection within 30 seconds.
    token: Uuid,
    /// Connect to `{roomserver_address}/v1/signaling/{token}` with `ws` for `http`.
    roomserver_address: String,
}

/// Enter a room with an account or a guest link.
#[utoipa::path(
    post, path = "/rooms/{room_id}/start", operation_id = "start_room", tag = "rooms",
    params(("room_id" = RoomId, Path)), request_body = Start,
    responses((status = 200, body = Started), (status = 403, body = ErrorBody), (status = 404, body = ErrorBody),
        (status = 422, body = ErrorBody), (status = 429, body = ErrorBody), (status = 503, body = ErrorBody)),
    security((), ("bearer" = []), ("invite_code" = []))
)]
pub async fn start(
    State(app): State<App>,
    Id(room): Id<RoomId>,
    origin: Origin,
    asker: Asker,
    Client(from): Client,
    Json(body): Json<Start>,
) -> Answer<Json<Started>> {
    enter(&app, room, &origin, &asker, from, body).await
}

/// Enter a room as a guest with a guest link.
#[utoipa::path(
    post, path = "/rooms/{room_id}/start_invited", operation_id = "start_room_invited", tag = "rooms",
    params(("room_id" = RoomId, Path)), request_body = Start,
    responses((status = 200, body = Started), (status = 403, body = ErrorBody), (status = 404, body = ErrorBody),
        (status = 422, body = ErrorBody), (status = 429, body = ErrorBody), (status = 503, body = ErrorBody))
)]
pub async fn start_invited(
    State(app): State<App>,
    Id(room): Id<RoomId>,
    origin: Origin,
    Client(from): Client,
    Json(body): Json<Start>,
) -> Answer<Json<Started>> {
    let code = body
        .invite_code
        .as_deref()
        .and_then(|code| code.parse().ok())
        .map(InviteCode);
    let code = code.ok_or_else(|| Refused::bad_request("invite_code is missing or not valid."))?;
    enter(&app, room, &origin, &Asker::Guest(code), from, body).await
}

async fn enter(
    app: &App,
    room: RoomId,
    origin: &Origin,
    asker: &Asker,
    from: IpAddr,
    body: Start,
) -> Answer<Json<Started>> {
    let invite_code = body
        .invite_code
        .as_deref()
        .and_then(|code| code.parse().ok())
        .map(InviteCode);
    // With a code in the body a guest needs no header.
    let guest = match (asker, invite_code) {
        (Asker::Nobody, Some(code)) => Some(Asker::Guest(code)),
        _ => None,
    };
    let asker = guest.as_ref().unwrap_or(asker);
    let known_as = match asker {
        Asker::User(user) => user.display_name.as_str(),
        _ => "",
    };
    let device = app.registry.device(&body.device_secret);
    let admission = app
        .entrance
        .admission(room, asker, invite_code, body.password.as_deref(), (from, device))
        .await?;
    let joining = joining(app, admission.user.as_ref(), admission.role, origin, &body, known_as)?;
    let ticket = Ticket {
        tenant: admission.room.tenant,
        room: meeting::RoomId(room.0),
        joining,
        way: admission.way,
        who: admission.who,
        password: admission.room.password,
    };
    issue(app, origin, ticket)
}

/// Lets in who has called by telephone: a guest whose number and password the caller has checked.
pub async fn call_in(
    app: &App,
    tenant: TenantId,
    config: &SipConfig,
    origin: &Origin,
    name: Option<String>,
) -> Answer<Json<Started>> {
    let body = Start {
        device_secret: clock::secret(),
        display_name: name,
        password: None,
        invite_code: None,
        dialect: Dialect::June,
    };
    let room = store::room(&app.db, tenant, config.room).await?;
    let room = room.ok_or_else(Refused::not_found)?;
    let owner = users::store::by_id(&app.db, tenant, room.created_by).await?;
    let owner = owner.ok_or_else(Refused::not_found)?;
    if !app.tariffs.of(&owner).await?.allows_guests() {
        return Err(Refused::not_found().into());
    }
    let joining = Joining {
        kind: ParticipationKind::CallIn,
        lobby: config.lobby,
        ..joining(app, None, Role::Guest, origin, &body, "Telephone")?
    };
    let ticket = Ticket {
        tenant,
        room: meeting::RoomId(room.id.0),
        joining,
        way: Way::Telephone,
        who: Vec::new(),
        password: None,
    };
    issue(app, origin, ticket)
}

/// For one connection; what it says is asked again then.
fn issue(app: &App, origin: &Origin, ticket: Ticket) -> Answer<Json<Started>> {
    let Some(token) = app.registry.issue(ticket) else {
        let text = "The server is restarting. Please try again in a moment.";
        return Err(Refused::new(StatusCode::SERVICE_UNAVAILABLE, "stopping", text).into());
    };
    Ok(Json(Started {
        token,
        roomserver_address: origin.as_str().to_owned(),
    }))
}

fn joining(
    app: &App,
    user: Option<&User>,
    role: Role,
    origin: &Origin,
    body: &Start,
    known_as: &str,
) -> Result<Joining, Refused> {
    let mut wrong = Vec::new();
    if !SECRET_LENGTH.contains(&body.device_secret.chars().count()) {
        wrong.push(Invalid::new("device_secret", "invalid_length", "16 to 255 characters."));
    }
    let given = body
        .display_name
        .as_deref()
        .map(str::trim)
        .filter(|name| !name.is_empty());
    let name = given.unwrap_or(known_as);
    // Whom the program knows is called as in their profile; others as moderators may rename them.
    let odd = match given {
        None if user.is_some() && !name.is_empty() => None,
        Some(name) if user.is_none() && name.len() > meeting::limits::NAME => {
            let text = "Give a name of 1 to 100 bytes.";
            Some(Invalid::new("display_name", "invalid_length", text))
        }
        _ => Invalid::name("display_name", name),
    };
    wrong.extend(odd);
    if !wrong.is_empty() {
        return Err(Refused::validation(wrong));
    }
    let device = app.registry.device(&body.device_secret);
    let (participant, kind) = match user {
        Some(user) => (user.id.0, ParticipationKind::Registered),
        None => (device.0, ParticipationKind::Guest),
    };
    let avatar_url = match user {
        Some(user) => avatar::of(user, origin),
        None => avatar::address(origin, None, name),
    };
    Ok(Joining {
        connection: ConnectionId(clock::id()),
        participant: ParticipantId(participant),
        device,
        display_name: name.to_owned(),
        avatar_url: Some(avatar_url),
        role: role.into(),
        kind,
        lobby: false,
        dialect: body.dialect,
        media_url: Arc::from(origin.websocket()),
    })
}
