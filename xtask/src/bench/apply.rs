//! From our own push to applied, through the whole product: a hundred applications on the built-in Git host deploy into
//! a real cluster within a minute, first from nothing, then another image of each.

use std::time::{Duration, Instant};

use serde_json::Value;

use super::{Samples, goal, typed};
use crate::demo::{GitHost, KubernetesCluster};
use crate::program::{self, Running};
use crate::run::{cargo, output};
use crate::{Error, go_tools};

/// Applications, which are asked for evenly within [`MINUTE`].
const APPLICATIONS: usize = 100;
const MINUTE: Duration = Duration::from_secs(60);
/// Time for all to end after that.
const LIMIT: Duration = Duration::from_secs(120);
/// The goal: from the commit to applied, of 99 in a hundred.
const GOAL_MILLISECONDS: f64 = 2_000.0;
const PAUSE: Duration = Duration::from_millis(500);
const MEGABYTE: f64 = 1024.0 * 1024.0;

/// The engine alone, beside plain applies; then the whole product. `--engine` or `--product` does one of them,
/// `--debug` takes debug builds; `--applications` and `--rounds` go to the engine.
///
/// # Errors
/// When something cannot be built or started, or a deployment fails.
pub(super) fn measure(arguments: &[String]) -> Result<bool, Error> {
    let has = |option: &str| arguments.iter().any(|argument| argument == option);
    let ours = ["--debug", "--engine", "--product"];
    let rest: Vec<&String> = arguments.iter().filter(|argument| !ours.contains(&argument.as_str())).collect();
    let mut good = true;
    if !has("--product") {
        good &= engine(&rest, has("--debug"))?;
    }
    if !has("--engine") {
        good &= product(!has("--debug"))?;
    }
    Ok(good)
}

/// A thousand applications on a real API server have a benchmark beside the engine.
fn engine(rest: &[&String], debug: bool) -> Result<bool, Error> {
    go_tools::control_plane()?;
    let mut command = cargo(&["bench", "--package", "deploy", "--bench", "apply"]);
    if debug {
        command.args(["--profile", "dev"]);
    }
    Ok(command.arg("--").args(rest).status()?.success())
}

fn product(release: bool) -> Result<bool, Error> {
    let folder = tempfile::tempdir()?;
    let (program, helm) = (program::build(release)?, go_tools::helm()?);
    let (cluster, host) = (KubernetesCluster::start()?, GitHost::start("built-in")?);
    let running = Running::start(&program, &helm, folder.path(), program::port(None)?)?;
    prepare(&running, &cluster, &host, folder.path())?;
    let mut good = true;
    for (what, image) in [("from nothing", "shop:1"), ("another image of each", "shop:2")] {
        let asked = ask(&running, image)?;
        println!("{what}: {APPLICATIONS} deployments asked for within {:.1} s", asked.as_secs_f64());
        let all = ended(&running)?;
        let took =
            |from: &str, to: &str| all.iter().map(|one| between(one, from, to)).collect::<Result<_, _>>();
        let (commit, applied, healthy): (Vec<f64>, Vec<f64>, Vec<f64>) =
            (took("rendered", "committed")?, took("committed", "released")?, took("released", "finished")?);
        Samples(commit).print_short("  rendered to pushed");
        Samples(healthy).print_short("  applied to healthy");
        let applied = Samples(applied);
        applied.print_short("  push to applied");
        good &= goal(
            &format!("push to applied, 99th percentile, {what}"),
            applied.percentile(99),
            GOAL_MILLISECONDS,
            "ms",
        );
        println!(
            "  memory: Trueline {:.0} MB ({:.0} MB at most), API server {:.0} MB",
            running.memory()? as f64 / MEGABYTE,
            running.peak()? as f64 / MEGABYTE,
            cluster.memory()? as f64 / MEGABYTE
        );
    }
    Ok(good)
}

