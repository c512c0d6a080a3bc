//! Programs that are built from Go modules once and kept: pinned in `tools/NAME/go.mod`, built into a folder
//! of their version outside of what `cargo clean` removes.

use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::Error;
use crate::run::{answers, output, program, root};
use crate::tools::{cache, timed};

/// From nothing, on two slow cores that do something else as well.
const BUILD_LIMIT: Duration = Duration::from_secs(40 * 60);

/// A program of a Go module.
struct GoTool {
    /// Its name, and that of its folder below `tools`.
    name: &'static str,
    /// The module, as `go.mod` names it.
    module: &'static str,
    /// The package of the program.
    package: &'static str,
    /// Build tags.
    tags: &'static str,
    /// What the linker sets to the version.
    version: &'static str,
    /// Whether it has parts in C.
    c: bool,
    /// Folders of the module that the program reads while it runs.
    data: &'static [&'static str],
    /// How long it takes, for people.
    takes: &'static str,
}

const HELM: GoTool = GoTool {
    name: "helm",
    module: "helm.sh/helm/v3",
    package: "helm.sh/helm/v3/cmd/helm",
    tags: "",
    version: "helm.sh/helm/v3/internal/version.version=v",
    c: false,
    data: &[],
    takes: "two to three minutes",
};

/// Its page is not built: `options` and `templates` are all that its interface needs.
const GITEA: GoTool = GoTool {
    name: "gitea",
    module: "code.gitea.io/gitea",
    package: "code.gitea.io/gitea",
    tags: "sqlite sqlite_unlock_notify",
    version: "main.Version=",
    c: true,
    data: &["options", "templates"],
    takes: "five to ten minutes",
};

/// A program of our own around the module: without the drivers for clouds it is built in a fourth of the time.
const REGISTRY: GoTool = GoTool {
    name: "registry",
    module: "github.com/distribution/distribution/v3",
    package: "trueline/tools/registry",
    tags: "",
    version: "github.com/distribution/distribution/v3/version.version=v",
    c: false,
    data: &[],
    takes: "a minute",
};

/// Opens what we seal for Git, and seals what we open: the tests compare with it.
const SOPS: GoTool = GoTool {
    name: "sops",
    module: "github.com/getsops/sops/v3",
    package: "github.com/getsops/sops/v3/cmd/sops",
    tags: "",
    version: "github.com/getsops/sops/v3/version.Version=",
    c: false,
    data: &[],
    takes: "two to three minutes",
};

/// `cargo xtask tools`
///
/// # Errors
/// When one cannot be built.
pub(crate) fn command(arguments: &[String]) -> Result<bool, Error> {
    if !arguments.is_empty() {
        return Err("tools takes no arguments".into());
    }
    for tool in [HELM, GITEA, REGISTRY, SOPS] {
        tool.ready()?;
    }
    Ok(true)
}

/// The Helm program of the version in `tools/helm/go.mod`.
///
/// # Errors
/// When Go is missing or the build fails.
pub(crate) fn helm() -> Result<PathBuf, Error> {
    HELM.ready()
}

/// The OCI registry of the version in `tools/registry/go.mod`.
///
/// # Errors
/// When Go is missing or the build fails.
pub(crate) fn registry() -> Result<PathBuf, Error> {
    REGISTRY.ready()
}

/// The Gitea server of the version in `tools/gitea/go.mod`; what it reads while it runs lies in `data` beside
/// it.
///
/// # Errors
/// When Go or gcc is missing or the build fails.
pub(crate) fn gitea() -> Result<PathBuf, Error> {
    GITEA.ready()
}

/// The SOPS program of the version in `tools/sops/go.mod`.
///
/// # Errors
/// When Go is missing or the build fails.
pub(crate) fn sops() -> Result<PathBuf, Error> {
    SOPS.ready()
}

