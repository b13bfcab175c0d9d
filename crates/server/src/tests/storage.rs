// SPDX-License-Identifier: EUPL-1.2
//! Databases that refuse for a while: full while a statement writes, read-only, locked, restarted. What is answered, and
//! that everything acknowledged is there. Disks that are full: `crates/server/tests/program/disk.rs`.

use std::path::Path;
use std::sync::Arc;

use axum::http::StatusCode;
use futures_util::future::join_all;
use serde_json::{Value, json};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{AssertSqlSafe, Executor as _, SqlitePool};

use super::{Cluster, Database, Stage, config};
use crate::db;
use crate::db::Db;
use crate::lock::Lock;

pub fn sqlite(stage: &Stage) -> &SqlitePool {
    match &stage.app.db {
        Db::Sqlite(pool) => pool,
        Db::Postgres(_) => panic!("not SQLite"),
    }
}

/// Changes the open connections of a pool and those that it opens from now on.
pub async fn set(pool: &SqlitePool, pragma: &'static str, value: String) {
    let options: SqliteConnectOptions = pool.connect_options().as_ref().clone();
    pool.set_connect_options(options.pragma(pragma, value.clone()));
    let mut all = Vec::new();
    // One that is just being given back counts as well, and may come while another is opened in its place.
    while all.len() < pool.size() as usize {
        let mut connection = pool.acquire().await.unwrap();
        let sql = AssertSqlSafe(format!("PRAGMA {pragma} = {value}"));
        connection.execute(sql).await.unwrap();
        all.push(connection);
    }
}

/// Plans a meeting: the status, and its path if it is acknowledged.
async fn plan(stage: &Stage, who: &str, title: &str) -> (StatusCode, Value) {
    let body = json!({"title": title, "is_time_independent": true});
    let reply = stage.post("/v1/events", who, body).await;
    (reply.status, reply.json())
}

fn path(event: &Value) -> String {
    format!("/v1/events/{}", event["id"].as_str().unwrap())
}

