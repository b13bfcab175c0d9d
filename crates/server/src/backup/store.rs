// SPDX-License-Identifier: EUPL-1.2
//! SQL of backups: a consistent copy of a SQLite database while others write to it, and what is in the copy.

use std::path::Path;

use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode};
use sqlx::{ConnectOptions as _, Connection as _, SqliteConnection};

use crate::db::Db;

/// Copies the database as it is at one moment into an empty file.
pub async fn snapshot(db: &Db, into: &Path) -> sqlx::Result<()> {
    let Db::Sqlite(pool) = db else {
        return Err(sqlx::Error::Configuration("only SQLite makes such a copy".into()));
    };
    let into = into.to_string_lossy().into_owned();
    sqlx::query("VACUUM INTO $1").bind(into).execute(pool).await.map(drop)
}

/// A copy, open by itself and without files beside it.
pub struct Snapshot(tokio::sync::Mutex<SqliteConnection>);

impl Snapshot {
    pub async fn open(file: &Path) -> sqlx::Result<Snapshot> {
        let options = SqliteConnectOptions::new()
            .filename(file)
            .foreign_keys(true)
            .journal_mode(SqliteJournalMode::Delete);
        Ok(Snapshot(tokio::sync::Mutex::new(options.connect().await?)))
    }

    /// Tenant and id of every file; none if the schema is older than files.
    pub async fn assets(&self) -> sqlx::Result<Vec<(String, String)>> {
        const KNOWN: &str = "SELECT name FROM sqlite_master WHERE type = 'table' AND name = 'assets'";
        let mut connection = self.0.lock().await;
        let known: Option<(String,)> = sqlx::query_as(KNOWN).fetch_optional(&mut *connection).await?;
        if known.is_none() {
            return Ok(Vec::new());
        }
        sqlx::query_as("SELECT tenant, id FROM assets ORDER BY tenant, id")
            .fetch_all(&mut *connection)
            .await
    }

    pub async fn forget(&self, tenant: &str, asset: &str) -> sqlx::Result<()> {
        let mut connection = self.0.lock().await;
        sqlx::query("DELETE FROM assets WHERE tenant = $1 AND id = $2")
            .bind(tenant)
            .bind(asset)
            .execute(&mut *connection)
            .await
            .map(drop)
    }

    pub async fn close(self) -> sqlx::Result<()> {
        self.0.into_inner().close().await
    }
}

/// Whether a database holds together.
pub async fn is_whole(file: &Path) -> sqlx::Result<bool> {
    let snapshot = Snapshot::open(file).await?;
    let mut connection = snapshot.0.lock().await;
    let (answer,): (String,) = sqlx::query_as("PRAGMA integrity_check")
        .fetch_one(&mut *connection)
        .await?;
    drop(connection);
    snapshot.close().await?;
    Ok(answer == "ok")
}
