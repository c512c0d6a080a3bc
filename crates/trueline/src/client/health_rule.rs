//! `trueline health-rule`.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use reqwest::Method;
use serde_json::{Value, json};

use super::http::Client;
use crate::failure::Failure;
use crate::output::{Column, Format, list, member, one};

#[derive(Subcommand)]
pub(crate) enum Command {
    /// List the health rules.
    List,
    /// Show the health rule for a kind.
    Show {
        /// The kind with its group, such as Widget.acme.dev; the oldest kinds have none, such as Pod.
        name: String,
    },
    /// Save the health rule for a kind, instead of the one before. It wins over what Trueline knows of the kind.
    Set {
        /// The kind with its group, such as Widget.acme.dev; the oldest kinds have none, such as Pod.
        name: String,
        #[command(flatten)]
        expressions: Said,
    },
    /// Delete the health rule for a kind: its objects are as Trueline knows the kind by itself.
    Delete {
        /// The kind with its group.
        name: String,
    },
    /// Tell how an object would be by a health rule that is not saved, or by what holds for its kind now.
    Try(Try),
}

#[derive(Args)]
pub(crate) struct Said {
    /// True where the object is what it is to be, in CEL, such as 'status.phase == "Ready"'.
    #[arg(long, value_name = "EXPRESSION")]
    current: String,
    #[command(flatten)]
    more: More,
}

#[derive(Args)]
pub(crate) struct More {
    /// True while it is still becoming so, in CEL; looked at first.
    #[arg(long, value_name = "EXPRESSION")]
    in_progress: Option<String>,
    /// True where it will not become so by itself, in CEL; looked at second.
    #[arg(long, value_name = "EXPRESSION")]
    failed: Option<String>,
    /// A text that tells people why it is not well, in CEL, such as status.message.
    #[arg(long, value_name = "EXPRESSION")]
    message: Option<String>,
}

#[derive(Args)]
pub(crate) struct Try {
    /// The file with the object as YAML or JSON, as kubectl get -o yaml prints it; `-` reads standard input.
    #[arg(long, value_name = "FILE")]
    file: PathBuf,
    /// True where the object is what it is to be, in CEL; what holds for its kind now if left out.
    #[arg(long, value_name = "EXPRESSION")]
    current: Option<String>,
    #[command(flatten)]
    more: More,
}

const COLUMNS: &[Column] = &[
    ("name", |i| member(i, "name")),
    ("current", |i| member(i, "current")),
    ("in_progress", |i| member(i, "in_progress")),
    ("failed", |i| member(i, "failed")),
    ("saved_by", |i| member(i, "saved_by")),
];

const DETAILS: &[Column] = &[
    ("name", |i| member(i, "name")),
    ("current", |i| member(i, "current")),
    ("in_progress", |i| member(i, "in_progress")),
    ("failed", |i| member(i, "failed")),
    ("message", |i| member(i, "message")),
    ("saved_by", |i| member(i, "saved_by")),
    ("saved_at", |i| member(i, "saved_at")),
];

const TRIAL: &[Column] = &[
    ("name", |i| member(i, "name")),
    ("by", |i| member(i, "by")),
    ("status", |i| member(i, "status")),
    ("message", |i| member(i, "message")),
    ("steps", |i| {
        let step = |step: &Value| {
            let (name, answer, said) =
                (member(step, "expression"), member(step, "answer"), member(step, "said"));
            if said.is_empty() { format!("{name}: {answer}") } else { format!("{name}: {answer} ({said})") }
        };
        i["steps"].as_array().into_iter().flatten().map(step).collect::<Vec<_>>().join(", ")
    }),
];

fn expressions(current: &str, more: &More) -> Value {
    json!({
        "current": current,
        "in_progress": more.in_progress,
        "failed": more.failed,
        "message": more.message,
    })
}

pub(crate) async fn run(client: &Client, command: Command, format: Format) -> Result<(), Failure> {
    match command {
        Command::List => list(format, &client.all(&["health-rules"], &[]).await?, COLUMNS),
        Command::Show { name } => {
            let request = client.request(Method::GET, &["health-rules", &name]);
            one(format, &client.send(request).await?.body, DETAILS)
        }
        Command::Set { name, expressions: Said { current, more } } => {
            let body = expressions(&current, &more);
            let request = client.request(Method::PUT, &["health-rules", &name]).json(&body);
            one(format, &client.send(request).await?.body, DETAILS)
        }
        Command::Delete { name } => {
            client.send(client.request(Method::DELETE, &["health-rules", &name])).await?;
            println!("Deleted the health rule for {name}.");
            Ok(())
        }
        Command::Try(attempt) => {
            let rule = match (&attempt.current, &attempt.more) {
                (Some(current), more) => expressions(current, more),
                (None, More { in_progress: None, failed: None, message: None }) => Value::Null,
                (None, _) => {
                    let what = "A rule needs --current: when is an object of the kind what it is to be?";
                    return Err(Failure::usage(what.to_owned()));
                }
            };
            let body = json!({ "object": text(&attempt.file)?, "rule": rule });
            let request = client.request(Method::POST, &["health-trials"]).json(&body);
            one(format, &client.send(request).await?.body, TRIAL)
        }
    }
}

/// An object, from a file or standard input.
fn text(file: &Path) -> Result<String, Failure> {
    let mut text = String::new();
    let read = match file == Path::new("-") {
        true => std::io::stdin().take(2 * 1024 * 1024).read_to_string(&mut text).map(|_| text),
        false => std::fs::read_to_string(file),
    };
    read.map_err(|error| Failure::usage(format!("{} cannot be read: {error}.", file.display())))
}
