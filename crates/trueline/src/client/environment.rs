//! `trueline environment`.

use clap::{Subcommand, ValueEnum};
use reqwest::Method;
use serde_json::json;

use super::http::Client;
use crate::failure::Failure;
use crate::output::{Column, Format, list, member, one};

/// Which branch of each repository holds an environment.
#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum Branch {
    /// The repository's default branch.
    Default,
    /// `environment/<name>`.
    PerEnvironment,
}

/// What becomes of the CustomResourceDefinitions of charts.
#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum Crds {
    /// They are made where they do not exist, and left alone afterwards.
    Create,
    /// They follow the chart's version.
    Apply,
    /// They are left to others.
    Skip,
}

/// What becomes of what differs in an environment's cluster from Git.
#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum Drift {
    /// It is shown; a person corrects it, or the next deployment.
    Show,
    /// It is corrected by itself.
    Correct,
}

/// The word of a choice.
fn word(choice: Option<impl ValueEnum>) -> Option<String> {
    choice.and_then(|c| c.to_possible_value()).map(|v| v.get_name().to_owned())
}

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Make an environment: in a cluster, or without one: then its state is kept in Git, something else applies it.
    Create {
        /// Its name: lower-case letters, digits and hyphens. It never changes.
        name: String,
        /// One line for people.
        #[arg(long, default_value = "")]
        description: String,
        /// The cluster that follows it.
        #[arg(long)]
        cluster: Option<String>,
        /// The namespace to render for; the environment's name by default.
        #[arg(long)]
        namespace: Option<String>,
        /// The Kubernetes version to render for, such as 1.36.3.
        #[arg(long, value_name = "VERSION")]
        kubernetes_version: Option<String>,
        /// A further API version to render for, such as monitoring.coreos.com/v1; may be repeated.
        #[arg(long = "api-version", value_name = "VERSION")]
        api_versions: Vec<String>,
        /// Which branch of each repository holds it.
        #[arg(long, value_enum)]
        branch: Option<Branch>,
        /// What becomes of the CustomResourceDefinitions of charts; none is ever pruned.
        #[arg(long, value_enum)]
        crds: Option<Crds>,
        /// What becomes of what differs in its cluster from Git; shown unless told otherwise.
        #[arg(long, value_enum)]
        drift: Option<Drift>,
    },
    /// List environments.
    List,
    /// Show one environment.
    Show {
        /// Its name.
        name: String,
    },
    /// Change what may change of an environment.
    Set {
        /// Its name.
        name: String,
        /// One line for people.
        #[arg(long)]
        description: Option<String>,
        /// The cluster that follows it, empty for none; refused while something runs there.
        #[arg(long)]
        cluster: Option<String>,
        /// The namespace; refused while something runs there.
        #[arg(long)]
        namespace: Option<String>,
        /// The Kubernetes version to render for.
        #[arg(long, value_name = "VERSION")]
        kubernetes_version: Option<String>,
        /// All further API versions to render for, instead of those there; may be repeated.
        #[arg(long = "api-version", value_name = "VERSION")]
        api_versions: Vec<String>,
        /// Who can open its sealed files beside Trueline, instead of those before: an age recipient; may be
        /// repeated.
        #[arg(long = "recipient", value_name = "AGE1")]
        recipients: Vec<String>,
        /// What becomes of the CustomResourceDefinitions of charts; none is ever pruned.
        #[arg(long, value_enum)]
        crds: Option<Crds>,
        /// What becomes of what differs in its cluster from Git.
        #[arg(long, value_enum)]
        drift: Option<Drift>,
    },
    /// Delete an environment that nothing was deployed to.
    Delete {
        /// Its name.
        name: String,
    },
}

const COLUMNS: &[Column] = &[
    ("name", |i| member(i, "name")),
    ("cluster", |i| member(i, "cluster")),
    ("namespace", |i| member(i, "namespace")),
    ("kubernetes", |i| member(i, "kubernetes_version")),
    ("branch", |i| member(i, "branch")),
    ("crds", |i| member(i, "crds")),
    ("drift", |i| member(i, "drift")),
    ("engine", |i| member(i, "engine")),
    ("description", |i| member(i, "description")),
];

pub(crate) async fn run(client: &Client, command: Command, format: Format) -> Result<(), Failure> {
    match command {
        Command::Create {
            name,
            description,
            cluster,
            namespace,
            kubernetes_version,
            api_versions,
            branch,
            crds,
            drift,
        } => {
            let body = json!({
                "name": name,
                "description": description,
                "cluster": cluster,
                "namespace": namespace,
                "kubernetes_version": kubernetes_version,
                "api_versions": api_versions,
                "branch": word(branch),
                "crds": word(crds),
                "drift": word(drift),
            });
            let request = client.request(Method::POST, &["environments"]).json(&body);
            one(format, &client.send(request).await?.body, COLUMNS)
        }
        Command::List => list(format, &client.all(&["environments"], &[]).await?, COLUMNS),
        Command::Show { name } => {
            let request = client.request(Method::GET, &["environments", &name]);
            one(format, &client.send(request).await?.body, COLUMNS)
        }
        Command::Set {
            name,
            description,
            cluster,
            namespace,
            kubernetes_version,
            api_versions,
            crds,
            drift,
            recipients,
        } => {
            let recipients = Some(recipients).filter(|r| !r.is_empty());
            let versions = Some(api_versions).filter(|v| !v.is_empty());
            let body = json!({
                "description": description,
                "cluster": cluster,
                "namespace": namespace,
                "kubernetes_version": kubernetes_version,
                "api_versions": versions,
                "recipients": recipients,
                "crds": word(crds),
                "drift": word(drift),
            });
            let request = client.request(Method::PATCH, &["environments", &name]).json(&body);
            one(format, &client.send(request).await?.body, COLUMNS)
        }
        Command::Delete { name } => {
            client.send(client.request(Method::DELETE, &["environments", &name])).await?;
            println!("Deleted environment {name}.");
            Ok(())
        }
    }
}
