//! The data folder: made with mode 0700, locked against a second process; files in it are made with 0600.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use rustix::fs::{FlockOperation, flock};
use uuid::Uuid;
use zeroize::Zeroizing;

use crate::Error;
use seal::at_rest::Sealer;

/// A data folder that this process alone works on, until this is dropped or the process ends.
pub(crate) struct DataFolder {
    path: PathBuf,
    /// The lock lives as long as the open file.
    _lock: File,
}

impl DataFolder {
    /// Makes the folder where it is missing, and locks it.
    pub(crate) fn lock(path: &Path) -> Result<Self, Error> {
        let not_writable = |path: &Path| {
            let path = path.to_owned();
            move |source| Error::NotWritable { path, source }
        };
        if !path.is_dir() {
            DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(not_writable(path))?;
        }
        let file_path = path.join("lock");
        let mut file = private(OpenOptions::new().read(true).write(true).create(true).truncate(false))
            .open(&file_path)
            .map_err(not_writable(&file_path))?;
        match flock(&file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => {}
            Err(rustix::io::Errno::WOULDBLOCK) => {
                let mut holder = String::new();
                let known = file.read_to_string(&mut holder).is_ok() && !holder.trim().is_empty();
                let holder = known.then(|| holder.trim().to_owned());
                return Err(Error::Locked { folder: path.to_owned(), holder });
            }
            Err(errno) => return Err(Error::NotWritable { path: file_path, source: errno.into() }),
        }
        file.set_len(0)
            .and_then(|()| file.write_all(format!("process {}\n", std::process::id()).as_bytes()))
            .map_err(not_writable(&file_path))?;
        Ok(Self { path: path.to_owned(), _lock: file })
    }

    /// Makes an empty file with mode 0600 where there is none, and gives its path. SQLite gives its
    /// write-ahead log the mode of the database.
    pub(crate) fn private_file(&self, name: &str) -> Result<PathBuf, Error> {
        let path = self.path.join(name);
        private(OpenOptions::new().write(true).create(true).truncate(false))
            .open(&path)
            .map_err(|source| Error::NotWritable { path: path.clone(), source })?;
        Ok(path)
    }
}

/// The name of whoever works on a data folder, made with the folder: as only one process can, all that bears
/// this name from before the start is left by one that has died.
pub(crate) fn node(folder: &Path) -> Result<String, Error> {
    let path = folder.join("node");
    let not_writable = |source| Error::NotWritable { path: path.clone(), source };
    if let Ok(node) = fs::read_to_string(&path)
        && let Ok(node) = node.trim().parse::<Uuid>()
    {
        return Ok(node.to_string());
    }
    let node = Uuid::now_v7().to_string();
    let mut file = private(OpenOptions::new().write(true).create(true).truncate(true))
        .open(&path)
        .map_err(not_writable)?;
    file.write_all(format!("{node}\n").as_bytes()).map_err(not_writable)?;
    Ok(node)
}

fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    options.mode(0o600)
}

/// Reads the key file; makes it when `first_start`, refuses its absence later.
pub(crate) fn key_file(path: &Path, first_start: bool) -> Result<Zeroizing<String>, Error> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(Zeroizing::new(text)),
        Err(e) if e.kind() == io::ErrorKind::NotFound && first_start => {
            let key = Sealer::generate();
            write_key(path, &key).map_err(|source| Error::NotWritable { path: path.to_owned(), source })?;
            Ok(key)
        }
        Err(e) if e.kind() == io::ErrorKind::NotFound => Err(Error::KeyMissing { path: path.to_owned() }),
        Err(source) => Err(Error::NotWritable { path: path.to_owned(), source }),
    }
}

/// The key is durable under its name before anything is sealed with it.
pub(crate) fn write_key(path: &Path, key: &str) -> io::Result<()> {
    let mut file = private(OpenOptions::new().write(true).create_new(true)).open(path)?;
    file.write_all(key.as_bytes())?;
    file.write_all(b"\n")?;
    file.sync_all()?;
    path.parent().map_or(Ok(()), |folder| File::open(folder)?.sync_all())
}

/// Puts a file in the place of another; durable when it returns.
pub(crate) fn durable_rename(from: &Path, to: &Path) -> Result<(), Error> {
    let renamed = fs::rename(from, to)
        .and_then(|()| to.parent().map_or(Ok(()), |folder| File::open(folder)?.sync_all()));
    renamed.map_err(|source| Error::NotWritable { path: to.to_owned(), source })
}
