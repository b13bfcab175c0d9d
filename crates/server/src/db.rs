// SPDX-License-Identifier: EUPL-1.2
//! The database: SQLite or PostgreSQL, chosen once at start. Not a place for queries: those stand in `store.rs` files,
//! one SQL text for both, with `$1` placeholders. Times are milliseconds since 1970.

use std::path::{Path, PathBuf};
use std::str::FromStr as _;
use std::time::Duration;

use jiff::Timestamp;
use sqlx::migrate::{MigrateError, Migration, MigrationType, Migrator};
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::sqlite::{
    SqliteAutoVacuum, SqliteConnectOptions, SqliteConnection, SqliteError, SqliteJournalMode, SqlitePoolOptions,
    SqliteSynchronous,
};
use sqlx::{ConnectOptions as _, Connection as _, PgPool, SqlSafeStr as _, SqlitePool};

use crate::config::Config;
use crate::lock;
use crate::start_error::StartError;

/// A cheap handle of either pool.
#[derive(Clone)]
pub enum Db {
    Sqlite(SqlitePool),
    Postgres(PgPool),
}

/// Runs one block against whichever database is open: `on!(db, pool => query(…).execute(pool).await)`. The block is
/// compiled for both, which proves its types for both.
macro_rules! on {
    ($db:expr, $pool:ident => $block:expr) => {
        match $db {
            $crate::db::Db::Sqlite($pool) => $block,
            $crate::db::Db::Postgres($pool) => $block,
        }
    };
}
pub(crate) use on;

/// Reads a struct from a row of either database, column by field name. After two dots comes a struct of the same
/// row: `row!(Found { ..room: Room, banned })`.
macro_rules! row {
    ($name:ident { $(..$part:ident: $whole:ty,)? $($field:ident),* $(,)? }) => {
        $crate::db::row!(@ $name sqlx::sqlite::SqliteRow { $(..$part: $whole,)? $($field),* });
        $crate::db::row!(@ $name sqlx::postgres::PgRow { $(..$part: $whole,)? $($field),* });
    };
    (@ $name:ident $row:ty { $(..$part:ident: $whole:ty,)? $($field:ident),* }) => {
        impl sqlx::FromRow<'_, $row> for $name {
            fn from_row(row: &$row) -> Result<Self, sqlx::Error> {
                use sqlx::Row as _;
                Ok($name {
                    $($part: <$whole as sqlx::FromRow<'_, $row>>::from_row(row)?,)?
                    $($field: row.try_get(stringify!($field))?),*
                })
            }
        }
    };
}
pub(crate) use row;

const MIGRATIONS: &[(i64, &str, &str)] = &[
    (1, "start", include_str!("../../../migrations/0001_start.sql")),
    (2, "events", include_str!("../../../migrations/0002_events.sql")),
    (3, "jobs", include_str!("../../../migrations/0003_jobs.sql")),
    (4, "tenants", include_str!("../../../migrations/0004_tenants.sql")),
    (5, "assets", include_str!("../../../migrations/0005_assets.sql")),
    (6, "login", include_str!("../../../migrations/0006_login.sql")),
    (7, "bans", include_str!("../../../migrations/0007_bans.sql")),
    (8, "audit", include_str!("../../../migrations/0008_audit.sql")),
    (10, "mail", include_str!("../../../migrations/0010_mail.sql")),
    (
        11,
        "account_links",
        include_str!("../../../migrations/0011_account_links.sql"),
    ),
    (
        12,
        "ended_logins",
        include_str!("../../../migrations/0012_ended_logins.sql"),
    ),
    (13, "sip", include_str!("../../../migrations/0013_sip.sql")),
    (14, "factors", include_str!("../../../migrations/0014_factors.sql")),
    (15, "avatars", include_str!("../../../migrations/0015_avatars.sql")),
    (
        16,
        "guest_answers",
        include_str!("../../../migrations/0016_guest_answers.sql"),
    ),
    (
        17,
        "screen_share",
        include_str!("../../../migrations/0017_screen_share.sql"),
    ),
    (
        21,
        "verified_addresses",
        include_str!("../../../migrations/0021_verified_addresses.sql"),
    ),
    (
        23,
        "names_of_guests",
        include_str!("../../../migrations/0023_names_of_guests.sql"),
    ),
    (
        24,
        "legal_links",
        include_str!("../../../migrations/0024_legal_links.sql"),
    ),
    (
        25,
        "ends_of_series",
        include_str!("../../../migrations/0025_ends_of_series.sql"),
    ),
    (
        27,
        "audit_of_an_object",
        include_str!("../../../migrations/0027_audit_of_an_object.sql"),
    ),
    (28, "journals", include_str!("../../../migrations/0028_journals.sql")),
];
const FILE: &str = "konvent.sqlite";
/// Enough for a burst of joins; PostgreSQL allows 100 by default and other nodes want some, too.
const MOST_CONNECTIONS: u32 = 16;
/// How long a writer of SQLite waits for the one before it, and whoever needs a connection for one.
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);
/// Of the file beside that of SQLite: once what is in it has come over, it is no larger.
const WAL_BYTES: &str = "16777216";
/// Megabytes that leave the file of SQLite at once.
const SHRINK_STEPS: usize = 16;

