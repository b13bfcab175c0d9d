// SPDX-License-Identifier: EUPL-1.2
//! Pictures of people.

use axum::body::Body;
use axum::http::{Method, Request, StatusCode, header};
use serde_json::json;

use super::{Reply, Stage, on_both};

const JPEG: &[u8] = &[0xff, 0xd8, 0xff, 0xe0, 0, 0x10, b'J', b'F', b'I', b'F'];

async fn set(stage: &Stage, who: &str, content: Vec<u8>) -> Reply {
    let request = Request::put("/v1/users/me/avatar")
        .header(header::HOST, "localhost:8080")
        .header(header::AUTHORIZATION, who)
        .body(Body::from(content))
        .unwrap();
    stage.send(request).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_picture_is_shown_with_the_profile_until_it_is_replaced_or_removed() {
    on_both(async |stage| {
        let anna = stage.person("anna@example.org", "Anna Arndt").await;
        let bo = stage.person("bo@example.org", "Bo Berg").await;
        let first = set(&stage, &anna, JPEG.to_vec()).await;
        assert_eq!(first.status, StatusCode::OK, "{}", first.text);
        let first = first.json()["avatar_url"].as_str().unwrap().to_owned();
        assert_eq!(stage.send_raw(&first).await, (StatusCode::OK, JPEG.to_vec()));
        // Colleagues find it, also where clients add a size.
        let found = stage.get("/v1/users/find?q=anna", &bo).await.json();
        assert_eq!(found[0]["avatar_url"], json!(first));
        assert_eq!(
            stage.send_raw(&format!("{first}?d=robohash&s=512")).await.0,
            StatusCode::OK
        );
        let second = set(&stage, &anna, JPEG.to_vec()).await.json();
        assert_ne!(second["avatar_url"], json!(first));
        assert_eq!(stage.send_raw(&first).await.0, StatusCode::NOT_FOUND);
        let gone = stage.ask(Method::DELETE, "/v1/users/me/avatar", &anna, None).await;
        assert_eq!(gone.status, StatusCode::NO_CONTENT);
        assert_eq!(stage.get("/v1/users/me", &anna).await.json()["avatar_url"], "");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_picture_or_too_large_is_refused() {
    on_both(async |stage| {
        let anna = stage.person("anna@example.org", "Anna Arndt").await;
        let mut large = JPEG.to_vec();
        large.resize(128 * 1024 + 1, 0);
        for (content, code) in [
            (large, "too_large"),
            (b"<svg onload=alert(1)>".to_vec(), "invalid_format"),
            (Vec::new(), "invalid_format"),
        ] {
            let reply = set(&stage, &anna, content).await;
            assert_eq!(reply.status, StatusCode::UNPROCESSABLE_ENTITY);
            assert_eq!(reply.json()["validation_errors"][0]["code"], code);
        }
        assert_eq!(set(&stage, "", JPEG.to_vec()).await.status, StatusCode::UNAUTHORIZED);
    })
    .await;
}
