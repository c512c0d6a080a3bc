//! A Helm chart as files in memory.

use std::collections::BTreeMap;

use crate::chart_error::ChartError;

/// A chart: its files byte for byte, and what `Chart.yaml` says about it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Chart {
    files: BTreeMap<String, Vec<u8>>,
    name: String,
    version: String,
}

impl Chart {
    /// The most files that a chart may have.
    pub const FILES: usize = 10_000;
    /// The most bytes that a chart's files may have together.
    pub const BYTES: usize = 20 * 1024 * 1024;

    /// Takes a chart's files by their paths below the chart's folder, with `/`. Refuses paths that leave the
    /// folder, charts above the limits, and a `Chart.yaml` that is missing or has no name or version.
    pub fn new(files: BTreeMap<String, Vec<u8>>) -> Result<Self, ChartError> {
        if files.len() > Self::FILES {
            return Err(ChartError::TooLarge {
                what: "the chart's number of files".into(),
                limit: format!("{} files", Self::FILES),
            });
        }
        if files.values().map(Vec::len).sum::<usize>() > Self::BYTES {
            return Err(ChartError::TooLarge {
                what: "the chart".into(),
                limit: format!("{} MiB", Self::BYTES / (1024 * 1024)),
            });
        }
        for path in files.keys() {
            let plain = |part: &str| !matches!(part, "" | "." | "..") && !part.contains(['\\', '\0']);
            if !path.split('/').all(plain) {
                return Err(ChartError::Invalid {
                    file: path.clone(),
                    sentence: "this is not a path below the chart's folder".into(),
                });
            }
        }
        let text = text(&files, "Chart.yaml")?.unwrap_or_default();
        let head = yaml::parse(text, yaml::Duplicates::Refuse).map_err(|e| ChartError::Invalid {
            file: "Chart.yaml".into(),
            sentence: format!("line {}, column {}: {}", e.line, e.column, e.message),
        })?;
        let field = |name: &str| {
            head.as_ref().and_then(|h| h.get(name)).and_then(|v| v.as_text().map(str::to_owned)).ok_or_else(
                || ChartError::Invalid {
                    file: "Chart.yaml".into(),
                    sentence: format!("the field `{name}` is missing"),
                },
            )
        };
        let (name, version) = (field("name")?, field("version")?);
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        if name.is_empty() || name.starts_with('.') || !name.chars().all(plain) {
            return Err(ChartError::Invalid {
                file: "Chart.yaml".into(),
                sentence: format!(
                    "the name {name:?} is not a chart's name: letters, digits and - _ . are allowed"
                ),
            });
        }
        Ok(Self { files, name, version })
    }

    /// The same chart with other files, whose bounds are known.
    pub(crate) fn with(&self, files: BTreeMap<String, Vec<u8>>) -> Self {
        Self { files, name: self.name.clone(), version: self.version.clone() }
    }

    /// The files by their paths.
    pub fn files(&self) -> &BTreeMap<String, Vec<u8>> {
        &self.files
    }

    /// The chart's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The chart's version.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// One file as text; `None` when the chart does not have it.
    pub fn text(&self, path: &str) -> Result<Option<&str>, ChartError> {
        text(&self.files, path)
    }
}

fn text<'a>(files: &'a BTreeMap<String, Vec<u8>>, path: &str) -> Result<Option<&'a str>, ChartError> {
    files
        .get(path)
        .map(|bytes| std::str::from_utf8(bytes))
        .transpose()
        .map_err(|_| ChartError::Invalid { file: path.into(), sentence: "this is not UTF-8 text".into() })
}
