//! `trueline chart repository`.

use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::{Args, Subcommand};
use reqwest::{Method, header};
use serde_json::{Value, json};

use super::http::Client;
use crate::failure::Failure;
use crate::output::{Column, Format, list, member, one};

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Look at a chart repository, and add it if its charts can be read.
    Add(Box<Add>),
    /// List chart repositories.
    List,
    /// Show one chart repository.
    Show {
        /// Its name.
        name: String,
    },
    /// Show how far the check of a save has come, or how it ended.
    Check {
        /// The name of the chart repository; it need not exist.
        name: String,
        /// Which check, by its id; the newest without it.
        id: Option<String>,
    },
    /// Look at a chart repository now.
    Refresh {
        /// Its name.
        name: String,
    },
    /// Remove a chart repository. What was installed from it stays as it is.
    Remove {
        /// Its name.
        name: String,
    },
}

#[derive(Args)]
pub(crate) struct Add {
    /// Its name: lower-case letters, digits and hyphens.
    name: String,
    /// Its address: https://… for one with an index.yaml, oci://… for a registry.
    url: String,
    /// The user name to sign in with.
    #[arg(long, default_value = "")]
    username: String,
    /// Read the password or token from standard input.
    #[arg(long)]
    password_stdin: bool,
    /// Certificates of private authorities (PEM).
    #[arg(long, value_name = "FILE")]
    ca_file: Option<PathBuf>,
    /// The certificate to show the server, with its chain (PEM).
    #[arg(long, value_name = "FILE", requires = "client_key")]
    client_certificate: Option<PathBuf>,
    /// Its private key (PEM).
    #[arg(long, value_name = "FILE")]
    client_key: Option<PathBuf>,
    /// The proxy that leads to it, with its user name if it asks for one.
    #[arg(long, value_name = "URL")]
    proxy: Option<String>,
    /// Read the password of the proxy from a file.
    #[arg(long, value_name = "FILE")]
    proxy_password_file: Option<PathBuf>,
    /// A chart of a registry that does not list its own; may be repeated.
    #[arg(long = "chart", value_name = "NAME")]
    charts: Vec<String>,
    /// Replace the one that has this name.
    #[arg(long)]
    replace: bool,
}

/// How often a check that takes long is looked at.
const LOOK_EVERY: Duration = Duration::from_secs(1);

const COLUMNS: &[Column] = &[
    ("name", |i| member(i, "name")),
    ("url", |i| member(i, "url")),
    ("charts", |i| member(i, "charts")),
    ("versions", |i| member(i, "versions")),
    ("refreshed", |i| member(i, "refreshed_at")),
    ("failure", |i| member(i, "failure.sentence")),
];

const DETAILS: &[Column] = &[
    ("name", |i| member(i, "name")),
    ("kind", |i| member(i, "kind")),
    ("url", |i| member(i, "url")),
    ("username", |i| member(i, "username")),
    ("proxy", |i| member(i, "proxy")),
    ("charts", |i| member(i, "charts")),
    ("versions", |i| member(i, "versions")),
    ("changed", |i| member(i, "changed")),
    ("refreshed", |i| member(i, "refreshed_at")),
    ("failure", |i| member(i, "failure.sentence")),
    ("left out", |i| member(i, "left_out")),
];

const CHECK: &[Column] = &[
    ("id", |i| member(i, "id")),
    ("repository", |i| member(i, "repository")),
    ("requested by", |i| member(i, "requested_by")),
    ("requested", |i| member(i, "created_at")),
    ("ended", |i| member(i, "finished_at")),
    ("stages", |i| {
        let stages = i["stages"].as_array().into_iter().flatten();
        stages
            .map(|line| format!("{}: {}", member(line, "title"), member(line, "state")))
            .collect::<Vec<_>>()
            .join(", ")
    }),
];

/// The stage at which a check failed.
fn failed(check: &Value) -> Option<&Value> {
    check["stages"].as_array()?.iter().find(|line| line["state"] == "failed")
}

