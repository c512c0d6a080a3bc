//! What runs of an application in the cluster of an environment: `trueline app resources`, `restart`, `scale`, `rollout`,
//! `logs`, `events`, `drift`.

pub(crate) mod confirmation;
mod drift;
pub(crate) mod rollout;

use std::io::IsTerminal as _;
use std::time::Duration;

use clap::{Args, Subcommand};
use reqwest::Method;
use serde_json::{Value, json};

use super::http::Client;
use crate::failure::Failure;
use crate::output::{Column, Format, clean, list, member, one};

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Show what runs of an application in a cluster, as a tree with its health.
    Resources(Place),
    /// Start the pods of a workload anew, one after the other; Git stays as it is.
    Restart {
        #[command(flatten)]
        of: Workload,
    },
    /// Give a workload another number of pods, until the next deployment.
    Scale {
        #[command(flatten)]
        of: Workload,
        /// How many pods.
        #[arg(long, value_name = "NUMBER")]
        replicas: u32,
    },
    /// Lead a Rollout of Argo Rollouts on, to its end, or back.
    Rollout {
        #[command(subcommand)]
        step: rollout::Step,
    },
    /// Print the log of a pod.
    Logs(Logs),
    /// List what happened to the objects of an application, the newest first.
    Events(Place),
    /// Show where the cluster is no longer as Git says, and who changed it.
    Drift {
        #[command(flatten)]
        place: Place,
        /// Make the cluster what Git says again; exit code 1 if something still differs then.
        #[arg(long)]
        correct: bool,
    },
}

/// An application in an environment.
#[derive(Args)]
pub(crate) struct Place {
    /// The application.
    name: String,
    /// The environment.
    #[arg(long)]
    environment: String,
}

#[derive(Args)]
pub(crate) struct Workload {
    #[command(flatten)]
    place: Place,
    /// Which workload, such as deployment/shop; may be left out where there is only one.
    #[arg(value_name = "KIND/NAME")]
    workload: Option<String>,
}

#[derive(Args)]
pub(crate) struct Logs {
    #[command(flatten)]
    place: Place,
    /// Which pod; may be left out where there is only one.
    pod: Option<String>,
    /// Which of its containers; needed where it has several.
    #[arg(long)]
    container: Option<String>,
    /// Go on with what is written from now on, until Ctrl-C.
    #[arg(short, long)]
    follow: bool,
    /// So many lines from the end.
    #[arg(long, default_value_t = 200, value_name = "NUMBER")]
    lines: u32,
    /// The log of the container that ran before this one was started.
    #[arg(long)]
    previous: bool,
}

impl Place {
    fn path<'a>(&'a self, last: &'a str) -> [&'a str; 5] {
        ["applications", &self.name, "environments", &self.environment, last]
    }
}

/// The longest that a log is followed.
const FOLLOWED: Duration = Duration::from_secs(24 * 3600);
/// What can be started anew.
const RESTARTED: [&str; 4] = ["Deployment", "StatefulSet", "DaemonSet", "Rollout"];
/// What has a number of pods.
const SCALED: [&str; 3] = ["Deployment", "StatefulSet", "Rollout"];

const RESOURCES: &[Column] = &[
    ("object", |i| member(i, "drawn")),
    ("health", |i| member(i, "status")),
    ("ready", |i| match i["wanted"].as_u64() {
        Some(wanted) => format!("{}/{wanted}", i["ready"].as_u64().unwrap_or(0)),
        None => String::new(),
    }),
    ("message", |i| member(i, "message")),
];

const EVENTS: &[Column] = &[
    ("last", |i| member(i, "last_at")),
    ("type", |i| member(i, "type")),
    ("reason", |i| member(i, "reason")),
    ("object", |i| object(&i["object"])),
    ("count", |i| member(i, "count")),
    ("message", |i| member(i, "message")),
];

/// `Deployment shop`, with the namespace where it is another than the environment's.
pub(crate) fn object(key: &Value) -> String {
    format!("{} {}", member(key, "kind"), member(key, "name"))
}

