// SPDX-License-Identifier: EUPL-1.2
//! `konvent backup` and `konvent restore` for the embedded case: SQLite, the local folder of files, keys and salt, in one
//! tar file. Not for PostgreSQL or S3: their own tools do that. An archive is whole or it is not there, and what it
//! refers to is in it.

mod archive;
mod restoring;
mod store;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::assets;
use crate::audit::{Action, Actor, Entry};
use crate::change::Change;
use crate::clock;
use crate::config::Config;
use crate::data;
use crate::db::{self, Db};
use crate::http::tls;
use crate::ids::TenantId;
use crate::start_error::StartError;
use archive::{Reader, Writer};
use restoring::{Restoring, unwritable};

/// The first member of an archive.
const HEAD: &str = "konvent-backup.json";
/// The last one: `sha256sum --check` understands it.
const CHECKSUMS: &str = "SHA256SUMS";
const DATABASE: &str = "konvent.sqlite";
const FILES: &str = "files";
/// Grows when an older program could not restore the archive any more.
const FORMAT: u32 = 1;

#[derive(Serialize, Deserialize)]
struct Head {
    format: u32,
    konvent: String,
    schema: i64,
    made_at: String,
}

/// What a backup holds.
pub struct Made {
    pub bytes: u64,
    pub files: usize,
    /// Where files lie that are not in it.
    pub elsewhere: Option<String>,
}

fn needs_sqlite(config: &Config) -> Result<PathBuf, StartError> {
    db::file(config).ok_or_else(|| {
        StartError::new(
            "The data are in PostgreSQL: save them with pg_dump, and the folder or bucket of files with its own tool, in this order; docs/operate/backup.md says how.",
            "Die Daten liegen in PostgreSQL: Sichern Sie sie mit pg_dump und danach den Ordner oder Bucket der Dateien mit dessen eigenem Werkzeug; docs/operate/backup.md beschreibt es.",
        )
    })
}

/// Writes a backup; a server may be running on the same data.
pub async fn make(config: &Config, target: &Path) -> anyhow::Result<Made> {
    let database = needs_sqlite(config)?;
    if !database.exists() {
        let shown = config.data.directory.display();
        return Err(StartError::new(
            format!("There is no database in {shown}; name the data directory with --data."),
            format!("In {shown} liegt keine Datenbank; nennen Sie das Datenverzeichnis mit --data."),
        )
        .into());
    }
    if target.exists() {
        let shown = target.display();
        return Err(StartError::new(
            format!("{shown} exists already; choose another name, so that no backup is lost."),
            format!("{shown} gibt es schon; wählen Sie einen anderen Namen, damit keine Sicherung verloren geht."),
        )
        .into());
    }
    let unfinished = Unfinished::beside(target);
    let made = write(config, &database, &unfinished).await;
    let made = made.map_err(|error| match error.downcast::<StartError>() {
        Ok(sentence) => anyhow::Error::new(sentence),
        Err(error) => StartError::new(
            format!("The backup could not be written: {error:#}."),
            format!("Die Sicherung konnte nicht geschrieben werden: {error:#}."),
        )
        .into(),
    })?;
    fs::rename(&unfinished.archive, target)?;
    Ok(made)
}

/// Files that are removed unless they are moved away first.
struct Unfinished {
    archive: PathBuf,
    database: PathBuf,
}

impl Unfinished {
    fn beside(target: &Path) -> Unfinished {
        let beside = |ending: &str| {
            let mut name = target.as_os_str().to_owned();
            name.push(ending);
            PathBuf::from(name)
        };
        Unfinished {
            archive: beside(".unfinished"),
            database: beside(".database"),
        }
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        // Usually they are gone by now.
        _ = fs::remove_file(&self.archive);
        _ = fs::remove_file(&self.database);
    }
}

async fn write(config: &Config, database: &Path, unfinished: &Unfinished) -> anyhow::Result<Made> {
    let running = Db::sqlite(database).await?;
    let schema = running.schema().await?;
    if schema == db::newest_schema() {
        let entry = Entry::by(Actor::Operator, Action::BackupMade);
        Change::note(&running, TenantId::DEFAULT, entry).await?;
    }
    archive::new_file(&unfinished.database)?;
    store::snapshot(&running, &unfinished.database).await?;
    running.close().await;

    let mut archive = Writer::create(&unfinished.archive)?;
    let head = Head {
        format: FORMAT,
        konvent: crate::VERSION.into(),
        schema,
        made_at: clock::now().to_string(),
    };
    archive.add_bytes(HEAD, &serde_json::to_vec_pretty(&head)?)?;
    let snapshot = store::Snapshot::open(&unfinished.database).await?;
    let mut files = 0;
    let elsewhere = match config.files.s3_bucket.as_str() {
        "" => {
            let folder = assets::folder(config);
            for (tenant, id) in snapshot.assets().await? {
                match archive.add_file(&format!("{FILES}/{tenant}/{id}"), &folder.join(&tenant).join(&id)) {
                    Ok(()) => files += 1,
                    // Removed since the snapshot: then it is not to come back.
                    Err(error) if error.kind() == io::ErrorKind::NotFound => snapshot.forget(&tenant, &id).await?,
                    Err(error) => return Err(error.into()),
                }
            }
            None
        }
        bucket => Some(format!("{}/{bucket}", config.files.s3_endpoint)),
    };
    snapshot.close().await?;
    for name in others(config) {
        archive.add_file(&name.to_string_lossy(), &config.data.directory.join(&name))?;
    }
    archive.add_file(DATABASE, &unfinished.database)?;
    let bytes = archive.finish(CHECKSUMS)?;
    Ok(Made {
        bytes,
        files,
        elsewhere,
    })
}

