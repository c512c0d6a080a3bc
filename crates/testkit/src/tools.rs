//! Programs that tests run against, built once and kept between runs.

use std::path::PathBuf;

/// The version of Helm that `tools/helm` pins.
pub const HELM_VERSION: &str = "3.22.0";

/// The `helm` program: `$TRUELINE_TOOLS/helm-<version>/helm`, else the same below
/// `~/.cache/trueline-tools`. `None` when it was not built; the test command builds it.
pub fn helm() -> Option<PathBuf> {
    tool("helm", HELM_VERSION)
}

/// The version of SOPS that `tools/sops` pins.
pub const SOPS_VERSION: &str = "3.13.3";

/// The `sops` program, found as [`helm`] is.
pub fn sops() -> Option<PathBuf> {
    tool("sops", SOPS_VERSION)
}

/// The version of Gitea that `tools/gitea` pins.
pub const GITEA_VERSION: &str = "1.26.0";

/// The `gitea` program, found as [`helm`] is; what it reads while it runs lies in `data` beside it.
pub fn gitea() -> Option<PathBuf> {
    tool("gitea", GITEA_VERSION)
}

/// The version of the registry that `tools/registry` pins.
pub const REGISTRY_VERSION: &str = "3.1.2";

/// The `registry` program, found as [`helm`] is.
pub fn registry() -> Option<PathBuf> {
    tool("registry", REGISTRY_VERSION)
}

/// A tool's program in the cache.
fn tool(name: &str, version: &str) -> Option<PathBuf> {
    let folder = match std::env::var_os("TRUELINE_TOOLS") {
        Some(folder) => PathBuf::from(folder),
        None => PathBuf::from(std::env::var_os("HOME")?).join(".cache/trueline-tools"),
    };
    let program = folder.join(format!("{name}-{version}")).join(name);
    program.is_file().then_some(program)
}