pub(crate) async fn run(client: &Client, command: Command, format: Format) -> Result<(), Failure> {
    match command {
        Command::Resources(place) => resources(client, &place, format).await,
        Command::Restart { of } => {
            let (kind, name) = chosen(client, &of, &RESTARTED).await?;
            let body = json!({ "kind": kind, "name": name });
            client.send(client.request(Method::POST, &of.place.path("restart")).json(&body)).await?;
            println!("The pods of {kind} {name} are started anew.");
            Ok(())
        }
        Command::Scale { of, replicas } => {
            let (kind, name) = chosen(client, &of, &SCALED).await?;
            let body = json!({ "kind": kind, "name": name, "replicas": replicas });
            client.send(client.request(Method::POST, &of.place.path("scale")).json(&body)).await?;
            println!("{kind} {name} has {replicas} pods until the next deployment.");
            Ok(())
        }
        Command::Rollout { step } => rollout::run(client, step).await,
        Command::Logs(logs) => run_logs(client, logs).await,
        Command::Events(place) => {
            let found = client.send(client.request(Method::GET, &place.path("events"))).await?.body;
            list(format, found["events"].as_array().map_or(&[][..], Vec::as_slice), EVENTS)
        }
        Command::Drift { place, correct } => drift::run(client, &place, correct, format).await,
    }
}

async fn found(client: &Client, place: &Place) -> Result<Value, Failure> {
    Ok(client.send(client.request(Method::GET, &place.path("resources"))).await?.body)
}

async fn resources(client: &Client, place: &Place, format: Format) -> Result<(), Failure> {
    let found = found(client, place).await?;
    if format != Format::Table {
        return one(format, &found, &[]);
    }
    let text = |name: &str| clean(&member(&found, name));
    if !text("away").is_empty() {
        eprintln!("The cluster {} cannot be asked now: {}", text("cluster"), text("away"));
    }
    let why = if text("message").is_empty() { String::new() } else { format!(": {}", text("message")) };
    if text("away").is_empty() && found["resources"].as_array().is_some_and(Vec::is_empty) {
        println!("Nothing of {} runs in {}.", place.name, place.environment);
        return Ok(());
    }
    println!(
        "{} in {}, cluster {}, namespace {}: {}{why}",
        place.name,
        place.environment,
        text("cluster"),
        text("namespace"),
        text("status")
    );
    list(format, &drawn(&found["resources"]), RESOURCES)
}

/// The objects with their names drawn as a tree; each comes after what made it.
fn drawn(resources: &Value) -> Vec<Value> {
    let mut items = resources.as_array().cloned().unwrap_or_default();
    let mut depths: Vec<usize> = Vec::with_capacity(items.len());
    for item in &mut items {
        let parent = item["parent"].as_u64().and_then(|parent| usize::try_from(parent).ok());
        let depth = parent.and_then(|parent| depths.get(parent)).map_or(0, |depth| depth + 1);
        depths.push(depth);
        let branch = if depth == 0 { String::new() } else { format!("{}└ ", "  ".repeat(depth - 1)) };
        item["drawn"] = json!(format!("{branch}{}", object(&item["object"])));
    }
    items
}

/// Kind and name of the workload that is meant, as the cluster spells them.
async fn chosen(client: &Client, of: &Workload, kinds: &[&str]) -> Result<(String, String), Failure> {
    let found = found(client, &of.place).await?;
    let ours = found["resources"].as_array().into_iter().flatten().filter(|item| item["parent"].is_null());
    let there: Vec<(String, String)> = ours
        .map(|item| (member(&item["object"], "kind"), member(&item["object"], "name")))
        .filter(|(kind, _)| kinds.contains(&kind.as_str()))
        .collect();
    pick(of.workload.as_deref(), &there).map_err(|why| {
        let place = format!("{} in {}", of.place.name, of.place.environment);
        let mut failure = Failure::new(format!("{why} {place}."));
        for (kind, name) in &there {
            failure = failure.detail(format!("{}/{name}", kind.to_lowercase()));
        }
        failure
    })
}

