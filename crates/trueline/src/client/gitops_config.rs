//! `trueline gitops`: the Git accounts that everything deployed is kept in.

use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::{Args, Subcommand};
use reqwest::{Method, header};
use serde_json::{Map, Value, json};

use super::http::{Answer, Client};
use crate::failure::Failure;
use crate::output::{Column, Format, clean, document, list, member, one};

#[derive(Subcommand)]
pub(crate) enum Command {
    /// List the kinds of Git hosts.
    Providers,
    /// List the GitOps configurations.
    List,
    /// Show one GitOps configuration.
    Show {
        /// Its name.
        name: String,
    },
    /// Check an account and save it if it works; what is left out stays as it is.
    Save(Box<Save>),
    /// Check a stored configuration; nothing is changed.
    Check {
        /// Its name.
        name: String,
    },
    /// Let new applications use a configuration.
    Activate {
        /// Its name.
        name: String,
    },
    /// Delete a configuration that no application lives in.
    Delete {
        /// Its name.
        name: String,
    },
}

#[derive(Args)]
pub(crate) struct Save {
    /// Its name.
    name: String,
    /// The kind of the host: see `trueline gitops providers`.
    #[arg(long, value_name = "KIND")]
    provider: Option<String>,
    /// The host's address.
    #[arg(long, value_name = "URL")]
    host: Option<String>,
    /// The organization or user account that owns the repositories.
    #[arg(long)]
    organization: Option<String>,
    /// The user name that the token belongs to.
    #[arg(long)]
    username: Option<String>,
    /// Read the token from standard input; without it the stored one is kept.
    #[arg(long, conflicts_with = "token_file")]
    token_stdin: bool,
    /// Read the token from a file.
    #[arg(long, value_name = "FILE")]
    token_file: Option<PathBuf>,
    /// The kind of the credential.
    #[arg(long, value_name = "KIND")]
    credential: Option<String>,
    /// Where repositories come from.
    #[arg(long, value_parser = ["per-application", "ask"])]
    repositories: Option<String>,
    /// Prefix of the names of repositories.
    #[arg(long)]
    prefix: Option<String>,
    /// Default branch of new repositories; empty leaves it to the host.
    #[arg(long)]
    branch: Option<String>,
    /// Who sees new repositories.
    #[arg(long, value_parser = ["private", "public"])]
    visibility: Option<String>,
    /// What happens to a repository when its application goes.
    #[arg(long, value_parser = ["keep", "archive", "delete"])]
    deletion: Option<String>,
    /// Name of the committer of all commits.
    #[arg(long, value_name = "NAME")]
    committer_name: Option<String>,
    /// Address of the committer.
    #[arg(long, value_name = "ADDRESS")]
    committer_email: Option<String>,
    /// Certificates of private authorities (PEM).
    #[arg(long, value_name = "FILE")]
    ca_file: Option<PathBuf>,
    /// Do not let new applications use it.
    #[arg(long)]
    no_activate: bool,
}

const COLUMNS: &[Column] = &[
    ("name", |i| member(i, "name")),
    ("provider", |i| member(i, "provider")),
    ("host", |i| member(i, "host")),
    ("organization", |i| member(i, "organization")),
    ("active", |i| if i["active"] == true { "✓".into() } else { String::new() }),
    ("applications", |i| member(i, "applications")),
    ("saved", |i| member(i, "saved_at")),
];

const DETAILS: &[Column] = &[
    ("name", |i| member(i, "name")),
    ("provider", |i| member(i, "provider")),
    ("host", |i| member(i, "host")),
    ("organization", |i| member(i, "organization")),
    ("username", |i| member(i, "username")),
    ("secret", |i| if i["has_secret"] == true { "stored".into() } else { "none".into() }),
    ("repositories", |i| member(i, "repositories.source")),
    ("prefix", |i| member(i, "repositories.prefix")),
    ("branch", |i| member(i, "repositories.default_branch")),
    ("visibility", |i| member(i, "repositories.visibility")),
    ("deletion", |i| member(i, "repositories.deletion")),
    ("active", |i| member(i, "active")),
    ("applications", |i| member(i, "applications")),
    ("saved by", |i| member(i, "saved_by")),
    ("saved", |i| member(i, "saved_at")),
];

const KINDS: &[Column] = &[
    ("kind", |i| member(i, "kind")),
    ("label", |i| member(i, "label")),
    ("host", |i| member(i, "host.default")),
    ("credentials", |i| {
        let kinds = i["credentials"].as_array().into_iter().flatten();
        kinds.map(|c| member(c, "kind")).collect::<Vec<_>>().join(", ")
    }),
];

pub(crate) async fn run(client: &Client, command: Command, format: Format) -> Result<(), Failure> {
    let config = |name: &str, below: &[&str], method: Method| {
        let path: Vec<&str> = ["gitops-configs", name].iter().chain(below).copied().collect();
        client.request(method, &path)
    };
    match command {
        Command::Providers => list(format, &client.all(&["providers"], &[]).await?, KINDS),
        Command::List => list(format, &client.all(&["gitops-configs"], &[]).await?, COLUMNS),
        Command::Show { name } => {
            one(format, &client.send(config(&name, &[], Method::GET)).await?.body, DETAILS)
        }
        Command::Save(save) => save_config(client, *save, format).await,
        Command::Check { name } => {
            let answer = waiting("Checking", client.send(config(&name, &["check"], Method::POST))).await?;
            print_check(format, &answer.body)?;
            match answer.body["failed"] == true {
                true => Err(Failure::new(format!("The check of {name} failed."))),
                false => Ok(()),
            }
        }
        Command::Activate { name } => {
            client.send(config(&name, &["activate"], Method::POST)).await?;
            println!("New applications use {name}.");
            Ok(())
        }
        Command::Delete { name } => {
            client.send(config(&name, &[], Method::DELETE)).await?;
            println!("Deleted GitOps configuration {name}.");
            Ok(())
        }
    }
}

