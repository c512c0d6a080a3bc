//! `trueline app confirm`: deletions in a cluster that wait for a person, shown and confirmed by typing the application's
//! name.

use std::io::{IsTerminal as _, stdin};

use clap::Args;
use reqwest::Method;
use serde_json::{Value, json};

use super::object;
use crate::client::http::Client;
use crate::failure::Failure;
use crate::output::{Format, clean, document, member};

#[derive(Args)]
pub(crate) struct Confirm {
    /// The application.
    name: String,
    /// The environment.
    #[arg(long)]
    environment: String,
    /// The digest of the deletions that you looked at; on a terminal they are shown and asked about.
    #[arg(long)]
    digest: Option<String>,
}

/// Shows what would go, reads the application's name from standard input, and confirms exactly that.
pub(crate) async fn run(client: &Client, confirm: Confirm, format: Format) -> Result<(), Failure> {
    let Confirm { name, environment, digest } = confirm;
    let (number, waits) = waiting(client, &name, &environment).await?;
    if format == Format::Table {
        told(&waits).iter().for_each(|line| eprintln!("{line}"));
    } else {
        print!("{}", document(format, &waits)?);
    }
    let asks = stdin().is_terminal();
    let Some(digest) = digest.or_else(|| asks.then(|| member(&waits, "digest"))) else {
        let how = format!(
            "echo {name} | trueline app confirm {name} --environment {environment} --digest {}",
            member(&waits, "digest")
        );
        return Err(Failure::new("Nothing was confirmed: name the digest, and type the application's name.")
            .detail(how));
    };
    if asks {
        eprint!("Type the name of the application to delete exactly these: ");
    }
    let mut typed = String::new();
    stdin().read_line(&mut typed).map_err(|e| Failure::new(format!("The name could not be read: {e}.")))?;
    let body = json!({ "digest": digest, "application": typed.trim() });
    let path = ["applications", &name, "deployments", &number, "confirm"];
    client.send(client.request(Method::POST, &path).json(&body)).await?;
    println!("Confirmed: deployment {number} of {name} goes on.");
    Ok(())
}

/// The number of the deployment that waits in an environment, and what it waits with.
async fn waiting(client: &Client, name: &str, environment: &str) -> Result<(String, Value), Failure> {
    let path = ["applications", name, "deployments"];
    let query = [("environment", environment), ("limit", "20")];
    let found = client.send(client.request(Method::GET, &path).query(&query)).await?.body;
    let mut deployments = found["items"].as_array().into_iter().flatten();
    let waits = deployments.find(|d| d["end"].is_null() && d["release"]["confirm"].is_object());
    waits.map(|d| (member(d, "number"), d["release"]["confirm"].clone())).ok_or_else(|| {
        Failure::new(format!("No deployment of {name} to {environment} waits for a confirmation."))
    })
}

/// Tells who waits for a deployment that it waits for a person.
pub(crate) fn asked(name: &str, deployment: &Value) {
    told(&deployment["release"]["confirm"]).iter().for_each(|line| eprintln!("{line}"));
    let environment = clean(&member(deployment, "environment"));
    eprintln!("It waits for a person: trueline app confirm {name} --environment {environment}");
}

/// What would go and why that is asked, as lines for people.
fn told(waits: &Value) -> Vec<String> {
    let objects = waits["objects"].as_array().map_or(&[][..], Vec::as_slice);
    let mut lines = vec![format!("{} objects that Git no longer has would be deleted:", objects.len())];
    lines.extend(objects.iter().map(|key| {
        let namespace = member(key, "namespace");
        let place = if namespace.is_empty() { namespace } else { format!(" in {namespace}") };
        clean(&format!("  {}{place}", object(key)))
    }));
    lines.extend(
        waits["reasons"].as_array().into_iter().flatten().map(|why| clean(why.as_str().unwrap_or_default())),
    );
    lines.push(format!("Digest {}", clean(&member(waits, "digest"))));
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_would_go_is_shown_with_why() {
        let waits = json!({ "digest": "d1", "reasons": ["With it goes what it holds."], "objects": [
            { "group": "", "kind": "PersistentVolumeClaim", "namespace": "eu", "name": "data" },
            { "group": "", "kind": "Namespace", "namespace": "", "name": "old" },
        ]});
        let want = [
            "2 objects that Git no longer has would be deleted:",
            "  PersistentVolumeClaim data in eu",
            "  Namespace old",
            "With it goes what it holds.",
            "Digest d1",
        ];
        assert_eq!(told(&waits), want);
    }
}
