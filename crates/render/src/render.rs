//! The one door: a chart and layers of values in, objects out.

use std::path::Path;

use crate::probe::Probe;
use crate::values::{self, Layer};
use crate::{Chart, Document, Error, Helm, documents, helm_error};

/// What to render.
#[derive(Clone, Debug)]
pub struct Request<'a> {
    /// The chart.
    pub chart: &'a Chart,
    /// The release's name.
    pub release: &'a str,
    /// The namespace that the release lives in.
    pub namespace: &'a str,
    /// Whether an earlier deployment succeeded: Helm calls the first one *install*, later ones *upgrade*.
    pub is_upgrade: bool,
    /// The Kubernetes version to render for, such as `1.36.3`.
    pub kubernetes_version: &'a str,
    /// API versions that the cluster has beside those of that version.
    pub api_versions: &'a [String],
    /// Values over the chart's defaults, the lowest first.
    pub values: Vec<Layer>,
}

/// What came of it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Output {
    /// The values in force, as YAML.
    pub values: String,
    /// The objects, by folder and key.
    pub documents: Vec<Document>,
    /// What the chart's author has to say to people.
    pub notes: Option<String>,
}

/// Renders a chart. The chart's templates can read nothing but the chart, the values and what the request
/// says; nothing is kept on disk. Fails with values at their line and column, with the template's line and
/// column, or because the output is not fit for Git; see [`Error`].
pub async fn render(helm: &Helm, request: &Request<'_>) -> Result<Output, Error> {
    let merged = values::merge(request.chart, &request.values)?;
    let folder = helm.folder()?;
    let mark = folder_mark(folder.path());
    let probe = Probe::new(request.chart, &mark)?;
    write_chart(folder.path(), request.chart, &probe)?;
    for (number, layer) in request.values.iter().enumerate() {
        write(&folder.path().join(values_file(number)), layer.yaml.as_bytes())?;
    }
    let run = helm.run(folder.path(), &arguments(request)).await?;
    if !run.succeeded {
        return Err(helm_error::read(&run.errors, &merged, &request.values));
    }
    let found = probe.read(&run.output)?;
    let documents = documents::split(&found.rest, request.namespace)?;
    tracing::debug!(chart = request.chart.name(), objects = documents.len(), "rendered");
    Ok(Output { values: found.values, documents, notes: found.notes })
}

/// The values that would be in force, as YAML, without rendering: templates need not work yet. Fails with
/// values at their line and column.
pub async fn effective_values(helm: &Helm, request: &Request<'_>) -> Result<String, Error> {
    let is_template = |path: &str| path.starts_with("templates/") || path.contains("/templates/");
    let files = request.chart.files().iter().filter(|(path, _)| !is_template(path));
    let chart = Chart::new(files.map(|(path, bytes)| (path.clone(), bytes.clone())).collect())?;
    Ok(render(helm, &Request { chart: &chart, ..request.clone() }).await?.values)
}

/// The file that a layer is handed over in.
pub(crate) fn values_file(number: usize) -> String {
    format!("values-{number}.yaml")
}

fn arguments(request: &Request<'_>) -> Vec<String> {
    let mut arguments: Vec<String> =
        ["template", request.release, "chart", "--include-crds"].map(Into::into).into();
    let mut option = |name: &str, value: &str| arguments.push(format!("{name}={value}"));
    option("--namespace", request.namespace);
    option("--kube-version", request.kubernetes_version);
    for version in request.api_versions {
        option("--api-versions", version);
    }
    for number in 0..request.values.len() {
        option("--values", &values_file(number));
    }
    if request.is_upgrade {
        arguments.push("--is-upgrade".into());
    }
    arguments
}

/// Hexadecimal text that no chart can know beforehand.
fn folder_mark(folder: &Path) -> String {
    use sha2::{Digest, Sha256};
    use std::hash::{BuildHasher, Hasher, RandomState};
    let mut hash = Sha256::new();
    hash.update(folder.as_os_str().as_encoded_bytes());
    // The standard library's per-process random keys.
    hash.update(RandomState::new().build_hasher().finish().to_be_bytes());
    hash.finalize().iter().take(12).map(|b| format!("{b:02x}")).collect()
}

fn write_chart(folder: &Path, chart: &Chart, probe: &Probe) -> Result<(), Error> {
    let root = folder.join("chart");
    let added = probe.files().iter().map(|(path, text)| (path, text.as_bytes()));
    for (path, bytes) in chart.files().iter().map(|(path, bytes)| (path, bytes.as_slice())).chain(added) {
        let file = root.join(path);
        if let Some(parent) = file.parent() {
            std::fs::create_dir_all(parent).map_err(|source| Error::Io {
                what: "make",
                path: parent.into(),
                source,
            })?;
        }
        write(&file, bytes)?;
    }
    Ok(())
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    std::fs::write(path, bytes).map_err(|source| Error::Io { what: "write", path: path.into(), source })
}
