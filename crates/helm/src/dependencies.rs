//! The charts that a chart is built on: what `Chart.yaml` names, and what lies in the folder `charts`.

use std::collections::{BTreeMap, BTreeSet};

use yaml::{Duplicates, Node};

use crate::Chart;
use crate::archive::{self, ArchiveLimits};
use crate::chart_error::ChartError;

/// A chart that another one names as a part of it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Dependency {
    /// Its name.
    pub name: String,
    /// The versions that will do, such as `^1.2`; empty for any.
    pub version: String,
    /// Where it is published; empty for one that lies in the chart.
    pub repository: String,
    /// What it is called within the chart, where that is not its name.
    pub alias: Option<String>,
    /// The paths in the values that switch it on, separated by commas: the first that is set counts; empty when it
    /// always is.
    pub condition: String,
    /// Words below `tags` in the values that switch it on together with others.
    pub tags: Vec<String>,
    /// What of its values the chart takes for its own: from which path, to which (`.` is the chart itself).
    pub imports: Vec<(String, String)>,
}

impl Dependency {
    /// What its values stand under in the values of the chart.
    pub fn key(&self) -> &str {
        self.alias.as_deref().unwrap_or(&self.name)
    }
}

/// A chart in the folder `charts`, as often as `Chart.yaml` names it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Part {
    /// What its values stand under in the values of the chart.
    pub key: String,
    /// The chart itself.
    pub chart: Chart,
    /// How it is named; `None` for one that merely lies there, which is always on.
    pub named: Option<Dependency>,
}

/// The charts that lie in a chart, in the order in which it names them; those that it does not name come first. Of
/// several versions of one chart, which Helm tells apart by ranges, the first is taken for all.
///
/// # Errors
/// When one of them cannot be read.
pub fn parts(chart: &Chart) -> Result<Vec<Part>, ChartError> {
    let (there, named) = (charts(chart)?, dependencies(chart)?);
    let unnamed = there.iter().filter(|c| !named.iter().any(|d| d.name == c.name()));
    let mut found: Vec<Part> = unnamed
        .map(|chart| Part { key: chart.name().to_owned(), chart: chart.clone(), named: None })
        .collect();
    for dependency in named {
        if let Some(chart) = there.iter().find(|chart| chart.name() == dependency.name) {
            let (key, chart) = (dependency.key().to_owned(), chart.clone());
            found.push(Part { key, chart, named: Some(dependency) });
        }
    }
    Ok(found)
}

/// The charts in the folder `charts`: folders and archives, in the order of their paths.
fn charts(chart: &Chart) -> Result<Vec<Chart>, ChartError> {
    let mut folders: BTreeMap<&str, BTreeMap<String, Vec<u8>>> = BTreeMap::new();
    let mut found = Vec::new();
    for (path, bytes) in chart.files() {
        let Some(below) = path.strip_prefix("charts/").filter(|p| !p.starts_with(['_', '.'])) else {
            continue;
        };
        match below.split_once('/') {
            Some((folder, rest)) => {
                folders.entry(folder).or_default().insert(rest.to_owned(), bytes.clone());
            }
            None if below.ends_with(".tgz") => {
                let read = archive::read(bytes, ArchiveLimits::default());
                let wrong = |error: archive::ArchiveError| ChartError::Invalid {
                    file: path.clone(),
                    sentence: error.to_string(),
                };
                found.push(read.map_err(wrong)?);
            }
            None => {}
        }
    }
    for files in folders.into_values().filter(|files| files.contains_key("Chart.yaml")) {
        found.push(Chart::new(files)?);
    }
    Ok(found)
}

/// The dependencies that a chart names: in `Chart.yaml`, and in the `requirements.yaml` of charts of Helm 2.
///
/// # Errors
/// When one of these files is not fit to be read.
pub fn dependencies(chart: &Chart) -> Result<Vec<Dependency>, ChartError> {
    let mut found = Vec::new();
    for file in ["Chart.yaml", "requirements.yaml"] {
        let Some(root) = read(chart, file)? else { continue };
        for item in root.get("dependencies").and_then(Node::items).unwrap_or_default() {
            let field = |name: &str| item.get(name).and_then(Node::as_text).unwrap_or_default().to_owned();
            found.push(Dependency {
                name: field("name"),
                version: field("version"),
                repository: field("repository"),
                alias: Some(field("alias")).filter(|a| !a.is_empty()),
                condition: field("condition"),
                tags: texts(item.get("tags")),
                imports: imports(item.get("import-values")),
            });
        }
    }
    Ok(found)
}

fn texts(list: Option<&Node>) -> Vec<String> {
    let items = list.and_then(Node::items).unwrap_or_default();
    items.iter().filter_map(|item| item.as_text().map(str::to_owned)).collect()
}

