//! The deployment templates that the program carries: shipped charts, by name.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::OnceLock;

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
        self.image.values(image)
    }
}

impl ImagePaths {
    /// As a template's chart says it in the annotations of its `Chart.yaml`; `None` for a chart that is no template.
    pub fn of(chart: &Chart) -> Option<Self> {
        let head = chart.text("Chart.yaml").ok().flatten()?;
        let head = yaml::parse(head, Duplicates::Refuse).ok()??;
        let annotations = head.get("annotations")?;
        let path = |part: &str| {
            annotations.get(&format!("trueline.dev/image-{part}")).and_then(Node::as_text).map(str::to_owned)
        };
        Some(Self { repository: path("repository")?, tag: path("tag")?, digest: path("digest")? })
    }

    /// The layer of values that says which image is deployed; it lies above all others.
    pub fn values(&self, image: &ImageReference) -> Layer {
        let mut root = Value::Object(serde_json::Map::new());
        let part = |text: &Option<String>| Value::String(text.clone().unwrap_or_default());
        set(&mut root, &self.repository, Value::String(image.repository.clone()));
        set(&mut root, &self.tag, part(&image.tag));
        set(&mut root, &self.digest, part(&image.digest));
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

/// All shipped templates, in the order in which people look for them.
pub fn list() -> &'static [Template] {
    SHIPPED.get_or_init(|| charts().collect())
}

/// One shipped template.
pub fn get(name: &str) -> Option<&'static Template> {
    list().iter().find(|t| t.name == name)
}

/// Takes other charts for the shipped ones, each from its folder. For trying out templates and for tests of a program
/// that ships newer ones; only before a template was asked for.
///
/// # Errors
/// What is wrong with a folder, for people.
pub fn replace(folder: &Path) -> Result<(), String> {
    let mut templates = Vec::new();
    for name in NAMES {
        let path = folder.join(name);
        if !path.is_dir() {
            let shipped = charts().find(|chart| chart.name == name);
            templates.extend(shipped);
            continue;
        }
        let files = files_of(&path, &path).map_err(|error| format!("{}: {error}", path.display()))?;
        templates.push(read(files).ok_or_else(|| format!("{} is no deployment template", path.display()))?);
    }
    SHIPPED.set(templates).map_err(|_| "the templates were in use already".to_owned())
}

fn files_of(root: &Path, folder: &Path) -> std::io::Result<BTreeMap<String, Vec<u8>>> {
    let mut files = BTreeMap::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            files.extend(files_of(root, &path)?);
        } else if let Ok(below) = path.strip_prefix(root) {
            files.insert(below.to_string_lossy().into_owned(), std::fs::read(&path)?);
        }
    }
    Ok(files)
}

/// In the order in which people look for them.
const NAMES: [&str; 5] = ["deployment", "stateful-set", "job", "cron-job", "rollout"];

static SHIPPED: OnceLock<Vec<Template>> = OnceLock::new();

fn charts() -> impl Iterator<Item = Template> {
    let charts = [DEPLOYMENT, STATEFUL_SET, JOB, CRON_JOB, ROLLOUT];
    charts.into_iter().map(|files| {
        let files = files.iter().map(|(path, bytes)| ((*path).to_owned(), bytes.to_vec())).collect();
        read(files).expect("a test reads every shipped chart")
    })
}

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
    "templates/_configuration.tpl",
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
    "templates/_pod.tpl",
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
    "templates/_configuration.tpl",
    "templates/_job.tpl",
    "templates/_names.tpl",
    "templates/_pod.tpl",
    "templates/configuration.yaml",
    "templates/job.yaml",
    "templates/service-account.yaml",
    "values.schema.json",
    "values.yaml",
);

const ROLLOUT: &[File] = chart_files!("rollout":
    "Chart.yaml",
    "README.md",
    "templates/NOTES.txt",
    "templates/_configuration.tpl",
    "templates/_names.tpl",
    "templates/_pod.tpl",
    "templates/_services.tpl",
    "templates/autoscaler.yaml",
    "templates/configuration.yaml",
    "templates/disruption-budget.yaml",
    "templates/ingress.yaml",
    "templates/other-service.yaml",
    "templates/rollout.yaml",
    "templates/service-account.yaml",
    "templates/service.yaml",
    "values.schema.json",
    "values.yaml",
);

const STATEFUL_SET: &[File] = chart_files!("stateful-set":
    "Chart.yaml",
    "README.md",
    "templates/NOTES.txt",
    "templates/_configuration.tpl",
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

fn read(files: BTreeMap<String, Vec<u8>>) -> Option<Template> {
    let chart = Chart::new(files).ok()?;
    let text = |path: &str| chart.text(path).ok().flatten().map(str::to_owned);
    let head = yaml::parse(&text("Chart.yaml")?, Duplicates::Refuse).ok()??;
    let field = |node: &Node, name: &str| node.get(name).and_then(Node::as_text).map(str::to_owned);
    Some(Template {
        name: chart.name().to_owned(),
        version: chart.version().to_owned(),
        title: field(head.get("annotations")?, "trueline.dev/title")?,
        description: field(&head, "description")?,
        default_values: text("values.yaml")?,
        schema: text("values.schema.json")?,
        readme: text("README.md")?,
        image: ImagePaths::of(&chart)?,
        chart,
    })
}