async fn save_config(client: &Client, save: Save, format: Format) -> Result<(), Failure> {
    let all = client.all(&["gitops-configs"], &[]).await?;
    let stored = all.iter().find(|c| c["name"] == save.name.as_str());
    let secret = match &save.token_file {
        Some(file) => Some(text_of(file)?.trim_end_matches(['\n', '\r']).to_owned()),
        None if save.token_stdin => Some(super::secret_from_stdin("token")?.reveal().to_owned()),
        None => None,
    };
    let mut body = Map::new();
    for (field, given) in [
        ("provider", save.provider),
        ("host", save.host),
        ("organization", save.organization),
        ("username", save.username),
        ("credential", save.credential),
        ("ca_pem", save.ca_file.as_deref().map(text_of).transpose()?),
    ] {
        let kept = stored.and_then(|s| s.get(field)).cloned().filter(|v| !v.is_null());
        if let Some(value) = given.map(Value::String).or(kept) {
            body.insert(field.into(), value);
        }
    }
    if !body.contains_key("provider") {
        return Err(Failure::usage("Which kind of Git host is it?")
            .detail("Name it with --provider; trueline gitops providers lists them."));
    }
    let mut rules = Map::new();
    for (field, given) in [
        ("source", save.repositories),
        ("prefix", save.prefix),
        ("default_branch", save.branch),
        ("visibility", save.visibility),
        ("deletion", save.deletion),
        ("committer_name", save.committer_name),
        ("committer_email", save.committer_email),
    ] {
        if let Some(value) = given {
            rules.insert(field.into(), value.into());
        }
    }
    body.insert("repositories".into(), Value::Object(rules));
    body.insert("secret".into(), json!(secret));
    body.insert("activate".into(), json!(!save.no_activate));
    let request = client.request(Method::PUT, &["gitops-configs", &save.name]).json(&Value::Object(body));
    let request = match stored {
        Some(stored) => request.header(header::IF_MATCH, format!("\"{}\"", stored["version"])),
        None => request.header(header::IF_NONE_MATCH, "*"),
    };
    let answer = waiting("Checking", client.send(request)).await?;
    if format != Format::Table {
        return one(format, &answer.body, DETAILS);
    }
    print_check(format, &answer.body["check"])?;
    let active = if answer.body["active"] == true { "; new applications use it" } else { "" };
    println!("Saved {}{active}.", save.name);
    Ok(())
}

fn text_of(file: impl AsRef<Path>) -> Result<String, Failure> {
    let file = file.as_ref();
    std::fs::read_to_string(file)
        .map_err(|e| Failure::usage(format!("{} cannot be read: {e}.", file.display())))
}

/// Shows that something is going on, when a person looks on.
async fn waiting(
    what: &'static str,
    work: impl Future<Output = Result<Answer, Failure>>,
) -> Result<Answer, Failure> {
    if !std::io::stderr().is_terminal() {
        return work.await;
    }
    let bar = indicatif::ProgressBar::new_spinner().with_message(what);
    bar.enable_steady_tick(Duration::from_millis(120));
    let result = work.await;
    bar.finish_and_clear();
    result
}

fn print_check(format: Format, check: &Value) -> Result<(), Failure> {
    if format != Format::Table {
        print!("{}", document(format, check)?);
        return Ok(());
    }
    for line in report(check) {
        println!("{line}");
    }
    Ok(())
}

/// The lines of a check's report, as the page shows them.
pub(crate) fn report(check: &Value) -> Vec<String> {
    let mut lines = Vec::new();
    for stage in check["stages"].as_array().into_iter().flatten() {
        let state = member(stage, "state");
        let sign = match state.as_str() {
            "passed" => "✓",
            "warned" => "!",
            "failed" => "✗",
            _ => "–",
        };
        let mut line = format!("{sign} {}", clean(&member(stage, "title")));
        match state.as_str() {
            "passed" | "warned" | "failed" => line.push_str(&format!("  {} ms", stage["milliseconds"])),
            "skipped" => line.push_str("  not tried"),
            other => line.push_str(&format!("  {other}")),
        }
        lines.push(line);
        let diagnosis = &stage["diagnosis"];
        for (label, field) in [("", "sentence"), ("Missing: ", "missing"), ("→ ", "link")] {
            let text = clean(&member(diagnosis, field));
            if !text.is_empty() {
                lines.push(format!("    {label}{text}"));
            }
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_names_cause_scope_and_page() {
        let check = json!({ "stages": [
            { "title": "Reach https://api.github.com", "state": "passed", "milliseconds": 82, "diagnosis": null },
            { "title": "Create a test repository", "state": "failed", "milliseconds": 0, "diagnosis": {
                "sentence": "The token can read acme but not create repositories.",
                "missing": "repo", "link": "https://github.com/settings/tokens" } },
            { "title": "Delete the test repository", "state": "skipped", "milliseconds": 0, "diagnosis": null },
        ]});
        assert_eq!(
            report(&check),
            [
                "✓ Reach https://api.github.com  82 ms",
                "✗ Create a test repository  0 ms",
                "    The token can read acme but not create repositories.",
                "    Missing: repo",
                "    → https://github.com/settings/tokens",
                "– Delete the test repository  not tried",
            ]
        );
    }
}
