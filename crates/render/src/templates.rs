//! The deployment templates that the program carries: shipped charts, by name.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use model::image::ImageReference;
use serde_json::Value;

use crate::Chart;
use crate::values::Layer;
use yaml::{Duplicates, Node};

/// A shipped deployment template.
#[derive(Debug)]
pub struct Template {
    /// Its name, which is the chart's.
    pub name: String,
    /// Its version.
    pub version: String,
    /// What people call it.
    pub title: String,
    /// One sentence about what it is for.
    pub description: String,
    /// The chart.
    pub chart: Chart,
    /// `values.yaml`: every value with its default and what it is.
    pub default_values: String,
    /// `values.schema.json`, as text.
    pub schema: String,
    /// `README.md`.
    pub readme: String,
    /// Where its image goes.
    pub image: ImagePaths,
}

/// Paths in the values at which the parts of the image go, such as `image.tag`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ImagePaths {
    /// Registry and repository.
    pub repository: String,
    /// The tag; empty text when the image has none.
    pub tag: String,
    /// The digest; empty text when the image has none.
    pub digest: String,
}

impl Template {
    /// The layer of values that says which image is deployed; it lies above all others.
    pub fn image_values(&self, image: &ImageReference) -> Layer {
        let mut root = Value::Object(serde_json::Map::new());
        let part = |text: &Option<String>| Value::String(text.clone().unwrap_or_default());
        set(&mut root, &self.image.repository, Value::String(image.repository.clone()));
        set(&mut root, &self.image.tag, part(&image.tag));
        set(&mut root, &self.image.digest, part(&image.digest));
        // JSON is YAML.
        Layer::new("the image", format!("{root}\n"))
    }
}

fn set(root: &mut Value, path: &str, value: Value) {
    let mut place = root;
    for name in path.split('.') {
        let Value::Object(map) = place else { return };
        place = map.entry(name).or_insert_with(|| Value::Object(serde_json::Map::new()));
    }
    *place = value;
}

/// All shipped templates, by name.
pub fn list() -> &'static [Template] {
    &SHIPPED
}

/// One shipped template.
pub fn get(name: &str) -> Option<&'static Template> {
    list().iter().find(|t| t.name == name)
}

static SHIPPED: LazyLock<Vec<Template>> = LazyLock::new(|| {
    // By name, as they are listed.
    let charts = [CRON_JOB, DEPLOYMENT, JOB, STATEFUL_SET];
    charts.into_iter().map(|files| read(files).expect("a test reads every shipped chart")).collect()
});

macro_rules! chart_files {
    ($chart:literal: $($path:literal),+ $(,)?) => {
        &[$(($path, include_bytes!(concat!("../../../charts/", $chart, "/", $path)))),+]
    };
}

/// A file's path in its chart, and its bytes.
type File = (&'static str, &'static [u8]);

const CRON_JOB: &[File] = chart_files!("cron-job":
    "Chart.yaml",
    "README.md",
    "templates/NOTES.txt",
    "templates/_job.tpl",
    "templates/_names.tpl",
    "templates/_pod.tpl",
    "templates/configuration.yaml",
    "templates/cron-job.yaml",
    "templates/service-account.yaml",
    "values.schema.json",
    "values.yaml",
);

const DEPLOYMENT: &[File] = chart_files!("deployment":
    "Chart.yaml",
    "README.md",
    "templates/NOTES.txt",
    "templates/_configuration.tpl",
    "templates/_names.tpl",
    "templates/autoscaler.yaml",
    "templates/configuration.yaml",
    "templates/deployment.yaml",
    "templates/disruption-budget.yaml",
    "templates/ingress.yaml",
    "templates/service-account.yaml",
    "templates/service.yaml",
    "values.schema.json",
    "values.yaml",
);

const JOB: &[File] = chart_files!("job":
    "Chart.yaml",
    "README.md",
    "templates/NOTES.txt",
    "templates/_job.tpl",
    "templates/_names.tpl",
    "templates/_pod.tpl",
    "templates/configuration.yaml",
    "templates/job.yaml",
    "templates/service-account.yaml",
    "values.schema.json",
    "values.yaml",
);

const STATEFUL_SET: &[File] = chart_files!("stateful-set":
    "Chart.yaml",
    "README.md",
    "templates/NOTES.txt",
    "templates/_names.tpl",
    "templates/_pod.tpl",
    "templates/_pods.tpl",
    "templates/configuration.yaml",
    "templates/disruption-budget.yaml",
    "templates/ingress.yaml",
    "templates/pod-service.yaml",
    "templates/service-account.yaml",
    "templates/service.yaml",
    "templates/stateful-set.yaml",
    "values.schema.json",
    "values.yaml",
);

fn read(files: &[File]) -> Option<Template> {
    let files: BTreeMap<String, Vec<u8>> =
        files.iter().map(|(path, bytes)| ((*path).to_owned(), bytes.to_vec())).collect();
    let chart = Chart::new(files).ok()?;
    let text = |path: &str| chart.text(path).ok().flatten().map(str::to_owned);
    let head = yaml::parse(&text("Chart.yaml")?, Duplicates::Refuse).ok()??;
    let field = |node: &Node, name: &str| node.get(name).and_then(Node::as_text).map(str::to_owned);
    let annotations = head.get("annotations")?;
    let path = |part: &str| field(annotations, &format!("trueline.dev/image-{part}"));
    Some(Template {
        name: chart.name().to_owned(),
        version: chart.version().to_owned(),
        title: field(annotations, "trueline.dev/title")?,
        description: field(&head, "description")?,
        default_values: text("values.yaml")?,
        schema: text("values.schema.json")?,
        readme: text("README.md")?,
        image: ImagePaths { repository: path("repository")?, tag: path("tag")?, digest: path("digest")? },
        chart,
    })
}
