// SPDX-License-Identifier: EUPL-1.2
//! The one flat list of routes. Not a place for handlers. A path that is not here does not exist.

use axum::Router;
use axum::routing::get;
use utoipa::OpenApi;
use utoipa_axum::router::OpenApiRouter;

use super::rtc;
use crate::app::App;

#[derive(OpenApi)]
#[openapi(info(title = "Konvent", description = "REST interface of a Konvent server"))]
struct Document;

/// The REST interface under `/v1`, one line an operation, with its OpenAPI document.
pub fn v1() -> OpenApiRouter<App> {
    OpenApiRouter::with_openapi(Document::openapi())
}

/// Every path of the server.
pub fn all(app: App) -> Router {
    let media = rtc::routes(app.media.sfu.clone());
    let (v1, _document) = OpenApiRouter::new().nest("/v1", v1()).split_for_parts();
    v1.route("/health", get(health)).with_state(app).merge(media)
}

async fn health() -> &'static str {
    "ok"
}
