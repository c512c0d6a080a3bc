//! `cargo xtask test`: everything that has to pass, with what it needs installed, each step with its time.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use crate::Error;
use crate::contract_counts::Counts;
use crate::libtest::{Reader, Tally, node};
use crate::run::{Steps, Verdict, cargo, on_ci, root, target, watched};
use crate::tree::Tree;
use crate::{go_tools, temporary, tools};

const PARTS: [&str; 7] = ["format", "lint", "tidy", "web", "rust", "browser", "demo"];
/// The longest that one step may take on a cold machine with two cores.
const LIMIT: Duration = Duration::from_secs(45 * 60);

/// `cargo xtask test [PART...] [--verbose] [--no-install]`
///
/// # Errors
/// When the arguments are wrong.
pub(crate) fn command(arguments: &[String]) -> Result<bool, Error> {
    let mut run = Run::new(arguments)?;
    run.all();
    Ok(run.close())
}

/// One run of the test command.
pub(crate) struct Run {
    parts: Vec<String>,
    verbose: bool,
    install: bool,
    /// The steps so far; `ci` adds its own.
    pub(crate) steps: Steps,
    reader: Reader,
    /// Tests by other runners than Rust's: the page's, the demo.
    others: Tally,
    skips: PathBuf,
    counts: Counts,
    temporary: temporary::Folder,
}

impl Run {
    /// Reads the arguments.
    ///
    /// # Errors
    /// When one is not known.
    pub(crate) fn new(arguments: &[String]) -> Result<Self, Error> {
        let (options, parts): (Vec<&String>, Vec<&String>) =
            arguments.iter().partition(|a| a.starts_with("--"));
        for option in &options {
            if !["--verbose", "--no-install"].contains(&option.as_str()) {
                return Err(format!("there is no option {option}").into());
            }
        }
        if let Some(part) = parts.iter().find(|part| !PARTS.contains(&part.as_str())) {
            return Err(format!("there is no part {part}; parts are: {}", PARTS.join(" ")).into());
        }
        let has = |option: &str| options.iter().any(|given| *given == option);
        let skips = target().join("xtask/skips");
        std::fs::create_dir_all(target().join("xtask"))?;
        std::fs::write(&skips, "")?;
        Ok(Self {
            parts: parts.into_iter().cloned().collect(),
            verbose: has("--verbose"),
            install: !has("--no-install"),
            steps: Steps::default(),
            reader: Reader::default(),
            others: Tally::default(),
            skips,
            counts: Counts::new(&target().join("xtask/contract-counts"))?,
            temporary: temporary::Folder::make(),
        })
    }

    fn wants(&self, part: &str) -> bool {
        self.parts.is_empty() || self.parts.iter().any(|wanted| wanted == part)
    }

    /// Runs the parts asked for.
    pub(crate) fn all(&mut self) {
        if self.wants("format") {
            self.plain("formatting", cargo(&["fmt", "--all", "--check"]));
        }
        if self.wants("tidy") {
            self.steps.step("tidy", || {
                Ok(if crate::tidy::run(&Tree::load(&root())?) { Verdict::Passed } else { Verdict::Failed })
            });
        }
        if ["rust", "browser", "demo"].iter().any(|part| self.wants(part)) {
            self.needs();
        }
        if (self.wants("web") || self.wants("browser")) && tools::has_page() {
            self.web();
        }
        if self.wants("lint") {
            let clippy = ["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"];
            self.plain("lints", cargo(&clippy));
        }
        if self.wants("rust") {
            self.rust();
        }
        if self.wants("browser") && tools::has_page() {
            self.browser();
        }
        if self.wants("demo") {
            self.demos();
        }
    }

