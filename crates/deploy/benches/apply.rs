//! A thousand small applications on a fresh API server: from nothing to applied, again after a change to all, and
//! without one; beside the same server-side applies sent plainly from sixteen connections, in alternating order.
//!
//! `cargo xtask bench apply [--applications N] [--rounds N]`

use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use deploy::apply::{Guard, Release, apply};
use deploy::{Bounds, Cluster, Counts, Kubeconfig, Object};
use futures_util::{StreamExt as _, stream};
use model::Secret;
use serde_json::{Value, json};
use testkit::control_plane::{self, ADMINISTRATOR, Server};

/// Namespaces that the applications are spread over.
const NAMESPACES: usize = 20;
/// Connections of the plain applies.
const CONNECTIONS: usize = 16;
/// Releases that the engine applies side by side; the cluster's own bound of calls holds as well.
const RELEASES: usize = 32;
/// The goal: so many times the plain applies.
const GOAL: f64 = 2.5;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let option = |name: &str, default: usize| {
        let place = arguments.iter().position(|argument| argument == name);
        place.and_then(|place| arguments.get(place + 1)?.parse().ok()).unwrap_or(default)
    };
    let (applications, rounds) = (option("--applications", 1_000), option("--rounds", 4));
    let runtime =
        tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("threads can be started");
    let good = runtime.block_on(run(applications, rounds));
    if good { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// What one way took: from nothing, and after a change.
struct Times {
    first: Duration,
    change: Duration,
}

async fn run(applications: usize, rounds: usize) -> bool {
    let (mut plain, mut engine) = (Vec::new(), Vec::new());
    let mut good = true;
    for round in 0..rounds {
        for ours in [round % 2 == 1, round % 2 == 0] {
            let Some(server) = control_plane::server("bench: apply").await else { return false };
            for number in 0..NAMESPACES {
                let name = format!("bench-{number}");
                let namespace =
                    json!({ "apiVersion": "v1", "kind": "Namespace", "metadata": { "name": name } });
                server.admin().must("POST", "/api/v1/namespaces", Some(&namespace)).await;
            }
            if ours {
                let (times, unwritten) = by_engine(&server, applications).await;
                good &= unwritten;
                engine.push(times);
            } else {
                plain.push(plainly(&server, applications).await);
            }
            println!("  memory of {:?} MB, of this process {} MB", server.megabytes(), megabytes());
        }
    }
    let median = |all: &[Times], of: fn(&Times) -> Duration| {
        let mut times: Vec<f64> = all.iter().map(|times| of(times).as_secs_f64()).collect();
        times.sort_by(f64::total_cmp);
        times.get(times.len() / 2).copied().unwrap_or(f64::NAN)
    };
    for (what, of) in [
        ("from nothing", (|times: &Times| times.first) as fn(&Times) -> Duration),
        ("after a change to all", |times| times.change),
    ] {
        let (one, other) = (median(&plain, of), median(&engine, of));
        let ratio = other / one;
        let word = if ratio <= GOAL { "met   " } else { "MISSED" };
        println!(
            "{word} {applications} applications {what}: plain {one:.2} s, engine {other:.2} s, ratio {ratio:.2} \
             (goal: {GOAL} at most)"
        );
        good &= ratio <= GOAL;
    }
    good
}

/// The objects of an application; `text` is what a change changes.
fn objects(number: usize, text: &str) -> [Value; 3] {
    let name = format!("app-{number}");
    let labels = json!({ "app": name });
    let meta = || json!({ "name": name, "namespace": namespace(number), "labels": labels });
    [
        json!({ "apiVersion": "v1", "kind": "ConfigMap", "metadata": meta(), "data": { "text": text } }),
        json!({
            "apiVersion": "v1", "kind": "Service",
            "metadata": { "name": name, "namespace": namespace(number), "labels": { "app": name, "text": text } },
            "spec": { "selector": labels, "ports": [{ "name": "http", "port": 80, "targetPort": 8080 }] },
        }),
        json!({
            "apiVersion": "apps/v1", "kind": "Deployment", "metadata": meta(),
            "spec": {
                "replicas": 2, "selector": { "matchLabels": labels },
                "template": {
                    "metadata": { "labels": labels },
                    "spec": { "containers": [{
                        "name": "web", "image": format!("acme/shop:{text}"),
                        "ports": [{ "name": "http", "containerPort": 8080 }],
                        "resources": { "requests": { "cpu": "10m", "memory": "32Mi" } },
                        "envFrom": [{ "configMapRef": { "name": name } }],
                        "readinessProbe": { "httpGet": { "path": "/", "port": "http" } },
                    }] },
                },
            },
        }),
    ]
}

fn namespace(number: usize) -> String {
    format!("bench-{}", number % NAMESPACES)
}

/// The same applies from as many connections as are allowed, and nothing else.
async fn plainly(server: &Server, applications: usize) -> Times {
    let mut took = Vec::new();
    for text in ["1", "2"] {
        let calls: Vec<(String, String)> = (0..applications)
            .flat_map(|number| {
                let name = format!("app-{number}");
                let folder = |group: &str, plural: &str| {
                    format!(
                        "/{group}/namespaces/{}/{plural}/{name}?fieldManager=plain&force=true",
                        namespace(number)
                    )
                };
                let paths = [
                    folder("api/v1", "configmaps"),
                    folder("api/v1", "services"),
                    folder("apis/apps/v1", "deployments"),
                ];
                paths.into_iter().zip(objects(number, text).map(|object| object.to_string()))
            })
            .collect();
        let (calls, next) = (Arc::new(calls), Arc::new(AtomicUsize::new(0)));
        let begun = Instant::now();
        let workers = (0..CONNECTIONS).map(|_| {
            let (calls, next, admin) = (Arc::clone(&calls), Arc::clone(&next), server.admin());
            tokio::spawn(async move {
                while let Some((path, body)) = calls.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let status = admin.send("PATCH", path, body.clone()).await;
                    assert!((200..300).contains(&status), "{path}: {status}");
                }
            })
        });
        for worker in workers.collect::<Vec<_>>() {
            worker.await.expect("no panic");
        }
        took.push(begun.elapsed());
        println!("plain, {} applies: {:.2} s", calls.len(), begun.elapsed().as_secs_f64());
    }
    Times { first: took[0], change: took[1] }
}

