//! `cargo xtask demo`: Trueline's main job before the eyes of a person, on a real Git repository.

mod charts;
mod cluster;
mod host;
mod story;

pub(crate) use charts::Charts;
pub(crate) use cluster::KubernetesCluster;
pub(crate) use host::{GitHost, SIMULATED};
pub(crate) use story::Story;

use std::io::IsTerminal;
use std::path::PathBuf;
use std::time::Instant;

use crate::Error;
use crate::program::{self, Running};
use crate::run::{root, seconds};
use crate::{go_tools, tools};

struct Options {
    /// End when everything is shown, for tests.
    exit: bool,
    port: Option<u16>,
    folder: Option<PathBuf>,
    release: bool,
    provider: String,
    /// Deploy into a real control plane that is started beside Trueline.
    cluster: bool,
}

/// `cargo xtask demo [--cluster] [--provider KIND] [--exit] [--port N] [--data DIR] [--release]`
///
/// # Errors
/// When something cannot be built, started or done.
pub(crate) fn command(arguments: &[String]) -> Result<bool, Error> {
    let options = read(arguments)?;
    headline("Building Trueline, its page and Helm");
    let helm = go_tools::helm()?;
    tools::build_page()?;
    let program = program::build(options.release)?;
    let cluster = if options.cluster { Some(started()?) } else { None };

    // With --exit nothing is left behind; otherwise the folder stays, to be looked at.
    let temporary = if options.exit { Some(tempfile::tempdir()?) } else { None };
    let folder = match (&temporary, &options.folder) {
        (Some(temporary), None) => temporary.path().to_path_buf(),
        (_, Some(folder)) => std::path::absolute(folder)?,
        (None, None) => root().join(".demo"),
    };
    fresh(&folder)?;
    headline("Starting");
    let port = program::port(options.port)?;
    let host = GitHost::start(&options.provider)?;
    let running = Running::start_with((&program, &helm), &folder, port, &host.settings())?;
    println!("trueline serve is ready at {} (data and log in {})", running.url(), folder.display());

    match Story::new(&running, &folder, &host).within(cluster.as_ref()).tell() {
        Ok(shown) => {
            println!("{shown}");
            if options.exit {
                drop(running);
                drop(cluster);
                println!("The demo did everything that it had to.");
                return Ok(true);
            }
            let and_more = if options.cluster { "; then the cluster ends as well" } else { "" };
            println!("The page stays open until you press Ctrl-C{and_more}.");
            running.wait()?;
            Ok(true)
        }
        Err(error) => {
            eprintln!("\nThe demo FAILED: {error}\n\nThe server's log ends with:\n{}", running.log_end());
            Ok(false)
        }
    }
}

/// A control plane that runs.
fn started() -> Result<KubernetesCluster, Error> {
    headline(
        "Starting a cluster: etcd, API server, controller manager, scheduler; nodes and pods are played by kwok",
    );
    let begun = Instant::now();
    let cluster = KubernetesCluster::start()?;
    println!("Kubernetes answers at {} ({})", cluster.url(), seconds(begun.elapsed()));
    Ok(cluster)
}

fn read(arguments: &[String]) -> Result<Options, Error> {
    let mut options = Options {
        exit: false,
        port: None,
        folder: None,
        release: false,
        provider: "built-in".into(),
        cluster: false,
    };
    let mut rest = arguments.iter();
    while let Some(argument) = rest.next() {
        let mut value = || rest.next().ok_or_else(|| format!("{argument} needs a value"));
        match argument.as_str() {
            "--exit" => options.exit = true,
            "--cluster" => options.cluster = true,
            "--release" => options.release = true,
            "--port" => options.port = Some(value()?.parse().map_err(|_| "--port needs a number")?),
            "--provider" => options.provider = value()?.clone(),
            "--data" => options.folder = Some(value()?.into()),
            other => return Err(format!("demo has no option {other}").into()),
        }
    }
    Ok(options)
}

/// Empties the demo's folder, if it is one.
fn fresh(folder: &std::path::Path) -> Result<(), Error> {
    let marker = folder.join("made-by-the-demo");
    let used = folder.is_dir() && std::fs::read_dir(folder)?.next().is_some();
    if used && !marker.is_file() {
        return Err(format!(
            "{} is not empty and not of an earlier demo; choose another --data",
            folder.display()
        )
        .into());
    }
    if used {
        println!("The folder of an earlier demo, {}, is emptied.", folder.display());
        std::fs::remove_dir_all(folder)?;
    }
    std::fs::create_dir_all(folder)?;
    std::fs::write(marker, "This folder is emptied by the next `cargo xtask demo`.\n")?;
    Ok(())
}

/// A line that can be seen from afar.
fn headline(text: &str) {
    if std::io::stdout().is_terminal() {
        println!("\n\x1b[1m== {text}\x1b[0m");
    } else {
        println!("\n== {text}");
    }
}
