// SPDX-License-Identifier: EUPL-1.2
//! Where contents of files lie: a local folder or an S3 bucket, chosen once at start. Not who may have them. A content is
//! there as a whole or not at all, and is never changed.

use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _};
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use anyhow::Context as _;
use axum::body::Body;
use futures_util::StreamExt as _;
use object_store::aws::{AmazonS3, AmazonS3Builder};
use object_store::local::LocalFileSystem;
use object_store::path::Path;
use object_store::{ClientOptions, ObjectStore, ObjectStoreExt as _, RetryConfig, WriteMultipart};
use tokio::time::Instant;

use super::under_way::Upload;
use crate::config::Config;
use crate::http::pace::Pace;
use crate::ids::{AssetId, TenantId};
use crate::start_error::StartError;

/// S3 wants pieces of at least this size; two of them may be on their way while the next is filled.
const PIECE: usize = 5 << 20;
const PIECES_AT_ONCE: usize = 2;

/// How long a bucket may take to answer at the start.
const ANSWER: Duration = Duration::from_secs(10);

pub enum Files {
    Folder { folder: PathBuf, store: LocalFileSystem },
    S3(Box<AmazonS3>),
}

/// What one upload may take.
pub struct Limits {
    /// Bytes of one file.
    pub largest: u64,
    /// How long every step of bytes may take to come.
    pub piece_time: Duration,
}

/// Why an upload came to nothing.
pub enum Broken {
    /// It does not fit into what is left of the quota.
    Quota,
    /// It is larger than one file may be.
    TooLarge,
    /// The sender went away, or sent too little for too long.
    Off,
    /// The sender sends other files already.
    TooMany,
    Empty,
    /// The room was deleted meanwhile.
    NoRoom,
    /// The disk is full.
    NoSpace,
    /// S3 does not answer, or not as it should.
    Unavailable(anyhow::Error),
    Unexpected(anyhow::Error),
}

impl Files {
    pub fn open(config: &Config) -> Result<Files, StartError> {
        if config.files.s3_bucket.is_empty() {
            let folder = folder(config);
            return open_folder(&folder).map_err(|error| {
                let shown = folder.display();
                StartError::new(
                    format!("The folder {shown} for files cannot be used ({error:#}); check files.directory."),
                    format!("Der Ordner {shown} für Dateien kann nicht verwendet werden ({error:#}); prüfen Sie files.directory."),
                )
            });
        }
        open_bucket(config).map_err(|error| {
            StartError::new(
                format!("The settings of S3 cannot be used ({error}); check files.s3_*."),
                format!("Die Einstellungen für S3 können nicht verwendet werden ({error}); prüfen Sie files.s3_*."),
            )
        })
    }

    /// Asks a bucket once, so that a wrong setting is told at the start and not by the first upload. One that does not
    /// answer now may do so later: meetings need no files.
    pub async fn check(&self) -> Result<(), StartError> {
        let Files::S3(store) = self else { return Ok(()) };
        let nothing = Path::from("none");
        let mut listed = store.list(Some(&nothing));
        let Ok(Some(Err(error))) = tokio::time::timeout(ANSWER, listed.next()).await else {
            return Ok(());
        };
        // Its own text has its causes in it.
        let error = error.to_string();
        let setting = [
            ("SignatureDoesNotMatch", "files.s3_secret_key"),
            ("InvalidAccessKeyId", "files.s3_access_key"),
            ("NoSuchBucket", "files.s3_bucket"),
            ("AccessDenied", "files.s3_access_key"),
        ];
        match setting.iter().find(|(code, _)| error.contains(code)) {
            Some((code, setting)) => Err(StartError::new(
                format!("The storage for files refuses us ({code}); check {setting}."),
                format!("Der Speicher für Dateien weist uns ab ({code}); prüfen Sie {setting}."),
            )),
            None if error.contains("status code: 4") => Err(StartError::new(
                format!("The storage for files refuses us ({error}); check files.s3_*."),
                format!("Der Speicher für Dateien weist uns ab ({error}); prüfen Sie files.s3_*."),
            )),
            None => {
                tracing::warn!(error, "the storage for files (files.s3_endpoint) does not answer");
                Ok(())
            }
        }
    }

    fn store(&self) -> &dyn ObjectStore {
        match self {
            Files::Folder { store, .. } => store,
            Files::S3(store) => store.as_ref(),
        }
    }

    /// Takes in a content. It gives the size, or leaves nothing behind.
    pub async fn write(&self, place: &Path, body: Body, limits: &Limits, upload: &mut Upload) -> Result<u64, Broken> {
        let parts = self.store().put_multipart(place).await.map_err(broken)?;
        let mut writing = WriteMultipart::new_with_chunk_size(parts, PIECE);
        match pour(body, &mut writing, limits, upload).await {
            Ok(size) => {
                writing.finish().await.map_err(broken)?;
                Ok(size)
            }
            Err(reason) => {
                // What cannot be removed now is removed by `remove_unfinished`, or by the bucket's own rule.
                _ = writing.abort().await;
                Err(reason)
            }
        }
    }

    /// The content as a stream.
    pub async fn read(&self, place: &Path) -> Result<Option<Body>, Broken> {
        match self.store().get(place).await {
            Ok(found) => Ok(Some(Body::from_stream(found.into_stream()))),
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(broken(error)),
        }
    }

