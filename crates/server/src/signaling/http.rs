// SPDX-License-Identifier: EUPL-1.2
//! `GET /v1/signaling/{token}`: from a ticket to a connection. No other way leads into a meeting.

use std::time::Duration;

use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use uuid::Uuid;

use konvent_meeting::limits;

use super::connection;
use crate::app::App;
use crate::http::failure::Refused;
use crate::http::origin::Origin;
use crate::http::websocket::Upgrade;

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
    let Some((ticket, reading)) = ticket else {
        tracing::info!("signaling refused: the token is unknown, used or expired");
        let text = "This token is unknown, used or expired. Ask for a new one.";
        return Refused::new(StatusCode::UNAUTHORIZED, "invalid_token", text).into_response();
    };
    let idle = Duration::from_secs(app.config.signaling.idle_timeout_secs);
    upgrade.run(limits::FRAME, move |socket| async move {
        match app.registry.join(ticket, reading).await {
            Some(seat) => connection::talk(socket, seat, idle).await,
            None => socket.close(1012).await,
        }
    })
}
