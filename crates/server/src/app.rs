// SPDX-License-Identifier: EUPL-1.2
//! What every request shares: the settings and the open parts of the program. Not a place for logic. Each part is
//! opened once, here, in the order it needs.

use std::ops::Deref;
use std::path::Path;
use std::sync::Arc;

use crate::assets::Files;
use crate::assets::under_way::UnderWay;
use crate::clock;
use crate::config::Config;
use crate::db::Db;
use crate::events;
use crate::http::web::Compressed;
use crate::identity::Identity;
use crate::ids::TenantId;
use crate::jobs;
use crate::mail::Mail;
use crate::media::Media;
use crate::signaling::registry::Registry;
use crate::start_error::StartError;
use crate::tenants::Tenants;
use crate::turns::Turns;
use crate::users::{self, directory::Directory};

/// Where the secret behind device ids lies in the data directory.
pub const SALT: &str = "device.salt";

/// A cheap handle; axum hands a clone to each request.
#[derive(Clone)]
pub struct App(Arc<Parts>);

pub struct Parts {
    pub config: Config,
    pub db: Db,
    pub jobs: jobs::Queue,
    pub tenants: Tenants,
    pub directory: Option<Directory>,
    pub mail: Mail,
    pub files: Files,
    pub uploads: Arc<UnderWay>,
    pub identity: Identity,
    pub media: Media,
    pub registry: Arc<Registry>,
    pub compressed: Compressed,
    /// With answers that cost much.
    pub turns: Turns,
}

impl Deref for App {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}

impl App {
    /// The directory of people that belongs to a tenant: that of the settings is for the default organisation.
    pub fn directory_of(&self, tenant: TenantId) -> Option<&Directory> {
        self.directory.as_ref().filter(|_| tenant == TenantId::DEFAULT)
    }

    pub async fn open(config: Config) -> Result<App, StartError> {
        prepare_directory(&config.data.directory)?;
        let db = Db::open(&config).await?;
        users::store::complete_search_terms(&db).await.map_err(|error| {
            StartError::new(
                format!("The list of people cannot be brought up to date: {error}."),
                format!("Die Liste der Personen lässt sich nicht auf den neuen Stand bringen: {error}."),
            )
        })?;
        events::store::complete_ends(&db).await.map_err(|error| {
            StartError::new(
                format!("The series of meetings cannot be brought up to date: {error}."),
                format!("Die Serien lassen sich nicht auf den neuen Stand bringen: {error}."),
            )
        })?;
        let files = Files::open(&config)?;
        files.check().await?;
        let identity = Identity::open(&config, &db).await?;
        let directory = Directory::open(&config).map_err(|error| {
            StartError::new(
                format!("The directory of the OpenID provider cannot be prepared: {error:#}."),
                format!("Das Verzeichnis des OpenID-Anbieters lässt sich nicht vorbereiten: {error:#}."),
            )
        })?;
        let mail = Mail::open(&config)?;
        let media = Media::start(&config)?;
        let registry = Registry::new(
            &media,
            db.clone(),
            device_salt(&config.data.directory)?,
            config.signaling.joins_per_minute,
        );
        Ok(App(Arc::new(Parts {
            config,
            db,
            jobs: jobs::Queue::default(),
            tenants: Tenants::default(),
            directory,
            mail,
            files,
            uploads: Arc::default(),
            identity,
            media,
            registry,
            compressed: Compressed::default(),
            turns: Turns::default(),
        })))
    }
}

/// Makes the data directory, readable by its owner only, and proves that it can be written to.
pub fn prepare_directory(directory: &Path) -> Result<(), StartError> {
    let failed = |error: std::io::Error| {
        let shown = directory.display();
        StartError::new(
            format!("The data directory {shown} cannot be written to ({error}); name another one with --data."),
            format!(
                "In das Datenverzeichnis {shown} kann nicht geschrieben werden ({error}); nennen Sie mit --data ein anderes."
            ),
        )
    };
    use std::os::unix::fs::DirBuilderExt as _;
    std::fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(directory)
        .map_err(failed)?;
    let probe = directory.join(".writable");
    std::fs::write(&probe, b"").map_err(failed)?;
    std::fs::remove_file(&probe).map_err(failed)
}

/// The secret behind device ids. It is kept, so that a device is known again after a restart; one that cannot be read is
/// never replaced, because every guest would become somebody else.
fn device_salt(directory: &Path) -> Result<[u8; 32], StartError> {
    let file = directory.join(SALT);
    let shown = file.display();
    match std::fs::read(&file) {
        Ok(bytes) => {
            let length = bytes.len();
            return bytes.try_into().map_err(|_| {
                StartError::new(
                    format!("The file {shown} has {length} bytes and not 32. Bring it back from a backup; or delete it, then guests are strangers to running and later meetings."),
                    format!("Die Datei {shown} hat {length} Bytes statt 32. Holen Sie sie aus einer Sicherung zurück; oder löschen Sie sie, dann werden Gäste nicht wiedererkannt."),
                )
            });
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
        Err(error) => {
            return Err(StartError::new(
                format!("The file {shown} cannot be read ({error}). Give it to the user that Konvent runs as."),
                format!(
                    "Die Datei {shown} kann nicht gelesen werden ({error}). Übergeben Sie sie dem Benutzer, unter dem Konvent läuft."
                ),
            ));
        }
    }
    let salt = clock::random();
    // In one step, so that there is never half of it.
    let new = directory.join(".device.salt");
    use std::os::unix::fs::OpenOptionsExt as _;
    std::fs::OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&new)
        .and_then(|mut opened| {
            std::io::Write::write_all(&mut opened, &salt)?;
            opened.sync_all()?;
            std::fs::rename(&new, &file)
        })
        .map_err(|error| {
            StartError::new(
                format!("The file {shown} cannot be written: {error}."),
                format!("Die Datei {shown} kann nicht geschrieben werden: {error}."),
            )
        })?;
    Ok(salt)
}
