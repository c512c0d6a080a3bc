//! `trueline app deploy` and `trueline app history`: deployments of an application.

use std::io::IsTerminal as _;
use std::time::Duration;

use clap::{Args, Subcommand};
use reqwest::Method;
use serde_json::{Value, json};

use super::http::Client;
use super::release::confirmation;
use crate::failure::Failure;
use crate::output::{Column, Format, clean, document, list, member, one};

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Deploy an image to an environment.
    Deploy(Deploy),
    /// Bring the state of an earlier deployment back as a new commit, and hold the environment.
    Rollback(Rollback),
    /// List an application's deployments, the newest first.
    History {
        /// The application.
        name: String,
        /// Those to this environment alone.
        #[arg(long)]
        environment: Option<String>,
    },
}

#[derive(Args)]
pub(crate) struct Deploy {
    /// The application.
    name: String,
    /// Where to.
    #[arg(long)]
    environment: String,
    /// The image with its tag or digest, such as registry.acme.dev/shop:1.4.2.
    #[arg(long)]
    image: String,
    /// Why; goes into the commit.
    #[arg(long, default_value = "")]
    message: String,
    /// Generate anew what the chart generates, such as passwords and certificates; without it, they stay.
    #[arg(long)]
    generate_anew: bool,
    /// Digest of the preview that you looked at: refused if it would give something else now.
    #[arg(long)]
    digest: Option<String>,
    #[command(flatten)]
    beyond: Beyond,
    /// Wait until it has ended; the exit code says how.
    #[arg(long)]
    wait: bool,
}

#[derive(Args)]
pub(crate) struct Rollback {
    /// The application.
    name: String,
    /// Where.
    #[arg(long)]
    environment: String,
    /// The number of the deployment whose state comes back.
    #[arg(long, value_name = "NUMBER")]
    to: i64,
    /// Why; goes into the commit, and everybody who is stopped by the hold reads it.
    #[arg(long, default_value = "")]
    message: String,
    /// Digest of the preview that you looked at: refused if it would give something else now.
    #[arg(long)]
    digest: Option<String>,
    #[command(flatten)]
    beyond: Beyond,
    /// Wait until it has ended; the exit code says how.
    #[arg(long)]
    wait: bool,
}

/// What a deployment may do in a cluster beyond changing the application's own objects.
#[derive(Args)]
pub(crate) struct Beyond {
    /// Take over objects in the cluster that another tool or nobody owns; never those of another application.
    #[arg(long)]
    adopt: bool,
    /// Delete objects whose immutable fields changed and make them anew; never those that hold data.
    #[arg(long)]
    recreate: bool,
}

impl Beyond {
    /// Writes it into the body of a deployment.
    pub(crate) fn ask(&self, body: &mut Value) {
        body["adopt"] = json!(self.adopt);
        body["recreate"] = json!(self.recreate);
    }
}

/// How often a deployment is looked at while it is waited for.
const LOOK: Duration = Duration::from_millis(150);

const COLUMNS: &[Column] = &[
    ("number", |i| member(i, "number")),
    ("environment", |i| member(i, "environment")),
    ("what", what),
    ("state", state),
    ("author", |i| member(i, "author")),
    ("created", |i| member(i, "created_at")),
    ("commit", |i| member(i, "commit").chars().take(10).collect()),
    ("message", |i| member(i, "message")),
];

const DETAILS: &[Column] = &[
    ("number", |i| member(i, "number")),
    ("application", |i| member(i, "application")),
    ("environment", |i| member(i, "environment")),
    ("image", |i| member(i, "image")),
    ("chart", |i| format!("{} {}", member(i, "chart.name"), member(i, "chart.version"))),
    ("restores", |i| member(i, "restores")),
    ("reseals", |i| member(i, "reseals")),
    ("state", state),
    ("commit", |i| member(i, "commit")),
    ("created", |i| member(i, "created_at")),
];

/// What is deployed: the image, or of installed charts the chart and its version.
pub(crate) fn what(deployment: &Value) -> String {
    let image = member(deployment, "image");
    let chart = || format!("{} {}", member(deployment, "chart.name"), member(deployment, "chart.version"));
    if image.is_empty() { chart().trim().to_owned() } else { image }
}

