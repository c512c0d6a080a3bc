//! The texts of Trueline's own files in a repository: mark, README, attributes, and what describes a release.

use std::fmt::Write as _;

use model::application::Source;
use model::layout;
use model::project::Project;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::{Job, Stop};
use crate::Error;
use crate::plan::Plan;

/// The mark of an application's folder: whose it is.
pub(super) async fn mark(job: &Job) -> Result<String, Stop> {
    let project = project(job).await?;
    let Job { application, .. } = job;
    let mut text =
        String::from("# Made by Trueline. It tells whose folder this is; please leave it as it is.\n");
    let installation = job.control.store.installation().id;
    field(&mut text, "layout", &layout::VERSION.to_string());
    field(&mut text, "installation", &installation.to_string());
    field(&mut text, "application", &application.id.to_string());
    field(&mut text, "name", application.name.as_str());
    field(&mut text, "project", project.name.as_str());
    match &application.source {
        Source::Template { name, .. } => field(&mut text, "template", name),
        Source::Chart { repository, chart } => {
            quoted(&mut text, "chart", &format!("{repository}/{chart}"));
        }
    }
    Ok(text)
}

/// Whether a mark is the one of this application.
pub(super) fn is_our_mark(job: &Job, bytes: &[u8]) -> bool {
    let text = String::from_utf8_lossy(bytes);
    let has = |name: &str, value: &str| {
        let read = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
        read.is_some_and(|v| v.trim().trim_matches(['"', '\'']) == value)
    };
    has("installation", &job.control.store.installation().id.to_string())
        && has("application", &job.application.id.to_string())
}

async fn project(job: &Job) -> Result<Project, Stop> {
    let found = job.control.store.project(job.application.project).await?;
    found.ok_or_else(|| Error::Bug(format!("the project of {} is gone", job.application.name)).into())
}

/// What a repository is, for people who find it.
pub(super) fn readme(job: &Job) -> String {
    let name = &job.application.name;
    let place = layout::below(&job.application.path, "");
    let place = if place.is_empty() { "this repository".into() } else { format!("`{place}`") };
    format!(
        "# {name}\n\n\
         What is deployed of **{name}**, written by [Trueline]({url}).\n\n\
         Each deployment is one commit. In {place}:\n\n\
         - `values.yaml`: values for all environments. You may edit it.\n\
         - `environments/<environment>/override.yaml`: values for one environment. You may edit it.\n\
         - `environments/<environment>/release.yaml`: what is deployed there, by whom.\n\
         - `environments/<environment>/chart/`: the chart, byte for byte.\n\
         - `environments/<environment>/rendered/`: what the cluster must run. Trueline's alone: it is replaced \
         with each deployment.\n\n\
         A change that you make here to values is taken in at the application's page before the next deployment.\n",
        url = job.control.settings.public_url,
    )
}

/// Keeps bytes as they are, and marks what nobody has to review line by line.
pub(super) const ATTRIBUTES: &str = "# Bytes as they are, on every system.\n\
     * -text\n\
     environments/*/chart/** linguist-vendored\n\
     environments/*/rendered/** linguist-generated\n";

/// What describes the release: read by people and by programs that have only the repository.
pub(super) fn release(job: &Job, plan: &Plan) -> Result<String, Stop> {
    let Job { deployment, application, environment, .. } = job;
    let blob_at = |path: &str| {
        let found = plan.files.iter().find(|(p, _)| p == path);
        found.map(|(_, bytes)| git::object::blob_id(bytes))
    };
    let over = blob_at(&layout::override_values(environment.name.as_str()));
    let mut text = String::from("# What is deployed here. Written by Trueline with each deployment.\n");
    let out = &mut text;
    field(out, "number", &deployment.number.to_string());
    field(out, "deployment", &deployment.id.to_string());
    field(out, "application", application.name.as_str());
    field(out, "environment", environment.name.as_str());
    field(out, "release", application.name.as_str());
    field(out, "namespace", environment.namespace.as_str());
    if !deployment.image.is_empty() {
        quoted(out, "image", &deployment.image);
    }
    out.push_str("chart:\n");
    deployment.chart.repository.iter().for_each(|name| quoted(out, "  repository", name));
    quoted(out, "  name", &deployment.chart.name);
    quoted(out, "  version", &deployment.chart.version);
    deployment.chart.digest.iter().for_each(|digest| quoted(out, "  digest", &format!("sha256:{digest}")));
    quoted(out, "  tree", &plan.chart_tree);
    quoted(out, "kubernetes_version", &environment.kubernetes_version);
    quoted_list(out, "api_versions", &environment.api_versions);
    field(out, "phase", crate::plan::phase(plan.is_upgrade));
    quoted(out, "inputs", &plan.made_from);
    field(out, "merge", plan.merge.as_str());
    field(out, "renderer", "helm");
    quoted(out, "base_values", &blob_at(layout::BASE_VALUES).unwrap_or_default());
    over.iter().for_each(|blob| quoted(out, "override", blob));
    quoted(out, "rendered", &plan.rendered_tree);
    quoted(out, "digest", &plan.digest);
    quoted(out, "requested_by", &deployment.author);
    quoted(out, "requested_at", &rfc3339(deployment.created_at)?);
    Ok(text)
}

pub(super) fn rfc3339(at: model::Timestamp) -> Result<String, Stop> {
    let wrong = |e: &dyn std::fmt::Display| Stop::from(Error::Bug(format!("a time of {}: {e}", at.0)));
    let time = OffsetDateTime::from_unix_timestamp(at.seconds()).map_err(|e| wrong(&e))?;
    time.format(&Rfc3339).map_err(|e| wrong(&e))
}

fn field(out: &mut String, name: &str, plain: &str) {
    let _never_fails = writeln!(out, "{name}: {plain}");
}

/// A text as JSON writes it is YAML, whatever is in it.
fn quoted(out: &mut String, name: &str, text: &str) {
    field(out, name, &quote(text));
}

/// A text between quotes.
pub(super) fn quote(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

fn quoted_list(out: &mut String, name: &str, texts: &[String]) {
    field(out, name, &serde_json::Value::from(texts.to_vec()).to_string());
}
