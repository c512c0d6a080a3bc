//! How quickly `serve` is ready on an existing data folder, what it holds when idle, and what the page's first
//! load weighs.

use std::collections::BTreeSet;
use std::time::Duration;

use super::{Samples, goal, start};
use crate::Error;
use crate::demo::{GitHost, Story};
use crate::http::get;
use crate::program::{self, Running};
use crate::{go_tools, tools};

const STARTS: usize = 9;
/// After this long without a request a process is idle.
const IDLE: Duration = Duration::from_secs(10);

/// Starts, waits, loads the page.
///
/// # Errors
/// When Trueline cannot be started.
pub(super) fn measure() -> Result<bool, Error> {
    let folder = tempfile::tempdir()?;
    let running = start(folder.path())?;
    let host = GitHost::start("built-in")?;
    let story = Story::new(&running, folder.path(), &host);
    story.prepare()?;
    drop(running);

    let (program, helm) = (program::build(true)?, go_tools::helm()?);
    let mut samples = Vec::new();
    for _ in 1..STARTS {
        let running = Running::start(&program, &helm, folder.path(), program::port(None)?)?;
        samples.push(running.ready_after.as_secs_f64() * 1000.0);
    }
    let running = Running::start(&program, &helm, folder.path(), program::port(None)?)?;
    samples.push(running.ready_after.as_secs_f64() * 1000.0);
    let ready = Samples(samples);
    ready.print("serve ready");
    std::thread::sleep(IDLE);
    let memory = running.memory()? as f64 / (1024.0 * 1024.0);
    let weight = first_load(&running)? as f64 / 1024.0;

    let mut good = goal("serve ready on an existing data folder", ready.median(), 1000.0, "ms");
    good &= goal("idle memory", memory, 60.0, "MB");
    if tools::has_page() {
        good &= goal("the page's first load, compressed", weight, 250.0, "KB");
    }
    Ok(good)
}

/// Bytes of the page and of everything that it names, as they come compressed.
fn first_load(running: &Running) -> Result<usize, Error> {
    let page = get(running.address, "/", &[])?;
    let html = String::from_utf8_lossy(&page.body).into_owned();
    let mut paths: BTreeSet<&str> = BTreeSet::from(["/"]);
    for attribute in ["src=\"", "href=\""] {
        paths.extend(html.split(attribute).skip(1).filter_map(|rest| rest.split('"').next()));
    }
    let mut sum = 0;
    for path in paths.into_iter().filter(|path| path.starts_with('/')) {
        let answer = get(running.address, path, &[("accept-encoding", "br, gzip")])?;
        let encoding = answer.header("content-encoding").unwrap_or("as it is");
        println!("{:>8} bytes  {path} ({encoding})", answer.body.len());
        if answer.status != 200 {
            return Err(format!("{path} answers {}", answer.status).into());
        }
        sum += answer.body.len();
    }
    Ok(sum)
}
