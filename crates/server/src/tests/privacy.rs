// SPDX-License-Identifier: EUPL-1.2
//! Deletion and copy of a person's data, and the inventory of where it lies.

use std::collections::BTreeSet;

use axum::http::{Method, StatusCode, header};
use serde_json::{Value, json};

use super::{Database, PASSWORD, Stage, on_both};
use crate::db::{Db, on};
use crate::privacy::inventory::{self, TABLES};

/// In everything that the person writes or is called.
const MARKER: &str = "zwetschge";

async fn tables(db: &Db) -> Vec<String> {
    const SQLITE: &str = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'";
    const POSTGRES: &str = "SELECT tablename::text FROM pg_tables WHERE schemaname = current_schema()";
    let rows: Vec<(String,)> = match db {
        Db::Sqlite(pool) => sqlx::query_as(SQLITE).fetch_all(pool).await.unwrap(),
        Db::Postgres(pool) => sqlx::query_as(POSTGRES).fetch_all(pool).await.unwrap(),
    };
    let names = rows.into_iter().map(|(name,)| name);
    names.filter(|name| name != "_sqlx_migrations").collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_inventory_names_every_column_and_its_page_is_fresh() {
    let stage = Stage::open(Database::Sqlite, &[]).await;
    let mut there = BTreeSet::new();
    for table in tables(&stage.app.db).await {
        let sql = format!("SELECT name FROM pragma_table_info('{table}')");
        let columns: Vec<(String,)> =
            on!(&stage.app.db, pool => sqlx::query_as(sqlx::AssertSqlSafe(sql)).fetch_all(pool).await).unwrap();
        there.extend(columns.into_iter().map(|(column,)| format!("{table}.{column}")));
    }
    let known = TABLES
        .iter()
        .flat_map(|table| table.columns().map(|column| format!("{}.{column}", table.name)));
    let known: BTreeSet<String> = known.collect();
    assert_eq!(
        known, there,
        "crates/server/src/privacy/inventory.rs and the schema differ"
    );
    let checked_in = include_str!("../../../../docs/operate/personal-data.md");
    let how = "run: cargo run -p konvent-server --example personal_data > docs/operate/personal-data.md";
    assert!(checked_in == inventory::page(), "{how}");
}

/// Where the text stands in any row of any table.
async fn found(db: &Db, text: &str) -> Vec<String> {
    let mut places = Vec::new();
    for table in tables(db).await {
        let mut columns = TABLES.iter().find(|known| known.name == table).unwrap().columns();
        let all = columns.next().map(|first| {
            let rest = columns.map(|column| format!(" || ' ' || COALESCE(CAST({column} AS TEXT), '')"));
            format!("COALESCE(CAST({first} AS TEXT), ''){}", rest.collect::<String>())
        });
        let sql = format!(
            "SELECT COUNT(*) FROM {table} WHERE LOWER({}) LIKE '%{text}%'",
            all.unwrap()
        );
        let (count,): (i64,) = on!(db, pool => sqlx::query_as(sqlx::AssertSqlSafe(sql)).fetch_one(pool).await).unwrap();
        if count > 0 {
            places.push(table);
        }
    }
    places
}

/// The text in any file of the data directory, whatever it is called.
fn found_in_files(folder: &std::path::Path, text: &str) -> Vec<std::path::PathBuf> {
    let mut places = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap().flatten() {
        let path = entry.path();
        if path.is_dir() {
            places.extend(found_in_files(&path, text));
        } else {
            let bytes = std::fs::read(&path).unwrap().to_ascii_lowercase();
            if bytes.windows(text.len()).any(|part| part == text.as_bytes()) {
                places.push(path);
            }
        }
    }
    places
}

async fn upload(stage: &Stage, room: &str, who: &str) {
    let request = axum::http::Request::post(format!("/v1/rooms/{room}/assets?kind=document&title={MARKER}"))
        .header(header::HOST, "localhost:8080")
        .header(header::AUTHORIZATION, who)
        .body(axum::body::Body::from(format!("written by {MARKER}")))
        .unwrap();
    let reply = stage.send(request).await;
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_asks_to_be_deleted_is_found_nowhere_afterwards() {
    on_both(async |stage| {
        let ada = stage.administrator("ada@example.org").await;
        let email = format!("{MARKER}@example.org");
        let zoe = stage.person(&email, &format!("Zoe {MARKER}")).await;
        let id = stage.get("/v1/users/me", &zoe).await.json()["id"]
            .as_str()
            .unwrap()
            .to_owned();
        let room_of = |event: &Value| event["room"]["id"].as_str().unwrap().to_owned();

        // What is theirs, in every kind.
        let own = json!({"title": format!("Runde {MARKER}"), "description": MARKER, "is_time_independent": false,
            "is_all_day": false, "starts_at": {"datetime": "2030-01-07T09:00:00Z", "timezone": "Europe/Berlin"},
            "ends_at": {"datetime": "2030-01-07T10:00:00Z", "timezone": "Europe/Berlin"},
            "recurrence_pattern": ["FREQ=WEEKLY;COUNT=5"]});
        let reply = stage.post("/v1/events", &zoe, own).await;
        assert_eq!(reply.status, StatusCode::CREATED, "{}", reply.text);
        let own = reply.json();
        upload(&stage, &room_of(&own), &zoe).await;
        stage
            .post(&format!("/v1/rooms/{}/invites", room_of(&own)), &zoe, json!({}))
            .await;
        stage.post("/v1/users/me/calendar_feed", &zoe, json!({})).await;

        // What they did in a meeting of somebody else, and how that names them.
        let event = json!({"title": "Ausschuss", "is_time_independent": true});
        let event = stage.post("/v1/events", &ada, event).await.json();
        let path = format!("/v1/events/{}", event["id"].as_str().unwrap());
        let invited = json!({"invitee": id, "role": "moderator"});
        let reply = stage.post(&format!("{path}/invites"), &ada, invited).await;
        assert!(reply.status.is_success(), "{}", reply.text);
        assert_eq!(
            stage
                .ask(Method::PATCH, &format!("{path}/invite"), &zoe, None)
                .await
                .status,
            StatusCode::NO_CONTENT
        );
        let favorite = format!("/v1/users/me/event_favorites/{}", event["id"].as_str().unwrap());
        stage.ask(Method::PUT, &favorite, &zoe, None).await;
        let link = stage
            .post(&format!("/v1/rooms/{}/invites", room_of(&event)), &zoe, json!({}))
            .await;
        assert_eq!(link.status, StatusCode::OK, "{}", link.text);

        let copy = stage.get("/v1/users/me/export", &zoe).await;
        assert_eq!(copy.status, StatusCode::OK, "{}", copy.text);
        let copy = copy.json();
        assert_eq!(copy["profile"]["email"], json!(email));
        for (part, count) in [
            ("events", 1),
            ("invitations", 1),
            ("favorites", 1),
            ("guest_links", 2),
            ("files", 1),
            ("logins", 1),
        ] {
            assert_eq!(copy[part].as_array().unwrap().len(), count, "{part} in {copy}");
        }

        assert!(!found(&stage.app.db, MARKER).await.is_empty());
        assert_eq!(
            stage
                .ask(
                    Method::DELETE,
                    "/v1/users/me",
                    &zoe,
                    Some(json!({"current_password": PASSWORD}))
                )
                .await
                .status,
            StatusCode::NO_CONTENT
        );
        assert_eq!(found(&stage.app.db, MARKER).await, Vec::<String>::new());
        assert_eq!(
            found(&stage.app.db, &id).await,
            ["audit_entries"],
            "only the log keeps the id"
        );
        assert_eq!(found_in_files(&stage.folder, MARKER), Vec::<std::path::PathBuf>::new());
        assert_eq!(stage.get("/v1/users/me", &zoe).await.status, StatusCode::UNAUTHORIZED);
        // The others keep what is theirs, with the link that was made in it.
        assert_eq!(stage.get(&path, &ada).await.json()["title"], "Ausschuss");
        let code = link.json()["invite_code"].as_str().unwrap().to_owned();
        let verified = stage.post("/v1/invite/verify", "", json!({"invite_code": code})).await;
        assert_eq!(verified.status, StatusCode::OK);
        assert!(
            crate::audit::verify(&stage.app.db, crate::ids::TenantId::DEFAULT)
                .await
                .unwrap()
                .broken_at
                .is_none()
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whom_something_new_still_names_is_to_be_deleted_again_and_not_told_as_gone() {
    on_both(async |stage| {
        let ada = stage.administrator("ada@example.org").await;
        let bo = stage.person("bo@example.org", "Bo Berg").await;
        let id = stage.get("/v1/users/me", &bo).await.json()["id"]
            .as_str()
            .unwrap()
            .to_owned();
        for sql in [
            "CREATE TABLE later (tenant TEXT, who TEXT, FOREIGN KEY (tenant, who) REFERENCES users (tenant, id))",
            "INSERT INTO later SELECT tenant, id FROM users WHERE email = 'bo@example.org'",
        ] {
            on!(&stage.app.db, pool => sqlx::query(sql).execute(pool).await.map(drop)).unwrap();
        }
        let refused = stage
            .ask(Method::DELETE, &format!("/v1/admin/users/{id}"), &ada, None)
            .await;
        assert_eq!(refused.status, StatusCode::SERVICE_UNAVAILABLE, "{}", refused.text);
        assert_eq!(refused.json()["code"], "database_busy");
        assert_eq!(
            stage.get("/v1/users/me", &bo).await.status,
            StatusCode::OK,
            "nothing was deleted"
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn administrators_delete_others_but_the_last_one_stays() {
    on_both(async |stage| {
        let ada = stage.administrator("ada@example.org").await;
        assert_eq!(
            stage
                .ask(
                    Method::DELETE,
                    "/v1/users/me",
                    &ada,
                    Some(json!({"current_password": PASSWORD}))
                )
                .await
                .json()["code"],
            "last_administrator"
        );
        let b = stage.tenant("b").await;
        let bea = stage
            .person_of(b, "bea@b.example", "Bea", crate::users::Administers::Tenant)
            .await;
        let id = stage.get("/v1/users/me", &bea).await.json()["id"]
            .as_str()
            .unwrap()
            .to_owned();
        let path = format!("/v1/admin/users/{id}");
        assert_eq!(
            stage.ask(Method::DELETE, &path, &ada, None).await.status,
            StatusCode::NOT_FOUND,
            "not of this tenant"
        );
        let path = format!("{path}?tenant_id={b}");
        assert_eq!(
            stage.ask(Method::DELETE, &path, &ada, None).await.status,
            StatusCode::NO_CONTENT
        );
        assert_eq!(stage.get("/v1/users/me", &bea).await.status, StatusCode::UNAUTHORIZED);
    })
    .await;
}
