//! A hundred applications, created and deployed at once, against a simulated GitHub that enforces its secondary
//! limits: none is broken, and all get there. More than 80 repositories take more than a minute by nature.

use std::time::{Duration, Instant};

use serde_json::Value;

use super::{deploy_host, ready, typed};
use crate::Error;
use crate::demo::GitHost;
use crate::program::Running;
use crate::run::output;

const COUNT: usize = 100;
/// Time for everything.
const LIMIT: Duration = Duration::from_secs(300);
/// Between two looks.
const PAUSE: Duration = Duration::from_millis(500);

/// Creates, deploys, waits, counts.
///
/// # Errors
/// When a program cannot be started or a command fails.
pub(super) fn measure(release: bool) -> Result<bool, Error> {
    let host = GitHost::start_limited("github")?;
    let folder = tempfile::tempdir()?;
    let running = ready(folder.path(), release, &host)?;
    let save = deploy_host(&host);
    typed(&running, &save.iter().map(String::as_str).collect::<Vec<_>>(), host.token().unwrap_or_default())?;
    typed(&running, &["project", "create", "shops"], "")?;
    typed(&running, &["environment", "create", "production", "--namespace", "shops"], "")?;
    let begun = Instant::now();
    // A hundred people at once, each with the command line.
    std::thread::scope(|scope| -> Result<(), Error> {
        let asking: Vec<_> = (0..COUNT)
            .map(|number| {
                let running = &running;
                scope.spawn(move || ask(running, number).map_err(|error| error.to_string()))
            })
            .collect();
        for one in asking {
            one.join().map_err(|_| "an application could not be asked for")??;
        }
        Ok(())
    })?;
    println!("{COUNT} applications asked for after {:.1} s", begun.elapsed().as_secs_f64());
    let mut waiting: Vec<String> = (0..COUNT).map(|number| format!("shop-{number:03}")).collect();
    let (mut failed, mut told) = (Vec::new(), 0);
    while !waiting.is_empty() && begun.elapsed() < LIMIT {
        std::thread::sleep(PAUSE);
        let mut still = Vec::new();
        for name in waiting {
            match end(&output(&mut running.client(&["app", "history", &name, "-o", "json"]))?)?.as_deref() {
                None => still.push(name),
                Some("stored") => {}
                Some(other) => failed.push(format!("{name}: {other}")),
            }
        }
        waiting = still;
        let done = COUNT - waiting.len();
        if done / 10 > told {
            told = done / 10;
            println!("{done} are in Git after {:.1} s", begun.elapsed().as_secs_f64());
        }
    }
    let seconds = begun.elapsed().as_secs_f64();
    drop(running);
    let end = host.end()?.unwrap_or_default();
    let broken = end["breaches"].as_array().map_or(usize::MAX, Vec::len);
    println!(
        "{COUNT} applications created and deployed in {seconds:.1} s; {} calls, {} at once at most; limits broken: {broken}",
        end["calls"], end["most_at_once"]
    );
    println!("still waiting: {}; failed: {failed:?}", waiting.len());
    Ok(waiting.is_empty() && failed.is_empty() && broken == 0)
}

/// Creates an application and asks for its first deployment.
fn ask(running: &Running, number: usize) -> Result<(), Error> {
    let name = format!("shop-{number:03}");
    output(&mut running.client(&["app", "create", &name, "--project", "shops"]))?;
    let image = "registry.acme.dev/shop:1.0.0";
    let deploy = ["app", "deploy", &name, "--environment", "production", "--image", image];
    output(&mut running.client(&deploy)).map(drop)
}

/// How the newest deployment ended, if it has.
fn end(history: &str) -> Result<Option<String>, Error> {
    let history: Value = serde_json::from_str(history)?;
    let newest = history["items"].as_array().or_else(|| history.as_array()).and_then(|items| items.first());
    Ok(newest.and_then(|deployment| deployment["end"].as_str()).map(str::to_owned))
}
