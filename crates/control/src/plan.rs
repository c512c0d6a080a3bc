//! What deploying would write: chart, values, manifests, and the digest that says whether two plans would give
//! the same. Previews and deployments make their plans here, in the same way.

mod before;
pub(crate) mod crds;
mod digest;
mod sealed;
pub(crate) mod told;

use std::collections::BTreeMap;

use bytes::Bytes;
use model::application::Application;
use model::deployment::{ChartPin, Deployment};
use model::environment::{CrdRule, Environment};
use model::image::ImageReference;
use model::layout::{self, ObjectKey};
use model::values::{MergeMode, Values};
use render::{Chart, Document, Folder, Generated, Layer, SecretChange};

use crate::{Control, Error};

use told::Told;

pub(crate) use digest::{hashed, phase};

/// What a deployment is made from.
#[derive(Clone, Copy, Debug)]
pub struct Inputs<'a> {
    /// The application.
    pub application: &'a Application,
    /// The environment.
    pub environment: &'a Environment,
    /// The image, where the chart is told one.
    pub image: Option<&'a ImageReference>,
    /// The chart.
    pub chart: &'a Chart,
    /// Which chart that is.
    pub pin: &'a ChartPin,
    /// The base values.
    pub base: &'a Values,
    /// The environment's override, if it has one.
    pub over: Option<&'a Values>,
    /// The environment's secret values, sealed, if it has some.
    pub secrets: Option<&'a Values>,
    /// The last deployment whose commit is in Git.
    pub before: Option<&'a Deployment>,
    /// Whether what the chart generates is generated anew.
    pub anew: bool,
}

/// What a deployment writes.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Says whether two plans give the same: over chart tree, inputs, release facts and what is rendered, but for
    /// values that the chart generates now; never over number, person or time. SHA-256, hexadecimal.
    pub digest: String,
    /// Git tree id of the folder `rendered`: the state.
    pub rendered_tree: String,
    /// Git tree id of the folder `chart`.
    pub chart_tree: String,
    /// Paths below the application's folder, and their bytes: inputs, chart and what is rendered.
    pub files: Vec<(String, Bytes)>,
    /// The values in force, as YAML.
    pub effective_values: String,
    /// What the chart's author has to say to people.
    pub notes: Option<String>,
    /// The number of objects.
    pub objects: usize,
    /// How many of each kind.
    pub kinds: BTreeMap<String, usize>,
    /// The names of the custom resource definitions that the chart brings in its folder `crds`; of a state that comes
    /// back, all that Git has then.
    pub crds: Vec<String>,
    /// Fingerprint of everything that it was made from, for telling whether a later one is made from the same.
    pub made_from: String,
    /// How the override lies over the base values.
    pub merge: MergeMode,
    /// Whether it is an upgrade to the chart, not an installation: whether an earlier deployment was applied.
    pub is_upgrade: bool,
    /// The same as the chart was told it, where it asks and a cluster is given what it renders.
    pub told_upgrade: Option<bool>,
    /// Values that the chart generated, by object and path.
    pub generated: Vec<Generated>,
    /// What becomes of the entries of Secrets.
    pub secrets: Vec<SecretChange>,
}

