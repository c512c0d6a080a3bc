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

/// The version of Flux's kustomize-controller that `tools/flux` pins.
pub const FLUX_VERSION: &str = "1.9.6";

/// The program around Flux's decryption: it prints the objects that Flux would apply of a folder. Found as [`helm`] is.
pub fn flux() -> Option<PathBuf> {
    tool("flux", FLUX_VERSION)
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

/// The version of etcd that `tools/etcd` pins.
pub const ETCD_VERSION: &str = "3.7.3";

/// The version of Kubernetes that `tools/kubernetes` pins.
pub const KUBERNETES_VERSION: &str = "1.36.3";

/// The version of kwok that `tools/kubernetes` pins.
pub const KWOK_VERSION: &str = "0.8.0";

/// A program of the control plane: `etcd`, `kwok`, or one of Kubernetes. In `$KUBEBUILDER_ASSETS` if it is there,
/// else found as [`helm`] is. kwok is always our own: its rules lie beside it.
pub fn control_plane(program: &str) -> Option<PathBuf> {
    if program == "kwok" {
        return tool(program, KWOK_VERSION);
    }
    let given = std::env::var_os("KUBEBUILDER_ASSETS").map(|folder| PathBuf::from(folder).join(program));
    if let Some(given) = given.filter(|path| path.is_file()) {
        return Some(given);
    }
    match program {
        "etcd" => tool(program, ETCD_VERSION),
        _ => cached("kubernetes", KUBERNETES_VERSION, program),
    }
}

/// Where kwok's rules lie, `node/fast` and others, for the nodes and pods that it plays.
pub fn kwok_stages() -> Option<PathBuf> {
    let stages = tool("kwok", KWOK_VERSION)?.with_file_name("data").join("kustomize/stage");
    stages.is_dir().then_some(stages)
}

/// The version of Argo Rollouts that `tools/rollouts` pins.
pub const ROLLOUTS_VERSION: &str = "1.9.2";

/// The definition of the kind Rollout, as Argo Rollouts publishes it. Found as [`helm`] is.
pub fn rollout_definition() -> Option<PathBuf> {
    cached("argo-rollouts", ROLLOUTS_VERSION, "data/manifests/crds/rollout-crd.yaml")
}

/// A tool's program in the cache, which has the tool's name.
fn tool(name: &str, version: &str) -> Option<PathBuf> {
    cached(name, version, name)
}

/// A program of a tool in the cache.
fn cached(name: &str, version: &str, program: &str) -> Option<PathBuf> {
    let folder = match std::env::var_os("TRUELINE_TOOLS") {
        Some(folder) => PathBuf::from(folder),
        None => PathBuf::from(std::env::var_os("HOME")?).join(".cache/trueline-tools"),
    };
    let program = folder.join(format!("{name}-{version}")).join(program);
    program.is_file().then_some(program)
}