pub(crate) async fn run(client: &Client, command: Command, format: Format) -> Result<(), Failure> {
    let path = |name| ["chart-repositories", name];
    match command {
        Command::Add(add) => run_add(client, *add, format).await,
        Command::List => list(format, &client.all(&["chart-repositories"], &[]).await?, COLUMNS),
        Command::Show { name } => {
            one(format, &client.send(client.request(Method::GET, &path(&name))).await?.body, DETAILS)
        }
        Command::Check { name, id } => {
            let path = match &id {
                Some(id) => vec!["chart-repositories", &name, "checks", id],
                None => vec!["chart-repositories", &name, "check"],
            };
            let check = client.send(client.request(Method::GET, &path)).await?.body;
            one(format, &check, CHECK)?;
            match failed(&check) {
                Some(line) => Err(Failure::new(unsaved(line))),
                None => Ok(()),
            }
        }
        Command::Refresh { name } => {
            let request = client.request(Method::POST, &["chart-repositories", &name, "refresh"]);
            let body = client.send(request).await?.body;
            one(format, &body, DETAILS)?;
            match body["failure"].is_null() {
                true => Ok(()),
                false => Err(Failure::new(member(&body, "failure.sentence"))),
            }
        }
        Command::Remove { name } => {
            client.send(client.request(Method::DELETE, &path(&name))).await?;
            println!("Removed the chart repository {name}.");
            Ok(())
        }
    }
}

async fn run_add(client: &Client, add: Add, format: Format) -> Result<(), Failure> {
    if !add.replace
        && let Some(there) =
            client.found(client.request(Method::GET, &["chart-repositories", &add.name])).await?
    {
        let url = member(&there.body, "url");
        return Err(Failure::new(format!("There is a chart repository {} already: {url}.", add.name))
            .detail("Choose another name, or change that one with --replace."));
    }
    let mut body = json!({
        "url": add.url,
        "username": add.username,
        "proxy": add.proxy,
        "charts": add.charts,
    });
    if add.password_stdin {
        body["secret"] = super::secret_from_stdin("password")?.reveal().into();
    }
    for (field, file) in [
        ("ca_pem", &add.ca_file),
        ("client_certificate_pem", &add.client_certificate),
        ("client_key_pem", &add.client_key),
    ] {
        if let Some(file) = file {
            body[field] = Value::from(text(file)?);
        }
    }
    if let Some(file) = &add.proxy_password_file {
        body["proxy_password"] = Value::from(text(file)?.trim_end_matches(['\n', '\r']));
    }
    let mut request = client.request(Method::PUT, &["chart-repositories", &add.name]).json(&body);
    if !add.replace {
        request = request.header(header::IF_NONE_MATCH, "*");
    }
    let body = client.send(request).await?.body;
    let saved = match body.get("stages") {
        // It takes longer than a request waits.
        Some(_) => followed(client, &add.name, &body["id"]).await?,
        None => body,
    };
    one(format, &saved, DETAILS)?;
    if saved["kind"] == "oci" && saved["charts"] == 0 {
        eprintln!(
            "No chart is known there: most registries do not list what they have. Name them: trueline chart repository \
             add {} {} --replace --chart NAME",
            add.name, add.url
        );
    }
    Ok(())
}

/// Follows the check with this id to its end; gives the repository that it saved.
async fn followed(client: &Client, name: &str, id: &Value) -> Result<Value, Failure> {
    let mut told = String::new();
    let id = id.as_str().unwrap_or_default();
    loop {
        let request = client.request(Method::GET, &["chart-repositories", name, "checks", id]);
        let check = client.send(request).await?.body;
        if !check["finished_at"].is_null() {
            return match failed(&check) {
                Some(line) => Err(Failure::new(unsaved(line))),
                None => {
                    Ok(client.send(client.request(Method::GET, &["chart-repositories", name])).await?.body)
                }
            };
        }
        let stages = check["stages"].as_array().map_or(&[][..], Vec::as_slice);
        let now = stages.iter().find(|line| line["state"] == "running").map(|line| member(line, "title"));
        if let Some(now) = now.filter(|now| *now != told) {
            eprintln!("{now}");
            told = now;
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

/// Why a check ended without having saved, as its failed stage tells. Of one that was given up it is not known.
fn unsaved(line: &Value) -> String {
    let sentence = member(line, "diagnosis.sentence");
    if line["diagnosis"]["code"] == "stopped" { sentence } else { format!("{sentence} Nothing was saved.") }
}

fn text(file: &Path) -> Result<String, Failure> {
    std::fs::read_to_string(file)
        .map_err(|e| Failure::new(format!("{} could not be read: {e}.", file.display())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_check_that_was_given_up_nothing_is_said_to_be_unsaved() {
        let line = |code: &str| json!({"diagnosis": {"code": code, "sentence": "So it is."}});
        assert_eq!(unsaved(&line("connection_refused")), "So it is. Nothing was saved.");
        assert_eq!(unsaved(&line("stopped")), "So it is.");
    }
}