    fn needs(&mut self) {
        let install = self.install;
        self.steps.step("what the tests need", || {
            tools::debian(install)?;
            go_tools::helm()?;
            let servers = [
                ("gitea", go_tools::gitea as fn() -> _, "Gitea"),
                ("registry", go_tools::registry, "OCI registry"),
                ("sops", go_tools::sops, "SOPS"),
                ("flux", go_tools::flux, "decryption of Flux"),
                ("kubernetes", go_tools::control_plane, "Kubernetes"),
                ("rollouts", go_tools::rollouts, "definitions of Argo Rollouts"),
            ];
            for (name, ready, what) in servers {
                match ready() {
                    Ok(_) => {}
                    Err(why) if on_ci() => return Err(why),
                    Err(why) => println!("MISSING: {name}: {why}\nThe tests on a real {what} are skipped."),
                }
            }
            Ok(Verdict::Passed)
        });
    }

    /// A step that only passes or fails; its output is shown.
    fn plain(&mut self, name: &str, mut command: Command) {
        let log = log(name);
        let mut packages = 0;
        self.steps.step(name, || {
            verdict(watched(&mut command, LIMIT, &log, |line| interesting(line, &mut packages))?)
        });
    }

    fn web(&mut self) {
        let packages = self.steps.step("the page's packages", || {
            tools::page_packages()?;
            Ok(Verdict::Passed)
        });
        if packages != Verdict::Passed {
            return;
        }
        if self.wants("web") {
            self.plain("the page's types", tools::npm(&["run", "--silent", "typecheck"]));
            self.plain("the page's lints", tools::npm(&["run", "--silent", "lint"]));
            self.page_tests("the page's tests", tools::npm(&["run", "--silent", "test"]));
        }
        self.plain("the page's build", tools::npm(&["run", "--silent", "build"]));
    }

    /// Tests by vitest or Node's runner.
    fn page_tests(&mut self, name: &str, mut command: Command) {
        let log = log(name);
        let tally = &mut self.others;
        self.steps.step(name, || {
            let mut reader = Reader::default();
            let good = watched(&mut command, LIMIT, &log, |line| {
                reader.line(line);
                true
            })?;
            let mut found = reader.tally;
            if found == Tally::default() {
                found = node(&std::fs::read_to_string(&log)?).unwrap_or_default();
            }
            if found.passed == 0 {
                println!("no test of the page passed");
            }
            *tally += found;
            verdict(good && found.passed > 0)
        });
    }

    fn rust(&mut self) {
        let log = log("rust");
        let (skips, temporary, verbose) = (&self.skips, &self.temporary, self.verbose);
        let reader = &mut self.reader;
        let counts = self.counts.file.clone();
        self.steps.step("tests in Rust", || {
            let mut build = cargo(&["test", "--workspace", "--no-run"]);
            let mut packages = 0;
            if !watched(&mut build, LIMIT, &log, |line| interesting(line, &mut packages))? {
                return verdict(false);
            }
            let mut command = cargo(&["test", "--workspace", "--no-fail-fast"]);
            environment(&mut command, skips, temporary);
            command.env("RUST_TEST_THREADS", threads().to_string());
            command.env(Counts::VARIABLE, &counts);
            let good = watched(&mut command, LIMIT, &log, |line| reader.line(line) || verbose)?;
            verdict(good && reader.tally.failed == 0 && reader.tally.passed > 0)
        });
        for (database, passed) in &self.reader.by_database {
            println!("tests passed on {database}: {passed}");
        }
        self.counts.lines().iter().for_each(|line| println!("{line}"));
    }

    fn browser(&mut self) {
        if !tools::answers_chromium() {
            let skips = &self.skips;
            self.steps.step("tests in the browser", || {
                note_skip(skips, "browser", "there is no chromium");
                Ok(Verdict::Skipped)
            });
            return;
        }
        self.plain("the program", cargo(&["build", "--package", "trueline"]));
        let mut command = tools::npm(&["run", "--silent", "browser"]);
        environment(&mut command, &self.skips, &self.temporary);
        command.env("TRUELINE_PROGRAM", target().join("debug/trueline"));
        self.page_tests("tests in the browser", command);
    }

