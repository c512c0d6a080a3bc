//! The `git` program: makes and serves bare repositories.

use std::path::Path;

use crate::Error;

/// The version of the `git` program.
pub async fn version() -> Result<String, Error> {
    Err(Error::GitProgram("not looked for yet".into()))
}

/// Makes an empty bare repository whose first branch will be `default_branch`.
pub async fn init_bare(path: &Path, _default_branch: &str) -> Result<(), Error> {
    Err(Error::GitProgram(format!("{} cannot be made yet", path.display())))
}
