//! What deploying would write: chart, values, manifests, and the digest that says whether two plans would give
//! the same. Previews and deployments make their plans here, in the same way.

use std::collections::BTreeMap;

use bytes::Bytes;
use model::application::{Application, Source};
use model::deployment::{ChartPin, Deployment};
use model::environment::Environment;
use model::image::ImageReference;
use model::layout;
use model::values::Values;
use render::templates::{self, Template};
use render::{Chart, Document, Folder, Layer};
use sha2::{Digest as _, Sha256};

use crate::{Control, Error};

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
    /// The last deployment whose commit is in Git: without one, this is an installation to charts.
    pub before: Option<&'a Deployment>,
    /// Whether what the chart generates is generated anew.
    pub anew: bool,
}

/// What a deployment writes.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Says whether two plans give the same: over chart tree, input blobs, release facts and rendered tree;
    /// never over number, person or time. SHA-256, hexadecimal.
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
    /// The names of the custom resource definitions that the chart brings in its folder `crds`.
    pub crds: Vec<String>,
}

/// The template that an application is deployed from.
///
/// # Errors
/// A refusal when it is deployed from another chart, or this program does not carry the template.
pub fn template(application: &Application) -> Result<&'static Template, Error> {
    let Source::Template { name, .. } = &application.source else {
        let sentence = format!("{} is deployed from a chart, not from a template.", application.name);
        return Err(Error::conflict("not_from_template", sentence));
    };
    templates::get(name).ok_or_else(|| {
        let sentence = format!(
            "{} is deployed from the template {name:?}, which this version of Trueline does not carry.",
            application.name
        );
        Error::conflict("template_unknown", sentence)
    })
}

/// Makes the plan. Runs the renderer, writes nothing.
pub async fn plan(control: &Control, inputs: &Inputs<'_>) -> Result<Plan, Error> {
    let Inputs { application, environment, image, base, over, .. } = *inputs;
    let mut values = vec![Layer::new("base values", base.yaml.as_str())];
    values.extend(over.map(|over| Layer::new("override", over.yaml.as_str())));
    if let Some(image) = image {
        values.push(template(application)?.image_values(image));
    }
    let request = render::Request {
        chart: inputs.chart,
        release: application.name.as_str(),
        namespace: environment.namespace.as_str(),
        is_upgrade: inputs.before.is_some(),
        kubernetes_version: &environment.kubernetes_version,
        api_versions: &environment.api_versions,
        values,
    };
    let output = render::render(control.helm()?, &request).await?;
    let rendered = rendered(&output.values, &output.documents);
    let chart: Vec<(String, Bytes)> = inputs
        .chart
        .files()
        .iter()
        .map(|(path, bytes)| (path.clone(), Bytes::copy_from_slice(bytes)))
        .collect();
    let (rendered_tree, chart_tree) = (tree(&rendered)?, tree(&chart)?);
    let digest = digest(inputs, &chart_tree, &rendered_tree);
    let name = environment.name.as_str();
    let mut files = vec![(layout::BASE_VALUES.to_owned(), Bytes::from(base.yaml.clone()))];
    files.extend(over.map(|over| (layout::override_values(name), Bytes::from(over.yaml.clone()))));
    files.extend(inputs.secrets.map(|s| (layout::secret_values(name), Bytes::from(s.yaml.clone()))));
    files.extend(below(&layout::chart(name), chart));
    files.extend(below(&layout::rendered(name), rendered));
    Ok(Plan {
        digest,
        rendered_tree,
        chart_tree,
        files,
        effective_values: output.values,
        notes: output.notes,
        objects: output.documents.len(),
        kinds: kinds(&output.documents),
        crds: crds(&output.documents),
    })
}

fn kinds(documents: &[Document]) -> BTreeMap<String, usize> {
    let mut kinds = BTreeMap::new();
    for document in documents {
        *kinds.entry(document.key.kind.clone()).or_insert(0) += 1;
    }
    kinds
}

fn crds(documents: &[Document]) -> Vec<String> {
    documents.iter().filter(|d| d.folder == Folder::Crds).map(|d| d.key.name.clone()).collect()
}

fn below(folder: &str, files: Vec<(String, Bytes)>) -> impl Iterator<Item = (String, Bytes)> {
    files.into_iter().map(move |(path, bytes)| (format!("{folder}/{path}"), bytes))
}

/// The files of the folder `rendered`: effective values, and one file an object.
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

fn tree(files: &[(String, Bytes)]) -> Result<String, Error> {
    let blobs: Vec<_> = files.iter().map(|(path, bytes)| (path, git::object::blob_id(bytes))).collect();
    let entries: Vec<_> = blobs.iter().map(|(path, blob)| (path.as_str(), blob.as_str())).collect();
    git::object::tree_id(&entries).ok_or_else(|| {
        let sentence = "Two objects would need the same file, or the name of one is the folder of another.";
        Error::conflict("files_clash", sentence)
    })
}

fn digest(inputs: &Inputs<'_>, chart_tree: &str, rendered_tree: &str) -> String {
    let Inputs { application, environment, image, base, over, secrets, .. } = inputs;
    let image = image.map(ToString::to_string).unwrap_or_default();
    let versions = environment.api_versions.join(" ");
    let mut hash = Sha256::new();
    for part in [
        "plan 2",
        chart_tree,
        &base.blob,
        over.map(|o| o.blob.as_str()).unwrap_or_default(),
        secrets.map(|s| s.blob.as_str()).unwrap_or_default(),
        application.name.as_str(),
        environment.name.as_str(),
        environment.namespace.as_str(),
        &environment.kubernetes_version,
        &versions,
        if inputs.before.is_some() { "upgrade" } else { "install" },
        &image,
        rendered_tree,
    ] {
        // With its length before it, no part can run into the next.
        hash.update(part.len().to_be_bytes());
        hash.update(part);
    }
    hex(&hash.finalize())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::layout::ObjectKey;

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