    /// The demo is a test as well: it does the main job and looks at the repository; then in a cluster, where one can
    /// be had.
    fn demos(&mut self) {
        self.demo("the demo", &[]);
        if let Err(why) = go_tools::control_plane() {
            let skips = &self.skips;
            self.steps.step("the demo in a cluster", || {
                note_skip(skips, "demo --cluster", &why.to_string());
                Ok(Verdict::Skipped)
            });
        } else {
            self.demo("the demo in a cluster", &["--cluster"]);
        }
    }

    fn demo(&mut self, name: &str, more: &[&str]) {
        let log = log(name);
        let tally = &mut self.others;
        self.steps.step(name, || {
            let mut command = Command::new(std::env::current_exe()?);
            command.args(["demo", "--exit"]).args(more).current_dir(root());
            let good = watched(&mut command, LIMIT, &log, |_| true)?;
            *tally += Tally { passed: usize::from(good), failed: usize::from(!good), skipped: 0 };
            verdict(good)
        });
    }

    /// Prints steps, skips and the closing line; answers whether all is well.
    pub(crate) fn close(self) -> bool {
        self.steps.sum_up();
        let skips = std::fs::read_to_string(&self.skips).unwrap_or_default();
        let mut tally = self.reader.tally;
        tally += self.others;
        tally.skipped += skips.lines().count();
        let mut good = self.steps.passed() && tally.failed == 0;
        if !skips.is_empty() {
            println!("\n== Skipped\n{skips}");
        }
        for (database, passed) in &self.reader.by_database {
            println!("tests passed on {database}: {passed}");
        }
        self.counts.lines().iter().for_each(|line| println!("{line}"));
        if on_ci() {
            for line in skips.lines().filter(|line| !line.contains("SKIPPED: contracts")) {
                println!("On CI everything is there, so this is a failure: {line}");
                good = false;
            }
        }
        println!(
            "\n{}",
            if good { "Everything passed." } else { "NOT everything passed; see the steps above." }
        );
        // A failed step is a failure for those who read the last line only.
        let failed = if good { 0 } else { tally.failed.max(1) };
        println!("{} passed, {failed} failed, {} skipped", tally.passed, tally.skipped);
        good
    }
}

fn verdict(good: bool) -> Result<Verdict, Error> {
    Ok(if good { Verdict::Passed } else { Verdict::Failed })
}

fn log(name: &str) -> PathBuf {
    target().join(format!("xtask/{}.log", name.replace([' ', '\''], "-")))
}

/// Lines of a build that a person wants to see: not each of 400 packages, but that it goes on.
fn interesting(line: &str, packages: &mut usize) -> bool {
    let quiet = [
        "Compiling",
        "Checking",
        "Downloading",
        "Downloaded",
        "Fresh",
        "Executable",
        "Updating",
        "Locking",
        "Blocking",
    ];
    let first = line.split_whitespace().next().unwrap_or_default();
    if first == "Compiling" || first == "Checking" {
        *packages += 1;
        if packages.is_multiple_of(50) {
            println!(
                "{packages} packages are being compiled, now:{}",
                line.trim_start().trim_start_matches(first)
            );
        }
    }
    !quiet.contains(&first)
}

/// What tests are told: where tools are, where to write what they could not try, where to make what they throw away.
fn environment(command: &mut Command, skips: &Path, temporary: &temporary::Folder) {
    command.env("TRUELINE_SKIPS", skips).env("TRUELINE_TOOLS", tools::cache());
    if let Some(folder) = temporary.path() {
        command.env("TMPDIR", folder);
    }
}

/// How many tests run at once: a story often waits for a lease, a pause or another program.
fn threads() -> usize {
    let cores = std::thread::available_parallelism().map_or(2, std::num::NonZero::get);
    cores + cores.div_ceil(2)
}

fn note_skip(skips: &Path, name: &str, reason: &str) {
    println!("SKIPPED: {name}: {reason}");
    let before = std::fs::read_to_string(skips).unwrap_or_default();
    let _ = std::fs::write(skips, format!("{before}SKIPPED: {name}: {reason}\n"));
}