/// Makes the plan. Runs the renderer, writes nothing.
///
/// # Errors
/// What the renderer refuses; `secret_exposed` when a secret value would stand in plain text; what opening and
/// sealing give, and what the Git host gives when files of the last deployment have to be read from it.
pub async fn plan(control: &Control, inputs: &Inputs<'_>) -> Result<Plan, Error> {
    let Inputs { application, environment, .. } = *inputs;
    let keys = crate::age_identity::seal_keys(control, environment).await?;
    let values = layers(inputs, &keys)?;
    let chart: Vec<(String, Bytes)> = inputs
        .chart
        .files()
        .iter()
        .map(|(path, bytes)| (path.clone(), Bytes::copy_from_slice(bytes)))
        .collect();
    let chart_tree = tree(&chart)?;
    let made_from = digest::inputs(inputs, &chart_tree, &keys.identities)?;
    let committed = before::read(control, inputs, &values, &keys).await?;
    let before = committed.for_rendering(inputs, &chart_tree, &made_from);
    let Some(made_from) = made_from.into_iter().next() else { return Err(seal::Error::NoIdentity.into()) };
    let secret_values = sealed::values(control, inputs, &committed, &keys)?;
    let asks = environment.cluster.is_some() && render::asks_for_phase(inputs.chart, &values);
    let is_upgrade = match told::now(control, application, environment).await? {
        Told::Install => false,
        Told::Upgrade => true,
        // A deployment waits until that is known; a preview counts on what is on its way.
        Told::Open(_) => asks,
    };
    let request = render::Request {
        chart: inputs.chart,
        release: application.name.as_str(),
        namespace: environment.namespace.as_str(),
        is_upgrade,
        kubernetes_version: &environment.kubernetes_version,
        api_versions: &environment.api_versions,
        values,
        before: before.as_ref(),
    };
    let output = render::render(control.helm()?, &request).await?;
    if output.documents.is_empty() && output.secrets.is_empty() {
        return Err(nothing(inputs));
    }
    let sealed = sealed::files(control, &output.secrets, &committed, &keys)?;
    let secrets = render::secret_changes(&committed.secrets, &output.secrets, environment.namespace.as_str());
    let settle = |files| settled(files, environment.crds, &committed);
    let rendered = settle([rendered(&output.values, &output.documents), sealed].concat());
    let stable = self::rendered(&output.values, output.masked.as_ref().unwrap_or(&output.documents));
    let stable_tree = tree(&settle([stable, digest::listed(&output.secrets)].concat()))?;
    let rendered_tree = tree(&rendered)?;
    let objects: Vec<&ObjectKey> =
        output.documents.iter().map(|d| &d.key).chain(output.secrets.iter().map(|s| &s.key)).collect();
    Ok(Plan {
        digest: digest::plan((inputs, is_upgrade), &made_from, &stable_tree),
        made_from,
        merge: inputs.over.map(|over| over.merge).unwrap_or_default(),
        is_upgrade,
        told_upgrade: asks.then_some(is_upgrade),
        rendered_tree,
        files: all_files(inputs, secret_values, chart, rendered),
        chart_tree,
        objects: objects.len(),
        kinds: kinds(&objects),
        crds: crds(&output.documents),
        effective_values: output.values,
        notes: output.notes,
        generated: output.generated,
        secrets,
    })
}

fn nothing(inputs: &Inputs<'_>) -> Error {
    let sentence = format!(
        "{} renders no object with these values: it would deploy nothing, and take away all that is there. Look for \
         what switches its parts on.",
        inputs.pin
    );
    let outcome = model::Outcome::Invalid;
    Error::Refused(Box::new(crate::Refusal { outcome, code: "nothing_rendered", sentence, link: None }))
}

/// All values over the chart's defaults, the lowest layer first: base values, override, secret values, image.
fn layers(inputs: &Inputs<'_>, keys: &seal::Keys) -> Result<Vec<Layer>, Error> {
    let mut layers = crate::values::layers(Some(inputs.base), inputs.over);
    if let Some(secrets) = inputs.secrets {
        let opened = seal::open(secrets.yaml.as_bytes(), &keys.identities)?;
        layers.push(Layer::secret("secret values", opened));
    }
    if let Some(image) = inputs.image {
        layers.push(crate::template::image_values(inputs.application, inputs.chart, image)?);
    }
    Ok(layers)
}

/// Everything that a deployment writes below the application's folder.
fn all_files(
    inputs: &Inputs<'_>,
    secret_values: Option<Bytes>,
    chart: Vec<(String, Bytes)>,
    rendered: Vec<(String, Bytes)>,
) -> Vec<(String, Bytes)> {
    let name = inputs.environment.name.as_str();
    let input = |path: String, values: &Values| (path, Bytes::from(values.yaml.clone()));
    let mut files = vec![input(layout::BASE_VALUES.to_owned(), inputs.base)];
    files.extend(inputs.over.map(|over| input(layout::override_values(name), over)));
    files.extend(secret_values.map(|sealed| (layout::secret_values(name), sealed)));
    files.extend(below(&layout::chart(name), chart));
    files.extend(below(&layout::rendered(name), rendered));
    files
}