/// How long a query waits for a PostgreSQL that is away. A request asks a few times, and shall say so within ten seconds.
const AWAY_TIMEOUT: Duration = Duration::from_secs(4);

/// The SQLite file; `None`: the settings name PostgreSQL.
pub fn file(config: &Config) -> Option<PathBuf> {
    config
        .database
        .url
        .expose()
        .is_empty()
        .then(|| config.data.directory.join(FILE))
}

/// The newest migration that this program knows.
pub fn newest_schema() -> i64 {
    MIGRATIONS.iter().map(|(version, _, _)| *version).max().unwrap_or(0)
}

/// A command of a newer program must not change the schema under a server that is running. With PostgreSQL nobody can
/// know who is connected from elsewhere.
pub async fn refuse_beside_an_older_server(config: &Config) -> anyhow::Result<()> {
    let Some(file) = file(config).filter(|file| file.exists() && lock::is_taken(&config.data.directory)) else {
        return Ok(());
    };
    let db = Db::sqlite(&file).await?;
    let schema = db.schema().await;
    db.close().await;
    if schema? < newest_schema() {
        let shown = config.data.directory.display();
        return Err(StartError::new(
            format!("A server of an older version is running on {shown}; restart it with this version first."),
            format!(
                "Auf {shown} läuft ein Server einer älteren Version; starten Sie ihn zuerst mit dieser Version neu."
            ),
        )
        .into());
    }
    Ok(())
}

impl Db {
    /// Opens what the settings name and brings its schema up to date.
    pub async fn open(config: &Config) -> Result<Db, StartError> {
        let url = config.database.url.expose();
        let db = if url.is_empty() {
            Db::sqlite(&config.data.directory.join(FILE)).await
        } else {
            Db::postgres(url).await
        }
        .map_err(|error| {
            // The error of a wrong address may repeat the password in it: only its kind is shown.
            let reason = match &error {
                sqlx::Error::Configuration(_) => "the address is malformed".to_owned(),
                other => other.to_string(),
            };
            StartError::new(
                format!("The database cannot be opened ({reason}); check database.url and data.directory."),
                format!(
                    "Die Datenbank kann nicht geöffnet werden ({reason}); prüfen Sie database.url und data.directory."
                ),
            )
        })?;
        db.migrate().await?;
        Ok(db)
    }

    /// Opens a SQLite file as it is, without bringing its schema up to date.
    pub async fn sqlite(file: &Path) -> Result<Db, sqlx::Error> {
        use std::os::unix::fs::OpenOptionsExt as _;
        // Made here, so that nobody else on the machine can read it, not even for a moment.
        std::fs::OpenOptions::new()
            .create(true)
            .append(true)
            .mode(0o600)
            .open(file)?;
        let options = SqliteConnectOptions::new()
            .filename(file)
            .journal_mode(SqliteJournalMode::Wal)
            // What is acknowledged is on the disk, whatever happens to the machine.
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            // What is deleted is overwritten, not only marked as free.
            .pragma("secure_delete", "ON")
            .pragma("journal_size_limit", WAL_BYTES)
            .busy_timeout(BUSY_TIMEOUT);
        if std::fs::metadata(file)?.len() == 0 {
            // What is deleted can leave the file; one that was made without stays so. Said once: on every connection it would be
            // a write, and wait for whoever writes and needs another connection for that.
            let mut first = options
                .clone()
                .auto_vacuum(SqliteAutoVacuum::Incremental)
                .connect()
                .await?;
            sqlx::query("VACUUM").execute(&mut first).await?;
            first.close().await?;
        }
        let pool = SqlitePoolOptions::new()
            .max_connections(MOST_CONNECTIONS)
            .acquire_timeout(BUSY_TIMEOUT)
            // No connection to a file gets lost.
            .test_before_acquire(false)
            .after_release(|connection, _| Box::pin(is_outside_of_transactions(connection)))
            .connect_with(options)
            .await?;
        Ok(Db::Sqlite(pool))
    }

