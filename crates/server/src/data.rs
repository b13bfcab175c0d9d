// SPDX-License-Identifier: EUPL-1.2
//! The data directory: that it is there and can be written to, and the secret behind device ids in it. Not the database, nor
//! the files of rooms. The one rule: what is there and cannot be read is never replaced.

use std::path::Path;

use crate::clock;
use crate::start_error::StartError;

/// Where the secret behind device ids lies.
pub const SALT: &str = "device.salt";

/// Makes the data directory, readable by its owner only, and proves that it can be written to.
pub fn prepare(directory: &Path) -> Result<(), StartError> {
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
pub fn device_salt(directory: &Path) -> Result<[u8; 32], StartError> {
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
