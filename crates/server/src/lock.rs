// SPDX-License-Identifier: EUPL-1.2
//! One server, or one restore, at a time on a data directory. Not for the commands that work beside a server: those share
//! the database only. The lock is the kernel's and ends with the process, however it ends; the file stays.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read as _, Seek as _, Write as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use crate::start_error::StartError;

pub const FILE: &str = "konvent.lock";

/// Held until it is dropped.
pub struct Lock {
    _file: File,
    /// Where the file is, if it was not there before.
    made: Option<PathBuf>,
}

impl Lock {
    /// Takes the directory, which must exist, for the life of the value.
    pub fn take(directory: &Path) -> Result<Lock, StartError> {
        let file = directory.join(FILE);
        let unusable = |error: std::io::Error| {
            let shown = file.display();
            StartError::new(
                format!("The file {shown} cannot be locked ({error}); name another directory with --data."),
                format!(
                    "Die Datei {shown} lässt sich nicht sperren ({error}); nennen Sie mit --data ein anderes Verzeichnis."
                ),
            )
        };
        let (mut opened, made) = loop {
            let made = !file.exists();
            let mut opened = open(&file).map_err(unusable)?;
            match opened.try_lock() {
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => return Err(taken(directory, holder(&mut opened))),
                Err(TryLockError::Error(error)) => return Err(unusable(error)),
            }
            // Whoever held it before may have removed it meanwhile: then it keeps nobody out.
            if is_there(&file, &opened).map_err(unusable)? {
                break (opened, made.then_some(file));
            }
        };
        // A courtesy to whoever comes second: a full disk must not keep a server from starting.
        _ = opened
            .set_len(0)
            .and_then(|()| writeln!(opened, "{}", std::process::id()));
        Ok(Lock { _file: opened, made })
    }

    /// Leaves the directory as it was before.
    pub fn remove(self) {
        if let Some(made) = &self.made {
            // What cannot be removed may be ignored.
            _ = std::fs::remove_file(made);
        }
    }
}

/// Whether a process, be it this one, has taken the directory.
pub fn is_taken(directory: &Path) -> bool {
    // Without the file, or without the right to open it, it is no server of ours.
    OpenOptions::new()
        .read(true)
        .open(directory.join(FILE))
        .is_ok_and(|opened| matches!(opened.try_lock_shared(), Err(TryLockError::WouldBlock)))
}

/// Whether the path leads to the opened file.
fn is_there(path: &Path, opened: &File) -> std::io::Result<bool> {
    let opened = opened.metadata()?;
    match std::fs::metadata(path) {
        Ok(found) => Ok((found.dev(), found.ino()) == (opened.dev(), opened.ino())),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

fn open(file: &Path) -> std::io::Result<File> {
    // Not emptied: it names the holder.
    OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(file)
}

/// The number of the process that holds the directory, if it is known.
fn holder(file: &mut File) -> Option<u32> {
    let mut text = String::new();
    _ = file.rewind().and_then(|()| (&*file).take(32).read_to_string(&mut text));
    text.trim().parse().ok()
}

fn taken(directory: &Path, holder: Option<u32>) -> StartError {
    let shown = directory.display();
    let (english, german) = match holder {
        Some(number) => (format!(" (process {number})"), format!(" (Prozess {number})")),
        None => (String::new(), String::new()),
    };
    StartError::new(
        format!(
            "Another Konvent{english} is using the data directory {shown}; stop it first, or name another directory with --data."
        ),
        format!(
            "Ein anderes Konvent{german} benutzt das Datenverzeichnis {shown}; beenden Sie es zuerst, oder nennen Sie mit --data ein anderes Verzeichnis."
        ),
    )
}
