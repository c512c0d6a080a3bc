//! `trueline chart install` and `trueline chart upgrade`: charts as applications.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use model::Secret;
use reqwest::Method;
use serde_json::{Map, Value, json};

use super::http::Client;
use super::{deployment, values};
use crate::failure::Failure;
use crate::output::{Format, document};

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
    /// Take this file (- for standard input) as the new base values: saved with the deployment, and not before. An
    /// environment's override still lies over them; `app values --environment` changes that.
    #[arg(long, value_name = "FILE")]
    file: Option<PathBuf>,
    /// Put the YAML mapping in this file (- for standard input) into the secret values of the environment.
    #[arg(long, value_name = "FILE")]
    secrets_file: Option<PathBuf>,
    /// Generate anew what the chart generates, such as passwords and certificates; without it, they stay.
    #[arg(long)]
    generate_anew: bool,
    /// Show what would change, and change nothing.
    #[arg(long, conflicts_with = "wait")]
    preview: bool,
    #[command(flatten)]
    beyond: deployment::Beyond,
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
        return shown(&preview, format);
    }
    let made = client.send(client.request(Method::POST, &["charts", "install"]).json(&body)).await?.body;
    deployment::taken_on(client, &install.name, made["deployment"].clone(), (install.how.wait, format)).await
}

async fn run_upgrade(client: &Client, upgrade: Upgrade, format: Format) -> Result<(), Failure> {
    let Upgrade { name, environment, version, file, secrets_file, generate_anew, preview, beyond, how } =
        upgrade;
    let text = |file: &Option<PathBuf>| file.as_deref().map(values::read).transpose();
    let (values, secrets) = (text(&file)?, text(&secrets_file)?.map(Secret::new));
    let mut body = given(&[
        ("environment", Some(&environment)),
        ("version", version.as_ref()),
        ("values", values.as_ref()),
    ]);
    if let Some(secrets) = &secrets {
        body["secret_values"] = json!(secrets.reveal());
    }
    body["anew"] = json!(generate_anew);
    if preview {
        let request = client.request(Method::POST, &["applications", &name, "preview"]).json(&body);
        return shown(&client.send(request).await?.body, format);
    }
    body["message"] = json!(how.message);
    body["digest"] = json!(how.digest);
    beyond.ask(&mut body);
    let path = ["applications", name.as_str(), "deployments"];
    let deployment = client.send(client.request(Method::POST, &path).json(&body)).await?.body;
    deployment::taken_on(client, &name, deployment, (how.wait, format)).await
}

/// Shows a preview.
fn shown(preview: &Value, format: Format) -> Result<(), Failure> {
    match format {
        Format::Table => print!("{}", values::text(preview)),
        Format::Json | Format::Yaml => print!("{}", document(format, preview)?),
    }
    Ok(())
}

/// A body of the members that are given.
fn given(members: &[(&str, Option<&String>)]) -> Value {
    let there = members.iter().filter_map(|(name, text)| Some(((*name).to_owned(), json!(text.as_ref()?))));
    Value::Object(there.collect::<Map<_, _>>())
}