/// The engine; whether it wrote nothing where nothing had changed.
async fn by_engine(server: &Server, applications: usize) -> (Times, bool) {
    let config = Kubeconfig::read(&server.kubeconfig(ADMINISTRATOR)).unwrap_or_else(|e| panic!("{e}"));
    let cluster = Cluster::new(config, Bounds::default()).unwrap_or_else(|e| panic!("{e}"));
    cluster.discovery().await.expect("it answers");
    let mut took = Vec::new();
    let mut unwritten = false;
    for (what, text) in [("from nothing", "1"), ("after a change", "2"), ("without a change", "2")] {
        let before = cluster.counts();
        let begun = Instant::now();
        let work = stream::iter(0..applications).map(|number| one(&cluster, number, text));
        work.buffer_unordered(RELEASES).for_each(|()| std::future::ready(())).await;
        took.push(begun.elapsed());
        let now = cluster.counts();
        let made = Counts { reads: now.reads - before.reads, writes: now.writes - before.writes };
        let each = |count: u64| count as f64 / applications.max(1) as f64;
        println!(
            "engine, {what}: {:.2} s, {:.1} reads and {:.1} writes a deployment",
            begun.elapsed().as_secs_f64(),
            each(made.reads),
            each(made.writes)
        );
        unwritten = made.writes == 0;
    }
    println!("{} without a change nothing is written", if unwritten { "met   " } else { "MISSED" });
    (Times { first: took[0], change: took[1] }, unwritten)
}

async fn one(cluster: &Cluster, number: usize, text: &str) {
    let release = Release {
        name: format!("app-{number}"),
        namespace: namespace(number),
        id: format!("app-{number}"),
        former: Vec::new(),
        key: Secret::new("a key"),
    };
    let objects = objects(number, text).into_iter().map(|value| Object::new(value).expect("a manifest"));
    let guard = Guard { deployment: text.into(), ..Guard::default() };
    apply(cluster, &release, objects.collect(), &guard, &|_| ()).await.expect("applied");
}

/// The memory of this process now, in MB.
fn megabytes() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap_or_default();
    line.split_whitespace().next().and_then(|number| number.parse::<u64>().ok()).unwrap_or(0) / 1024
}
