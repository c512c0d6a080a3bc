//! `trueline cluster`.

use std::path::{Path, PathBuf};

use clap::Subcommand;
use reqwest::Method;
use serde_json::{Value, json};

use super::gitops_config::report::{following, report};
use super::http::Client;
use crate::failure::Failure;
use crate::output::{Column, Format, list, member, one};

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Add a cluster, or change one: it is looked at, and saved if it can be reached and lets Trueline in. What is not
    /// said of one that is there stays as it is.
    Add {
        /// Its name: lower-case letters, digits and hyphens.
        name: String,
        /// The file with its kubeconfig; `-` reads standard input.
        #[arg(long, value_name = "FILE")]
        kubeconfig: Option<PathBuf>,
        /// The context of the kubeconfig; the current one of a new kubeconfig by default.
        #[arg(long)]
        context: Option<String>,
        /// Come as the service account of the pod that Trueline itself runs in.
        #[arg(long, conflicts_with_all = ["kubeconfig", "context"])]
        in_cluster: bool,
        /// Make namespaces that are not there.
        #[arg(long, conflicts_with = "no_create_namespaces")]
        create_namespaces: bool,
        /// Make no namespaces.
        #[arg(long)]
        no_create_namespaces: bool,
        /// It was made anew and what ran in it is gone: it may be another cluster than before, although applications
        /// have places there.
        #[arg(long)]
        made_anew: bool,
    },
    /// List clusters.
    List,
    /// Show one cluster.
    Show {
        /// Its name.
        name: String,
    },
    /// Look at a cluster now: can it be reached, who is Trueline there, what may it do.
    Check {
        /// Its name.
        name: String,
        /// Print the smallest roles that are missing, for `kubectl apply -f -`, and nothing else.
        #[arg(long)]
        roles: bool,
    },
    /// Remove a cluster that no environment is in. What runs there goes on running.
    Remove {
        /// Its name.
        name: String,
    },
}

const COLUMNS: &[Column] = &[
    ("name", |i| member(i, "name")),
    ("server", |i| member(i, "server")),
    ("state", |i| member(i, "state")),
    ("kubernetes", |i| member(i, "kubernetes_version")),
    ("environments", |i| {
        let names = i["environments"].as_array().into_iter().flatten().filter_map(Value::as_str);
        names.collect::<Vec<_>>().join(", ")
    }),
];

pub(crate) async fn run(client: &Client, command: Command, format: Format) -> Result<(), Failure> {
    match command {
        Command::Add {
            name,
            kubeconfig,
            context,
            in_cluster,
            create_namespaces,
            no_create_namespaces,
            made_anew,
        } => {
            let text = match kubeconfig {
                Some(path) => Some(text(&path)?),
                None => None,
            };
            let body = json!({
                "source": in_cluster.then_some("in-cluster"),
                "kubeconfig": text,
                "context": context,
                "create_namespaces": (create_namespaces || no_create_namespaces).then_some(create_namespaces),
                "made_anew": made_anew,
            });
            let request = client.request(Method::PUT, &["clusters", &name]).json(&body);
            let saved = following(client, &format!("cluster:{name}"), client.send(request)).await?.body;
            one(format, &saved, COLUMNS)?;
            lacking(&name, &saved);
            Ok(())
        }
        Command::List => list(format, &client.all(&["clusters"], &[]).await?, COLUMNS),
        Command::Show { name } => {
            let request = client.request(Method::GET, &["clusters", &name]);
            one(format, &client.send(request).await?.body, COLUMNS)
        }
        Command::Check { name, roles } => {
            let request = client.request(Method::POST, &["clusters", &name, "check"]);
            let cluster = following(client, &format!("cluster:{name}"), client.send(request)).await?.body;
            checked(&cluster, roles, format)
        }
        Command::Remove { name } => {
            client.send(client.request(Method::DELETE, &["clusters", &name])).await?;
            println!("Removed cluster {name}.");
            Ok(())
        }
    }
}

/// Tells whoever saved a cluster that the account lacks rights there.
fn lacking(name: &str, cluster: &Value) {
    let missing = cluster["check"]["missing"].as_array().map_or(0, Vec::len);
    if missing > 0 {
        eprintln!(
            "It is saved, and the account lacks {missing} rights there. Which, and the smallest roles that have them: \
             trueline cluster check {name}, trueline cluster check {name} --roles"
        );
    }
}

/// A kubeconfig, from a file or standard input.
fn text(file: &Path) -> Result<String, Failure> {
    if file == Path::new("-") {
        return Ok(super::secret_from_stdin("kubeconfig")?.reveal().to_owned());
    }
    std::fs::read_to_string(file)
        .map_err(|error| Failure::usage(format!("{} cannot be read: {error}.", file.display())))
}

fn checked(cluster: &Value, roles: bool, format: Format) -> Result<(), Failure> {
    let check = &cluster["check"];
    if roles {
        match check["manifest"].as_str() {
            Some(manifest) => print!("{manifest}"),
            None => eprintln!("{} lacks nothing: there is nothing to apply.", member(check, "user")),
        }
        return Ok(());
    }
    match format {
        Format::Table => report(check).iter().for_each(|line| println!("{line}")),
        Format::Json | Format::Yaml => one(format, cluster, COLUMNS)?,
    }
    let failed = check["stages"].as_array().into_iter().flatten().find(|line| line["state"] == "failed");
    match failed {
        None => Ok(()),
        Some(line) => Err(Failure::new(member(&line["diagnosis"], "sentence"))),
    }
}
