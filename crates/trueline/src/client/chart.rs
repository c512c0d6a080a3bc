//! `trueline chart`: charts of chart repositories.

use clap::Subcommand;
use reqwest::Method;
use serde_json::{Value, json};

use super::http::Client;
use crate::failure::Failure;
use crate::output::{Column, Format, list, member, one};

#[derive(Subcommand)]
#[expect(clippy::large_enum_variant, reason = "a command line is read once")]
pub(crate) enum Command {
    #[command(flatten)]
    Install(super::chart_install::Command),
    /// Chart repositories: where charts come from.
    #[command(subcommand)]
    Repository(super::chart_repository::Command),
    /// Find charts in all chart repositories.
    Search {
        /// Words that all have to be found: in name, keywords or description.
        words: Vec<String>,
        /// Only in this chart repository.
        #[arg(long)]
        repository: Option<String>,
    },
    /// Show a chart and its versions, or what is in one of them.
    Show {
        /// The chart, as REPOSITORY/CHART.
        chart: String,
        /// Show this version: its README, default values and what else is in it.
        #[arg(long)]
        version: Option<String>,
        /// Print the default values of the version alone.
        #[arg(long, requires = "version")]
        values: bool,
    },
    /// Accept that a version's digest has changed since it was first seen.
    Trust {
        /// The chart, as REPOSITORY/CHART.
        chart: String,
        /// The version.
        #[arg(long)]
        version: String,
        /// The digest that is accepted, as `chart show` tells it.
        #[arg(long)]
        digest: String,
    },
}

const COLUMNS: &[Column] = &[
    ("chart", |i| format!("{}/{}", member(i, "repository"), member(i, "name"))),
    ("version", |i| member(i, "version")),
    ("app version", |i| member(i, "app_version")),
    ("deprecated", |i| yes(i, "deprecated")),
    ("description", |i| member(i, "description")),
];

const VERSIONS: &[Column] = &[
    ("version", |i| member(i, "version")),
    ("app version", |i| member(i, "app_version")),
    ("created", |i| member(i, "created")),
    ("digest", |i| member(i, "digest")),
    ("state", |i| match (i["listed"] == true, i["changed"] == true, i["deprecated"] == true) {
        (false, _, _) => "listed no more".into(),
        (_, true, _) => format!("changed; was {}", member(i, "trusted_digest")),
        (_, _, true) => "deprecated".into(),
        _ => String::new(),
    }),
];

const DETAILS: &[Column] = &[
    ("chart", |i| format!("{}/{}", member(i, "repository"), member(i, "name"))),
    ("version", |i| member(i, "version")),
    ("app version", |i| member(i, "app_version")),
    ("description", |i| member(i, "description")),
    ("home", |i| member(i, "home")),
    ("digest", |i| member(i, "digest")),
    ("crds", |i| member(i, "crds")),
];

fn yes(item: &Value, field: &str) -> String {
    if item[field] == true { "yes".into() } else { String::new() }
}

pub(crate) async fn run(client: &Client, command: Command, format: Format) -> Result<(), Failure> {
    match command {
        Command::Install(command) => super::chart_install::run(client, command, format).await,
        Command::Repository(command) => super::chart_repository::run(client, command, format).await,
        Command::Search { words, repository } => {
            let words = words.join(" ");
            let mut query = vec![("search", words.as_str())];
            query.extend(repository.as_deref().map(|name| ("repository", name)));
            list(format, &client.all(&["charts"], &query).await?, COLUMNS)
        }
        Command::Show { chart, version: None, .. } => {
            let (repository, chart) = named(&chart)?;
            let body = client.send(client.request(Method::GET, &["charts", repository, chart])).await?.body;
            if format != Format::Table {
                return one(format, &body, COLUMNS);
            }
            one(format, &body, COLUMNS)?;
            println!();
            list(format, body["list"].as_array().map_or(&[], Vec::as_slice), VERSIONS)
        }
        Command::Show { chart, version: Some(version), values } => {
            let (repository, chart) = named(&chart)?;
            let path = ["charts", repository, chart, "versions", &version];
            let body = client.send(client.request(Method::GET, &path)).await?.body;
            if values {
                print!("{}", member(&body, "default_values"));
                return Ok(());
            }
            one(format, &body, DETAILS)?;
            if format == Format::Table {
                for part in ["readme", "default_values"] {
                    println!("\n{}", printable(&member(&body, part)));
                }
            }
            Ok(())
        }
        Command::Trust { chart, version, digest } => {
            let (repository, chart) = named(&chart)?;
            let path = ["charts", repository, chart, "versions", &version, "trust"];
            let request = client.request(Method::POST, &path).json(&json!({ "digest": digest }));
            one(format, &client.send(request).await?.body, VERSIONS)
        }
    }
}

/// The repository's name and the chart's.
pub(crate) fn named(text: &str) -> Result<(&str, &str), Failure> {
    text.split_once('/').filter(|(repository, chart)| !repository.is_empty() && !chart.is_empty()).ok_or_else(
        || {
            Failure::usage(format!("{text:?} does not name a chart.")).detail(
                "Name it with its chart repository, such as acme/shop; `trueline chart search` finds it.",
            )
        },
    )
}

/// Text from outside without what a terminal would obey.
fn printable(text: &str) -> String {
    text.chars().filter(|c| !c.is_control() || matches!(c, '\n' | '\t')).collect()
}
