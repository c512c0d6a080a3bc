//! `trueline gitops`: the Git accounts that everything deployed is kept in.

pub(crate) mod report;
mod save;

use clap::Subcommand;
use reqwest::Method;
use serde_json::Value;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

pub(crate) use self::report::report;
use super::http::Client;
use crate::failure::Failure;
use crate::output::{Column, Format, list, member, one};

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
    Save(Box<save::Save>),
    /// Check a stored configuration; nothing is changed.
    Check {
        /// Its name.
        name: String,
        /// A repository to try it on, where applications name theirs: a branch of the check's own is pushed there and
        /// removed.
        #[arg(long, value_name = "URL")]
        check_repository: Option<String>,
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

/// What owns the repositories: the one of the four that the kind of host knows.
fn owner(config: &Value) -> String {
    let words = ["organization", "group", "project", "workspace"];
    words.into_iter().map(|word| member(config, word)).find(|text| !text.is_empty()).unwrap_or_default()
}

/// How many calls of the host's budget are left to the stored credential, and until when the host wants to be left
/// alone.
fn calls_left(config: &Value) -> String {
    let rate = &config["rate"];
    let counts = match (rate["left"].as_u64(), rate["limit"].as_u64()) {
        (Some(left), Some(limit)) => Some(format!("{left} of {limit}")),
        (None, Some(limit)) => Some(format!("limit {limit}")),
        (left, None) => left.map(|left| left.to_string()),
    };
    let waiting = Some(member(rate, "waiting_until")).filter(|until| !until.is_empty());
    let waiting = waiting.map(|until| format!("waiting until {until}"));
    counts.into_iter().chain(waiting).collect::<Vec<_>>().join(", ")
}

/// When the stored credential ends: the day, and how far it is.
fn token_ends(config: &Value) -> String {
    ends(&member(config, "expires_at"), OffsetDateTime::now_utc())
}

fn ends(at: &str, now: OffsetDateTime) -> String {
    let Ok(then) = OffsetDateTime::parse(at, &Rfc3339) else { return at.to_owned() };
    let far = match (then - now).whole_days() {
        _ if then <= now => "ended".to_owned(),
        0 => "within a day".to_owned(),
        1 => "in 1 day".to_owned(),
        days => format!("in {days} days"),
    };
    format!("{at}, {far}")
}

/// The project key; in brackets the one that an empty key means.
fn project_key(config: &Value) -> String {
    let (entered, used) = (member(config, "project_key"), member(config, "check.facts.project"));
    if entered.is_empty() && !used.is_empty() { format!("({used})") } else { entered }
}

fn last_check(config: &Value) -> String {
    let check = &config["check"];
    let at = member(check, "finished_at");
    match check["failed"] == true {
        _ if at.is_empty() => String::new(),
        true => format!("{at}, failed"),
        false => format!("{at}, passed"),
    }
}

const COLUMNS: &[Column] = &[
    ("name", |i| member(i, "name")),
    ("provider", |i| member(i, "provider")),
    ("host", |i| member(i, "host")),
    ("owner", owner),
    ("active", |i| if i["active"] == true { "✓".into() } else { String::new() }),
    ("applications", |i| member(i, "applications")),
    ("saved", |i| member(i, "saved_at")),
];

const DETAILS: &[Column] = &[
    ("name", |i| member(i, "name")),
    ("provider", |i| member(i, "provider")),
    ("host", |i| member(i, "host")),
    ("owner", owner),
    ("username", |i| member(i, "username")),
    ("project key", project_key),
    ("credential", |i| member(i, "credential")),
    ("secret", |i| if i["has_secret"] == true { "stored".into() } else { "none".into() }),
    ("repositories", |i| member(i, "repositories.source")),
    ("prefix", |i| member(i, "repositories.prefix")),
    ("branch", |i| member(i, "repositories.default_branch")),
    ("visibility", |i| member(i, "repositories.visibility")),
    ("deletion", |i| member(i, "repositories.deletion")),
    ("active", |i| member(i, "active")),
    ("applications", |i| member(i, "applications")),
    ("proxy", |i| member(i, "proxy")),
    ("last check", last_check),
    ("signed in as", |i| member(i, "check.facts.identity")),
    ("token", |i| member(i, "credential_state")),
    ("token ends", token_ends),
    ("calls left", calls_left),
    ("saved by", |i| member(i, "saved_by")),
    ("saved", |i| member(i, "saved_at")),
];

const KINDS: &[Column] = &[
    ("kind", |i| member(i, "kind")),
    ("label", |i| member(i, "label")),
    ("owner", |i| {
        let scope = i["fields"].as_array().into_iter().flatten().find(|f| f["scope"] == true);
        scope.map(|f| format!("--{}", member(f, "name"))).unwrap_or_default()
    }),
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
        Command::Save(save) => save::run(client, *save, format).await,
        Command::Check { name, check_repository } => {
            let request = config(&name, &["check"], Method::POST);
            let request = match check_repository {
                Some(url) => {
                    let stored = client.send(config(&name, &[], Method::GET)).await?.body;
                    request.json(&save::again(&stored, &url))
                }
                None => request,
            };
            let topic = format!("gitops-config:{name}");
            let answer = report::following(client, &topic, client.send(request)).await?;
            report::print(format, &answer.body)?;
            match answer.body["failed"] == true {
                true => Err(Failure::new(format!("The check of {name} failed."))),
                false => Ok(()),
            }
        }
        Command::Activate { name } => {
            let answer = client.send(config(&name, &["activate"], Method::POST)).await?;
            if format != Format::Table {
                return one(format, &answer.body, DETAILS);
            }
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn how_the_stored_credential_stands_is_told_of_itself() {
        // The newest check tried another token.
        let facts = json!({ "expires_at": "2026-01-01T00:00:00Z", "rate_left": { "left": 1, "limit": 60 } });
        let rate = json!({ "left": 4812, "limit": 5000, "resets_at": null, "waiting_until": null });
        let mut config = json!({ "rate": rate, "expires_at": null, "check": { "facts": facts } });
        assert_eq!((calls_left(&config).as_str(), token_ends(&config).as_str()), ("4812 of 5000", ""));
        config["rate"]["waiting_until"] = "2026-12-01T09:30:00.000Z".into();
        assert_eq!(calls_left(&config), "4812 of 5000, waiting until 2026-12-01T09:30:00.000Z");
        // Hosts that tell no numbers, or only how many there are.
        config["rate"]["left"] = Value::Null;
        assert_eq!(calls_left(&config), "limit 5000, waiting until 2026-12-01T09:30:00.000Z");
        config["rate"]["limit"] = Value::Null;
        assert_eq!(calls_left(&config), "waiting until 2026-12-01T09:30:00.000Z");
        config["rate"] = Value::Null;
        assert_eq!(calls_left(&config), "");
        let now = OffsetDateTime::parse("2026-12-01T09:30:00Z", &Rfc3339).expect("a time");
        for (at, told) in [
            ("2026-12-15T10:30:00.000Z", "2026-12-15T10:30:00.000Z, in 14 days"),
            ("2026-12-02T10:30:00.000Z", "2026-12-02T10:30:00.000Z, in 1 day"),
            ("2026-12-01T10:30:00.000Z", "2026-12-01T10:30:00.000Z, within a day"),
            ("2026-11-30T10:30:00.000Z", "2026-11-30T10:30:00.000Z, ended"),
            ("", ""),
        ] {
            assert_eq!(ends(at, now), told);
        }
    }
}
