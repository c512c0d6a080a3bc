//! Runs a test once more in a process of its own: as an unprivileged user, on a small disk, or to be killed.

use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Stdio};

/// Tells a process that it is the second run, and what the first run gave along.
const VARIABLE: &str = "TRUELINE_TEST_AGAIN";

/// What the first run gave along; `None` in the first run itself.
pub fn given() -> Option<String> {
    std::env::var(VARIABLE).ok()
}

/// The arguments and the variable that make a test program run one test, by its full name.
fn only(command: &mut Command, test: &str, give: &str) {
    command.args(["--exact", test, "--nocapture", "--test-threads=1"]).env(VARIABLE, give);
}

/// The command that runs one test of this program once more, with its output piped.
///
/// # Panics
/// When the path of this program cannot be found out.
pub fn command(test: &str, give: &str) -> Command {
    let mut command = Command::new(std::env::current_exe().expect("a test knows its program"));
    only(&mut command, test, give);
    command.stdout(Stdio::piped());
    command
}

/// Runs one test of this program as a user who may do nothing special. Root may write everywhere, so what
/// permissions forbid shows only there.
///
/// # Panics
/// When the second run fails.
pub fn as_nobody(test: &str, give: &str) {
    if !rustix::process::getuid().is_root() {
        let mut again = command(test, give);
        return assert_passed(test, &mut again);
    }
    // The program may lie where only root can go.
    let folder = tempfile::tempdir().expect("a temporary folder");
    let program = folder.path().join("test");
    let here = std::env::current_exe().expect("a test knows its program");
    let copied = std::fs::hard_link(&here, &program).or_else(|_| std::fs::copy(&here, &program).map(|_| ()));
    let opened = std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o755));
    copied.and(opened).expect("the test program can be copied");
    let mut again = Command::new("runuser");
    again.args(["-u", "nobody", "--"]).arg(&program);
    only(&mut again, test, give);
    assert_passed(test, &mut again);
}

/// Runs one test of this program where `folder` is a file system of its own with so many bytes; it is gone
/// with the process. Where that is not allowed, the test is skipped loudly.
///
/// # Panics
/// When the second run fails.
pub fn on_small_disk(test: &str, folder: &Path, bytes: u64) {
    const MOUNT: &str = r#"mount -t tmpfs -o size="$1" tmpfs "$2" && shift 2 && exec "$@""#;
    let unshare = |root: &[&str]| {
        let mut command = Command::new("unshare");
        command.args(root).arg("--mount");
        command
    };
    let root: &[&str] =
        if rustix::process::getuid().is_root() { &[] } else { &["--user", "--map-root-user"] };
    let allowed = unshare(root)
        .args(["sh", "-c", MOUNT, "sh", "65536"])
        .arg(folder)
        .arg("true")
        .output()
        .is_ok_and(|output| output.status.success());
    if !allowed {
        crate::skip(test, "a file system of its own cannot be mounted here");
        return;
    }
    let mut again = unshare(root);
    again.args(["sh", "-c", MOUNT, "sh"]).arg(bytes.to_string()).arg(folder);
    again.arg(std::env::current_exe().expect("a test knows its program"));
    only(&mut again, test, &folder.display().to_string());
    assert_passed(test, &mut again);
}

fn assert_passed(test: &str, again: &mut Command) {
    let output: io::Result<_> = again.output();
    let output = output.expect("the second run starts");
    let text = String::from_utf8_lossy(&output.stdout);
    let said = format!("{text}\n{}", String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{test}, run again: {said}");
    assert!(text.contains("1 passed"), "there is no test {test}: {said}");
}