impl GoTool {
    /// The program, built if it is not there yet.
    fn ready(&self) -> Result<PathBuf, Error> {
        let wrapper = root().join("tools").join(self.name);
        let pinned = std::fs::read_to_string(wrapper.join("go.mod"))
            .map_err(|e| format!("tools/{}/go.mod: {e}", self.name))?;
        let version = pinned_version(&pinned, self.module)
            .ok_or_else(|| format!("tools/{}/go.mod does not name {}", self.name, self.module))?;
        let folder = cache().join(format!("{}-{version}", self.name));
        let built = folder.join(self.name);
        if built.is_file() {
            println!("{} {version}: found", self.name);
            return Ok(built);
        }
        self.build(&wrapper, &folder, version)?;
        Ok(built)
    }

    fn build(&self, wrapper: &Path, folder: &Path, version: &str) -> Result<(), Error> {
        for (needed, flag) in [("go", "version"), ("gcc", "--version")] {
            if (needed == "go" || self.c) && !answers(needed, flag) {
                return Err(
                    format!("{needed} is needed to build {}: https://go.dev/doc/install", self.name).into()
                );
            }
        }
        println!(
            "{} {version} is not there yet: it is built from its Go module once, in {}.",
            self.name, self.takes
        );
        std::fs::create_dir_all(folder)?;
        // Built under another name and moved last, so that an interrupted build is not taken for a whole one.
        let partial = folder.join(format!("partial-{}", std::process::id()));
        let flags = format!("-s -w -X {}{version}", self.version);
        let mut command = program("go", &["build", "-mod=readonly", "-trimpath", "-tags", self.tags]);
        command.args(["-ldflags", &flags, "-o"]).arg(&partial).arg(self.package).current_dir(wrapper);
        command.env("GOTOOLCHAIN", "local").env("GOFLAGS", "");
        command.env("CGO_ENABLED", if self.c { "1" } else { "0" });
        timed(&format!("go build {}", self.name), &mut command, BUILD_LIMIT)?;
        self.copy_data(wrapper, folder)?;
        std::fs::rename(&partial, folder.join(self.name))?;
        Ok(())
    }

    /// Copies what the program reads out of the module, which may be removed from Go's cache at any time.
    fn copy_data(&self, wrapper: &Path, folder: &Path) -> Result<(), Error> {
        if self.data.is_empty() {
            return Ok(());
        }
        let mut list = program("go", &["list", "-mod=readonly", "-m", "-f", "{{.Dir}}", self.module]);
        list.current_dir(wrapper).env("GOTOOLCHAIN", "local").env("GOFLAGS", "");
        let module = PathBuf::from(output(&mut list)?.trim());
        for part in self.data {
            copy(&module.join(part), &folder.join("data").join(part))?;
        }
        Ok(())
    }
}

/// The version that a `go.mod` requires of a module, without its `v`.
fn pinned_version<'a>(go_mod: &'a str, module: &str) -> Option<&'a str> {
    let version = go_mod.split_whitespace().skip_while(|word| *word != module).nth(1)?;
    version.strip_prefix('v')
}

/// Copies a folder; the copies can be written, what they are copied from need not.
fn copy(from: &Path, to: &Path) -> Result<(), Error> {
    std::fs::create_dir_all(to)?;
    for entry in std::fs::read_dir(from).map_err(|e| format!("{}: {e}", from.display()))? {
        let entry = entry?;
        let (from, to) = (entry.path(), to.join(entry.file_name()));
        if entry.file_type()?.is_dir() {
            copy(&from, &to)?;
        } else {
            std::fs::write(&to, std::fs::read(&from)?)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pinned_version_is_read() {
        let go_mod =
            "module a/gitea\n\nrequire (\n\tcode.gitea.io/gitea v1.26.0\n\tx.io/y v1.0.0 // indirect\n)\n";
        assert_eq!(pinned_version(go_mod, "code.gitea.io/gitea"), Some("1.26.0"));
        assert_eq!(pinned_version(go_mod, "code.gitea.io/sdk"), None);
    }
}
