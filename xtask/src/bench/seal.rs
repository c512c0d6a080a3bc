//! Sealing a hundred Secrets, and again when nothing changed: beside its code, as the Git write path.

use crate::Error;
use crate::run::cargo;

/// Runs the benchmark of `seal`; it fails when a goal is missed.
///
/// # Errors
/// When it cannot be built.
pub(super) fn measure() -> Result<bool, Error> {
    Ok(cargo(&["bench", "--package", "seal", "--bench", "secrets"]).status()?.success())
}
