//! From the request of a deployment to its commit, on the built-in host: the stages' own times.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{Samples, goal, start};
use crate::Error;
use crate::demo::{GitHost, Story};
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
    let mut stages: BTreeMap<String, Vec<f64>> = BTreeMap::new();
    let mut without_rendering = Vec::new();
    for round in 0..ROUNDS {
        let image = format!("registry.acme.dev/shop:2.0.{round}");
        let arguments = ["app", "deploy", "shop", "--environment", "production", "--image", &image, "--wait"];
        let mut command = running.client(&[&arguments[..], &["-o", "json"]].concat());
        let deployment: Value = serde_json::from_str(&output(&mut command)?)?;
        let mut sum = 0.0;
        for entry in deployment["timeline"].as_array().ok_or("a deployment has a timeline")? {
            let stage = entry["stage"].as_str().unwrap_or("unnamed").to_owned();
            let milliseconds = entry["milliseconds"].as_f64().unwrap_or(f64::NAN);
            if stage != "rendered" {
                sum += milliseconds;
            }
            stages.entry(stage).or_default().push(milliseconds);
        }
        without_rendering.push(sum);
    }
    for (stage, samples) in stages {
        Samples(samples).print(&stage);
    }
    let all = Samples(without_rendering);
    all.print("all but rendering");
    Ok(goal("request to commit without rendering", all.median(), 100.0, "ms"))
}
