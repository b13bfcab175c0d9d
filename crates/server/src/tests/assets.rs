// SPDX-License-Identifier: EUPL-1.2
//! Files of rooms: up, down, quota, and what is left behind (nothing).

use std::convert::Infallible;
use std::path::PathBuf;

use axum::body::{Body, Bytes};
use axum::http::{Request, StatusCode, header};
use axum::response::IntoResponse as _;
use futures_util::StreamExt as _;
use serde_json::{Value, json};

use super::{ORIGIN, Reply, Stage, on_both};
use crate::assets::under_way::MOST_AT_ONCE;
use crate::assets::{self, New};
use crate::clock;
use crate::http::failure::Failure;
use crate::ids::{RoomId, TenantId};

const TENANT: TenantId = TenantId::DEFAULT;

async fn room(stage: &Stage, who: &str) -> (RoomId, Value) {
    let event = json!({"title": "Budget", "is_time_independent": true});
    let event = stage.post("/v1/events", who, event).await.json();
    (RoomId(event["room"]["id"].as_str().unwrap().parse().unwrap()), event)
}

async fn upload(stage: &Stage, who: &str, room: RoomId, query: &str, content: impl Into<Body>) -> Reply {
    let request = Request::post(format!("/v1/rooms/{room}/assets?{query}"))
        .header(header::HOST, "localhost:8080")
        .header(header::AUTHORIZATION, who)
        .header(header::CONTENT_TYPE, "application/octet-stream")
        .body(content.into())
        .unwrap();
    stage.send(request).await
}

/// Every file of the local folder.
/// An upload whose pieces come one by one; it ends with its sender.
fn piecewise() -> (tokio::sync::mpsc::Sender<&'static str>, Body) {
    let (sender, pieces) = tokio::sync::mpsc::channel(1);
    let pieces = futures_util::stream::unfold(pieces, |mut pieces: tokio::sync::mpsc::Receiver<&'static str>| async {
        let piece = pieces.recv().await?;
        Some((Ok::<_, Infallible>(Bytes::from(piece)), pieces))
    });
    (sender, Body::from_stream(pieces))
}