    /// Removing what is not there is no error.
    pub async fn remove(&self, place: &Path) -> anyhow::Result<()> {
        match self.store().delete(place).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(error).context("a file cannot be removed"),
        }
    }

    /// Contents written before a time (milliseconds since 1970).
    pub async fn older_than(&self, tenant: TenantId, before: i64) -> anyhow::Result<Vec<AssetId>> {
        let mut found = Vec::new();
        let mut listed = self.store().list(Some(&Path::from(tenant.to_string())));
        while let Some(object) = listed.next().await {
            let object = object.context("files cannot be listed")?;
            let id = object
                .location
                .filename()
                .and_then(|name| name.parse().ok())
                .map(AssetId);
            if object.last_modified.timestamp_millis() < before {
                found.extend(id);
            }
        }
        Ok(found)
    }

    /// Removes what a crash left of uploads to the folder; S3 keeps no such thing visible: give the bucket a rule that ends
    /// unfinished uploads.
    pub fn remove_unfinished(&self, tenant: TenantId, before: i64) -> anyhow::Result<u64> {
        let Files::Folder { folder, .. } = self else {
            return Ok(0);
        };
        let Ok(entries) = std::fs::read_dir(folder.join(tenant.to_string())) else {
            return Ok(0);
        };
        let before = SystemTime::UNIX_EPOCH + Duration::from_millis(u64::try_from(before).unwrap_or(0));
        let mut removed = 0;
        for entry in entries.flatten() {
            // The store writes to `{name}#{number}` and renames at the end.
            let unfinished = entry.file_name().to_string_lossy().contains('#');
            if unfinished && entry.metadata()?.modified()? < before {
                std::fs::remove_file(entry.path())?;
                removed += 1;
            }
        }
        Ok(removed)
    }
}

/// The folder that holds files, if they are kept in one.
pub fn folder(config: &Config) -> PathBuf {
    match config.files.directory.as_os_str().is_empty() {
        true => config.data.directory.join("files"),
        false => config.files.directory.clone(),
    }
}

fn open_folder(folder: &std::path::Path) -> anyhow::Result<Files> {
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    // The folder itself may be the operator's, and open to others; what is in it is ours.
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let is_tenant = entry
            .file_name()
            .to_str()
            .is_some_and(|name| name.parse::<uuid::Uuid>().is_ok());
        if is_tenant && entry.file_type()?.is_dir() {
            std::fs::set_permissions(entry.path(), std::fs::Permissions::from_mode(0o700))?;
        }
    }
    Ok(Files::Folder {
        store: LocalFileSystem::new_with_prefix(folder)?.with_fsync(true),
        folder: folder.to_owned(),
    })
}

fn open_bucket(config: &Config) -> Result<Files, String> {
    let files = &config.files;
    let secret = files.s3_secret_key.expose();
    if files.s3_access_key.is_empty() || secret.is_empty() || files.s3_endpoint.is_empty() {
        return Err("files.s3_endpoint, files.s3_access_key and files.s3_secret_key are needed".into());
    }
    let endpoint = reqwest::Url::parse(&files.s3_endpoint).map_err(|_| "files.s3_endpoint is not an address")?;
    if !crate::address::is_safe(&endpoint) {
        return Err("files.s3_endpoint must begin with https:// unless it is on this machine".into());
    }
    let client = ClientOptions::new()
        // For a whole answer, which may be a large file: what counts is that something comes.
        .with_timeout_disabled()
        .with_read_timeout(Duration::from_secs(60))
        .with_allow_http(endpoint.scheme() == "http");
    // People wait for the answer.
    let retry = RetryConfig {
        max_retries: 2,
        retry_timeout: Duration::from_secs(10),
        ..RetryConfig::default()
    };
    let store = AmazonS3Builder::new()
        .with_retry(retry)
        .with_endpoint(&files.s3_endpoint)
        .with_bucket_name(&files.s3_bucket)
        .with_region(&files.s3_region)
        .with_access_key_id(&files.s3_access_key)
        .with_secret_access_key(secret)
        .with_client_options(client)
        .build()
        .map_err(|error| error.to_string())?;
    Ok(Files::S3(Box::new(store)))
}

async fn pour(body: Body, writing: &mut WriteMultipart, limits: &Limits, upload: &mut Upload) -> Result<u64, Broken> {
    let mut pieces = body.into_data_stream();
    let mut size: u64 = 0;
    let mut pace = Pace::new(limits.piece_time, Instant::now());
    loop {
        let piece = match tokio::time::timeout_at(pace.ends(), pieces.next()).await {
            Ok(Some(Ok(piece))) => piece,
            Ok(Some(Err(_))) | Err(_) => return Err(Broken::Off),
            Ok(None) if size == 0 => return Err(Broken::Empty),
            Ok(None) => return Ok(size),
        };
        size += piece.len() as u64;
        if size > limits.largest {
            return Err(Broken::TooLarge);
        }
        if !upload.grow(piece.len() as u64) {
            return Err(Broken::Quota);
        }
        writing.wait_for_capacity(PIECES_AT_ONCE).await.map_err(broken)?;
        // The time that our own storage takes is not the sender's.
        pace.moved(piece.len(), Instant::now());
        writing.put(piece);
    }
}

fn broken(error: object_store::Error) -> Broken {
    use object_store::Error::{Generic, NotFound, PermissionDenied, Unauthenticated};
    let of_s3 = matches!(
        error,
        Generic { store: "S3", .. } | PermissionDenied { .. } | Unauthenticated { .. } | NotFound { .. }
    );
    let mut cause: Option<&dyn std::error::Error> = Some(&error);
    while let Some(inner) = cause {
        let full = inner
            .downcast_ref::<std::io::Error>()
            .is_some_and(|error| error.kind() == std::io::ErrorKind::StorageFull);
        if full {
            return Broken::NoSpace;
        }
        cause = inner.source();
    }
    let error = anyhow::Error::new(error).context("a file cannot be stored or read");
    if of_s3 {
        Broken::Unavailable(error)
    } else {
        Broken::Unexpected(error)
    }
}