/// A server on what a power cut would leave of the data.
async fn after_a_power_cut(folder: &Path) -> Stage {
    let (settings, copy) = config(Database::Sqlite, &[]).await;
    std::fs::create_dir(&copy).unwrap();
    for name in ["konvent.sqlite", "konvent.sqlite-wal", "device.salt"] {
        std::fs::copy(folder.join(name), copy.join(name)).unwrap();
    }
    Stage::on(settings, copy).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_is_full_when_a_statement_writes_refuses_until_there_is_room_and_loses_nothing() {
    let stage = Stage::open(Database::Sqlite, &[]).await;
    let anna = stage.person("anna@example.org", "Anna Arndt").await;
    let pool = sqlite(&stage);
    // Some connections are open, and something can be thrown away later.
    join_all((0..16).map(|_| plan(&stage, &anna, "Before"))).await;
    pool.execute("CREATE TABLE filler AS SELECT zeroblob(2000000) AS content")
        .await
        .unwrap();
    let (pages,): (i64,) = sqlx::query_as("PRAGMA page_count").fetch_one(pool).await.unwrap();
    set(pool, "max_page_count", pages.to_string()).await;
    let mut acknowledged = Vec::new();
    let mut refused = 0;
    while refused < 100 {
        for (status, body) in join_all((0..50).map(|_| plan(&stage, &anna, "During"))).await {
            match status {
                StatusCode::CREATED => acknowledged.push(path(&body)),
                StatusCode::INSUFFICIENT_STORAGE => {
                    assert_eq!(body["code"], "storage_full");
                    refused += 1;
                }
                other => panic!("{other}: {body}"),
            }
        }
    }
    pool.execute("DELETE FROM filler").await.unwrap();
    for (status, body) in join_all((0..50).map(|_| plan(&stage, &anna, "After"))).await {
        assert_eq!(status, StatusCode::CREATED, "{body}");
        acknowledged.push(path(&body));
    }
    let later = after_a_power_cut(&stage.folder).await;
    let anna = later.bearer("anna@example.org").await;
    for event in &acknowledged {
        assert_eq!(later.get(event, &anna).await.status, StatusCode::OK);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_is_read_only_or_locked_refuses_in_a_sentence_and_goes_on_by_itself() {
    let stage = Stage::open(Database::Sqlite, &[]).await;
    let anna = stage.person("anna@example.org", "Anna Arndt").await;
    let pool = sqlite(&stage);
    let refused = async |code: &str| {
        let (status, body) = plan(&stage, &anna, "Refused").await;
        assert_eq!((status, &body["code"]), (StatusCode::SERVICE_UNAVAILABLE, &json!(code)));
        assert!(body["message"].as_str().unwrap().contains("try again"), "{body}");
    };
    set(pool, "query_only", "ON".into()).await;
    refused("database_read_only").await;
    assert_eq!(stage.get("/v1/events", &anna).await.status, StatusCode::OK);
    set(pool, "query_only", "OFF".into()).await;
    assert_eq!(plan(&stage, &anna, "Budget").await.0, StatusCode::CREATED);

    set(pool, "busy_timeout", "1".into()).await;
    let file = stage.folder.join("konvent.sqlite");
    let other = SqlitePool::connect_with(SqliteConnectOptions::new().filename(file))
        .await
        .unwrap();
    let held = other.begin_with("BEGIN IMMEDIATE").await.unwrap();
    refused("database_busy").await;
    assert_eq!(stage.get("/v1/events", &anna).await.status, StatusCode::OK);
    held.rollback().await.unwrap();
    assert_eq!(plan(&stage, &anna, "Budget").await.0, StatusCode::CREATED);
}

#[tokio::test(flavor = "multi_thread")]
async fn while_postgresql_restarts_requests_are_refused_in_a_sentence_and_nothing_acknowledged_is_lost() {
    let cluster = tokio::task::spawn_blocking(Cluster::start).await.unwrap();
    let (mut settings, folder) = config(Database::Sqlite, &[]).await;
    settings.database.url = crate::config::Secret::of(&cluster.new_database().await);
    let stage = Arc::new(Stage::on(settings, folder).await);
    let anna = stage.person("anna@example.org", "Anna Arndt").await;
    let (results, mut heard) = tokio::sync::mpsc::channel(1);
    let people: Vec<_> = (0..20)
        .map(|_| {
            let (stage, anna, results) = (stage.clone(), anna.clone(), results.clone());
            tokio::spawn(async move { while results.send(plan(&stage, &anna, "During").await).await.is_ok() {} })
        })
        .collect();
    let mut acknowledged = Vec::new();
    let mut until = async |wanted: StatusCode, count: usize| {
        let mut seen = 0;
        while seen < count {
            let (status, body) = heard.recv().await.unwrap();
            match status {
                StatusCode::CREATED => acknowledged.push(path(&body)),
                StatusCode::SERVICE_UNAVAILABLE => assert_eq!(body["code"], "database_unavailable"),
                other => panic!("{other}: {body}"),
            }
            seen += usize::from(status == wanted);
        }
    };
    until(StatusCode::CREATED, 20).await;
    cluster.control(&["-m", "fast", "stop"]);
    until(StatusCode::SERVICE_UNAVAILABLE, 20).await;
    cluster.control(&["start"]);
    until(StatusCode::CREATED, 100).await;
    drop(heard);
    for person in people {
        person.await.unwrap();
    }
    for event in &acknowledged {
        assert_eq!(stage.get(event, &anna).await.status, StatusCode::OK);
    }
    let Db::Postgres(pool) = &stage.app.db else { panic!() };
    let name: (String,) = sqlx::query_as("SELECT current_database()::text")
        .fetch_one(pool)
        .await
        .unwrap();
    let read_only = |on: &str| {
        AssertSqlSafe(format!(
            "ALTER DATABASE {} SET default_transaction_read_only = {on}",
            name.0
        ))
    };
    pool.execute(read_only("on")).await.unwrap();
    cluster.control(&["-m", "fast", "restart"]);
    let (status, body) = plan(&stage, &anna, "Refused").await;
    assert_eq!(
        (status, &body["code"]),
        (StatusCode::SERVICE_UNAVAILABLE, &json!("database_read_only"))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_of_a_newer_program_does_not_change_the_schema_under_a_running_server() {
    let (settings, folder) = config(Database::Sqlite, &[]).await;
    let stage = Stage::on(settings, folder.clone()).await;
    let older = "DELETE FROM _sqlx_migrations WHERE version = (SELECT MAX(version) FROM _sqlx_migrations)";
    let refused = async || db::refuse_beside_an_older_server(&stage.app.config).await.err();
    let lock = Lock::take(&folder).unwrap();
    assert!(refused().await.is_none(), "the same version");
    sqlite(&stage).execute(older).await.unwrap();
    assert!(refused().await.unwrap().to_string().contains("older version"));
    drop(lock);
    assert!(refused().await.is_none(), "no server");
}

fn length(stage: &Stage, name: &str) -> u64 {
    std::fs::metadata(stage.app.config.data.directory.join(name)).map_or(0, |file| file.len())
}

#[tokio::test]
async fn what_is_deleted_leaves_the_files_of_the_database() {
    let stage = Stage::open(Database::Sqlite, &[]).await;
    let pool = sqlite(&stage);
    let filler = "CREATE TABLE filler AS SELECT zeroblob(8000000) AS content";
    pool.execute(filler).await.unwrap();
    stage.app.db.settle().await.unwrap();
    assert!(length(&stage, "konvent.sqlite") > 8_000_000);
    pool.execute("DROP TABLE filler").await.unwrap();
    stage.app.db.shrink().await.unwrap();
    stage.app.db.settle().await.unwrap();
    assert!(length(&stage, "konvent.sqlite") < 4_000_000);
    assert_eq!(length(&stage, "konvent.sqlite-wal"), 0);
}

#[tokio::test]
async fn a_database_that_was_made_to_keep_the_room_of_what_is_deleted_opens_and_keeps_it() {
    let (_, folder) = config(Database::Sqlite, &[]).await;
    std::fs::create_dir(&folder).unwrap();
    let file = folder.join("konvent.sqlite");
    let options = SqliteConnectOptions::new().filename(&file).create_if_missing(true);
    let before = SqlitePool::connect_with(options).await.unwrap();
    before
        .execute("CREATE TABLE filler AS SELECT zeroblob(100000) AS content")
        .await
        .unwrap();
    before.execute("CREATE TABLE kept AS SELECT 7 AS number").await.unwrap();
    before.execute("DROP TABLE filler").await.unwrap();
    before.close().await;
    let db = Db::sqlite(&file).await.unwrap();
    db.shrink().await.unwrap();
    db.settle().await.unwrap();
    let Db::Sqlite(pool) = &db else { panic!() };
    let (number,): (i64,) = sqlx::query_as("SELECT number FROM kept").fetch_one(pool).await.unwrap();
    assert_eq!(number, 7);
    assert!(std::fs::metadata(&file).unwrap().len() > 100_000);
    db.close().await;
    std::fs::remove_dir_all(&folder).unwrap();
}

#[tokio::test]
async fn whoever_writes_can_open_further_connections_meanwhile() {
    let stage = Stage::open(Database::Sqlite, &[]).await;
    let pool = sqlite(&stage);
    let mut writing = pool.begin_with("BEGIN IMMEDIATE").await.unwrap();
    // All but the last of the pool, and those of a command line beside it.
    let others = (1..pool.options().get_max_connections() - 1).map(|_| pool.acquire());
    let others = join_all(others).await;
    assert!(others.iter().all(Result::is_ok));
    writing.execute("CREATE TABLE something (id INTEGER)").await.unwrap();
    writing.commit().await.unwrap();
}