fn contents(stage: &Stage) -> Vec<PathBuf> {
    let Ok(tenants) = std::fs::read_dir(stage.folder.join("files")) else {
        return Vec::new();
    };
    let folders = tenants
        .flatten()
        .filter_map(|entry| std::fs::read_dir(entry.path()).ok());
    folders.flatten().flatten().map(|entry| entry.path()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_goes_up_is_listed_comes_down_once_and_is_removed() {
    on_both(async |stage| {
        let anna = stage.person("anna@example.org", "Anna Arndt").await;
        let (room, event) = room(&stage, &anna).await;
        let query = "kind=whiteboard_pdf&file_extension=pdf&event_title=B%C3%BCdget%2F26&namespace=excalidraw";
        let reply = upload(&stage, &anna, room, query, "some content").await;
        assert_eq!(reply.status, StatusCode::OK, "{}", reply.text);
        let asset = reply.json();
        let name = asset["filename"].as_str().unwrap();
        assert!(
            name.starts_with("Büdget_26_whiteboard_pdf_") && name.ends_with("-UTC.pdf"),
            "{name}"
        );
        assert_eq!(
            (asset["size"].as_i64(), asset["namespace"].as_str()),
            (Some(12), Some("excalidraw"))
        );
        assert_eq!(contents(&stage).len(), 1);

        let listed = stage.get(&format!("/v1/rooms/{room}/assets"), &anna).await;
        assert_eq!(listed.json()[0]["id"], asset["id"]);
        assert!(listed.header(header::LINK).contains("rel=\"last\""));
        let mine = stage.get("/v1/users/me/assets", &anna).await.json();
        assert_eq!(mine["owned_assets"][0]["event_id"], event["id"]);
        assert_eq!(stage.get("/v1/users/me", &anna).await.json()["used_storage"], 12);

        let at = format!("/v1/rooms/{room}/assets/{}", asset["id"].as_str().unwrap());
        let reply = stage.get(&format!("{at}/download?redirect=false"), &anna).await;
        assert_eq!(reply.status, StatusCode::OK, "{}", reply.text);
        let url = reply.json()["url"].as_str().unwrap().to_owned();
        let path = url.strip_prefix(ORIGIN).unwrap();
        let head = stage.ask(axum::http::Method::HEAD, path, "", None).await;
        assert_eq!(head.status, StatusCode::NOT_FOUND);
        let content = stage.get(path, "").await;
        assert_eq!(
            (content.status, content.text.as_str()),
            (StatusCode::OK, "some content")
        );
        assert!(
            content
                .header(header::CONTENT_DISPOSITION)
                .starts_with("attachment; filename=\"B_dget_26")
        );
        assert!(
            content
                .header(header::CONTENT_DISPOSITION)
                .contains("filename*=UTF-8''B%C3%BCdget_26")
        );
        assert_eq!(content.header(header::X_CONTENT_TYPE_OPTIONS), "nosniff");
        assert_eq!(
            content.header(header::CONTENT_SECURITY_POLICY),
            "sandbox; default-src 'none'"
        );
        assert_eq!(content.header(header::CONTENT_TYPE), "application/octet-stream");
        assert_eq!(
            stage.get(path, "").await.status,
            StatusCode::NOT_FOUND,
            "it worked twice"
        );
        let led = stage.get(&format!("{at}/download"), &anna).await;
        assert_eq!(led.status, StatusCode::SEE_OTHER);

        let gone = stage.ask(axum::http::Method::DELETE, &at, &anna, None).await;
        assert_eq!(gone.status, StatusCode::NO_CONTENT);
        assert!(contents(&stage).is_empty());
        assert_eq!(
            stage.ask(axum::http::Method::DELETE, &at, &anna, None).await.status,
            StatusCode::NOT_FOUND
        );
        assert_eq!(stage.get("/v1/users/me", &anna).await.json()["used_storage"], 0);
        let path = led.header(header::LOCATION).strip_prefix(ORIGIN).unwrap();
        assert_eq!(
            stage.get(path, "").await.status,
            StatusCode::NOT_FOUND,
            "the file is gone"
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn only_moderators_change_the_files_of_a_room_and_strangers_see_none() {
    on_both(async |stage| {
        let anna = stage.person("anna@example.org", "Anna Arndt").await;
        let bo = stage.person("bo@example.org", "Bo Berg").await;
        let cem = stage.person("cem@example.org", "Cem Can").await;
        let (room, event) = room(&stage, &anna).await;
        let invites = format!("/v1/events/{}/invites", event["id"].as_str().unwrap());
        stage
            .post(&invites, &anna, json!({"email": "bo@example.org", "role": "user"}))
            .await;
        let asset = upload(&stage, &anna, room, "kind=minutes", "x").await.json();
        let at = format!("/v1/rooms/{room}/assets/{}", asset["id"].as_str().unwrap());
        let list = format!("/v1/rooms/{room}/assets");
        let download = format!("{at}/download?redirect=false");
        for (who, seen, changed) in [
            (&bo, StatusCode::OK, StatusCode::FORBIDDEN),
            (&cem, StatusCode::FORBIDDEN, StatusCode::FORBIDDEN),
        ] {
            assert_eq!(stage.get(&list, who).await.status, seen);
            assert_eq!(stage.get(&download, who).await.status, seen);
            assert_eq!(upload(&stage, who, room, "kind=minutes", "x").await.status, changed);
            assert_eq!(
                stage.ask(axum::http::Method::DELETE, &at, who, None).await.status,
                changed
            );
        }
        assert_eq!(stage.get(&list, "").await.status, StatusCode::UNAUTHORIZED);
        let elsewhere = format!("/v1/rooms/{}/assets", RoomId(clock::token()));
        assert_eq!(stage.get(&elsewhere, &anna).await.status, StatusCode::NOT_FOUND);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_with_an_upload_is_named_by_its_field() {
    on_both(async |stage| {
        let anna = stage.person("anna@example.org", "Anna Arndt").await;
        let (room, _) = room(&stage, &anna).await;
        let long = "x".repeat(256);
        for (query, field) in [
            ("", "kind"),
            ("kind=a-b", "kind"),
            ("kind=a&file_extension=..%2Fetc", "file_extension"),
            ("kind=a&file_extension=abcdefghijk", "file_extension"),
            ("kind=a&namespace=a%20b", "namespace"),
            (&format!("kind=a&event_title={long}"), "event_title"),
        ] {
            let reply = upload(&stage, &anna, room, query, "x").await;
            assert_eq!(reply.status, StatusCode::UNPROCESSABLE_ENTITY, "{query}");
            assert_eq!(reply.json()["validation_errors"][0]["field"], field, "{query}");
        }
        assert_eq!(
            upload(&stage, &anna, room, "kind=a", "").await.status,
            StatusCode::BAD_REQUEST
        );
        assert!(contents(&stage).is_empty());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_that_breaks_off_leaves_nothing_behind() {
    on_both(async |stage| {
        let anna = stage.person("anna@example.org", "Anna Arndt").await;
        let (room, _) = room(&stage, &anna).await;
        let pieces = (0..12).map(|_| Ok(Bytes::from(vec![7_u8; 1 << 20])));
        let broken = futures_util::stream::iter(pieces).chain(futures_util::stream::once(async {
            Err(std::io::Error::from(std::io::ErrorKind::UnexpectedEof))
        }));
        let reply = upload(&stage, &anna, room, "kind=recording", Body::from_stream(broken)).await;
        assert_eq!(reply.status, StatusCode::BAD_REQUEST, "{}", reply.text);
        assert!(contents(&stage).is_empty(), "{:?}", contents(&stage));
        assert_eq!(stage.get("/v1/users/me", &anna).await.json()["used_storage"], 0);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_large_file_streams_through_and_one_that_is_too_large_is_refused() {
    on_both(async |stage| {
        let anna = stage.person("anna@example.org", "Anna Arndt").await;
        let (room, _) = room(&stage, &anna).await;
        let body = |pieces: usize| {
            let pieces = (0..pieces).map(|n| Ok::<_, Infallible>(Bytes::from(vec![(n % 251) as u8; 1 << 20])));
            Body::from_stream(futures_util::stream::iter(pieces))
        };
        let reply = upload(&stage, &anna, room, "kind=recording&file_extension=webm", body(23)).await;
        assert_eq!(reply.json()["size"], 23 << 20, "{}", reply.text);
        let stored = std::fs::read(&contents(&stage)[0]).unwrap();
        assert!(stored.len() == 23 << 20 && stored[22 << 20] == 22 && stored[0] == 0);
        let reply = upload(&stage, &anna, room, "kind=recording", body(1025)).await;
        assert_eq!(reply.status, StatusCode::PAYLOAD_TOO_LARGE);
        assert_eq!(reply.json()["code"], "file_too_large");
        assert_eq!(contents(&stage).len(), 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn uploads_at_once_never_go_beyond_a_quota() {
    on_both(async |stage| {
        let anna = stage.person("anna@example.org", "Anna Arndt").await;
        let (room, _) = room(&stage, &anna).await;
        let owner = crate::users::store::by_email(&stage.app.db, TENANT, "anna@example.org")
            .await
            .unwrap()
            .unwrap();
        let mut senders = vec![owner.id];
        for name in ["bo", "cleo", "dan", "eve"] {
            let email = format!("{name}@example.org");
            stage.add(&email, name).await;
            let sender = crate::users::store::by_email(&stage.app.db, TENANT, &email).await;
            senders.push(sender.unwrap().unwrap().id);
        }
        let tasks: Vec<_> = (0..senders.len() * MOST_AT_ONCE)
            .map(|number| {
                let (app, owner, sender) = (stage.app.clone(), owner.id, senders[number % senders.len()]);
                tokio::spawn(async move {
                    let new = New {
                        name: None,
                        tenant: TENANT,
                        room,
                        owner,
                        created_by: sender,
                        namespace: None,
                        kind: "minutes".into(),
                        title: String::new(),
                        extension: String::new(),
                    };
                    app.assets.add_within(new, Body::from(vec![1_u8; 100]), Some(550)).await
                })
            })
            .collect();
        let mut kept = 0;
        for task in tasks {
            match task.await.unwrap() {
                Ok(_) => kept += 1,
                Err(assets::Broken::Quota) => {}
                Err(_) => panic!("another reason"),
            }
        }
        assert_eq!((kept, contents(&stage).len()), (5, 5));
        assert_eq!(assets::store::used(&stage.app.db, TENANT, owner.id).await.unwrap(), 500);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn uploads_that_are_not_done_count_against_the_quota_and_few_of_them_are_taken() {
    on_both(async |stage| {
        let anna = stage.person("anna@example.org", "Anna Arndt").await;
        let (room, _) = room(&stage, &anna).await;
        let by = async |email: &str| {
            let found = crate::users::store::by_email(&stage.app.db, TENANT, email).await;
            found.unwrap().unwrap().id
        };
        let owner = by("anna@example.org").await;
        stage.add("bo@example.org", "Bo Berg").await;
        let bo = by("bo@example.org").await;
        let begin = |created_by| {
            let (sender, body) = piecewise();
            let new = New {
                name: None,
                tenant: TENANT,
                room,
                owner,
                created_by,
                namespace: None,
                kind: "minutes".into(),
                title: String::new(),
                extension: String::new(),
            };
            let app = stage.app.clone();
            let adding = tokio::spawn(async move { app.assets.add_within(new, body, Some(20)).await });
            (sender, adding)
        };
        // Of three pieces that were sent, the first has been counted: there is room for one that waits.
        let (first, adding) = begin(owner);
        for piece in ["fourteen bytes", "1", "1"] {
            first.send(piece).await.unwrap();
        }
        let (second, refused) = begin(bo);
        second.send("seven b").await.unwrap();
        drop(second);
        assert!(matches!(refused.await.unwrap(), Err(assets::Broken::Quota)));
        let mut others = Vec::new();
        for _ in 1..MOST_AT_ONCE {
            let (sender, adding) = begin(owner);
            sender.send("").await.unwrap();
            sender.send("").await.unwrap();
            others.push((sender, adding));
        }
        let (_, refused) = begin(owner);
        assert!(matches!(refused.await.unwrap(), Err(assets::Broken::TooMany)));
        drop(first);
        assert_eq!(adding.await.unwrap().ok().unwrap().size, 16);
        for (sender, adding) in others {
            drop(sender);
            assert!(matches!(adding.await.unwrap(), Err(assets::Broken::Empty)));
        }
        assert_eq!(contents(&stage).len(), 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_comes_to_a_room_that_is_deleted_meanwhile_is_not_kept_and_told_as_gone() {
    on_both(async |stage| {
        let anna = stage.person("anna@example.org", "Anna Arndt").await;
        let (room, event) = room(&stage, &anna).await;
        let link = stage.post(&format!("/v1/rooms/{room}/invites"), &anna, json!({})).await;
        let link = crate::ids::InviteCode(link.json()["invite_code"].as_str().unwrap().parse().unwrap());
        let mut link = crate::rooms::invites::store::one(&stage.app.db, TENANT, room, link)
            .await
            .unwrap()
            .unwrap();
        let owner = link.created_by;
        let (sender, body) = piecewise();
        let adding = {
            let new = New {
                name: None,
                tenant: TENANT,
                room,
                owner,
                created_by: owner,
                namespace: None,
                kind: "minutes".into(),
                title: String::new(),
                extension: String::new(),
            };
            let app = stage.app.clone();
            tokio::spawn(async move { app.assets.add(new, body).await })
        };
        sender.send("the first half").await.unwrap();
        let event = format!("/v1/events/{}", event["id"].as_str().unwrap());
        let reply = stage.ask(axum::http::Method::DELETE, &event, &anna, None).await;
        assert_eq!(reply.status, StatusCode::NO_CONTENT, "{}", reply.text);
        sender.send("the second half").await.unwrap();
        drop(sender);
        let broken = adding.await.unwrap().err().expect("a file in a room that is gone");
        assert!(matches!(broken, assets::Broken::NoRoom));
        assert_eq!(Failure::from(broken).into_response().status(), StatusCode::NOT_FOUND);
        assert!(contents(&stage).is_empty());

        link.code = crate::ids::InviteCode(clock::token());
        let error = {
            let mut change = crate::change::Change::begin(&stage.app.db, TENANT).await.unwrap();
            crate::rooms::invites::store::add(&mut change, &link).await
        };
        let answer = Failure::from(error.unwrap_err()).into_response();
        assert_eq!(answer.status(), StatusCode::NOT_FOUND, "a link to a room that is gone");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_files_of_a_deleted_room_and_what_a_crash_left_are_removed() {
    on_both(async |stage| {
        let anna = stage.person("anna@example.org", "Anna Arndt").await;
        let (room, event) = room(&stage, &anna).await;
        upload(&stage, &anna, room, "kind=minutes", "x").await;
        let event = format!("/v1/events/{}", event["id"].as_str().unwrap());
        stage.ask(axum::http::Method::DELETE, &event, &anna, None).await;
        stage.app.assets.remove_of_deleted_rooms(TENANT).await.ok().unwrap();
        assert!(contents(&stage).is_empty());

        let folder = stage.folder.join("files").join(TENANT.to_string());
        let names = [clock::id().to_string(), format!("{}#1", clock::id())];
        let long_ago = std::time::SystemTime::UNIX_EPOCH;
        for (name, old) in [(&names[0], true), (&names[1], true), (&clock::id().to_string(), false)] {
            let file = std::fs::File::create(folder.join(name)).unwrap();
            if old {
                file.set_modified(long_ago).unwrap();
            }
        }
        assert_eq!(stage.app.assets.tidy(TENANT).await.ok(), Some(2));
        assert_eq!(contents(&stage).len(), 1, "what is young may still be on its way");
    })
    .await;
}
