//! Programs that are built from Go modules once and kept: pinned in `tools/NAME/go.mod`, built into a folder
//! of their version outside of what `cargo clean` removes. Beside them lies what they were built from: when that
//! changes, they are built again. What was built before that was noted counts as built from what there is now.

use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::Error;
use crate::run::{answers, output, program, root};
use crate::tools::{cache, timed};

/// From nothing, on two slow cores that do something else as well.
const BUILD_LIMIT: Duration = Duration::from_secs(40 * 60);

/// The file that says what the programs beside it were built from.
const RECIPE: &str = "recipe";

/// A program of a Go module.
struct GoTool {
    /// Its name, and that of the folder that it is built into.
    name: &'static str,
    /// Its folder below `tools`.
    wrapper: &'static str,
    /// The module, as `go.mod` names it.
    module: &'static str,
    /// The packages of its programs, the name of each with it.
    programs: &'static [(&'static str, &'static str)],
    /// Build tags.
    tags: &'static str,
    /// What the linker sets: `{}` is the version, `{major}` and `{minor}` its first two numbers.
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
    wrapper: "helm",
    module: "helm.sh/helm/v3",
    programs: &[("helm", "helm.sh/helm/v3/cmd/helm")],
    tags: "",
    version: "helm.sh/helm/v3/internal/version.version=v{}",
    c: false,
    data: &[],
    takes: "two to three minutes",
};

/// Its page is not built: `options` and `templates` are all that its interface needs.
const GITEA: GoTool = GoTool {
    name: "gitea",
    wrapper: "gitea",
    module: "code.gitea.io/gitea",
    programs: &[("gitea", "code.gitea.io/gitea")],
    tags: "sqlite sqlite_unlock_notify",
    version: "main.Version={}",
    c: true,
    data: &["options", "templates"],
    takes: "five to ten minutes",
};

/// A program of our own around the module: without the drivers for clouds it is built in a fourth of the time.
const REGISTRY: GoTool = GoTool {
    name: "registry",
    wrapper: "registry",
    module: "github.com/distribution/distribution/v3",
    programs: &[("registry", "trueline/tools/registry")],
    tags: "",
    version: "github.com/distribution/distribution/v3/version.version=v{}",
    c: false,
    data: &[],
    takes: "a minute",
};

/// Opens what we seal for Git, and seals what we open: the tests compare with it.
const SOPS: GoTool = GoTool {
    name: "sops",
    wrapper: "sops",
    module: "github.com/getsops/sops/v3",
    programs: &[("sops", "github.com/getsops/sops/v3/cmd/sops")],
    tags: "",
    version: "github.com/getsops/sops/v3/version.Version={}",
    c: false,
    data: &[],
    takes: "two to three minutes",
};

/// Opens what we seal for Git as Flux does. A program of our own around the module, and of its name: Go lets others not
/// at what it has below `internal`.
const FLUX: GoTool = GoTool {
    name: "flux",
    wrapper: "flux",
    module: "github.com/fluxcd/kustomize-controller",
    programs: &[("flux", "github.com/fluxcd/kustomize-controller/trueline")],
    tags: "",
    version: "main.version={}",
    c: false,
    data: &[],
    takes: "three to six minutes",
};

/// Where the API servers of the tests keep their objects.
const ETCD: GoTool = GoTool {
    name: "etcd",
    wrapper: "etcd",
    module: "go.etcd.io/etcd/server/v3",
    programs: &[("etcd", "go.etcd.io/etcd/server/v3")],
    tags: "",
    version: "go.etcd.io/etcd/api/v3/version.GitSHA={}",
    c: false,
    data: &[],
    takes: "a minute",
};

/// The control plane. A program's log says what it was built from, and discovery says the version.
const KUBERNETES: GoTool = GoTool {
    name: "kubernetes",
    wrapper: "kubernetes",
    module: "k8s.io/kubernetes",
    programs: &[
        ("kube-apiserver", "k8s.io/kubernetes/cmd/kube-apiserver"),
        ("kube-controller-manager", "k8s.io/kubernetes/cmd/kube-controller-manager"),
        ("kube-scheduler", "k8s.io/kubernetes/cmd/kube-scheduler"),
    ],
    tags: "",
    version: "k8s.io/component-base/version.gitVersion=v{} \
              -X k8s.io/component-base/version.gitMajor={major} \
              -X k8s.io/component-base/version.gitMinor={minor}",
    c: false,
    data: &[],
    takes: "five to ten minutes",
};

