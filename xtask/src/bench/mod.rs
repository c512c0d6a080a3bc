//! `cargo xtask bench`: measures a release build, prints raw samples, and fails when a goal is missed.

mod applications;
mod apply;
mod charts;
mod check;
mod deploy;
mod seal;
mod serve;

use crate::Error;
use crate::demo::GitHost;
use crate::program::{self, Running};
use crate::run::cargo;
use crate::{go_tools, tools};

/// All benchmarks.
const ALL: &[&str] = &[
    "git",
    "seal",
    "deploy",
    "apply",
    "charts-install",
    "serve",
    "check",
    "applications",
    "lists",
    "charts",
];

/// `cargo xtask bench [NAME]`, all of them without a name. With `--debug` `apply`, `charts-install` and the last four take
/// a debug build.
///
/// # Errors
/// When something cannot be built or started.
pub(crate) fn command(arguments: &[String]) -> Result<bool, Error> {
    let (wanted, rest): (Vec<&str>, &[String]) = match arguments.split_first() {
        Some((name, rest)) => (vec![name.as_str()], rest),
        None => (ALL.to_vec(), &[]),
    };
    let release = !rest.iter().any(|option| option == "--debug");
    let mut good = true;
    for name in wanted {
        println!("\n== bench {name}");
        good &= match name {
            "git" => git(rest)?,
            "apply" => apply::measure(rest)?,
            "seal" => seal::measure()?,
            "deploy" => deploy::measure()?,
            "charts-install" => deploy::measure_charts(release)?,
            "serve" => serve::measure()?,
            "check" => check::measure(release)?,
            "applications" => applications::measure(release)?,
            "lists" => lists(release)?,
            "charts" => charts::measure(release)?,
            other => {
                return Err(format!("there is no benchmark {other}; there are {}", ALL.join(", ")).into());
            }
        };
    }
    Ok(good)
}

/// The Git write path has a benchmark of its own, beside its code.
fn git(rest: &[String]) -> Result<bool, Error> {
    let mut command = cargo(&["bench", "--package", "git", "--bench", "write_path", "--"]);
    Ok(command.args(rest).status()?.success())
}

/// Lists of 10,000 applications have a benchmark beside the code that makes them.
fn lists(release: bool) -> Result<bool, Error> {
    let mut command = cargo(&["bench", "--package", "store", "--bench", "applications"]);
    if !release {
        command.args(["--profile", "dev"]);
    }
    Ok(command.status()?.success())
}

/// A release build of Trueline on a new data folder, with its page.
fn start(folder: &std::path::Path) -> Result<Running, Error> {
    let helm = go_tools::helm()?;
    tools::build_page()?;
    let program = program::build(true)?;
    Running::start(&program, &helm, folder, program::port(None)?)
}

/// A Trueline on a new data folder that knows where a simulated host is asked, with an administrator signed in.
fn ready(folder: &std::path::Path, release: bool, host: &GitHost) -> Result<Running, Error> {
    let helm = go_tools::helm()?;
    let program = program::build(release)?;
    let running = Running::start_with((&program, &helm), folder, program::port(None)?, &host.settings())?;
    let login = ["login", &running.url(), "--user", "admin", "--password-stdin"];
    typed(&running, &login, &running.password()?)?;
    Ok(running)
}

/// The command that saves the account of a host.
fn deploy_host(host: &GitHost) -> Vec<String> {
    ["gitops", "save", "trial"].into_iter().map(str::to_owned).chain(host.flags()).collect()
}

/// Runs a command of the command line with this input; what it writes is only told when it fails.
fn typed(running: &Running, arguments: &[&str], input: &str) -> Result<(), Error> {
    use std::process::Stdio;
    let mut command = running.client(arguments);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
    if let Some(mut stdin) = child.stdin.take() {
        std::io::Write::write_all(&mut stdin, input.as_bytes())?;
    }
    let out = child.wait_with_output()?;
    if out.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&out.stderr).into_owned() + &String::from_utf8_lossy(&out.stdout);
    Err(format!("`trueline {}` failed: {said}", arguments.join(" ")).into())
}

/// Samples in milliseconds and what they come to.
struct Samples(Vec<f64>);

impl Samples {
    fn median(&self) -> f64 {
        let mut sorted = self.0.clone();
        sorted.sort_by(f64::total_cmp);
        sorted.get(sorted.len() / 2).copied().unwrap_or(f64::NAN)
    }

    /// The sample that so many of a hundred do not exceed.
    fn percentile(&self, of_hundred: usize) -> f64 {
        let mut sorted = self.0.clone();
        sorted.sort_by(f64::total_cmp);
        let place = (sorted.len() * of_hundred).div_ceil(100).max(1) - 1;
        sorted.get(place).copied().unwrap_or(f64::NAN)
    }

    /// Prints what many samples come to.
    fn print_short(&self, name: &str) {
        let (half, most) = (self.percentile(50), self.percentile(100));
        let late = self.percentile(99);
        println!("{name}: median {half:.0} ms, 99th percentile {late:.0} ms, {most:.0} ms at most");
    }

    fn print(&self, name: &str) {
        let list: Vec<String> = self.0.iter().map(|sample| format!("{sample:.0}")).collect();
        println!("{name}: median {:.1} ms of {}: {}", self.median(), self.0.len(), list.join(" "));
    }
}

/// Prints a figure beside its goal; answers whether it is met.
fn goal(name: &str, value: f64, limit: f64, unit: &str) -> bool {
    let met = value < limit;
    println!(
        "{} {name}: {value:.1} {unit} (goal: under {limit} {unit})",
        if met { "met   " } else { "MISSED" }
    );
    met
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_the_middle_sample() {
        assert!((Samples(vec![9.0, 1.0, 5.0]).median() - 5.0).abs() < f64::EPSILON);
        let hundred = Samples((1..=100).map(f64::from).collect());
        let found = [50, 99, 100].map(|part| hundred.percentile(part));
        assert!(found.iter().zip([50.0, 99.0, 100.0]).all(|(a, b)| (a - b).abs() < f64::EPSILON));
        assert!(goal("a", 1.0, 2.0, "ms") && !goal("a", 2.0, 2.0, "ms"));
    }
}