/// The one that is named, or the only one.
fn pick(wanted: Option<&str>, there: &[(String, String)]) -> Result<(String, String), String> {
    match (wanted, there) {
        (None, [only]) => Ok(only.clone()),
        (None, []) => Err("There is nothing to choose of".into()),
        (None, _) => Err("There are several: name one, as KIND/NAME, of".into()),
        (Some(wanted), _) => {
            let (kind, name) = wanted.split_once('/').unwrap_or(("", wanted));
            let is_it = |(has, called): &&(String, String)| {
                called == name && (kind.is_empty() || has.eq_ignore_ascii_case(kind))
            };
            there.iter().find(is_it).cloned().ok_or_else(|| format!("There is no {wanted} among those of"))
        }
    }
}

async fn run_logs(client: &Client, logs: Logs) -> Result<(), Failure> {
    let pod = match &logs.pod {
        Some(pod) => pod.clone(),
        None => only_pod(client, &logs.place).await?,
    };
    let mut query = vec![("pod", pod), ("lines", logs.lines.to_string())];
    query.extend(logs.container.map(|container| ("container", container)));
    query.extend(logs.follow.then(|| ("follow", "true".to_owned())));
    query.extend(logs.previous.then(|| ("previous", "true".to_owned())));
    let mut request = client.request(Method::GET, &logs.place.path("logs")).query(&query);
    if logs.follow {
        request = request.timeout(FOLLOWED);
    }
    let mut response = client.response(request).await?;
    let broke = |error: reqwest::Error| Failure::new(format!("The log broke off: {error}."));
    let for_people = std::io::stdout().is_terminal();
    let mut rest = Vec::new();
    while let Some(part) = response.chunk().await.map_err(broke)? {
        rest.extend_from_slice(&part);
        let Some(end) = rest.iter().rposition(|byte| *byte == b'\n') else { continue };
        let lines: Vec<u8> = rest.drain(..=end).collect();
        for line in String::from_utf8_lossy(&lines).lines() {
            // A log must not move the cursor of a terminal.
            if for_people {
                println!("{}", clean(line));
            } else {
                println!("{line}");
            }
        }
    }
    Ok(())
}

/// The pod of an application that has only one.
async fn only_pod(client: &Client, place: &Place) -> Result<String, Failure> {
    let found = found(client, place).await?;
    let pods = found["resources"].as_array().into_iter().flatten().filter(|i| i["object"]["kind"] == "Pod");
    let names: Vec<String> = pods.map(|pod| member(&pod["object"], "name")).collect();
    let there = format!("of {} in {}", place.name, place.environment);
    match names.as_slice() {
        [only] => Ok(only.clone()),
        [] => Err(Failure::new(format!("There is no pod {there}."))),
        several => {
            let failure = Failure::new(format!("There are {} pods {there}: name one.", several.len()));
            Err(several.iter().fold(failure, |failure, name| failure.detail(clean(name))))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_runs_is_drawn_as_a_tree() {
        let node =
            |kind: &str, parent: Value| json!({ "object": { "kind": kind, "name": "a" }, "parent": parent });
        let resources = json!([
            node("Service", Value::Null),
            node("Deployment", Value::Null),
            node("ReplicaSet", json!(1)),
            node("Pod", json!(2)),
        ]);
        let names: Vec<String> = drawn(&resources).iter().map(|item| member(item, "drawn")).collect();
        assert_eq!(names, ["Service a", "Deployment a", "└ ReplicaSet a", "  └ Pod a"]);
    }

    #[test]
    fn a_workload_is_named_or_the_only_one() {
        let of = |kind: &str, name: &str| (kind.to_owned(), name.to_owned());
        let two = [of("Deployment", "shop"), of("StatefulSet", "cache")];
        for (wanted, there, want) in [
            (None, &two[..1], Some("shop")),
            (None, &two[..], None),
            (None, &two[..0], None),
            (Some("statefulset/cache"), &two[..], Some("cache")),
            (Some("cache"), &two[..], Some("cache")),
            (Some("deployment/cache"), &two[..], None),
        ] {
            let found = pick(wanted, there).ok().map(|(_, name)| name);
            assert_eq!(found.as_deref(), want, "{wanted:?}");
        }
    }
}
