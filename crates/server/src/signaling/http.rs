// SPDX-License-Identifier: EUPL-1.2
//! `GET /v1/signaling/{token}`: from a ticket to a connection. No other way leads into a meeting. The one rule: whoever comes
//! is asked again at that moment whether they may.

use std::time::Duration;

use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use uuid::Uuid;

use konvent_meeting::{Joining, Role, close, limits};

use super::connection;
use super::registry::{NoSeat, Opening, Reading, Seat};
use super::tickets::Ticket;
use crate::app::App;
use crate::http::failure::{Answer, Refused};
use crate::http::origin::Origin;
use crate::http::websocket::{Socket, Upgrade};
use crate::ids::{RoomId, TenantId};

pub async fn signaling(
    State(app): State<App>,
    Path(token): Path<String>,
    origin: Origin,
    headers: HeaderMap,
    upgrade: Upgrade,
) -> Response {
    // Browsers name the page that connects; a page of another site is refused. Other programs send no Origin.
    let may = |page: &HeaderValue| page.to_str().is_ok_and(|page| origin.serves(&app.config, page));
    if headers.get(header::ORIGIN).is_some_and(|page| !may(page)) {
        tracing::info!("signaling refused: the page is from another origin");
        return Refused::new(StatusCode::FORBIDDEN, "forbidden", "This page may not connect here.").into_response();
    }
    let ticket = Uuid::parse_str(&token)
        .ok()
        .and_then(|token| app.registry.redeem(token));
    // Asked before the upgrade, where it can be answered.
    let right = match &ticket {
        Some(ticket) => Right::of(&app, ticket).await,
        None => Ok(None),
    };
    let (ticket, right) = match (ticket, right) {
        (Some(ticket), Ok(Some(right))) => (ticket, right),
        (_, Ok(_)) => {
            tracing::info!("signaling refused: the token is unknown, used or expired, or opens nothing any more");
            let text = "This token is unknown, used or expired. Ask for a new one.";
            return Refused::new(StatusCode::UNAUTHORIZED, "invalid_token", text).into_response();
        }
        (_, Err(failure)) => return failure.into_response(),
    };
    if let Err(refused) = app.entrance.enter(RoomId(ticket.room.0), &ticket.who) {
        return refused.into_response();
    }
    let idle = Duration::from_secs(app.config.signaling.idle_timeout_secs);
    upgrade.run(limits::FRAME, move |socket| async move {
        match seat(&app, *ticket, right, origin, &socket).await {
            Some(seat) => connection::talk(socket, seat, idle).await,
            None => socket.close(close::RESTART).await,
        }
    })
}

/// What somebody may be in a room, and that this was read.
struct Right {
    role: Role,
    reading: Reading,
}

impl Right {
    /// `None`: they may not enter any more.
    async fn of(app: &App, ticket: &Ticket) -> Answer<Option<Right>> {
        let reading = app.registry.reading(ticket.room);
        let role = app
            .entrance
            .still_admitted(
                ticket.tenant,
                RoomId(ticket.room.0),
                ticket.way,
                ticket.password.as_deref(),
            )
            .await?;
        Ok(role.map(|role| Right {
            role: role.into(),
            reading,
        }))
    }
}

/// `None`: the server is stopping, or they may not enter any more; their program asks for a new ticket and hears why.
async fn seat(app: &App, ticket: Ticket, mut right: Right, origin: Origin, socket: &Socket) -> Option<Seat> {
    let (tenant, room) = (ticket.tenant, ticket.room);
    let open = || opening(app, tenant, room, origin.clone());
    loop {
        let joining = Joining {
            role: right.role,
            ..ticket.joining.clone()
        };
        match app
            .registry
            .join((tenant, room), joining, right.reading, (origin.as_str(), &open), || {
                socket.outlet()
            })
            .await
        {
            Ok(seat) => return Some(seat),
            Err(NoSeat::Stopping) => return None,
            Err(NoSeat::Stale) => right = Right::of(app, &ticket).await.ok()??,
        }
    }
}

fn opening(app: &App, tenant: TenantId, room: konvent_meeting::RoomId, origin: Origin) -> Opening {
    let app = app.clone();
    Box::pin(async move { Ok(app.entrance.parameters(tenant, RoomId(room.0), &origin).await?) })
}

/// Goes on with the meetings that the program was ended in; before anybody can come.
pub async fn go_on(app: &App) -> anyhow::Result<()> {
    let open = |tenant, room, origin: &str| opening(app, tenant, room, Origin::known(origin));
    Ok(app.registry.go_on(open).await?)
}