/// How it ended, else the last stage passed.
fn state(deployment: &Value) -> String {
    let end = member(deployment, "end");
    if end.is_empty() { member(deployment, "stage") } else { end }
}

pub(crate) async fn run(client: &Client, command: Command, format: Format) -> Result<(), Failure> {
    match command {
        Command::Deploy(deploy) => run_deploy(client, deploy, format).await,
        Command::Rollback(rollback) => run_rollback(client, rollback, format).await,
        Command::History { name, environment } => {
            let filter: Vec<_> = environment.iter().map(|e| ("environment", e.as_str())).collect();
            let path = ["applications", name.as_str(), "deployments"];
            list(format, &client.all(&path, &filter).await?, COLUMNS)
        }
    }
}

async fn run_deploy(client: &Client, deploy: Deploy, format: Format) -> Result<(), Failure> {
    let Deploy { name, environment, image, message, generate_anew, digest, beyond, wait } = deploy;
    let mut body = json!({
        "environment": environment, "image": image, "message": message, "digest": digest, "anew": generate_anew,
    });
    beyond.ask(&mut body);
    let path = ["applications", name.as_str(), "deployments"];
    let request = client.request(Method::POST, &path).json(&body);
    let deployment = client.send(request).await?.body;
    taken_on(client, &name, deployment, (wait, format)).await
}

async fn run_rollback(client: &Client, rollback: Rollback, format: Format) -> Result<(), Failure> {
    let Rollback { name, environment, to, message, digest, beyond, wait } = rollback;
    let mut body = json!({ "environment": environment, "restore": to, "message": message, "digest": digest });
    beyond.ask(&mut body);
    let request = client.request(Method::POST, &["applications", name.as_str(), "deployments"]).json(&body);
    let deployment = client.send(request).await?.body;
    eprintln!(
        "{environment} of {name} is held from now on. To deploy there again: trueline app release {name} --environment \
         {environment}"
    );
    taken_on(client, &name, deployment, (wait, format)).await
}

/// Shows a deployment that was taken on, or waits for its end.
pub(crate) async fn taken_on(
    client: &Client,
    name: &str,
    deployment: Value,
    (wait, format): (bool, Format),
) -> Result<(), Failure> {
    if !wait {
        return one(format, &deployment, DETAILS);
    }
    let ended = follow(client, name, deployment, format).await?;
    if format == Format::Table && is_good(&ended) && !member(&ended, "notes").is_empty() {
        println!(
            "\n{}\n",
            member(&ended, "notes").lines().map(clean).collect::<Vec<_>>().join("\n").trim_end()
        );
    }
    if format != Format::Table {
        print!("{}", document(format, &ended)?);
    }
    verdict(&ended)
}

/// Waits for the end. For people, each stage is told as it is passed.
async fn follow(client: &Client, name: &str, first: Value, format: Format) -> Result<Value, Failure> {
    let number = member(&first, "number");
    let talks = format == Format::Table;
    if talks {
        println!("Deployment {number} of {name} to {}", clean(&member(&first, "environment")));
    }
    let bar = (talks && std::io::stderr().is_terminal()).then(indicatif::ProgressBar::new_spinner);
    if let Some(bar) = &bar {
        bar.enable_steady_tick(Duration::from_millis(120));
    }
    let mut deployment = first;
    let (mut told, mut asked) = (0, Value::Null);
    loop {
        let timeline = deployment["timeline"].as_array().cloned().unwrap_or_default();
        for entry in timeline.iter().skip(told).filter(|_| talks) {
            let say = || println!("{}", line(entry, &deployment));
            match &bar {
                Some(bar) => bar.suspend(say),
                None => say(),
            }
        }
        told = timeline.len();
        if !deployment["end"].is_null() {
            break;
        }
        let confirm = &deployment["release"]["confirm"];
        if talks && confirm.is_object() && confirm["digest"] != asked {
            asked = confirm["digest"].clone();
            let say = || confirmation::asked(name, &deployment);
            match &bar {
                Some(bar) => bar.suspend(say),
                None => say(),
            }
        }
        if let Some(bar) = &bar {
            bar.set_message(going_on(&deployment));
        }
        tokio::time::sleep(LOOK).await;
        let request = || client.request(Method::GET, &["applications", name, "deployments", &number]);
        let told = || eprintln!("{} does not answer; waiting for it for two minutes.", client.base());
        deployment = client.send_patiently(request, told).await?.body;
    }
    if let Some(bar) = &bar {
        bar.finish_and_clear();
    }
    Ok(deployment)
}

