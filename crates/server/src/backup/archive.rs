// SPDX-License-Identifier: EUPL-1.2
//! A tar file whose last member holds the SHA-256 of all others. Not what belongs into a backup. Only the owner can read
//! what is written here.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, BufReader, BufWriter, Read, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Component, Path, PathBuf};

use sha2::{Digest as _, Sha256};

use crate::audit::hex;

/// A new file that only its owner can read.
pub fn new_file(path: &Path) -> io::Result<File> {
    fs::OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(path)
}

pub fn new_folder(path: &Path) -> io::Result<()> {
    fs::DirBuilder::new().recursive(true).mode(0o700).create(path)
}

struct Hashing<R> {
    inner: R,
    hash: Sha256,
}

impl<R: Read> Hashing<R> {
    fn new(inner: R) -> Hashing<R> {
        Hashing {
            inner,
            hash: Sha256::new(),
        }
    }

    fn hex(self) -> String {
        hex(&self.hash.finalize())
    }
}

impl<R: Read> Read for Hashing<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.hash.update(&buffer[..read]);
        Ok(read)
    }
}

pub struct Writer {
    tar: tar::Builder<BufWriter<File>>,
    sums: String,
}

impl Writer {
    pub fn create(path: &Path) -> io::Result<Writer> {
        Ok(Writer {
            tar: tar::Builder::new(BufWriter::new(new_file(path)?)),
            sums: String::new(),
        })
    }

    pub fn add_bytes(&mut self, name: &str, bytes: &[u8]) -> io::Result<()> {
        self.add(name, bytes.len() as u64, bytes)
    }

    pub fn add_file(&mut self, name: &str, path: &Path) -> io::Result<()> {
        let file = File::open(path)?;
        let size = file.metadata()?.len();
        self.add(name, size, file.take(size))
    }

    fn add(&mut self, name: &str, size: u64, from: impl Read) -> io::Result<()> {
        let mut header = tar::Header::new_gnu();
        header.set_size(size);
        header.set_mode(0o600);
        let mut hashing = Hashing::new(from);
        self.tar.append_data(&mut header, name, &mut hashing)?;
        self.sums += &format!("{}  {name}\n", hashing.hex());
        Ok(())
    }

    /// Adds the checksums and sees to it that all is on the disk. The size in bytes.
    pub fn finish(mut self, checksums: &str) -> io::Result<u64> {
        let sums = std::mem::take(&mut self.sums);
        self.add_bytes(checksums, sums.as_bytes())?;
        let mut buffered = self.tar.into_inner()?;
        buffered.flush()?;
        let file = buffered.into_inner().map_err(io::IntoInnerError::into_error)?;
        file.sync_all()?;
        Ok(file.metadata()?.len())
    }
}

pub struct Reader {
    tar: tar::Archive<BufReader<File>>,
}

/// Why an archive was not unpacked.
pub enum Bad {
    /// It is not what was once written.
    Archive(String),
    /// This machine cannot take it.
    Disk(PathBuf, io::Error),
}

impl Reader {
    pub fn new(file: File) -> Reader {
        Reader {
            tar: tar::Archive::new(BufReader::new(file)),
        }
    }

    /// The content of the first member, which must have this name.
    pub fn head(&mut self, name: &str) -> io::Result<Vec<u8>> {
        let mut first = self.tar.entries()?.next().ok_or(io::ErrorKind::UnexpectedEof)??;
        if first.path()?.as_ref() != Path::new(name) {
            return Err(io::ErrorKind::InvalidData.into());
        }
        let mut content = Vec::new();
        first.by_ref().take(1 << 16).read_to_end(&mut content)?;
        self.rewind()?;
        Ok(content)
    }

    fn rewind(&mut self) -> io::Result<()> {
        use io::Seek as _;
        let empty = tar::Archive::new(BufReader::new(File::open("/dev/null")?));
        let mut file = std::mem::replace(&mut self.tar, empty).into_inner().into_inner();
        file.rewind()?;
        self.tar = tar::Archive::new(BufReader::new(file));
        Ok(())
    }

    /// Writes every member to its place, then compares with the checksums.
    pub fn unpack(&mut self, checksums: &str, place: impl Fn(&Path) -> PathBuf) -> Result<(), Bad> {
        let unreadable = |error: io::Error| Bad::Archive(format!("it cannot be read to its end: {error}"));
        let mut found = BTreeMap::new();
        let mut expected = None;
        for member in self.tar.entries().map_err(unreadable)? {
            let mut member = member.map_err(unreadable)?;
            let path = member.path().map_err(unreadable)?.into_owned();
            let plain = path.components().all(|part| matches!(part, Component::Normal(_)));
            if !plain || !member.header().entry_type().is_file() || expected.is_some() {
                return Err(Bad::Archive(format!("{} does not belong into it", path.display())));
            }
            if path == Path::new(checksums) {
                let mut text = String::new();
                member.read_to_string(&mut text).map_err(unreadable)?;
                expected = Some(text);
                continue;
            }
            let size = member.header().size().map_err(unreadable)?;
            let to = place(&path);
            let failed = |error: io::Error| Bad::Disk(to.clone(), error);
            new_folder(to.parent().unwrap_or(Path::new("."))).map_err(failed)?;
            let mut file = new_file(&to).map_err(failed)?;
            let mut hashing = Hashing::new(&mut member);
            let mut written = 0;
            let mut buffer = vec![0; 1 << 16];
            loop {
                let read = hashing.read(&mut buffer).map_err(unreadable)?;
                if read == 0 {
                    break;
                }
                file.write_all(&buffer[..read]).map_err(failed)?;
                written += read as u64;
            }
            file.sync_all().map_err(failed)?;
            if written != size {
                return Err(Bad::Archive("it ends too early".into()));
            }
            found.insert(path.to_string_lossy().into_owned(), hashing.hex());
        }
        let expected = expected.ok_or_else(|| Bad::Archive("it ends too early".into()))?;
        let expected: BTreeMap<String, String> = expected
            .lines()
            .filter_map(|line| line.split_once("  "))
            .map(|(sum, name)| (name.to_owned(), sum.to_owned()))
            .collect();
        match found == expected {
            true => Ok(()),
            false => Err(Bad::Archive("its contents do not match their checksums".into())),
        }
    }
}
