//! What can go wrong between a chart and its manifests.

use std::path::PathBuf;
use std::time::Duration;

use ::helm::ChartError;
use model::Outcome;
use model::layout::ObjectKey;

/// One thing wrong with values, at its place in what a person wrote.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ValueError {
    /// Name of the layer that is wrong, such as `override`.
    pub layer: String,
    /// Path of the value, such as `image.tag`; empty for the whole document.
    pub path: String,
    /// Line in the layer, from 1; 0 when no layer sets the value.
    pub line: usize,
    /// Column in the layer in characters, from 1; 0 when no layer sets the value.
    pub column: usize,
    /// What was wrong and what would be right.
    pub message: String,
}

impl std::fmt::Display for ValueError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { layer, line, column, message, .. } = self;
        match line {
            0 => write!(f, "{layer}: {message}"),
            _ => write!(f, "{layer}, line {line}, column {column}: {message}"),
        }
    }
}

/// A place outside of Secrets where a secret value was found.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Leak {
    /// The object or the input, such as `ConfigMap shop/settings` or `base values`.
    pub place: String,
    /// Where in it, such as `data.url`.
    pub path: String,
    /// Which value, by where it comes from: `the secret value database.password`. Never the value itself.
    pub secret: String,
    /// What to do.
    pub advice: &'static str,
}

/// Why a chart could not be rendered. No variant carries the text of a manifest.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The `helm` program is not there or does not start.
    #[error(
        "the helm program was not found ({looked}): install Helm 3.22 (https://helm.sh/docs/intro/install/), or name its path in the setting `helm`"
    )]
    HelmMissing {
        /// Where it was looked for.
        looked: String,
    },
    /// A chart's files break a rule.
    #[error(transparent)]
    Chart(#[from] ChartError),
    /// Values are no YAML, or break the chart's schema.
    #[error("{}", values_sentence(.0))]
    Values(Vec<ValueError>),
    /// A template fails with these values.
    #[error("{}", template_sentence(file, *line, *column, sentence))]
    Template {
        /// The template's path, the chart's name first, such as `deployment/templates/service.yaml`.
        file: String,
        /// Line in the template, from 1, where known.
        line: Option<usize>,
        /// Column in the template, from 1, where known.
        column: Option<usize>,
        /// The expression that failed, where known.
        expression: Option<String>,
        /// What failed.
        sentence: String,
    },
    /// A rendered document is no Kubernetes object.
    #[error("what {template} renders to is not usable: {sentence}")]
    Manifest {
        /// The template's path.
        template: String,
        /// Line in the rendered document, from 1, where known.
        line: Option<usize>,
        /// What is wrong with it.
        sentence: String,
    },
    /// A secret value would stand in plain text in Git.
    #[error("{}", leaks_sentence(.0))]
    SecretExposed(Vec<Leak>),
    /// Two documents are the same object.
    #[error("{} {} is rendered twice, by {} and by {}", key.kind, key.name, templates.0, templates.1)]
    Duplicate {
        /// The object.
        key: Box<ObjectKey>,
        /// Both templates' paths.
        templates: (String, String),
    },
    /// Something is bigger than allowed.
    #[error("{what} is larger than the {limit} allowed")]
    TooLarge {
        /// What is too large.
        what: String,
        /// The limit with its unit.
        limit: String,
    },
    /// Rendering took too long.
    #[error("rendering took longer than {} seconds and was stopped", .0.as_secs())]
    Timeout(Duration),
    /// Helm refused for a reason of its own, such as a Kubernetes version that the chart does not support.
    #[error("{0}")]
    Refused(String),
    /// The system failed us.
    #[error("cannot {what} {}", path.display())]
    Io {
        /// What was tried.
        what: &'static str,
        /// With which file.
        path: PathBuf,
        /// Why it failed.
        source: std::io::Error,
    },
    /// What helm printed is not what it prints.
    #[error("helm's output could not be read: {0}")]
    Output(String),
}

impl Error {
    /// The same with texts of the chart's output changed, so that nothing secret is told.
    pub(crate) fn mapped(self, change: &dyn Fn(&str) -> String) -> Self {
        match self {
            Self::Manifest { template, line, sentence } => {
                Self::Manifest { template, line, sentence: change(&sentence) }
            }
            Self::Duplicate { mut key, templates } => {
                key.name = change(&key.name);
                Self::Duplicate { key, templates }
            }
            other => other,
        }
    }

    /// What the error means for whoever has to go on.
    pub fn outcome(&self) -> Outcome {
        match self {
            Self::Chart(error) => error.outcome(),
            Self::Values(_)
            | Self::Template { .. }
            | Self::Manifest { .. }
            | Self::SecretExposed(_)
            | Self::Duplicate { .. }
            | Self::TooLarge { .. }
            | Self::Refused(_) => Outcome::Invalid,
            Self::HelmMissing { .. } => Outcome::NeedsHuman,
            Self::Timeout(_) | Self::Io { .. } => Outcome::RetryLater { after: None },
            Self::Output(_) => Outcome::Bug,
        }
    }

    /// A stable word for programs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::HelmMissing { .. } => "helm_missing",
            Self::Chart(error) => error.code(),
            Self::Values(_) => "invalid_values",
            Self::Template { .. } => "template_failed",
            Self::Manifest { .. } => "invalid_manifest",
            Self::SecretExposed(_) => "secret_exposed",
            Self::Duplicate { .. } => "duplicate_object",
            Self::TooLarge { .. } => "too_large",
            Self::Timeout(_) => "render_timeout",
            Self::Refused(_) => "render_refused",
            Self::Io { .. } => "render_io",
            Self::Output(_) => "render_output",
        }
    }
}

fn leaks_sentence(leaks: &[Leak]) -> String {
    let Some(first) = leaks.first() else { return "a secret value would stand in plain text in Git".into() };
    let more = match leaks.len() {
        1 => String::new(),
        n => format!(" (and {} more such {})", n - 1, if n == 2 { "place" } else { "places" }),
    };
    format!(
        "{} of {} holds {} in plain text{more}, and no secret reaches Git unsealed: {}",
        first.path, first.place, first.secret, first.advice
    )
}

fn values_sentence(errors: &[ValueError]) -> String {
    match errors {
        [] => "the values are not valid".into(),
        [one] => one.to_string(),
        [first, rest @ ..] => format!("{first} (and {} more)", rest.len()),
    }
}

fn template_sentence(file: &str, line: Option<usize>, column: Option<usize>, sentence: &str) -> String {
    match (line, column) {
        (Some(line), Some(column)) => format!("{file}, line {line}, column {column}: {sentence}"),
        (Some(line), None) => format!("{file}, line {line}: {sentence}"),
        (None, _) => format!("{file}: {sentence}"),
    }
}
