//! A temporary folder in memory for what tests write: many small databases and Git repositories, made and removed at
//! once, for which a file system on a disk has to find free inodes again and again.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use crate::run::{output, program};

/// Where Linux keeps files in memory.
const PARENT: &str = "/dev/shm";
const PREFIX: &str = "trueline-tests-";
/// Kilobytes that have to be free there.
const WANTED: u64 = 4 << 20;

/// The folder; it is removed when this is dropped.
pub(crate) struct Folder(Option<PathBuf>);

impl Folder {
    /// Makes one, where there is such a place with room. A run that was killed leaves its own: it is removed by the next.
    pub(crate) fn make() -> Self {
        remove_left();
        let folder = has_room().then(|| Path::new(PARENT).join(format!("{PREFIX}{}", std::process::id())));
        Self(folder.filter(|path| open_to_all(path).is_ok()))
    }

    /// Where it is: `TMPDIR` of the tests.
    pub(crate) fn path(&self) -> Option<&Path> {
        self.0.as_deref()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if let Some(path) = &self.0 {
            let _ = std::fs::remove_dir_all(path);
        }
    }
}

/// PostgreSQL runs as another user.
fn open_to_all(path: &Path) -> std::io::Result<()> {
    std::fs::create_dir(path)?;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o1777))
}

fn has_room() -> bool {
    let told = output(&mut program("df", &["-P", "-k", PARENT])).unwrap_or_default();
    let line = told.lines().nth(1).unwrap_or_default();
    let free = line.split_whitespace().nth(3).and_then(|free| free.parse::<u64>().ok());
    line.starts_with("tmpfs") && free.is_some_and(|free| free >= WANTED)
}

fn remove_left() {
    for entry in std::fs::read_dir(PARENT).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let Some(process) = name.to_str().and_then(|name| name.strip_prefix(PREFIX)) else { continue };
        if !Path::new("/proc").join(process).exists() {
            let _ = std::fs::remove_dir_all(entry.path());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_goes_when_its_run_ends_and_what_a_killed_run_left_goes_with_the_next() {
        // No process has a number as high as this one.
        let left = Path::new(PARENT).join(format!("{PREFIX}4194999"));
        if std::fs::create_dir(&left).is_err() {
            return println!("{PARENT} cannot be written to: there is nothing to try");
        }
        let folder = Folder::make();
        assert!(!left.exists());
        let Some(path) = folder.path().map(Path::to_path_buf) else {
            return println!("{PARENT} has no room");
        };
        assert!(path.is_dir());
        drop(folder);
        assert!(!path.exists());
    }
}