    /// The newest migration that the database has seen.
    pub async fn schema(&self) -> sqlx::Result<i64> {
        const SQL: &str = "SELECT CAST(COALESCE(MAX(version), 0) AS BIGINT) FROM _sqlx_migrations";
        let (version,): (i64,) = on!(self, pool => sqlx::query_as(SQL).fetch_one(pool).await)?;
        Ok(version)
    }

    /// What was deleted leaves the file of SQLite, a little at a time, so that others can write in between.
    pub async fn shrink(&self) -> sqlx::Result<()> {
        let Db::Sqlite(pool) = self else { return Ok(()) };
        for _ in 0..SHRINK_STEPS {
            let (free,): (i64,) = sqlx::query_as("PRAGMA freelist_count").fetch_one(pool).await?;
            let (mode,): (i64,) = sqlx::query_as("PRAGMA auto_vacuum").fetch_one(pool).await?;
            if free == 0 || mode == 0 {
                break;
            }
            sqlx::query("PRAGMA incremental_vacuum(256)").execute(pool).await?;
        }
        Ok(())
    }

    /// When nobody writes any more: all of it is in one file.
    pub async fn settle(&self) -> sqlx::Result<()> {
        match self {
            Db::Sqlite(pool) => sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)")
                .execute(pool)
                .await
                .map(drop),
            Db::Postgres(_) => Ok(()),
        }
    }

    pub async fn close(&self) {
        on!(self, pool => pool.close().await);
    }

    async fn postgres(url: &str) -> Result<Db, sqlx::Error> {
        let pool = PgPoolOptions::new()
            .max_connections(MOST_CONNECTIONS)
            .acquire_timeout(AWAY_TIMEOUT)
            .connect_with(PgConnectOptions::from_str(url)?)
            .await?;
        Ok(Db::Postgres(pool))
    }

    async fn migrate(&self) -> Result<(), StartError> {
        let migrations = MIGRATIONS
            .iter()
            .map(|&(version, name, sql)| {
                Migration::new(version, name.into(), MigrationType::Simple, sql.into_sql_str(), false)
            })
            .collect();
        let migrator = Migrator::with_migrations(migrations);
        on!(self, pool => migrator.run(pool).await).map_err(|error| match error {
            MigrateError::VersionMissing(_) => StartError::new(
                "The database was written by a newer version of Konvent; start that version, or restore a backup made before the upgrade.",
                "Die Datenbank stammt von einer neueren Version von Konvent; starten Sie diese Version oder spielen Sie eine Sicherung von vor der Aktualisierung ein.",
            ),
            other => StartError::new(
                format!("The database could not be brought up to date: {other}."),
                format!("Die Datenbank konnte nicht auf den neuen Stand gebracht werden: {other}."),
            ),
        })
    }
}

/// Whether a connection may be used again. When the disk is full, SQLite ends a transaction itself, so that the ROLLBACK
/// that follows fails and the connection goes on counting a transaction that is not there. The next ones would be
/// savepoints in it: their ends keep nothing and hold everybody else's writes. Such a connection is closed.
async fn is_outside_of_transactions(connection: &mut SqliteConnection) -> sqlx::Result<bool> {
    // A rollback may still be on its way to the connection's thread; the answer comes after it.
    connection.ping().await?;
    Ok(!connection.is_in_transaction())
}

/// What a database refuses though nothing is wrong with the request or this program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trouble {
    /// There is no room for what is to be written.
    Full,
    /// Nothing may be written.
    ReadOnly,
    /// Others hold what is needed for too long.
    Busy,
    /// It does not answer: it is starting, stopping or cut off, or its disk fails.
    Away,
    /// A text has a character that it cannot keep.
    Untranslatable,
    /// What the new row belongs to was deleted meanwhile.
    Gone,
}

/// What was to be deleted is needed by something that came to it meanwhile.
#[derive(Debug)]
struct StillNeeded;

impl std::fmt::Display for StillNeeded {
    fn fmt(&self, text: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        text.write_str("something that came to it meanwhile needs it")
    }
}

impl std::error::Error for StillNeeded {}

/// For what deletes: asked again, it deletes what came meanwhile as well. The database says the same of a row that belongs to
/// nothing.
pub fn deleting<T>(done: sqlx::Result<T>) -> sqlx::Result<T> {
    done.map_err(|error| match error {
        sqlx::Error::Database(error) if error.is_foreign_key_violation() => {
            sqlx::Error::AnyDriverError(Box::new(StillNeeded))
        }
        other => other,
    })
}

