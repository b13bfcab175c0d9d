// SPDX-License-Identifier: EUPL-1.2
//! The database's schema, and the document of the REST interface.

use super::{Database, Stage, config};
use crate::app::App;
use crate::db::{Db, on};
use crate::door::routes;
use crate::ids::TenantId;
use crate::users::Administers;

#[tokio::test(flavor = "multi_thread")]
async fn a_database_of_a_newer_version_is_refused_with_a_clear_sentence() {
    for database in [Database::Sqlite, Database::Postgres] {
        let (config, folder) = config(database, &[]).await;
        std::fs::create_dir_all(&folder).unwrap();
        let db = Db::open(&config).await.unwrap();
        let newer = "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) \
            SELECT 9999, 'later', success, checksum, 0 FROM _sqlx_migrations LIMIT 1";
        on!(&db, pool => sqlx::query(newer).execute(pool).await.map(drop)).unwrap();
        let refused = App::open(config).await.err().unwrap();
        assert!(refused.english.contains("newer version of Konvent"), "{refused}");
        assert!(refused.german.contains("neueren Version"), "{}", refused.german);
        _ = std::fs::remove_dir_all(folder);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_is_opened_again_with_what_it_held() {
    for database in [Database::Sqlite, Database::Postgres] {
        let (config, folder) = config(database, &[]).await;
        let first = App::open(config.clone()).await.unwrap();
        crate::identity::provider::account::add(
            &first.db,
            &first.config,
            TenantId::DEFAULT,
            "anna@example.org",
            "Anna Arndt",
            super::PASSWORD,
            Administers::Installation,
        )
        .await
        .unwrap();
        first.media.sfu.stop();
        let again = App::open(config).await.unwrap();
        assert!(again.identity.setup_token().await.unwrap().is_none());
        again.media.sfu.stop();
        _ = std::fs::remove_dir_all(folder);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_migration_in_the_folder_is_applied() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../migrations");
    let mut written: Vec<i64> = std::fs::read_dir(folder)
        .unwrap()
        .map(|file| file.unwrap().file_name().to_str().unwrap()[..4].parse().unwrap())
        .collect();
    written.sort_unstable();
    for database in [Database::Sqlite, Database::Postgres] {
        let stage = Stage::open(database, &[]).await;
        let applied = "SELECT version FROM _sqlx_migrations ORDER BY version";
        let applied: Vec<(i64,)> = on!(&stage.app.db, pool => sqlx::query_as(applied).fetch_all(pool).await).unwrap();
        assert_eq!(
            applied.into_iter().map(|(version,)| version).collect::<Vec<_>>(),
            written
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_owner_can_read_the_database_file() {
    use std::os::unix::fs::PermissionsExt as _;
    let stage = Stage::open(Database::Sqlite, &[]).await;
    for file in std::fs::read_dir(&stage.folder).unwrap().flatten() {
        let mode = file.metadata().unwrap().permissions().mode() & 0o777;
        assert_eq!(mode & 0o077, 0, "{:?} {mode:o}", file.path());
    }
}

#[test]
fn the_checked_in_openapi_document_is_what_the_program_serves() {
    let checked_in = include_str!("../../../../docs/api/openapi.json");
    assert!(
        checked_in == routes::document(),
        "run: cargo run -p konvent-server --example openapi > docs/api/openapi.json"
    );
}

#[test]
fn every_response_of_the_interface_is_described_in_words() {
    let document: serde_json::Value = serde_json::from_str(&routes::document()).unwrap();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            for (status, response) in operation["responses"].as_object().unwrap() {
                let words = response["description"].as_str().unwrap_or_default();
                assert!(!words.is_empty(), "{method} {path}: {status}");
            }
        }
    }
}
