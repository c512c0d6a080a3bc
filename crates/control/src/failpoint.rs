//! Points at which a test can let the process die, to see that the next one goes on from what is stored.

use crate::Control;

/// Kills the process at once, without any ending of its own, if the setting names this point; the same as if
/// its machine lost power. Does nothing otherwise, and never anything in a release.
pub(crate) fn hit(control: &Control, point: &str) {
    if !cfg!(debug_assertions) || control.settings.failpoint.as_deref() != Some(point) {
        return;
    }
    tracing::error!(point, "killed at a failpoint");
    let _cannot_fail =
        rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::KILL);
    std::process::abort();
}