impl Trouble {
    pub fn of(error: &sqlx::Error) -> Option<Trouble> {
        match error {
            sqlx::Error::Database(error) if error.is_foreign_key_violation() => Some(Trouble::Gone),
            sqlx::Error::AnyDriverError(error) if error.is::<StillNeeded>() => Some(Trouble::Busy),
            sqlx::Error::Database(error) => {
                let code = error.code().unwrap_or_default();
                match error.try_downcast_ref::<SqliteError>() {
                    Some(_) => Trouble::of_sqlite(code.parse().ok()?),
                    None => Trouble::of_postgres(&code),
                }
            }
            sqlx::Error::PoolTimedOut
            | sqlx::Error::PoolClosed
            | sqlx::Error::WorkerCrashed
            | sqlx::Error::BeginFailed
            | sqlx::Error::Io(_) => Some(Trouble::Away),
            _ => None,
        }
    }

    /// By the primary result code <https://www.sqlite.org/rescode.html>, the last byte of the extended one.
    fn of_sqlite(code: i32) -> Option<Trouble> {
        match code & 0xff {
            5 | 6 => Some(Trouble::Busy),
            8 => Some(Trouble::ReadOnly),
            // Where a quota or a limit of the process ends, the system calls it a failed write (SQLITE_IOERR_WRITE).
            13 => Some(Trouble::Full),
            // Nor has it room for the index of the write-ahead log (SQLITE_IOERR_SHMSIZE).
            10 if [778, 4874].contains(&code) => Some(Trouble::Full),
            10 | 14 | 15 => Some(Trouble::Away),
            _ => None,
        }
    }

    /// By SQLSTATE <https://www.postgresql.org/docs/current/errcodes-appendix.html>.
    fn of_postgres(code: &str) -> Option<Trouble> {
        match code {
            "22021" | "22P05" => Some(Trouble::Untranslatable),
            "53100" => Some(Trouble::Full),
            "25006" => Some(Trouble::ReadOnly),
            "40001" | "40P01" | "55P03" | "57014" => Some(Trouble::Busy),
            "55000" => Some(Trouble::Away),
            _ => ["08", "53", "57", "58"]
                .contains(&code.get(..2)?)
                .then_some(Trouble::Away),
        }
    }
}

/// `false`: a value that must be unique belongs to another row.
pub fn unless_taken(done: sqlx::Result<()>) -> sqlx::Result<bool> {
    match done {
        Ok(()) => Ok(true),
        Err(sqlx::Error::Database(error)) if error.is_unique_violation() => Ok(false),
        Err(error) => Err(error),
    }
}

/// Placeholders for an `IN` list of `count` values, the first with number `first`: `$3, $4, $5`.
pub fn places(first: usize, count: usize) -> String {
    let places: Vec<String> = (first..first + count).map(|number| format!("${number}")).collect();
    places.join(", ")
}

/// The same ids, the last one repeated up to a power of two: so lists of many lengths share few prepared statements.
pub fn padded<T: Copy>(ids: &[T]) -> Vec<T> {
    let mut padded = ids.to_vec();
    if let Some(last) = ids.last() {
        padded.resize(ids.len().next_power_of_two(), *last);
    }
    padded
}

/// A time as it is stored.
pub fn millis(time: Timestamp) -> i64 {
    time.as_millisecond()
}

/// A stored time. Only this program writes them, so they are in range.
pub fn time(millis: i64) -> Timestamp {
    Timestamp::from_millisecond(millis).unwrap_or(Timestamp::MIN)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::TenantId;
    use crate::tests::on_both;

    #[tokio::test(flavor = "multi_thread")]
    async fn what_belongs_to_nothing_is_gone_and_what_is_still_needed_is_to_be_deleted_again() {
        const ORPHAN: &str = "INSERT INTO streaming_targets (tenant, id, room, name, streaming_endpoint, streaming_key, \
            public_url, created_at) VALUES ($1, 'a', 'no such room', '', '', '', '', 0)";
        const NEEDED: &str = "DELETE FROM tenants WHERE id = $1";
        on_both(async |stage| {
            stage.person("anna@example.org", "Anna Arndt").await;
            let run = async |sql: &'static str| -> sqlx::Result<()> {
                on!(&stage.app.db, pool => sqlx::query(sql).bind(TenantId::DEFAULT).execute(pool).await.map(drop))
            };
            let orphan = run(ORPHAN).await.unwrap_err();
            assert_eq!(Trouble::of(&orphan), Some(Trouble::Gone));
            let needed = deleting(run(NEEDED).await).unwrap_err();
            assert_eq!(Trouble::of(&needed), Some(Trouble::Busy));
        })
        .await;
    }
}
