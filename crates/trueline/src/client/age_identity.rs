//! `trueline identity`: the age identity that opens sealed files in Git.

use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::PathBuf;

use clap::Subcommand;
use reqwest::Method;
use serde_json::{Value, json};

use super::http::Client;
use super::secret_from_stdin;
use crate::failure::Failure;
use crate::output::{Column, Format, member, one};

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Show whom to seal to, and whether the identity was exported.
    Show,
    /// Export the identity; keep it where the loss of this installation does not reach it.
    Export {
        /// Read your password from standard input.
        #[arg(long, required = true)]
        password_stdin: bool,
        /// Write it to this new file, mode 0600; to standard output without it.
        #[arg(long, value_name = "FILE")]
        file: Option<PathBuf>,
    },
    /// Put a new identity in the place of the present one; what was sealed before still opens.
    Rotate {
        /// Seal anew at once what lies in Git, as `trueline identity reseal` does.
        #[arg(long)]
        reseal: bool,
    },
    /// Seal anew, for the recipients of today, what lies in Git: a commit for each environment that needs one.
    Reseal {
        /// Only ask for it, or look how far it is with `--show`; do not wait for the end.
        #[arg(long)]
        no_wait: bool,
        /// Only tell how far it is.
        #[arg(long, conflicts_with = "no_wait")]
        show: bool,
    },
    /// Take in identities that open what was sealed elsewhere, such as an export of an installation that was lost.
    Import {
        /// Read them from standard input, one a line.
        #[arg(long, required = true)]
        identity_stdin: bool,
    },
}

const DETAILS: &[Column] = &[
    ("recipient", |i| member(i, "recipient")),
    ("created", |i| member(i, "created_at")),
    ("exported", |i| match i["exported_at"].as_str() {
        Some(at) => at.to_owned(),
        None => "not yet: run trueline identity export --password-stdin --file FILE".to_owned(),
    }),
    ("earlier", |i| {
        let earlier = i["earlier"].as_array().into_iter().flatten();
        let told = |e: &Value| match e["imported"].as_bool() {
            Some(true) => format!("{} (imported)", member(e, "recipient")),
            _ => member(e, "recipient"),
        };
        earlier.map(told).collect::<Vec<_>>().join(", ")
    }),
];

pub(crate) async fn run(client: &Client, command: Command, format: Format) -> Result<(), Failure> {
    match command {
        Command::Show => {
            one(format, &client.send(client.request(Method::GET, &["age-identity"])).await?.body, DETAILS)
        }
        Command::Export { password_stdin: _, file } => {
            // Opened first: an export that could not be written would count as one.
            let target = file.as_ref().map(|path| new_file(path)).transpose()?;
            let password = secret_from_stdin("password")?;
            let request = client.request(Method::POST, &["age-identity", "export"]);
            let request = request.json(&json!({ "password": password.reveal() }));
            let answer = match client.send(request).await {
                Ok(answer) => answer.body,
                Err(failure) => {
                    if let Some(path) = &file {
                        let _left = std::fs::remove_file(path);
                    }
                    return Err(failure);
                }
            };
            let text = answer["identity"].as_str().unwrap_or_default();
            match (target, file) {
                (Some(mut target), Some(path)) => {
                    target.write_all(text.as_bytes()).and_then(|()| target.sync_all()).map_err(|e| {
                        Failure::new(format!("{} could not be written: {e}.", path.display()))
                    })?;
                    println!("Wrote the identity to {}. Keep it safe.", path.display());
                }
                _ => print!("{text}"),
            }
            Ok(())
        }
        Command::Rotate { reseal } => {
            let request = client.request(Method::POST, &["age-identity", "rotate"]);
            one(format, &client.send(request).await?.body, DETAILS)?;
            if reseal {
                return super::reseal::run(client, true, format).await;
            }
            eprintln!(
                "Export the new identity: trueline identity export --password-stdin --file FILE. What lies in Git is still sealed for the earlier \
                 one; to seal it anew: trueline identity reseal"
            );
            Ok(())
        }
        Command::Reseal { no_wait: _, show: true } => super::reseal::show(client, format).await,
        Command::Reseal { no_wait, show: false } => super::reseal::run(client, !no_wait, format).await,
        Command::Import { identity_stdin: _ } => {
            let identity = secret_from_stdin("age identity")?;
            let request = client.request(Method::POST, &["age-identity", "import"]);
            let request = request.json(&json!({ "identity": identity.reveal() }));
            one(format, &client.send(request).await?.body, DETAILS)
        }
    }
}

/// A file that was not there before: an export overwrites nothing.
fn new_file(path: &std::path::Path) -> Result<std::fs::File, Failure> {
    let opened = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
    opened.map_err(|e| Failure::usage(format!("{} could not be made: {e}.", path.display())))
}