/// What else belongs to the data: the salt of device ids, the self-made certificate, and the operator's own if it lies
/// there. Nothing else: what somebody put there, such as an earlier backup, is not ours.
fn others(config: &Config) -> Vec<PathBuf> {
    let directory = &config.data.directory;
    let own = [&config.tls.certificate, &config.tls.key];
    let own = own
        .into_iter()
        .filter_map(|file| Path::new(file).strip_prefix(directory).ok());
    let ours = [data::SALT, tls::CERTIFICATE, tls::KEY].into_iter().map(Path::new);
    let mut found: Vec<PathBuf> = ours.chain(own).map(Path::to_owned).collect();
    found.retain(|name| directory.join(name).is_file());
    found
}

/// Brings a backup back into an empty data directory. It is unpacked inside and checked as a whole before anything is in
/// its place, so that the directory itself stays as it is: it may be a mount point, or the only place its owner can write to.
pub async fn restore(config: &Config, source: &Path) -> anyhow::Result<()> {
    needs_sqlite(config)?;
    let (data, files) = (
        std::path::absolute(&config.data.directory)?,
        std::path::absolute(assets::folder(config))?,
    );
    let apart = !files.starts_with(&data);
    let mut new_data = Restoring::inside(&data)?;
    let mut new_files = if apart { Some(Restoring::inside(&files)?) } else { None };
    let files_root = match &new_files {
        Some(folder) => folder.at.clone(),
        None => new_data.at.join(files.strip_prefix(&data).unwrap_or(Path::new(FILES))),
    };
    let head = unpack(source, &new_data.at, &files_root)?;
    let whole = store::is_whole(&new_data.at.join(DATABASE)).await;
    if !whole.unwrap_or(false) {
        return Err(damaged(source, "its database does not hold together").into());
    }
    tracing::debug!(made_at = head.made_at, "the backup is whole");
    // It is of the archive, not of the data.
    let of_archive = new_data.at.join(HEAD);
    fs::remove_file(&of_archive).map_err(|error| unwritable(&of_archive, &error))?;
    let mut unpacked = config.clone();
    unpacked.data.directory.clone_from(&new_data.at);
    let db = Db::open(&unpacked).await?;
    let entry = Entry::by(Actor::Operator, Action::BackupRestored);
    Change::note(&db, TenantId::DEFAULT, entry).await?;
    db.close().await;
    if let Some(folder) = &mut new_files {
        folder.put_in_place()?;
    }
    new_data.put_in_place()?;
    for folder in [Some(new_data), new_files].into_iter().flatten() {
        folder.keep();
    }
    Ok(())
}

fn damaged(source: &Path, why: &str) -> StartError {
    let shown = source.display();
    StartError::new(
        format!("{shown} is not a whole backup of Konvent ({why}). Nothing was restored; try another backup."),
        format!(
            "{shown} ist keine vollständige Sicherung von Konvent ({why}). Es wurde nichts eingespielt; versuchen Sie eine andere Sicherung."
        ),
    )
}

fn unpack(source: &Path, data: &Path, files: &Path) -> anyhow::Result<Head> {
    let file = fs::File::open(source).map_err(|error| {
        let shown = source.display();
        StartError::new(
            format!("{shown} cannot be read: {error}."),
            format!("{shown} kann nicht gelesen werden: {error}."),
        )
    })?;
    let mut reader = Reader::new(file);
    let first = reader
        .head(HEAD)
        .map_err(|_| damaged(source, "it does not begin like one"))?;
    let head: Head = serde_json::from_slice(&first).map_err(|_| damaged(source, "its head cannot be read"))?;
    if head.format > FORMAT || head.schema > db::newest_schema() {
        let version = &head.konvent;
        return Err(StartError::new(
            format!("This backup was made by a newer version of Konvent ({version}); restore it with that version."),
            format!("Diese Sicherung stammt von einer neueren Version von Konvent ({version}); spielen Sie sie mit dieser Version ein."),
        )
        .into());
    }
    let place = |name: &Path| match name.strip_prefix(FILES) {
        Ok(rest) => files.join(rest),
        Err(_) => data.join(name),
    };
    reader.unpack(CHECKSUMS, place).map_err(|error| match error {
        archive::Bad::Archive(why) => damaged(source, &why),
        archive::Bad::Disk(path, error) => unwritable(&path, &error),
    })?;
    Ok(head)
}