/// A word stands for what lies below `exports`.
fn imports(list: Option<&Node>) -> Vec<(String, String)> {
    let one = |item: &Node| {
        let field = |name: &str| item.get(name).and_then(Node::as_text).map(str::to_owned);
        match item.as_text() {
            Some(word) => Some((format!("exports.{word}"), ".".to_owned())),
            None => Some((field("child")?, field("parent")?)),
        }
    };
    list.and_then(Node::items).unwrap_or_default().iter().filter_map(one).collect()
}

/// Refuses a chart that names dependencies which do not lie in it: nothing would install them, and nothing is
/// fetched while it is rendered. Helm refuses these charts as well, whether or not a condition leaves them out.
///
/// # Errors
/// [`ChartError::Invalid`] with the names and what to do.
pub fn require_dependencies(chart: &Chart) -> Result<(), ChartError> {
    let there = present(chart);
    let missing: BTreeSet<String> = dependencies(chart)?
        .into_iter()
        .map(|dependency| dependency.name)
        .filter(|name| !there.iter().any(|found| found.is(name)))
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    let names = missing.into_iter().collect::<Vec<_>>().join(", ");
    Err(ChartError::Invalid {
        file: "Chart.yaml".into(),
        sentence: format!(
            "it names dependencies that are not in its folder `charts`: {names}. Run `helm dependency build` on \
             the chart, pack it again and publish that"
        ),
    })
}

/// A chart in the folder `charts`.
enum Present {
    /// A folder, by the name in its `Chart.yaml`.
    Folder(String),
    /// An archive, by its file's name without the ending.
    Archive(String),
}

impl Present {
    /// Archives are called `<name>-<version>`, and both parts may have hyphens; versions begin with a digit.
    fn is(&self, name: &str) -> bool {
        match self {
            Self::Folder(found) => found == name,
            Self::Archive(file) => file.strip_prefix(name).is_some_and(|rest| {
                let version = rest.strip_prefix('-').map(|v| v.strip_prefix('v').unwrap_or(v));
                rest.is_empty() || version.is_some_and(|v| v.starts_with(|c: char| c.is_ascii_digit()))
            }),
        }
    }
}

fn present(chart: &Chart) -> Vec<Present> {
    let one = |path: &String| {
        let below = path.strip_prefix("charts/")?;
        match below.split_once('/') {
            Some((_, "Chart.yaml")) => {
                let head = read(chart, path).ok()??;
                Some(Present::Folder(head.get("name")?.as_text()?.to_owned()))
            }
            Some(_) => None,
            None => below.strip_suffix(".tgz").map(|file| Present::Archive(file.to_owned())),
        }
    };
    chart.files().keys().filter_map(one).collect()
}

fn read(chart: &Chart, file: &str) -> Result<Option<Node>, ChartError> {
    let Some(text) = chart.text(file)? else { return Ok(None) };
    yaml::parse(text, Duplicates::LastBelowRoot).map_err(|e| ChartError::Invalid {
        file: file.into(),
        sentence: format!("line {}, column {}: {}", e.line, e.column, e.message),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome(files: &[(&str, &str)]) -> String {
        let files = files.iter().map(|(path, text)| ((*path).to_owned(), text.as_bytes().to_vec()));
        let chart = Chart::new(files.collect()).unwrap();
        require_dependencies(&chart).map_or_else(|error| error.to_string(), |()| String::new())
    }

    #[test]
    fn what_a_chart_names_has_to_lie_in_it() {
        let head = "name: shop\nversion: 1.0.0\ndependencies:\n- {name: common, version: ^1, repository: 'https://x'}\n- \
                    {name: redis-ha, alias: cache, condition: cache.enabled}\n";
        let common = ("charts/common/Chart.yaml", "name: common\nversion: 1.2.0\n");
        let redis = ("charts/redis-ha-4.0.1.tgz", "");
        for (files, missing) in [
            (vec![common, redis], ""),
            (vec![common, ("charts/redis-4.0.1.tgz", "")], "redis-ha"),
            (vec![("charts/common/values.yaml", ""), ("charts/redis-ha-v4.tgz", "")], "common"),
            (
                vec![("charts/x/Chart.yaml", "name: common\nversion: 1.0.0\n"), ("charts/redis-ha.tgz", "")],
                "",
            ),
            (vec![("charts/common-extra-1.0.0.tgz", "")], "common, redis-ha"),
            (vec![("charts/x/charts/common/Chart.yaml", "name: common\nversion: 1.0.0\n"), redis], "common"),
        ] {
            let all = [&[("Chart.yaml", head)], files.as_slice()].concat();
            let told = outcome(&all);
            let names = told.split("`charts`: ").nth(1).and_then(|rest| rest.split(". Run").next());
            assert_eq!(names.unwrap_or_default(), missing, "{files:?}: {told}");
        }
        assert_eq!(outcome(&[("Chart.yaml", "name: shop\nversion: 1.0.0\n")]), "");
        let old = ("requirements.yaml", "dependencies:\n- name: common\n");
        assert!(outcome(&[("Chart.yaml", "name: shop\nversion: 1.0.0\n"), old]).contains("common"));
    }
}
