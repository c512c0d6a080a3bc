//! From the request of a deployment to its commit, on the built-in host: the stages' own times.

use std::collections::BTreeMap;
use std::process::Command;

use serde_json::Value;

use super::{Samples, goal, start};
use crate::Error;
use crate::demo::{Charts, GitHost, Story};
use crate::run::output;

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
        stages.take(&mut running.client(&[&arguments[..], &["-o", "json"]].concat()))?;
    }
    Ok(stages.print("request to commit without rendering", 100.0))
}

/// Installs a chart of 500 KB again and again; without rendering the median has to stay under 300 ms.
///
/// # Errors
/// When Trueline cannot be started or an installation fails.
pub(super) fn measure_charts() -> Result<bool, Error> {
    let folder = tempfile::tempdir()?;
    let running = start(folder.path())?;
    let host = GitHost::start("built-in")?;
    let charts = Charts::start()?;
    Story::new(&running, folder.path(), &host).prepare()?;
    output(&mut running.client(&["chart", "repository", "add", "trial", charts.url()]))?;
    let mut stages = Stages::default();
    for round in 0..ROUNDS {
        let name = format!("large-{round}");
        let install =
            ["chart", "install", &name, "trial/large", "--version", "1.0.0", "--project", "shop-team"];
        let how = ["--environment", "production", "--wait", "-o", "json"];
        stages.take(&mut running.client(&[&install[..], &how].concat()))?;
    }
    Ok(stages.print("installation to commit without rendering", 300.0))
}

/// What the stages of deployments took, in milliseconds.
#[derive(Default)]
struct Stages {
    each: BTreeMap<String, Vec<f64>>,
    without_rendering: Vec<f64>,
}

impl Stages {
    /// Takes the times of the deployment that a command prints.
    fn take(&mut self, command: &mut Command) -> Result<(), Error> {
        let deployment: Value = serde_json::from_str(&output(command)?)?;
        let mut sum = 0.0;
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