/// Plays nodes and their pods. In the module of Kubernetes, so that what both need is compiled once.
const KWOK: GoTool = GoTool {
    name: "kwok",
    wrapper: "kubernetes",
    module: "sigs.k8s.io/kwok",
    programs: &[("kwok", "sigs.k8s.io/kwok/cmd/kwok")],
    tags: "",
    version: "sigs.k8s.io/kwok/pkg/consts.Version=v{}",
    c: false,
    data: &["kustomize/stage/node", "kustomize/stage/pod"],
    takes: "a minute after Kubernetes",
};

/// The definitions of Argo Rollouts: an API server holds what the template for it makes against them. Its controller is not
/// built, as it needs as long as Kubernetes.
const ROLLOUTS: GoTool = GoTool {
    name: "argo-rollouts",
    wrapper: "rollouts",
    module: "github.com/argoproj/argo-rollouts",
    programs: &[],
    tags: "",
    version: "",
    c: false,
    data: &["manifests/crds"],
    takes: "a few seconds",
};

/// `cargo xtask tools`
///
/// # Errors
/// When one cannot be built.
pub(crate) fn command(arguments: &[String]) -> Result<bool, Error> {
    if !arguments.is_empty() {
        return Err("tools takes no arguments".into());
    }
    for tool in [HELM, GITEA, REGISTRY, SOPS, FLUX, ETCD, KUBERNETES, KWOK, ROLLOUTS] {
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

/// etcd, the parts of Kubernetes and kwok, of the versions in `tools/etcd` and `tools/kubernetes`; kwok's program.
/// What `KUBEBUILDER_ASSETS` has is not built.
///
/// # Errors
/// When Go is missing or a build fails.
pub(crate) fn control_plane() -> Result<PathBuf, Error> {
    let given = std::env::var_os("KUBEBUILDER_ASSETS").map(PathBuf::from).unwrap_or_default();
    for tool in [ETCD, KUBERNETES] {
        let has = |(name, _): &(&str, &str)| given.join(name).is_file();
        if tool.programs.iter().all(has) {
            println!("{}: found in KUBEBUILDER_ASSETS", tool.name);
        } else {
            tool.ready()?;
        }
    }
    // Its rules lie beside it.
    KWOK.ready()
}

/// The SOPS program of the version in `tools/sops/go.mod`.
///
/// # Errors
/// When Go is missing or the build fails.
pub(crate) fn sops() -> Result<PathBuf, Error> {
    SOPS.ready()
}

/// The program around Flux's decryption, of the version in `tools/flux/go.mod`.
///
/// # Errors
/// When Go is missing or the build fails.
pub(crate) fn flux() -> Result<PathBuf, Error> {
    FLUX.ready()
}

/// The definitions of Argo Rollouts of the version in `tools/rollouts`.
///
/// # Errors
/// When Go is missing or they cannot be had.
pub(crate) fn rollouts() -> Result<PathBuf, Error> {
    ROLLOUTS.ready()
}

impl GoTool {
    /// The first of its programs, built if one is not there yet; its folder where it has none.
    fn ready(&self) -> Result<PathBuf, Error> {
        let wrapper = root().join("tools").join(self.wrapper);
        let pinned = std::fs::read_to_string(wrapper.join("go.mod"))
            .map_err(|e| format!("tools/{}/go.mod: {e}", self.wrapper))?;
        let version = pinned_version(&pinned, self.module)
            .ok_or_else(|| format!("tools/{}/go.mod does not name {}", self.wrapper, self.module))?;
        let folder = cache().join(format!("{}-{version}", self.name));
        let note = folder.join(RECIPE);
        let (recipe, noted) = (self.recipe(&wrapper)?, std::fs::read_to_string(&note).ok());
        let is_old = noted.as_ref().is_some_and(|noted| *noted != recipe);
        let missing = self.programs.iter().filter(|(name, _)| is_old || !folder.join(name).is_file());
        let missing: Vec<_> = missing.collect();
        let unread = self.programs.is_empty() && (is_old || noted.is_none());
        if missing.is_empty() && !unread {
            println!("{} {version}: found", self.name);
        } else {
            self.needs(version, &folder, is_old)?;
            if is_old {
                // Whatever ends in the middle of it is built again as a whole.
                std::fs::write(&note, "")?;
            }
            for (name, package) in missing {
                self.build(&wrapper, &folder.join(name), (name, package), version)?;
            }
            if unread {
                self.copy_data(&wrapper, &folder)?;
            }
        }
        if noted.as_ref() != Some(&recipe) {
            std::fs::write(&note, recipe)?;
        }
        Ok(self.programs.first().map_or_else(|| folder.clone(), |(name, _)| folder.join(name)))
    }

    /// All that decides what is built, but for Go itself: how, and the files of the wrapper.
    fn recipe(&self, wrapper: &Path) -> Result<String, Error> {
        let Self { name, wrapper: _, module, programs, tags, version, c, data, takes: _ } = self;
        let mut text = format!("{name} {module}\n{programs:?}\n{tags}\n{version}\n{c}\n{data:?}\n");
        let mut files = Vec::new();
        for entry in std::fs::read_dir(wrapper).map_err(|e| format!("{}: {e}", wrapper.display()))? {
            files.push(entry?.path());
        }
        files.sort();
        for file in files.iter().filter(|file| file.is_file()) {
            let name = file.file_name().unwrap_or_default().to_string_lossy();
            let content = std::fs::read_to_string(file).map_err(|e| format!("{}: {e}", file.display()))?;
            text.push_str(&format!("{name}\n{content}"));
        }
        Ok(text)
    }

    fn needs(&self, version: &str, folder: &Path, is_old: bool) -> Result<(), Error> {
        for (needed, flag) in [("go", "version"), ("gcc", "--version")] {
            if (needed == "go" || self.c) && !answers(needed, flag) {
                return Err(
                    format!("{needed} is needed to build {}: https://go.dev/doc/install", self.name).into()
                );
            }
        }
        let why = if is_old { "was built in another way" } else { "is not there yet" };
        let how = if self.programs.is_empty() { "read" } else { "built" };
        println!("{} {version} {why}: it is {how} from its Go module once, in {}.", self.name, self.takes);
        std::fs::create_dir_all(folder)?;
        Ok(())
    }

    fn build(
        &self,
        wrapper: &Path,
        built: &Path,
        (name, package): (&str, &str),
        version: &str,
    ) -> Result<(), Error> {
        // Built under another name and moved last, so that an interrupted build is not taken for a whole one.
        let partial = built.with_file_name(format!("partial-{}", std::process::id()));
        let flags = format!("-s -w -X {}", linked(self.version, version));
        let mut command = program("go", &["build", "-mod=readonly", "-trimpath", "-tags", self.tags]);
        command.args(["-ldflags", &flags, "-o"]).arg(&partial).arg(package).current_dir(wrapper);
        command.env("GOTOOLCHAIN", "local").env("GOFLAGS", "");
        command.env("CGO_ENABLED", if self.c { "1" } else { "0" });
        timed(&format!("go build {name}"), &mut command, BUILD_LIMIT)?;
        self.copy_data(wrapper, built.parent().unwrap_or(built))?;
        std::fs::rename(&partial, built)?;
        Ok(())
    }

    /// Copies what the program reads out of the module, which may be removed from Go's cache at any time.
    fn copy_data(&self, wrapper: &Path, folder: &Path) -> Result<(), Error> {
        if self.data.is_empty() {
            return Ok(());
        }
        // What is not built was not loaded yet.
        let mut load = program("go", &["mod", "download", self.module]);
        load.current_dir(wrapper).env("GOTOOLCHAIN", "local").env("GOFLAGS", "-mod=readonly");
        output(&mut load)?;
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

/// What the linker sets, with the version.
fn linked(template: &str, version: &str) -> String {
    let mut numbers = version.split('.');
    let mut next = || numbers.next().unwrap_or_default();
    template.replace("{}", version).replace("{major}", next()).replace("{minor}", next())
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
    fn the_linker_is_told_the_version() {
        assert_eq!(
            linked("a.V=v{} -X a.M={major} -X a.m={minor}", "1.36.3"),
            "a.V=v1.36.3 -X a.M=1 -X a.m=36"
        );
    }

    #[test]
    fn a_recipe_tells_how_and_from_what() {
        let wrapper = tempfile::tempdir().expect("a folder");
        let write = |name: &str, text: &str| std::fs::write(wrapper.path().join(name), text).expect("a file");
        let recipe = |tool: &GoTool| tool.recipe(wrapper.path()).expect("a recipe");
        write("go.mod", "module a\n");
        write("go.sum", "x h1:1\n");
        let first = recipe(&SOPS);
        assert_eq!(recipe(&SOPS), first);
        assert_eq!(recipe(&GoTool { takes: "long", ..SOPS }), first, "what people are told changes nothing");
        for tool in
            [GoTool { tags: "x", ..SOPS }, GoTool { c: true, ..SOPS }, GoTool { version: "{}", ..SOPS }]
        {
            assert_ne!(recipe(&tool), first);
        }
        write("go.sum", "x h1:2\n");
        assert_ne!(recipe(&SOPS), first);
    }

    #[test]
    fn the_pinned_version_is_read() {
        let go_mod =
            "module a/gitea\n\nrequire (\n\tcode.gitea.io/gitea v1.26.0\n\tx.io/y v1.0.0 // indirect\n)\n";
        assert_eq!(pinned_version(go_mod, "code.gitea.io/gitea"), Some("1.26.0"));
        assert_eq!(pinned_version(go_mod, "code.gitea.io/sdk"), None);
    }
}
