// SPDX-License-Identifier: EUPL-1.2
//! `/v1/rooms/{room}/sip` for those who hold the meeting, `/v1/services/call_in/start` for the gateway.

use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;
use utoipa::ToSchema;

use super::{Digits, SipConfig, store};
use crate::app::App;
use crate::change::Change;
use crate::entry::http::{self as entering, Started};
use crate::http::extract::{Id, Json};
use crate::http::failure::{Answer, ErrorBody, Invalid, Refused};
use crate::http::origin::Origin;
use crate::identity::caller::{Asker, Duty, Known, Machine};
use crate::ids::RoomId;
use crate::rooms::http::{moderated, owned};

/// At least one of the two. No `Debug`: a password.
#[derive(Deserialize, ToSchema)]
pub struct PutSip {
    /// Absent: stays, or is made.
    password: Option<Digits>,
    /// Absent: stays, or `false`.
    lobby: Option<bool>,
}

/// What somebody typed who calls. No `Debug`: a password.
#[derive(Deserialize, ToSchema)]
pub struct CallInStart {
    id: Digits,
    pin: Digits,
    /// How the gateway calls them. Absent: their number is not shown either.
    display_name: Option<String>,
}

fn check_on(app: &App) -> Result<(), Refused> {
    if app.config.call_in.tel.is_empty() {
        let text = "Dialling in by telephone is not set up on this server.";
        return Err(Refused::new(StatusCode::FORBIDDEN, "feature_disabled", text));
    }
    Ok(())
}

/// How callers come to a room; for its moderators.
#[utoipa::path(get, path = "/rooms/{room_id}/sip", tag = "rooms", security(("bearer" = [])),
    params(("room_id" = RoomId, Path)),
    responses((status = 200, body = SipConfig), (status = 403, body = ErrorBody), (status = 404, body = ErrorBody)))]
pub async fn get(State(app): State<App>, Known(user): Known, Id(room): Id<RoomId>) -> Answer<Json<SipConfig>> {
    let room = moderated(&app, &user, room).await?;
    check_on(&app)?;
    let found = store::of_rooms(&app.db, user.tenant, &[room.id]).await?.pop();
    Ok(Json(found.ok_or_else(Refused::not_found)?))
}

/// Makes or changes how callers come to a room; for its owner.
#[utoipa::path(put, path = "/rooms/{room_id}/sip", tag = "rooms", security(("bearer" = [])),
    params(("room_id" = RoomId, Path)), request_body = PutSip,
    responses((status = 200, body = SipConfig), (status = 403, body = ErrorBody), (status = 404, body = ErrorBody),
        (status = 422, body = ErrorBody)))]
pub async fn put(
    State(app): State<App>,
    Known(user): Known,
    Id(room): Id<RoomId>,
    Json(PutSip { password, lobby }): Json<PutSip>,
) -> Answer<Json<SipConfig>> {
    let room = owned(&app, &user, room).await?.id;
    check_on(&app)?;
    if password.is_none() && lobby.is_none() {
        let empty = Invalid::new(
            "password",
            "empty",
            "Give a password or say whether callers have to wait.",
        );
        return Err(Refused::validation(vec![empty]).into());
    }
    if password.as_ref().is_some_and(|password| !password.is_valid()) {
        let wrong = Invalid::new("password", "invalid_format", "A password for callers has ten digits.");
        return Err(Refused::validation(vec![wrong]).into());
    }
    if !store::change(&app.db, user.tenant, room, password.as_ref(), lobby).await? {
        let mut change = Change::begin(&app.db, user.tenant).await?;
        store::add(&mut change, &super::new(room, password, lobby)).await?;
        change.commit().await?;
    }
    let found = store::of_rooms(&app.db, user.tenant, &[room]).await?.pop();
    Ok(Json(found.ok_or_else(Refused::not_found)?))
}

/// Ends dialling in to a room; for its owner.
#[utoipa::path(delete, path = "/rooms/{room_id}/sip", tag = "rooms", security(("bearer" = [])),
    params(("room_id" = RoomId, Path)),
    responses((status = 204), (status = 403, body = ErrorBody), (status = 404, body = ErrorBody)))]
pub async fn delete(State(app): State<App>, Known(user): Known, Id(room): Id<RoomId>) -> Answer<StatusCode> {
    let room = owned(&app, &user, room).await?;
    match store::delete(&app.db, user.tenant, room.id).await? {
        true => Ok(StatusCode::NO_CONTENT),
        false => Err(Refused::not_found().into()),
    }
}

/// Lets a caller in; for the gateway, which has the role `opentalk-call-in`. A wrong number and a wrong password look the
/// same.
#[utoipa::path(post, path = "/services/call_in/start", tag = "services", security(("bearer" = [])), request_body = CallInStart,
    responses((status = 200, body = Started), (status = 400, body = ErrorBody), (status = 403, body = ErrorBody),
        (status = 422, body = ErrorBody), (status = 503, body = ErrorBody)))]
pub async fn start(
    State(app): State<App>,
    origin: Origin,
    asker: Asker,
    Json(body): Json<CallInStart>,
) -> Answer<Json<Started>> {
    let Asker::Machine(Machine {
        duty: Duty::CallIn,
        tenant,
    }) = asker
    else {
        return Err(match asker {
            Asker::Nobody => Refused::unauthorized().into(),
            _ => Refused::forbidden().into(),
        });
    };
    check_on(&app)?;
    let found = store::by_sip_id(&app.db, &body.id.0).await?;
    // A tenant's own gateway reaches its own rooms only.
    let found = found.filter(|(of, config)| tenant.is_none_or(|own| own == *of) && config.password == body.pin);
    let Some((tenant, config)) = found else {
        tracing::info!("a caller was refused: wrong number or password");
        let text = "The number or the password of the meeting is wrong.";
        return Err(Refused::new(StatusCode::BAD_REQUEST, "invalid_credentials", text).into());
    };
    entering::call_in(&app, tenant, &config, &origin, body.display_name).await
}
