//! `trueline chart install` and `trueline chart upgrade`: charts as applications.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use reqwest::{Method, header};
use serde_json::{Map, Value, json};

use super::http::Client;
use super::{deployment, values};
use crate::failure::Failure;
use crate::output::{Format, clean, document};

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Install a chart as an application.
    Install(Install),
    /// Deploy another version of an installed chart, or the same one with other values.
    Upgrade(Upgrade),
}

#[derive(Args)]
pub(crate) struct Install {
    /// The application's name, which is also the release's.
    name: String,
    /// The chart and where it is from, such as bitnami/redis.
    #[arg(value_name = "REPOSITORY/CHART")]
    chart: String,
    /// The chart's version.
    #[arg(long)]
    version: String,
    /// The project that it belongs to.
    #[arg(long)]
    project: String,
    /// Where to.
    #[arg(long)]
    environment: String,
    /// Base values (- for standard input).
    #[arg(long, value_name = "FILE")]
    file: Option<PathBuf>,
    /// Secret values of the environment, as a mapping: kept and committed only sealed (- for standard input).
    #[arg(long, value_name = "FILE")]
    secrets_file: Option<PathBuf>,
    /// A Git repository that exists; Trueline makes one without it.
    #[arg(long, value_name = "URL")]
    git_repository: Option<String>,
    /// The folder in that repository.
    #[arg(long, requires = "git_repository")]
    path: Option<String>,
    /// Show what would be written, and install nothing.
    #[arg(long, conflicts_with = "wait")]
    preview: bool,
    #[command(flatten)]
    how: How,
}

#[derive(Args)]
pub(crate) struct Upgrade {
    /// The application.
    name: String,
    /// Where to.
    #[arg(long)]
    environment: String,
    /// The version to go to; the one that is there without it.
    #[arg(long)]
    version: Option<String>,
    /// Save this file (- for standard input) as the new base values first. An environment's override still lies
    /// over them; `app values --environment` changes that.
    #[arg(long, value_name = "FILE")]
    file: Option<PathBuf>,
    #[command(flatten)]
    how: How,
}

/// How a deployment is asked for.
#[derive(Args)]
struct How {
    /// Why; goes into the commit.
    #[arg(long, default_value = "")]
    message: String,
    /// Digest of the preview that you looked at: refused if it would give something else now.
    #[arg(long)]
    digest: Option<String>,
    /// Wait until it has ended; the exit code says how.
    #[arg(long)]
    wait: bool,
}

pub(crate) async fn run(client: &Client, command: Command, format: Format) -> Result<(), Failure> {
    match command {
        Command::Install(install) => run_install(client, install, format).await,
        Command::Upgrade(upgrade) => run_upgrade(client, upgrade, format).await,
    }
}

async fn run_install(client: &Client, install: Install, format: Format) -> Result<(), Failure> {
    let Some((repository, chart)) =
        install.chart.split_once('/').filter(|(r, c)| !r.is_empty() && !c.is_empty())
    else {
        return Err(Failure::usage(format!("{:?} names no chart.", install.chart))
            .detail("Say REPOSITORY/CHART, for example: bitnami/redis"));
    };
    let text = |file: &Option<PathBuf>| file.as_deref().map(values::read).transpose();
    let body = given(&[
        ("name", Some(&install.name)),
        ("project", Some(&install.project)),
        ("repository", Some(&repository.to_owned())),
        ("chart", Some(&chart.to_owned())),
        ("version", Some(&install.version)),
        ("environment", Some(&install.environment)),
        ("values", text(&install.file)?.as_ref()),
        ("secret_values", text(&install.secrets_file)?.as_ref()),
        ("message", Some(&install.how.message)),
        ("digest", install.how.digest.as_ref()),
        ("git_repository", install.git_repository.as_ref()),
        ("path", install.path.as_ref()),
    ]);
    if install.preview {
        let preview =
            client.send(client.request(Method::POST, &["charts", "preview"]).json(&body)).await?.body;
        match format {
            Format::Table => print!("{}", values::text(&preview)),
            Format::Json | Format::Yaml => print!("{}", document(format, &preview)?),
        }
        return Ok(());
    }
    let made = client.send(client.request(Method::POST, &["charts", "install"]).json(&body)).await?.body;
    deployment::taken_on(client, &install.name, made["deployment"].clone(), (install.how.wait, format)).await
}

async fn run_upgrade(client: &Client, upgrade: Upgrade, format: Format) -> Result<(), Failure> {
    let Upgrade { name, environment, version, file, how } = upgrade;
    if let Some(file) = &file {
        save(client, &name, version.as_deref(), &values::read(file)?).await?;
    }
    let body = given(&[
        ("environment", Some(&environment)),
        ("version", version.as_ref()),
        ("message", Some(&how.message)),
        ("digest", how.digest.as_ref()),
    ]);
    let path = ["applications", name.as_str(), "deployments"];
    let deployment = client.send(client.request(Method::POST, &path).json(&body)).await?.body;
    deployment::taken_on(client, &name, deployment, (how.wait, format)).await
}

/// Saves base values for the version that is gone to.
async fn save(client: &Client, name: &str, version: Option<&str>, yaml: &str) -> Result<(), Failure> {
    let path = ["applications", name, "values"];
    let seen = client.send(client.request(Method::GET, &path)).await?;
    let mut request = client.request(Method::PUT, &path).json(&json!({ "yaml": yaml, "message": "" }));
    if let Some(version) = version {
        request = request.query(&[("version", version)]);
    }
    if let Some(tag) = seen.tag {
        request = request.header(header::IF_MATCH, tag);
    }
    let saved = client.send(request).await?.body;
    eprintln!("Base values of {}: version {}.", clean(name), saved["number"]);
    Ok(())
}

/// A body of the members that are given.
fn given(members: &[(&str, Option<&String>)]) -> Value {
    let there = members.iter().filter_map(|(name, text)| Some(((*name).to_owned(), json!(text.as_ref()?))));
    Value::Object(there.collect::<Map<_, _>>())
}
