//! What a crash of the machine leaves in the folder of the repositories: lock files of Git, which nobody takes
//! away and which refuse every later push, and repositories that were being made or deleted.

use std::path::Path;
use std::time::{Duration, SystemTime};

use super::at;
use crate::Error;

/// How old a lock has to be: Git holds one for the blink of an eye, and a Git process whose parent was killed
/// may live that much longer.
const LOCK_AGE: Duration = Duration::from_secs(10);
/// How deep the folders of a repository are looked at; names of branches are no deeper.
const DEPTH: u32 = 24;

/// What [`sweep`] did.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Swept {
    /// Locks and half repositories that were removed.
    pub removed: u64,
    /// Those from before the start that are too young to be told from what is in use: sweep again in a while.
    pub young: u64,
}

/// Removes what was left in the folder of the repositories before `start`, the time at which this process began
/// to serve it, judging ages at `now`.
///
/// # Errors
/// [`Error::Folder`] when the folder cannot be read.
pub fn sweep(folder: &Path, start: SystemTime, now: SystemTime) -> Result<Swept, Error> {
    let mut sweep = Sweep { start, now, swept: Swept::default() };
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(sweep.swept),
        Err(source) => return Err(at(folder, source)),
    };
    for entry in entries.flatten() {
        let (name, path) = (entry.file_name(), entry.path());
        let name = name.to_string_lossy();
        if [".making-", ".new-", ".deleted-"].iter().any(|half| name.starts_with(half)) {
            sweep.leftover(&path, |path| std::fs::remove_dir_all(path));
        } else if name.ends_with(".git") {
            sweep.locks(&path, DEPTH);
        }
    }
    Ok(sweep.swept)
}

struct Sweep {
    start: SystemTime,
    now: SystemTime,
    swept: Swept,
}

impl Sweep {
    /// Removes the locks below a folder. The folders of single objects hold none.
    fn locks(&mut self, folder: &Path, depth: u32) {
        let Ok(entries) = std::fs::read_dir(folder) else { return };
        for entry in entries.flatten() {
            let Ok(kind) = entry.file_type() else { continue };
            let (name, path) = (entry.file_name(), entry.path());
            let name = name.to_string_lossy();
            if kind.is_dir() && depth > 0 && !is_object_folder(&name) {
                self.locks(&path, depth - 1);
            } else if kind.is_file() && name.ends_with(".lock") {
                self.leftover(&path, |path| std::fs::remove_file(path));
            }
        }
    }

    fn leftover(&mut self, path: &Path, remove: impl Fn(&Path) -> std::io::Result<()>) {
        let Ok(made) = path.symlink_metadata().and_then(|data| data.modified()) else { return };
        if made >= self.start {
            return;
        }
        if self.now.duration_since(made).is_ok_and(|age| age < LOCK_AGE) {
            self.swept.young += 1;
            return;
        }
        match remove(path) {
            Ok(()) => {
                tracing::info!(path = %path.display(), "removed what a crash has left");
                self.swept.removed += 1;
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => tracing::warn!(path = %path.display(), %error, "left by a crash, and not removed"),
        }
    }
}

/// Whether this is one of the 256 folders that objects lie in.
fn is_object_folder(name: &str) -> bool {
    name.len() == 2 && name.bytes().all(|byte| byte.is_ascii_hexdigit())
}
