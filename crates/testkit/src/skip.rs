//! Tests that cannot run here say so, loudly, and are counted.

use std::io::Write;

/// Records that the test `name` could not run, and why. The caller returns afterwards.
///
/// The line goes to the file that `TRUELINE_SKIPS` names, which the test command reads; on CI everything is
/// there, so a skip fails there.
pub fn skip(name: &str, reason: &str) {
    let line = format!("SKIPPED: {name}: {}\n", reason.lines().next().unwrap_or_default());
    eprint!("{line}");
    let Some(path) = std::env::var_os("TRUELINE_SKIPS") else { return };
    let file = std::fs::OpenOptions::new().append(true).create(true).open(path);
    // One write of a short line: lines of parallel test programs do not mix.
    file.and_then(|mut file| file.write_all(line.as_bytes())).expect("the file of skips can be written");
}
