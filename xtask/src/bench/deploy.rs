//! From the request of a deployment to its commit, on the built-in host: the stages' own times.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::{Samples, goal, start};
use crate::demo::{Charts, GitHost, Story};
use crate::program::{self, Running};
use crate::run::output;
use crate::{Error, go_tools};

const ROUNDS: usize = 25;

/// Deploys a new tag again and again; without rendering the median has to stay under 100 ms.
///
/// # Errors
/// When Trueline cannot be started or a deployment fails.
pub(super) fn measure() -> Result<bool, Error> {
    let folder = tempfile::tempdir()?;
    let running = start(folder.path())?;
    let host = GitHost::start("built-in")?;
    let story = Story::new(&running, folder.path(), &host);
    story.prepare()?;
    let mut stages = Stages::default();
    for round in 0..ROUNDS {
        let image = format!("registry.acme.dev/shop:2.0.{round}");
        let arguments = ["app", "deploy", "shop", "--environment", "production", "--image", &image, "--wait"];
        let told = output(&mut running.client(&[&arguments[..], &["-o", "json"]].concat()))?;
        stages.take(&serde_json::from_str(&told)?, 0.0)?;
    }
    Ok(stages.print("request to commit without rendering", 100.0))
}

/// Installs a chart of 500 KB again and again; without rendering the median has to stay under 300 ms. The request
/// counts, in which the chart is fetched and read, and so does the client that sends it. A debug build, which only
/// shows that this runs, installs three times.
///
/// # Errors
/// When Trueline cannot be started or an installation fails.
pub(super) fn measure_charts(release: bool) -> Result<bool, Error> {
    let folder = tempfile::tempdir()?;
    let host = GitHost::start("built-in")?;
    let (program, helm) = (program::build(release)?, go_tools::helm()?);
    let running = Running::start(&program, &helm, folder.path(), program::port(None)?)?;
    let charts = Charts::start()?;
    Story::new(&running, folder.path(), &host).prepare()?;
    output(&mut running.client(&["chart", "repository", "add", "trial", charts.url()]))?;
    let (mut stages, mut requests) = (Stages::default(), Vec::new());
    for round in 0..if release { ROUNDS } else { 3 } {
        let name = format!("large-{round}");
        let install =
            ["chart", "install", &name, "trial/large", "--version", "1.0.0", "--project", "shop-team"];
        let how = ["--environment", "production", "-o", "json"];
        let begun = Instant::now();
        output(&mut running.client(&[&install[..], &how].concat()))?;
        let request = begun.elapsed().as_secs_f64() * 1000.0;
        requests.push(request);
        stages.take(&ended(&running, &name)?, request)?;
    }
    Samples(requests).print("request");
    Ok(stages.print("installation to commit without rendering", 300.0))
}

/// Waits for the end of the only deployment of an application.
fn ended(running: &Running, name: &str) -> Result<Value, Error> {
    for _ in 0..600 {
        let all: Value =
            serde_json::from_str(&output(&mut running.client(&["app", "history", name, "-o", "json"]))?)?;
        match all[0]["end"].as_str() {
            Some("stored") => return Ok(all[0].clone()),
            Some(end) => return Err(format!("{name} ended as {end}: {}", all[0]["failure"]).into()),
            None => std::thread::sleep(Duration::from_millis(100)),
        }
    }
    Err(format!("the installation of {name} did not end").into())
}

/// What the stages of deployments took, in milliseconds.
#[derive(Default)]
struct Stages {
    each: BTreeMap<String, Vec<f64>>,
    without_rendering: Vec<f64>,
}

impl Stages {
    /// Takes the times of a deployment, and what came before its first stage.
    fn take(&mut self, deployment: &Value, before: f64) -> Result<(), Error> {
        let mut sum = before;
        for entry in deployment["timeline"].as_array().ok_or("a deployment has a timeline")? {
            let stage = entry["stage"].as_str().unwrap_or("unnamed").to_owned();
            let milliseconds = entry["milliseconds"].as_f64().unwrap_or(f64::NAN);
            if stage != "rendered" {
                sum += milliseconds;
            }
            self.each.entry(stage).or_default().push(milliseconds);
        }
        self.without_rendering.push(sum);
        Ok(())
    }

    /// Prints the samples; whether the median of all but rendering is within the goal.
    fn print(self, what: &str, most: f64) -> bool {
        for (stage, samples) in self.each {
            Samples(samples).print(&stage);
        }
        let all = Samples(self.without_rendering);
        all.print("all but rendering");
        goal(what, all.median(), most, "ms")
    }
}