/// The files with the definitions of the folder `crds` by the environment's rule.
fn settled(
    files: Vec<(String, Bytes)>,
    rule: CrdRule,
    committed: &before::Committed,
) -> Vec<(String, Bytes)> {
    let is_crd = |path: &str| path.starts_with("crds/");
    let (rendered, mut files): (Vec<_>, Vec<_>) = files.into_iter().partition(|(path, _)| is_crd(path));
    let before = committed.files.iter().filter(|(path, _)| is_crd(path));
    let before = before.map(|(path, bytes)| (path.clone(), bytes.clone())).collect();
    files.extend(crds::settle(rule, rendered.into_iter().collect(), before));
    files
}

fn kinds(objects: &[&ObjectKey]) -> BTreeMap<String, usize> {
    let mut kinds = BTreeMap::new();
    for object in objects {
        *kinds.entry(object.kind.clone()).or_insert(0) += 1;
    }
    kinds
}

fn crds(documents: &[Document]) -> Vec<String> {
    documents.iter().filter(|d| d.folder == Folder::Crds).map(|d| d.key.name.clone()).collect()
}

fn below(folder: &str, files: Vec<(String, Bytes)>) -> impl Iterator<Item = (String, Bytes)> {
    files.into_iter().map(move |(path, bytes)| (format!("{folder}/{path}"), bytes))
}

/// The files of the folder `rendered` but Secrets: effective values, and one file an object.
fn rendered(values: &str, documents: &[Document]) -> Vec<(String, Bytes)> {
    let mut files = vec![("values.yaml".to_owned(), Bytes::from(values.to_owned()))];
    // Documents come by folder.
    for group in documents.chunk_by(|a, b| a.folder == b.folder) {
        let keys: Vec<_> = group.iter().map(|d| &d.key).collect();
        for (document, file) in group.iter().zip(layout::files(&keys)) {
            let path = format!("{}/{file}", document.folder.path());
            files.push((path, Bytes::from(document.text.clone())));
        }
    }
    files
}

/// The tree id of a folder among files.
///
/// # Errors
/// As of any plan's: `files_clash`.
pub(crate) fn tree_below(folder: &str, files: &BTreeMap<String, Bytes>) -> Result<String, Error> {
    let inside = |path: &String| Some(path.strip_prefix(folder)?.strip_prefix('/')?.to_owned());
    let inside: Vec<(String, Bytes)> =
        files.iter().filter_map(|(path, bytes)| Some((inside(path)?, bytes.clone()))).collect();
    tree(&inside)
}

fn tree(files: &[(String, Bytes)]) -> Result<String, Error> {
    let blobs: Vec<_> = files.iter().map(|(path, bytes)| (path, git::object::blob_id(bytes))).collect();
    let entries: Vec<_> = blobs.iter().map(|(path, blob)| (path.as_str(), blob.as_str())).collect();
    git::object::tree_id(&entries).ok_or_else(|| {
        let sentence = "Two objects would need the same file, or the name of one is the folder of another.";
        Error::conflict("files_clash", sentence)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn document(name: &str) -> Document {
        let key = ObjectKey {
            group: String::new(),
            kind: "ConfigMap".into(),
            namespace: Some("shop".into()),
            name: name.into(),
        };
        Document { template: "t".into(), text: format!("# {name}\n"), key, folder: Folder::Manifests }
    }

    #[test]
    fn names_that_differ_by_case_get_files_of_their_own() {
        let files = rendered("{}\n", &[document("a.B"), document("a.b"), document("A.b")]);
        let mut paths: Vec<_> = files.iter().map(|(path, _)| path.to_lowercase()).collect();
        assert_eq!(files[0].0, "values.yaml");
        paths.sort();
        paths.dedup();
        assert_eq!(paths.len(), 4, "{files:?}");
    }
}
