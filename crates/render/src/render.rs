//! The one door: a chart and layers of values in, objects out.

use std::path::Path;
use std::time::{Duration, SystemTime};

use model::Secret;

use crate::documents::Object;
use crate::generators::Generators;
use crate::helm::Around;
use crate::keep::{self, Settled};
use crate::leak::{self, Named, Needles};
use crate::probe::Probe;
use crate::values::{self, Layer, Merged};
use crate::{Chart, Document, Error, Folder, Generated, Helm, SecretObject, documents, helm_error, zone};

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
    /// Values over the chart's defaults, the lowest first; one layer at most is of secret values.
    pub values: Vec<Layer>,
    /// What is committed of the release, so that generated values stay what they are; nothing before the first
    /// deployment, and when all is to be generated anew.
    pub before: Option<&'a Before>,
}

/// What is committed of a release.
#[derive(Clone, Default)]
pub struct Before {
    /// Paths below the folder `rendered` and their texts, Secrets opened.
    pub files: Vec<(String, Secret)>,
    /// Whether it was made from the same inputs as are rendered now: chart, values, release facts.
    pub same_inputs: bool,
    /// Whether it was made from the same values.
    pub same_values: bool,
    /// Whether it was an upgrade to the chart.
    pub was_upgrade: bool,
}

impl std::fmt::Debug for Before {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Before").field("files", &self.files.len()).finish_non_exhaustive()
    }
}

/// What came of it.
#[derive(Clone, Debug)]
pub struct Output {
    /// The values in force without the secret ones, as YAML.
    pub values: String,
    /// The objects that are no Secrets, by folder and key.
    pub documents: Vec<Document>,
    /// The Secrets, by key.
    pub secrets: Vec<SecretObject>,
    /// What the chart's author has to say to people, without secret values.
    pub notes: Option<String>,
    /// Values that the chart generated, by object and path.
    pub generated: Vec<Generated>,
    /// The documents with a mark in place of each value that was generated now: two renderings of the same inputs
    /// agree on these. Nothing where the documents themselves do.
    pub masked: Option<Vec<Document>>,
}

/// Whether a chart's templates call functions that give something else each time.
pub fn generates(chart: &Chart, values: &[Layer]) -> bool {
    // What cannot be read fails when it is rendered; until then it may do anything.
    ::helm::unpacked(chart).map_or(true, |whole| Generators::of(&whole, values).any)
}

/// Whether it makes a difference to a chart's templates that the release is installed or upgraded.
pub fn asks_for_phase(chart: &Chart, values: &[Layer]) -> bool {
    // What cannot be read fails when it is rendered: there is nothing to wait for.
    ::helm::unpacked(chart).is_ok_and(|whole| Generators::of(&whole, values).release)
}

/// Renders a chart. The chart's templates can read nothing but the chart, the values and what the request
/// says; nothing is kept on disk, and secret values never get there. Fails with values at their line and column,
/// with the template's line and column, or because the output is not fit for Git; see [`Error`].
///
/// A chart that calls random functions or the clock is rendered twice: what differs was generated, and keeps the
/// committed value.
pub async fn render(helm: &Helm, request: &Request<'_>) -> Result<Output, Error> {
    let secret = request.values.iter().find(|layer| layer.is_secret());
    let people = secret.map(leak::values_of).unwrap_or_default();
    let said = Needles::said(&people);
    let whole = ::helm::unpacked(request.chart)?;
    let generators = Generators::of(&whole, &request.values);
    let run = Run::new(helm, request, &said)?;
    let (first, second) = match (generators.any, generators.seconds) {
        (false, _) => (run.once(false).await?, None),
        (true, false) => {
            let (first, second) = tokio::try_join!(run.once(false), run.once(true))?;
            (first, Some(second))
        }
        (true, true) => {
            let first = run.once(false).await?;
            tokio::time::sleep(until_next_second()).await;
            (first, Some(run.once(true).await?))
        }
    };
    let values = if secret.is_some() { plain_values(helm, request).await? } else { first.values.clone() };
    let notes = (first.notes.clone(), second.as_ref().and_then(|s| s.notes.clone()));
    let before = request.before.cloned().unwrap_or_default();
    let committed = |(path, text): &(String, Secret)| documents::committed(path, text, request.namespace);
    let committed: Vec<Object> = before.files.iter().filter_map(committed).collect();
    let settled = settled((request, &whole), (first, second), (&before, &committed), generators);
    let known = known(request, &whole);
    let people = leak::telling(people, &known);
    let told = Needles::said(&people);
    let needles = needles((request, &whole), (people, &known), &settled, &values);
    needles.refuse(&request.values, &values, &settled.objects)?;
    let notes = notes.0.map(|text| notes_without([&needles, &told], &text, notes.1.as_deref()));
    let Settled { objects, generated, masked, .. } = settled;
    let (documents, secrets) = documents::sorted(objects);
    let masked = generated.iter().any(|g| !g.kept).then(|| documents::sorted(masked).0);
    tracing::debug!(chart = request.chart.name(), objects = documents.len() + secrets.len(), "rendered");
    Ok(Output { values, documents, secrets, notes, generated, masked })
}

