// SPDX-License-Identifier: EUPL-1.2
//! A folder that is filled inside the place it is for, and moved up when it is whole. Not what it is filled with. Whatever
//! fails, the place is as it was before: empty, or not there.

use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use super::archive;
use crate::lock::{self, Lock};
use crate::start_error::StartError;

/// Where a restore is under way.
const UNPACKED: &str = ".restoring";
/// What may lie in an empty place: our own lock, and what `mkfs` puts into each new file system.
const NOTHING: [&str; 2] = [lock::FILE, "lost+found"];

pub struct Restoring {
    /// To be filled.
    pub at: PathBuf,
    place: PathBuf,
    /// Whether the place itself is ours to remove.
    made: bool,
    moved: Vec<PathBuf>,
    kept: bool,
    /// No server starts here meanwhile. `None`: given back.
    lock: Option<Lock>,
}

impl Restoring {
    pub fn inside(place: &Path) -> anyhow::Result<Restoring> {
        let made = !place.exists();
        archive::new_folder(place).map_err(|error| unwritable(place, &error))?;
        let lock = Lock::take(place)?;
        let restoring = Restoring {
            at: place.join(UNPACKED),
            place: place.to_owned(),
            made,
            moved: Vec::new(),
            kept: false,
            lock: Some(lock),
        };
        let at = &restoring.at;
        // Left behind by a restore that was killed.
        match fs::remove_dir_all(at) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(unwritable(at, &error).into()),
        }
        let entries = fs::read_dir(place).map_err(|error| unwritable(place, &error))?;
        let names = entries.flatten().map(|entry| entry.file_name());
        if names
            .into_iter()
            .any(|name| !NOTHING.iter().any(|nothing| name == *nothing))
        {
            let shown = place.display();
            return Err(StartError::new(
                format!("{shown} is not empty; name another data directory with --data, or move what is in it away."),
                format!("{shown} ist nicht leer; nennen Sie mit --data ein anderes Datenverzeichnis oder räumen Sie es leer."),
            )
            .into());
        }
        archive::new_folder(at).map_err(|error| unwritable(at, &error))?;
        Ok(restoring)
    }

    /// Gives everything to the place's owner and moves it up.
    pub fn put_in_place(&mut self) -> anyhow::Result<()> {
        let owner = fs::metadata(&self.place).map_err(|error| unwritable(&self.place, &error))?;
        hand_over(&self.place.join(lock::FILE), &owner)?;
        hand_over(&self.at, &owner)?;
        for entry in fs::read_dir(&self.at)? {
            let from = entry?.path();
            let to = self.place.join(from.file_name().unwrap_or_default());
            fs::rename(&from, &to).map_err(|error| unwritable(&to, &error))?;
            self.moved.push(to);
        }
        fs::File::open(&self.place)
            .and_then(|place| place.sync_all())
            .map_err(|error| unwritable(&self.place, &error))?;
        Ok(())
    }

    /// All went well.
    pub fn keep(mut self) {
        self.kept = true;
    }
}

impl Drop for Restoring {
    fn drop(&mut self) {
        // What cannot be removed is looked for by the next restore.
        _ = fs::remove_dir_all(&self.at);
        let back_out = !self.kept;
        for moved in self.moved.iter().filter(|_| back_out) {
            _ = if moved.is_dir() {
                fs::remove_dir_all(moved)
            } else {
                fs::remove_file(moved)
            };
        }
        // Last: a server that starts from here on keeps what it writes.
        if let Some(lock) = self.lock.take() {
            lock.remove();
        }
        if self.made && back_out {
            // Not if somebody has put something there.
            _ = fs::remove_dir(&self.place);
        }
    }
}

/// Root restores for whoever owns the folder; anybody else owns what they write.
fn hand_over(path: &Path, owner: &fs::Metadata) -> Result<(), StartError> {
    let failed = |error: io::Error| unwritable(path, &error);
    let own = fs::symlink_metadata(path).map_err(failed)?;
    if (own.uid(), own.gid()) != (owner.uid(), owner.gid()) && rustix::process::geteuid().is_root() {
        std::os::unix::fs::lchown(path, Some(owner.uid()), Some(owner.gid())).map_err(failed)?;
    }
    if own.is_dir() {
        for entry in fs::read_dir(path).map_err(failed)? {
            hand_over(&entry.map_err(failed)?.path(), owner)?;
        }
    }
    Ok(())
}

pub fn unwritable(path: &Path, error: &io::Error) -> StartError {
    let shown = path.display();
    StartError::new(
        format!(
            "{shown} cannot be written to ({error}). Nothing was restored; give its folder to the user that runs Konvent, or name another one with --data."
        ),
        format!(
            "In {shown} kann nicht geschrieben werden ({error}). Es wurde nichts eingespielt; geben Sie den Ordner dem Benutzer, unter dem Konvent läuft, oder nennen Sie mit --data einen anderen."
        ),
    )
}

#[cfg(test)]
mod tests {
    use std::mem::MaybeUninit;

    use rustix::fs::inotify;

    use super::*;
    use crate::clock;

    #[test]
    fn a_restore_that_fails_gives_its_place_back_when_all_it_has_moved_is_gone() {
        let place = std::env::temp_dir().join(format!("konvent-restoring-{}", clock::token()));
        let mut restoring = Restoring::inside(&place).unwrap();
        fs::write(restoring.at.join("konvent.sqlite"), "").unwrap();
        restoring.put_in_place().unwrap();
        let watch = inotify::init(inotify::CreateFlags::NONBLOCK).unwrap();
        inotify::add_watch(&watch, &place, inotify::WatchFlags::DELETE).unwrap();
        drop(restoring);
        let mut buffer = [MaybeUninit::uninit(); 4096];
        let mut events = inotify::Reader::new(&watch, &mut buffer);
        let mut gone = Vec::new();
        while let Ok(event) = events.next() {
            gone.extend(event.file_name().map(|name| name.to_str().unwrap().to_owned()));
        }
        assert_eq!(gone, [UNPACKED, "konvent.sqlite", lock::FILE]);
        assert!(!place.exists());
    }
}
