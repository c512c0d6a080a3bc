//! `cargo xtask ci`: the test command, and what is generated is up to date.

use crate::Error;
use crate::run::{Verdict, cargo};
use crate::test::Run;

/// Runs everything; the closing line is the test command's.
///
/// # Errors
/// When there are arguments.
pub(crate) fn command(arguments: &[String]) -> Result<bool, Error> {
    if !arguments.is_empty() {
        return Err("ci takes no arguments".into());
    }
    let mut run = Run::new(&[])?;
    run.steps.step("the lock file is up to date", || {
        let status = cargo(&["metadata", "--locked", "--format-version", "1", "--no-deps"]).output()?;
        Ok(if status.status.success() { Verdict::Passed } else { Verdict::Failed })
    });
    run.all();
    run.steps.step("what is generated", || {
        Ok(if crate::codegen::compare()? { Verdict::Passed } else { Verdict::Failed })
    });
    Ok(run.close())
}