/// Puts committed values in place of generated ones. From the same inputs comes what is committed, whatever the
/// clock says now; but definitions of the folder `crds`, which nothing generates, are the chart's: what is committed
/// of them is the environment's rule.
fn settled(
    (request, whole): (&Request<'_>, &Chart),
    (first, second): (Rendering, Option<Rendering>),
    (before, committed): (&Before, &[Object]),
    generators: Generators,
) -> Settled {
    let Some(second) = second else {
        return Settled {
            objects: first.objects,
            generated: Vec::new(),
            masked: Vec::new(),
            secrets: Vec::new(),
        };
    };
    let same_release = !generators.release || before.was_upgrade == request.is_upgrade;
    let unchanged = before.same_inputs && same_release && !committed.is_empty();
    let templates: Vec<_> = first.objects.iter().map(|o| (o.key.clone(), o.template.clone())).collect();
    let mut settled = keep::settle(keep::Renderings {
        chart: whole,
        first: first.objects,
        second: &second.objects,
        committed,
        same_values: before.same_values,
    });
    if unchanged {
        settled.objects.retain(|object| object.folder == Folder::Crds);
        for object in committed.iter().filter(|object| object.folder != Folder::Crds) {
            let template = templates.iter().find(|(key, _)| *key == object.key);
            let template = template.map(|(_, template)| template.clone()).unwrap_or_default();
            settled.objects.push(Object { template, ..object.clone() });
        }
        settled.generated.iter_mut().for_each(|generated| generated.kept = true);
    }
    settled
}

/// What is nobody's secret: what the defaults of the chart, unpacked, say, and what the release is called.
fn known(request: &Request<'_>, whole: &Chart) -> Vec<String> {
    let mut known = leak::defaults(whole);
    known.extend([request.release, request.namespace, whole.name()].map(str::to_owned));
    known
}

/// What must not be seen in plain text.
fn needles(
    (request, whole): (&Request<'_>, &Chart),
    (people, known): (Vec<Named>, &[String]),
    settled: &Settled,
    values: &str,
) -> Needles {
    let chart = whole.files().values().filter_map(|bytes| std::str::from_utf8(bytes).ok());
    let plain: Vec<&str> = chart
        .chain(request.values.iter().filter(|l| !l.is_secret()).map(Layer::yaml))
        .chain([values])
        .collect();
    let is_public = |text: &str| plain.iter().any(|known| known.contains(text));
    let mut made = settled.secrets.clone();
    made.extend(leak::computed(&settled.objects, &is_public));
    let named = people.iter().cloned().chain(leak::telling(made, known)).collect();
    Needles::new(&leak::worth(named)).with_short(&people)
}

/// Notes without secret values, and without what was generated for them alone.
fn notes_without(needles: [&Needles; 2], notes: &str, again: Option<&str>) -> String {
    let scrub = |text: &str| needles.iter().fold(text.to_owned(), |text, needles| needles.scrub(&text));
    let notes = scrub(notes);
    match again.map(scrub) {
        Some(again) if again != notes => keep::masked_text(&notes, &again),
        _ => notes,
    }
}

/// The time until the clock shows another second.
fn until_next_second() -> Duration {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    Duration::from_millis(1_005) - Duration::from_nanos(now.subsec_nanos().into())
}

/// A folder with a chart, and all that a run of helm needs beside it.
struct Run<'a> {
    helm: &'a Helm,
    request: &'a Request<'a>,
    folder: tempfile::TempDir,
    probe: Probe,
    merged: Merged,
    said: &'a Needles,
    skip_schema: bool,
}

/// What one run gave.
struct Rendering {
    objects: Vec<Object>,
    values: String,
    notes: Option<String>,
}

impl<'a> Run<'a> {
    fn new(helm: &'a Helm, request: &'a Request<'a>, said: &'a Needles) -> Result<Self, Error> {
        let merged = values::merge(request.chart, &request.values)?;
        Self::with(helm, request, said, merged)
    }

    /// The same for values that the schema need not allow.
    fn bare(
        helm: &'a Helm,
        request: &'a Request<'a>,
        said: &'a Needles,
        skip_schema: bool,
    ) -> Result<Self, Error> {
        let merged = if skip_schema {
            values::lay(request.chart, &request.values)?
        } else {
            values::merge(request.chart, &request.values)?
        };
        Ok(Self { skip_schema, ..Self::with(helm, request, said, merged)? })
    }

    fn with(
        helm: &'a Helm,
        request: &'a Request<'a>,
        said: &'a Needles,
        merged: Merged,
    ) -> Result<Self, Error> {
        if request.values.iter().filter(|layer| layer.is_secret()).count() > 1 {
            return Err(Error::Output("two layers of secret values cannot be handed over".into()));
        }
        let folder = helm.folder()?;
        let probe = Probe::new(request.chart, &folder_mark(folder.path()))?;
        write_chart(folder.path(), request.chart, &probe)?;
        for (number, layer) in request.values.iter().enumerate().filter(|(_, layer)| !layer.is_secret()) {
            write(&folder.path().join(values_file(number, layer)), layer.yaml().as_bytes())?;
        }
        write(&folder.path().join(ZONE), &zone::file())?;
        Ok(Self { helm, request, folder, probe, merged, said, skip_schema: false })
    }

    /// Renders; with another local time on request.
    async fn once(&self, elsewhere: bool) -> Result<Rendering, Error> {
        let zone = self.folder.path().join(ZONE);
        let secret = self.request.values.iter().find(|layer| layer.is_secret());
        let around = Around { input: secret.map(Layer::text), zone: elsewhere.then_some(zone.as_path()) };
        let mut arguments = arguments(self.request);
        if self.skip_schema {
            arguments.push("--skip-schema-validation".into());
        }
        let run = self.helm.run(self.folder.path(), &arguments, around).await?;
        if !run.succeeded {
            return Err(helm_error::read(&self.said.scrub(&run.errors), &self.merged, &self.request.values));
        }
        let found = self.probe.read(&run.output)?;
        let objects = documents::split(&found.rest, self.request.namespace);
        let objects = objects.map_err(|error| error.mapped(&|text| self.said.scrub(text)))?;
        Ok(Rendering { objects, values: found.values, notes: found.notes })
    }
}

/// The values that would be in force, as YAML, without rendering: templates need not work yet. Secret values are
/// left out. Fails with values at their line and column.
pub async fn effective_values(helm: &Helm, request: &Request<'_>) -> Result<String, Error> {
    values::merge(request.chart, &request.values)?;
    plain_values(helm, request).await
}

async fn plain_values(helm: &Helm, request: &Request<'_>) -> Result<String, Error> {
    let is_template = |path: &str| path.starts_with("templates/") || path.contains("/templates/");
    let whole = ::helm::unpacked(request.chart)?;
    let files = whole.files().iter().filter(|(path, _)| !is_template(path));
    let chart = Chart::new(files.map(|(path, bytes)| (path.clone(), bytes.clone())).collect())?;
    let values: Vec<Layer> = request.values.iter().filter(|layer| !layer.is_secret()).cloned().collect();
    // The schema may ask for what the secret values say.
    let skip_schema = values.len() < request.values.len();
    let request = Request { chart: &chart, values, before: None, ..*request };
    let nothing = Needles::said(&[]);
    let run = Run::bare(helm, &request, &nothing, skip_schema)?;
    Ok(run.once(false).await?.values)
}

/// The zone's file in the folder.
const ZONE: &str = "zone";

/// What a layer is handed over in: a file, or standard input.
pub(crate) fn values_file(number: usize, layer: &Layer) -> String {
    if layer.is_secret() { "-".into() } else { format!("values-{number}.yaml") }
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
    for (number, layer) in request.values.iter().enumerate() {
        option("--values", &values_file(number, layer));
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
