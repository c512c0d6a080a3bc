//! Previews of deployments on the wire.

use control::preview;
use garde::Validate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::deployment::DeployedChart;
use super::secret::Secret;
use super::values::MergeMode;

/// What a preview is asked for.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PreviewRequest {
    /// The environment's name.
    #[garde(length(max = 200))]
    pub environment: String,
    /// The image with its tag, its digest or both; for applications that are deployed from a template.
    #[garde(length(max = 2000))]
    #[serde(default)]
    pub image: Option<String>,
    /// The version of the chart; the one that the environment has if left out.
    #[garde(length(max = 200))]
    #[serde(default)]
    pub version: Option<String>,
    /// The number of the deployment whose state would be brought back.
    #[garde(skip)]
    #[serde(default)]
    pub restore: Option<i64>,
    /// The template to change to, `name@version`.
    #[garde(length(max = 200))]
    #[serde(default)]
    pub template: Option<String>,
    /// Whether what the chart generates, such as passwords, would be generated anew.
    #[garde(skip)]
    #[serde(default)]
    pub anew: bool,
    /// Base values that are not saved yet, as YAML: saved with the deployment.
    #[garde(skip)]
    #[serde(default)]
    pub values: Option<String>,
    /// The environment's override that is not saved yet, as YAML.
    #[garde(skip)]
    #[serde(rename = "override", default)]
    pub over: Option<String>,
    /// How the override lies over the base values; as it does now if left out.
    #[garde(skip)]
    #[serde(default)]
    pub merge: Option<MergeMode>,
    /// A YAML mapping that is put into the environment's secret values, key by key; not saved yet.
    #[garde(skip)]
    #[serde(default)]
    pub secret_values: Option<Secret>,
}

impl From<PreviewRequest> for control::Asked {
    fn from(request: PreviewRequest) -> Self {
        let PreviewRequest { environment, image, version, restore, template, anew, .. } = request;
        let PreviewRequest { values, over, merge, secret_values, .. } = request;
        let unsaved = control::values::Unsaved {
            values,
            over,
            merge: merge.map(Into::into),
            secrets: secret_values.map(Into::into),
        };
        Self { environment, image, version, restore, template, anew, unsaved }
    }
}

/// What a deployment would change.
#[derive(Serialize, ToSchema)]
pub(crate) struct Preview {
    /// Give it with the deployment: that is refused if it would give something else.
    pub digest: String,
    /// What changes in the values in force; null when nothing does.
    pub values: Option<FileDiff>,
    /// What changes in the objects.
    pub manifests: Vec<FileDiff>,
    /// The number of objects.
    pub objects: usize,
    /// How many of each kind.
    pub kinds: Vec<KindCount>,
    /// The number of objects that are added, removed or changed.
    pub changed: usize,
    /// The values in force, as YAML.
    pub effective_values: String,
    /// What the template has to say to people.
    pub notes: Option<String>,
    /// The number of the deployment that it is compared with; null before the first.
    pub compared_with: Option<i64>,
    /// The chart.
    pub chart: ChartChange,
    /// How the override lies over the base values.
    pub merge: MergeChange,
    /// What another chart's defaults mean for the values that people wrote.
    pub own_values: Vec<OwnValue>,
    /// Why that is not known, although another chart is deployed than the last one; null where it is.
    pub own_values_unread: Option<String>,
    /// The custom resource definitions that the chart brings.
    pub crds: Crds,
    /// Values that the chart generates, such as passwords and certificates.
    pub generated: Vec<Generated>,
    /// What becomes of the entries of Secrets.
    pub secrets: Vec<SecretChange>,
}

/// A value that the chart generates.
#[derive(Serialize, ToSchema)]
pub(crate) struct Generated {
    /// The object, such as `Secret shop/database`.
    pub object: String,
    /// Where in it, such as `data.password`.
    pub path: String,
    /// Whether the value that is deployed stays; otherwise a new one is made.
    pub kept: bool,
}

impl From<control::Generated> for Generated {
    fn from(generated: control::Generated) -> Self {
        let control::Generated { object, path, kept } = generated;
        Self { object, path, kept }
    }
}

/// What becomes of the entries of a Secret. Their values are never told.
#[derive(Serialize, ToSchema)]
pub(crate) struct SecretChange {
    /// The Secret, such as `Secret shop/database`; `secret values` for those of people.
    pub object: String,
    /// Its entries by name.
    pub entries: Vec<SecretEntry>,
}

/// What becomes of an entry of a Secret.
#[derive(Serialize, ToSchema)]
pub(crate) struct SecretEntry {
    /// Its name.
    pub name: String,
    /// What becomes of it.
    pub change: EntryChange,
}

/// What becomes of an entry.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum EntryChange {
    /// It was not there.
    Added,
    /// It goes.
    Removed,
    /// It has another value.
    Changed,
    /// It stays.
    Same,
    /// One of its sides does not open here: nobody can tell.
    Unopened,
}

impl From<control::SecretChange> for SecretChange {
    fn from(change: control::SecretChange) -> Self {
        let entry = |(name, change)| SecretEntry {
            name,
            change: match change {
                control::EntryChange::Added => EntryChange::Added,
                control::EntryChange::Removed => EntryChange::Removed,
                control::EntryChange::Changed => EntryChange::Changed,
                control::EntryChange::Same => EntryChange::Same,
                control::EntryChange::Unopened => EntryChange::Unopened,
            },
        };
        Self { object: change.object, entries: change.entries.into_iter().map(entry).collect() }
    }
}

/// How many objects there are of a kind.
#[derive(Serialize, ToSchema)]
pub(crate) struct KindCount {
    /// The kind, such as `Deployment`.
    pub kind: String,
    /// How many.
    pub count: usize,
}

