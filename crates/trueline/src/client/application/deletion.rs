//! `trueline app delete`: what would go from clusters, and the deletion itself.

use std::time::Duration;

use clap::Args;
use reqwest::Method;
use serde_json::Value;

use crate::client::http::Client;
use crate::client::release::object;
use crate::failure::Failure;
use crate::output::{Format, clean, document, member};

#[derive(Args)]
pub(crate) struct Delete {
    /// Its name.
    name: String,
    /// Show what would go from clusters and what would stay, and delete nothing.
    #[arg(long, conflicts_with_all = ["repository", "abandon_cluster", "skip_hooks", "wait", "confirmed"])]
    preview: bool,
    /// What becomes of its repository; by the GitOps configuration's rule without it.
    #[arg(long, value_parser = ["keep", "archive", "delete"])]
    repository: Option<String>,
    /// Let what holds data in its clusters, such as volumes, go too.
    #[arg(long, conflicts_with = "keep_data")]
    cluster_data: bool,
    /// Let everything go but what holds data: that stays in its clusters and is nobody's.
    #[arg(long)]
    keep_data: bool,
    /// The digest of the preview of an environment: exactly what it showed may go. May be repeated.
    #[arg(long, value_name = "ENVIRONMENT:DIGEST")]
    confirmed: Vec<String>,
    /// Leave what it runs in clusters that are away to itself.
    #[arg(long)]
    abandon_cluster: bool,
    /// Do without its hooks, of which one fails again and again.
    #[arg(long)]
    skip_hooks: bool,
    /// Wait until it is gone; what stands in the way is told.
    #[arg(long)]
    wait: bool,
}

/// How often an application that goes is looked at while its end is waited for.
const LOOK_EVERY: Duration = Duration::from_millis(250);

/// Deletes, or shows what would go.
pub(crate) async fn run(client: &Client, delete: Delete, format: Format) -> Result<(), Failure> {
    let Delete {
        name,
        preview,
        repository,
        cluster_data,
        keep_data,
        confirmed,
        abandon_cluster,
        skip_hooks,
        wait,
    } = delete;
    if preview {
        let request = client.request(Method::GET, &["applications", &name, "deletion"]);
        let found = client.send(request.query(&[("keep_data", keep_data)])).await?.body;
        match format {
            Format::Table => told(&name, &found).iter().for_each(|line| println!("{line}")),
            Format::Json | Format::Yaml => print!("{}", document(format, &found)?),
        }
        return Ok(());
    }
    let known = client.send(client.request(Method::GET, &["applications", &name])).await?.body;
    let request = client.request(Method::DELETE, &["applications", &name]);
    let flags = [
        ("cluster_data", cluster_data),
        ("keep_data", keep_data),
        ("abandon_cluster", abandon_cluster),
        ("skip_hooks", skip_hooks),
    ];
    let flags = flags.into_iter().filter(|(_, said)| *said).map(|(name, _)| (name, "true".to_owned()));
    let confirmed = Some(confirmed.join(",")).filter(|all| !all.is_empty()).map(|all| ("confirmed", all));
    let rule = repository.map(|rule| ("repository", rule));
    let query: Vec<_> = rule.into_iter().chain(confirmed).chain(flags).collect();
    client.send(request.query(&query)).await?;
    if !wait {
        println!("Application {name} is being deleted: trueline app show {name} tells how far that is.");
        return Ok(());
    }
    gone(client, &name, &known["id"]).await?;
    println!("Deleted application {name}.");
    Ok(())
}

/// Waits until an application is gone, and tells what stands in the way.
async fn gone(client: &Client, name: &str, id: &Value) -> Result<(), Failure> {
    let mut told = String::new();
    loop {
        let request = client.request(Method::GET, &["applications", name]);
        // Another one may have its name by now.
        match client.found(request).await? {
            Some(answer) if answer.body["id"] == *id => {
                let why = super::not_yet(&answer.body);
                if !why.is_empty() && why != told {
                    eprintln!("{why}");
                }
                told = why;
            }
            _ => return Ok(()),
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

/// What would go, environment by environment, as lines for people.
fn told(name: &str, preview: &Value) -> Vec<String> {
    let items = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let environments = items(&preview["environments"]);
    if environments.is_empty() {
        return vec![format!("{name} runs in no cluster: nothing of it goes there.")];
    }
    let mut lines = Vec::new();
    for place in &environments {
        let text = |field: &str| member(place, field);
        lines.push(format!(
            "{}: cluster {}, namespace {}",
            text("environment"),
            text("cluster"),
            text("namespace")
        ));
        if !text("away").is_empty() {
            lines.push(format!("  cannot be asked now: {}", text("away")));
        }
        let data = items(&place["data"]);
        for key in items(&place["goes"]) {
            let holds = if data.contains(&key) { "  (holds data)" } else { "" };
            lines.push(format!("  goes     {}{holds}", object(&key)));
        }
        for kept in items(&place["stays"]) {
            lines.push(format!("  stays    {}  {}", object(&kept["object"]), member(&kept, "why")));
        }
        for key in items(&place["unseen"]) {
            lines.push(format!("  unknown  {}  the cluster does not say whether it is there", object(&key)));
        }
        for why in items(&place["waiting"]["reasons"]) {
            lines.push(format!("  waits for a person: {}", why.as_str().unwrap_or_default()));
        }
        if let Some(digest) = place["waiting"]["digest"].as_str() {
            lines.push(format!("  exactly this: --confirmed {}:{digest}", text("environment")));
        }
    }
    lines.iter().map(|line| clean(line)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_would_go_is_told_with_what_holds_data() {
        let volume = json!({ "kind": "PersistentVolumeClaim", "name": "data" });
        let preview = json!({ "environments": [{
            "environment": "live", "cluster": "eu", "namespace": "shop", "away": null, "unseen": [],
            "goes": [{ "kind": "Deployment", "name": "shop" }, volume], "data": [volume],
            "stays": [{ "object": { "kind": "Secret", "name": "key" }, "why": "It is marked to be kept." }],
            "waiting": { "digest": "d1", "objects": [volume], "reasons": ["With it goes what it holds."] },
        }]});
        let want = [
            "live: cluster eu, namespace shop",
            "  goes     Deployment shop",
            "  goes     PersistentVolumeClaim data  (holds data)",
            "  stays    Secret key  It is marked to be kept.",
            "  waits for a person: With it goes what it holds.",
            "  exactly this: --confirmed live:d1",
        ];
        assert_eq!(told("shop", &preview), want);
        assert_eq!(told("shop", &json!({ "environments": [] })).len(), 1);
    }
}