/// Signs in, connects Git and the cluster, makes the applications.
fn prepare(
    running: &Running,
    cluster: &KubernetesCluster,
    host: &GitHost,
    folder: &std::path::Path,
) -> Result<(), Error> {
    let login = ["login", &running.url(), "--user", "admin", "--password-stdin"];
    typed(running, &login, &running.password()?)?;
    let save = super::deploy_host(host);
    typed(running, &save.iter().map(String::as_str).collect::<Vec<_>>(), "")?;
    cluster.write_kubeconfig(&folder.join("kubeconfig"))?;
    typed(running, &["cluster", "add", "eu", "--kubeconfig", "kubeconfig", "--create-namespaces"], "")?;
    typed(running, &["project", "create", "shops"], "")?;
    let environment = ["environment", "create", "production", "--cluster", "eu", "--namespace", "shops"];
    typed(running, &environment, "")?;
    std::fs::write(folder.join("values.yaml"), "replicas: 1\n")?;
    for number in 0..APPLICATIONS {
        typed(running, &["app", "create", &name(number), "--project", "shops"], "")?;
        typed(running, &["app", "values", &name(number), "--file", "values.yaml"], "")?;
    }
    Ok(())
}

fn name(number: usize) -> String {
    format!("shop-{number:03}")
}

/// Asks for a deployment of each, evenly; how long that took.
fn ask(running: &Running, image: &str) -> Result<Duration, Error> {
    let begun = Instant::now();
    for number in 0..APPLICATIONS {
        let at = MINUTE.mul_f64(number as f64 / APPLICATIONS as f64);
        std::thread::sleep(at.saturating_sub(begun.elapsed()));
        let image = format!("registry.acme.dev/{image}");
        let deploy = ["app", "deploy", &name(number), "--environment", "production", "--image", &image];
        typed(running, &deploy, "")?;
    }
    Ok(begun.elapsed())
}

/// Waits until the newest deployment of each has ended, and gives them.
fn ended(running: &Running) -> Result<Vec<Value>, Error> {
    let begun = Instant::now();
    let (mut waiting, mut found) = ((0..APPLICATIONS).collect::<Vec<_>>(), Vec::new());
    while !waiting.is_empty() {
        if begun.elapsed() > LIMIT {
            return Err(format!("{} deployments did not end\n{}", waiting.len(), running.log_end()).into());
        }
        let mut still = Vec::new();
        for number in waiting {
            let history = output(&mut running.client(&["app", "history", &name(number), "-o", "json"]))?;
            let newest = serde_json::from_str::<Value>(&history)?[0].take();
            match newest["end"].as_str() {
                Some("healthy") => found.push(newest),
                Some(end) => {
                    return Err(format!("{} ended as {end}: {}", name(number), newest["failure"]).into());
                }
                None => still.push(number),
            }
        }
        waiting = still;
        if !waiting.is_empty() {
            std::thread::sleep(PAUSE);
        }
    }
    Ok(found)
}

/// Milliseconds from a stage of a deployment to another one.
fn between(deployment: &Value, from: &str, to: &str) -> Result<f64, Error> {
    let at = |stage: &str| {
        let timeline = deployment["timeline"].as_array().into_iter().flatten();
        let mut entries = timeline.filter(|entry| entry["stage"] == stage);
        let found = entries.next_back().and_then(|entry| milliseconds(entry["at"].as_str()?));
        found.ok_or_else(|| format!("{} was not at {stage}", deployment["number"]))
    };
    // From just before midnight to just after it.
    let day = 24.0 * 3_600_000.0;
    Ok((at(to)? - at(from)? + day) % day)
}

/// The milliseconds of its day that a time is at, as in `2026-11-23T10:20:30.400Z`.
fn milliseconds(time: &str) -> Option<f64> {
    let clock = time.split_once('T')?.1.strip_suffix('Z')?;
    let mut parts = clock.split(':');
    let mut next = || parts.next()?.parse::<f64>().ok();
    Some((next()? * 3_600.0 + next()? * 60.0 + next()?) * 1_000.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_time_between_stages_is_taken_from_the_timeline() {
        let deployment = json!({ "number": 1, "timeline": [
            { "stage": "committed", "at": "2026-11-23T23:59:59.900Z" },
            { "stage": "released", "at": "2026-11-24T00:00:01.150Z" },
        ] });
        let took = between(&deployment, "committed", "released").expect("both are there");
        assert!((took - 1_250.0).abs() < 0.001, "{took}");
        assert!(between(&deployment, "released", "finished").is_err());
    }
}
