// SPDX-License-Identifier: EUPL-1.2
//! What `/ready` says: whether people can be sent here.

use axum::http::StatusCode;

use super::{Database, Stage};

#[tokio::test]
async fn a_server_whose_media_thread_has_ended_is_not_ready() {
    let stage = Stage::open(Database::Sqlite, &[]).await;
    assert_eq!(stage.get("/ready", "").await.status, StatusCode::OK);
    stage.app.media.sfu.stop();
    stage.app.media.sfu.ended().await;
    let reply = stage.get("/ready", "").await;
    assert_eq!(reply.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(reply.text.contains("audio and video"), "{}", reply.text);
}