/// How the override lay over the base values, and how it does.
#[derive(Serialize, ToSchema)]
pub(crate) struct MergeChange {
    /// In the last deployment; null before the first.
    pub from: Option<MergeMode>,
    /// In this one.
    pub to: MergeMode,
}

/// From which chart to which.
#[derive(Serialize, ToSchema)]
pub(crate) struct ChartChange {
    /// The chart of the last deployment; null before the first.
    pub from: Option<DeployedChart>,
    /// The chart of this one; its digest is null where it is not known yet.
    pub to: DeployedChart,
}

/// What another chart means for one value. Values are any JSON, and absent where there is none.
#[derive(Serialize, ToSchema)]
pub(crate) struct OwnValue {
    /// The value's path, such as `image.tag`.
    pub path: String,
    /// What happens to the default.
    pub change: OwnChange,
    /// The default of the old chart.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before: Option<serde_json::Value>,
    /// The default of the new chart.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<serde_json::Value>,
    /// What people wrote there; null takes the default away.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub own: Option<serde_json::Value>,
    /// Whether a secret value lies there, over everything else; it is not shown.
    pub secret: bool,
}

/// What another chart does to a default.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum OwnChange {
    /// The old chart did not have it.
    New,
    /// The new chart does not have it: what people wrote there may mean nothing any more.
    Gone,
    /// It is another one now, and is in force.
    Changed,
    /// It is another one now, but what people wrote stays in force.
    Overridden,
}

impl From<control::OwnChange> for OwnChange {
    fn from(change: control::OwnChange) -> Self {
        match change {
            control::OwnChange::New => Self::New,
            control::OwnChange::Gone => Self::Gone,
            control::OwnChange::Changed => Self::Changed,
            control::OwnChange::Overridden => Self::Overridden,
        }
    }
}

/// Custom resource definitions of a chart.
#[derive(Serialize, ToSchema)]
pub(crate) struct Crds {
    /// What becomes of them, by the rule of the environment: `create`, `apply` or `skip`.
    pub rule: String,
    /// Their names.
    pub names: Vec<String>,
}

/// What happens to one file.
#[derive(Serialize, ToSchema)]
pub(crate) struct FileDiff {
    /// The file, below the environment's folder `rendered`.
    pub path: String,
    /// What happens to it.
    pub change: FileChange,
    /// Where it differs.
    pub hunks: Vec<Hunk>,
}

/// What happens to a file as a whole.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum FileChange {
    /// It was not there.
    Added,
    /// It goes.
    Removed,
    /// It has other lines.
    Changed,
}

/// Lines of a difference that lie together.
#[derive(Serialize, ToSchema)]
pub(crate) struct Hunk {
    /// Number of its first line in the old file.
    pub old_start: usize,
    /// Number of its first line in the new file.
    pub new_start: usize,
    /// The lines.
    pub lines: Vec<DiffLine>,
}

/// One line of a difference.
#[derive(Serialize, ToSchema)]
pub(crate) struct DiffLine {
    /// Where it is.
    pub kind: LineKind,
    /// Its text.
    pub text: String,
}

/// In which of two files a line is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub(crate) enum LineKind {
    /// In both.
    #[serde(rename = " ")]
    Both,
    /// In the old one only.
    #[serde(rename = "-")]
    Old,
    /// In the new one only.
    #[serde(rename = "+")]
    New,
}

impl From<preview::Preview> for Preview {
    fn from(preview: preview::Preview) -> Self {
        let secrets: Vec<SecretChange> = preview.secrets.into_iter().map(Into::into).collect();
        let changes = |secret: &&SecretChange| secret.entries.iter().any(|e| e.change != EntryChange::Same);
        Self {
            digest: preview.digest,
            values: preview.values.map(Into::into),
            changed: preview.manifests.len() + secrets.iter().filter(changes).count(),
            secrets,
            generated: preview.generated.into_iter().map(Into::into).collect(),
            manifests: preview.manifests.into_iter().map(Into::into).collect(),
            objects: preview.objects,
            effective_values: preview.effective_values,
            notes: preview.notes,
            compared_with: preview.compared_with,
            kinds: preview.kinds.into_iter().map(|(kind, count)| KindCount { kind, count }).collect(),
            chart: ChartChange { from: preview.charts.0.map(Into::into), to: preview.charts.1.into() },
            merge: MergeChange { from: preview.merge.0.map(Into::into), to: preview.merge.1.into() },
            own_values: preview.own_values.into_iter().map(Into::into).collect(),
            own_values_unread: preview.own_values_unread,
            crds: Crds { rule: preview.crds.0.as_str().to_owned(), names: preview.crds.1 },
        }
    }
}

impl From<control::OwnValue> for OwnValue {
    fn from(value: control::OwnValue) -> Self {
        let control::OwnValue { path, change, before, after, own, secret } = value;
        Self { path, change: change.into(), before, after, own, secret }
    }
}

impl From<preview::FileDiff> for FileDiff {
    fn from(diff: preview::FileDiff) -> Self {
        let line = |line: preview::Line| DiffLine {
            kind: match line.side {
                preview::Side::Both => LineKind::Both,
                preview::Side::Old => LineKind::Old,
                preview::Side::New => LineKind::New,
            },
            text: line.text,
        };
        let hunk = |hunk: preview::Hunk| Hunk {
            old_start: hunk.old_start,
            new_start: hunk.new_start,
            lines: hunk.lines.into_iter().map(line).collect(),
        };
        Self {
            path: diff.path,
            change: match diff.change {
                preview::Change::Added => FileChange::Added,
                preview::Change::Removed => FileChange::Removed,
                preview::Change::Changed => FileChange::Changed,
            },
            hunks: diff.hunks.into_iter().map(hunk).collect(),
        }
    }
}
