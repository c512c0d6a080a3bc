//! A full check of an account against every simulated host, with the time that a host far away takes to answer.

use std::time::Instant;

use super::{deploy_host, goal, ready, typed};
use crate::Error;
use crate::demo::{GitHost, SIMULATED};

/// Milliseconds that a host takes for each answer, and seconds that a check may take then.
const GOALS: [(u64, f64); 2] = [(10, 1.0), (100, 5.0)];

/// Saves an account of each host, which is a full check: made, used and removed a repository.
///
/// # Errors
/// When a program cannot be started, or an account does not pass.
pub(super) fn measure(release: bool) -> Result<bool, Error> {
    let mut good = true;
    for provider in SIMULATED {
        for (latency, limit) in GOALS {
            let host = match GitHost::start_slow(provider, latency) {
                Ok(host) => host,
                Err(error) => {
                    println!("not there {provider}: {error}");
                    break;
                }
            };
            let folder = tempfile::tempdir()?;
            let running = ready(folder.path(), release, &host)?;
            let save = deploy_host(&host);
            let begun = Instant::now();
            let saved = typed(
                &running,
                &save.iter().map(String::as_str).collect::<Vec<_>>(),
                host.token().unwrap_or_default(),
            );
            if let Err(error) = saved {
                println!("not there {provider}: {error}");
                good = false;
                break;
            }
            let seconds = begun.elapsed().as_secs_f64();
            drop(running);
            let calls = host.end()?.and_then(|end| end["calls"].as_u64()).unwrap_or_default();
            println!("{provider}: {calls} calls at {latency} ms each, Git among them");
            good &= goal(&format!("check of {provider}, {latency} ms an answer"), seconds, limit, "s");
        }
    }
    Ok(good)
}