/// One line of the timeline.
fn line(entry: &Value, deployment: &Value) -> String {
    let stage = member(entry, "stage");
    let finished = stage == "finished";
    let failed = finished && !is_good(deployment);
    let mut line = format!("{} {stage:9}", if failed { "✗" } else { "✓" });
    if finished {
        line.push_str(&format!("  {}", member(deployment, "end")));
    } else if entry["milliseconds"].as_u64().is_some_and(|ms| ms > 0) {
        line.push_str(&format!("  {} ms", entry["milliseconds"]));
    }
    // What failed is said at the end, by the command itself.
    if !failed {
        let note = clean(&member(entry, "note"));
        line.push_str(&if note.is_empty() { note } else { format!("  {note}") });
    }
    line.trim_end().to_owned()
}

/// What goes on now: the stage at work, or what it waits for.
fn going_on(deployment: &Value) -> String {
    let next = match member(deployment, "stage").as_str() {
        "requested" => "rendering",
        "rendered" => "committing",
        "committed" => "releasing",
        _ => "finishing",
    };
    let told = clean(&member(deployment, "release.message"));
    if !told.is_empty() {
        return format!("{next}: {told}");
    }
    let last = deployment["timeline"].as_array().and_then(|t| t.last());
    let note = last.map(|entry| clean(&member(entry, "note"))).filter(|n| n.contains("next in"));
    note.map_or_else(|| next.to_owned(), |note| format!("{next}: {note}"))
}

/// Whether it ended well: in Git, and where there is a cluster healthy there.
fn is_good(deployment: &Value) -> bool {
    deployment["end"] == "stored" || deployment["end"] == "healthy"
}

/// What the end means for the exit code, and where the commit is.
fn verdict(ended: &Value) -> Result<(), Failure> {
    let number = member(ended, "number");
    if is_good(ended) {
        let page = member(ended, "commit_url");
        let page = if page.is_empty() { page } else { format!(" ({})", clean(&page)) };
        eprintln!("Commit {} on {}{page}", member(ended, "commit"), clean(&member(ended, "branch")));
        return Ok(());
    }
    if ended["end"] == "superseded" {
        let note = ended["timeline"].as_array().and_then(|t| t.last()).map(|e| member(e, "note"));
        let note = clean(&note.unwrap_or_default());
        return Err(Failure::new(format!("Deployment {number} was superseded. {note}")));
    }
    let mut failure = Failure::new(clean(&member(ended, "failure.sentence")));
    for said in member(ended, "failure.detail").lines() {
        failure = failure.detail(clean(said));
    }
    Err(failure.detail(format!("(deployment {number}, {})", member(ended, "failure.code"))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_stage_is_one_line() {
        let deployment = json!({ "end": "stored", "stage": "finished" });
        for (entry, want) in [
            (json!({ "stage": "requested", "milliseconds": 0, "note": "" }), "✓ requested"),
            (
                json!({ "stage": "rendered", "milliseconds": 112, "note": "9 objects" }),
                "✓ rendered   112 ms  9 objects",
            ),
            (json!({ "stage": "finished", "milliseconds": 0, "note": "" }), "✓ finished   stored"),
        ] {
            assert_eq!(line(&entry, &deployment), want);
        }
        let failed = json!({ "end": "failed", "stage": "finished" });
        let entry = json!({ "stage": "finished", "milliseconds": 0, "note": "No." });
        assert_eq!(line(&entry, &failed), "✗ finished   failed");
    }

    #[test]
    fn what_is_waited_for_is_told() {
        let released = json!({ "stage": "committed", "release": { "message": "1 of 2 objects applied." } });
        assert_eq!(going_on(&released), "releasing: 1 of 2 objects applied.");
        let waits =
            json!({ "stage": "rendered", "timeline": [{ "note": "x is away. Tried once; next in 2 s." }] });
        assert_eq!(going_on(&waits), "committing: x is away. Tried once; next in 2 s.");
        let works = json!({ "stage": "requested", "timeline": [{ "note": "" }] });
        assert_eq!(going_on(&works), "rendering");
    }
}
