//! Running other programs: their lines pass through a filter to the terminal, whole into a log, and a
//! program that does not end within its limit is ended.

use std::fs::File;
use std::io::{BufRead, BufReader, IsTerminal, Write};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, mpsc};
use std::time::{Duration, Instant};

use crate::Error;

/// The folder above `xtask`.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("xtask lies in the workspace").to_path_buf()
}

/// The folder for what is built; follows `CARGO_TARGET_DIR`.
pub(crate) fn target() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), |dir| root().join(dir))
}

/// Whether this runs on a machine where nothing may be missing.
pub(crate) fn on_ci() -> bool {
    std::env::var_os("CI").is_some_and(|value| value == "true" || value == "1")
}

/// A program of the system, started in the workspace's root.
pub(crate) fn program(name: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new(name);
    command.args(arguments).current_dir(root());
    command
}

/// The cargo that started this command.
pub(crate) fn cargo(arguments: &[&str]) -> Command {
    let name = std::env::var("CARGO").unwrap_or_else(|_| "cargo".into());
    let mut command = program(&name, arguments);
    // What `cargo run` sets for us is not meant for what we build: build scripts that watch these variables
    // would have everything above them compiled again each time.
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        if ["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_BIN_", "CARGO_CRATE_"]
            .iter()
            .any(|own| text.starts_with(own))
        {
            command.env_remove(&name);
        }
    }
    command
}

/// Runs to the end and gives the standard output.
///
/// # Errors
/// When the program cannot be started or fails; the text says what it wrote.
pub(crate) fn output(command: &mut Command) -> Result<String, Error> {
    let name = command.get_program().to_string_lossy().into_owned();
    let out = command.stdin(Stdio::null()).output().map_err(|e| format!("cannot start {name}: {e}"))?;
    if !out.status.success() {
        return Err(format!("{command:?} failed: {}", String::from_utf8_lossy(&out.stderr).trim()).into());
    }
    Ok(String::from_utf8(out.stdout)?)
}

/// Whether a program of this name is found and answers.
pub(crate) fn answers(name: &str, argument: &str) -> bool {
    let mut command = Command::new(name);
    command.arg(argument).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

/// Runs to the end within `limit`. Each line of output goes into `log`; those for which `show` answers true
/// are printed too.
///
/// # Errors
/// When the program cannot be started, or did not end within the limit.
pub(crate) fn watched(
    command: &mut Command,
    limit: Duration,
    log: &Path,
    mut show: impl FnMut(&str) -> bool,
) -> Result<bool, Error> {
    let name = command.get_program().to_string_lossy().into_owned();
    let (reader, writer) = std::io::pipe()?;
    command.stdin(Stdio::null()).stdout(writer.try_clone()?).stderr(writer);
    // A group of its own can be ended as a whole, but would not see the Ctrl-C of a terminal.
    let grouped = !std::io::stdin().is_terminal();
    if grouped {
        command.process_group(0);
    }
    let mut child = command.spawn().map_err(|e| format!("cannot start {name}: {e}"))?;
    // The command holds the write ends; the reader would wait for ever on them.
    command.stdout(Stdio::null()).stderr(Stdio::null());
    let watch = Watch::start(child.id(), grouped, limit);
    std::fs::create_dir_all(log.parent().ok_or("a log has a folder")?)?;
    let mut log_file = File::create(log)?;
    for line in BufReader::new(reader).split(b'\n') {
        let line = line?;
        let line = String::from_utf8_lossy(&line);
        writeln!(log_file, "{line}")?;
        if show(&line) {
            println!("{line}");
        }
    }
    let status = child.wait()?;
    if watch.ended_it() {
        return Err(format!("{name} did not end within {}; it was ended", seconds(limit)).into());
    }
    Ok(status.success())
}

/// Ends a program when its time is over, with what it started where it has a group of its own.
struct Watch {
    done: mpsc::Sender<()>,
    ended: Arc<AtomicBool>,
}

impl Watch {
    fn start(process: u32, grouped: bool, limit: Duration) -> Self {
        let (done, wait) = mpsc::channel();
        let ended = Arc::new(AtomicBool::new(false));
        let flag = Arc::clone(&ended);
        std::thread::spawn(move || {
            if wait.recv_timeout(limit) == Err(mpsc::RecvTimeoutError::Timeout) {
                flag.store(true, Ordering::SeqCst);
                let target = if grouped { format!("-{process}") } else { process.to_string() };
                let _ = Command::new("kill").args(["-KILL", "--", &target]).status();
            }
        });
        Self { done, ended }
    }

    fn ended_it(self) -> bool {
        let _ = self.done.send(());
        self.ended.load(Ordering::SeqCst)
    }
}

/// A span for people: `0.4 s`, `12 s`, `3 min 05 s`.
pub(crate) fn seconds(span: Duration) -> String {
    match span.as_secs() {
        0..10 => format!("{:.1} s", span.as_secs_f64()),
        10..120 => format!("{} s", span.as_secs()),
        more => format!("{} min {:02} s", more / 60, more % 60),
    }
}

/// How a step of a command went.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Verdict {
    /// It did what it had to.
    Passed,
    /// It did not.
    Failed,
    /// It could not be tried.
    Skipped,
}

/// The steps of a command: announces each, times it, and sums up.
#[derive(Default)]
pub(crate) struct Steps {
    done: Vec<(String, Verdict, Duration, String)>,
}

impl Steps {
    /// Runs one step. An error is printed and makes the step failed; the next ones go on.
    pub(crate) fn step(&mut self, name: &str, work: impl FnOnce() -> Result<Verdict, Error>) -> Verdict {
        println!("\n== {name}");
        let start = Instant::now();
        let (verdict, note) = match work() {
            Ok(verdict) => (verdict, String::new()),
            Err(error) => (Verdict::Failed, error.to_string()),
        };
        let span = start.elapsed();
        if !note.is_empty() {
            println!("{note}");
        }
        println!("-- {name}: {} in {}", word(verdict), seconds(span));
        self.done.push((name.to_owned(), verdict, span, note));
        verdict
    }

    /// Whether none failed.
    pub(crate) fn passed(&self) -> bool {
        self.done.iter().all(|(_, verdict, ..)| *verdict != Verdict::Failed)
    }

    /// Prints all steps with their times.
    pub(crate) fn sum_up(&self) {
        println!("\n== Steps");
        for (name, verdict, span, note) in &self.done {
            let note = note.lines().next().unwrap_or_default();
            println!(
                "{:>13}  {:<7}  {name}{}{note}",
                seconds(*span),
                word(*verdict),
                if note.is_empty() { "" } else { ": " }
            );
        }
        let all: Duration = self.done.iter().map(|(_, _, span, _)| *span).sum();
        println!("{:>13}  in all", seconds(all));
    }
}

fn word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Passed => "passed",
        Verdict::Failed => "FAILED",
        Verdict::Skipped => "skipped",
    }
}
