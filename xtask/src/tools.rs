//! What the tests and the demo need from outside: Debian's packages and the page's packages. Says what it
//! does and how long it takes; installs nothing that is there.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use crate::Error;
use crate::run::{answers, output, program, root, seconds, target, watched};

const INSTALL_LIMIT: Duration = Duration::from_secs(15 * 60);

/// A package of Debian that tests need, and how to see whether it is there.
struct Package {
    name: &'static str,
    found: fn() -> bool,
    without: &'static str,
}

const PACKAGES: &[Package] = &[
    Package {
        name: "postgresql",
        found: || postgres().is_some(),
        without: "every test on PostgreSQL is skipped",
    },
    Package {
        name: "chromium",
        found: || answers("chromium", "--version"),
        without: "the tests in a browser are skipped",
    },
];

/// The newest PostgreSQL server program in Debian's place.
pub(crate) fn postgres() -> Option<PathBuf> {
    let folders = std::fs::read_dir("/usr/lib/postgresql").ok()?;
    let mut found: Vec<PathBuf> = folders.flatten().map(|f| f.path().join("bin/postgres")).collect();
    found.retain(|path| path.is_file());
    found.sort();
    found.pop()
}

/// Installs what is missing of Debian's packages, if that can be done here; says what will be skipped if not.
///
/// # Errors
/// When an installation was tried and failed.
pub(crate) fn debian(install: bool) -> Result<(), Error> {
    let missing: Vec<&Package> = PACKAGES.iter().filter(|package| !(package.found)()).collect();
    for package in PACKAGES.iter().filter(|package| (package.found)()) {
        println!("{}: found", package.name);
    }
    if missing.is_empty() {
        return Ok(());
    }
    let is_root = output(&mut program("id", &["-u"]))?.trim() == "0";
    if !install || !is_root || !answers("apt-get", "--version") {
        for package in missing {
            println!("MISSING: {} (apt-get install {}): {}", package.name, package.name, package.without);
        }
        return Ok(());
    }
    apt(&["update"])?;
    let mut arguments = vec!["install", "-y", "--no-install-recommends"];
    arguments.extend(missing.iter().map(|package| package.name));
    apt(&arguments)
}

fn apt(arguments: &[&str]) -> Result<(), Error> {
    let mut command = program("apt-get", &["-q", "-o", "DPkg::Lock::Timeout=300"]);
    command.args(arguments).env("DEBIAN_FRONTEND", "noninteractive");
    let name = format!("apt-get {}", arguments.join(" "));
    timed(&name, &mut command, INSTALL_LIMIT)
}

/// Runs a command, saying before what runs and after how long it took; its output is shown when it fails.
pub(crate) fn timed(name: &str, command: &mut Command, limit: Duration) -> Result<(), Error> {
    println!("{name} ...");
    let start = Instant::now();
    let log = target().join("xtask/install.log");
    let good = watched(command, limit, &log, |_| false)?;
    if !good {
        return Err(format!("{name} failed:\n{}", std::fs::read_to_string(&log)?).into());
    }
    println!("{name}: done in {}", seconds(start.elapsed()));
    Ok(())
}

/// The folder of built tools: outside what `cargo clean` removes.
pub(crate) fn cache() -> PathBuf {
    if let Some(folder) = std::env::var_os("TRUELINE_TOOLS") {
        return folder.into();
    }
    let home = std::env::var_os("HOME").unwrap_or_else(|| "/tmp".into());
    Path::new(&home).join(".cache/trueline-tools")
}

/// A script of the page's `package.json`, after its packages are installed as its lock file says.
pub(crate) fn npm(arguments: &[&str]) -> Command {
    let mut command = program("npm", arguments);
    command.current_dir(root().join("web")).env("NO_COLOR", "1").env("npm_config_update_notifier", "false");
    command
}

/// Whether there is a page to build.
pub(crate) fn has_page() -> bool {
    root().join("web/package-lock.json").is_file()
}

/// Installs the page's packages when the lock file is not the one that they were installed from.
///
/// # Errors
/// When Node is missing or the installation fails.
pub(crate) fn page_packages() -> Result<(), Error> {
    let lock = std::fs::read(root().join("web/package-lock.json"))?;
    let stamp = root().join("web/node_modules/.installed-from");
    if std::fs::read(&stamp).is_ok_and(|installed| installed == lock) {
        println!("the page's packages: found");
        return Ok(());
    }
    if !answers("npm", "--version") {
        return Err("Node.js with npm is needed to build the page: https://nodejs.org".into());
    }
    timed("npm ci", &mut npm(&["ci", "--no-audit", "--no-fund"]), INSTALL_LIMIT)?;
    std::fs::write(stamp, lock)?;
    Ok(())
}

/// Builds the page that the program serves.
///
/// # Errors
/// When it does not build.
pub(crate) fn build_page() -> Result<(), Error> {
    if !has_page() {
        println!("There is no page to build.");
        return Ok(());
    }
    page_packages()?;
    timed("npm run build", &mut npm(&["run", "--silent", "build"]), INSTALL_LIMIT)
}

/// Whether there is a browser for the tests of the page.
pub(crate) fn answers_chromium() -> bool {
    answers("chromium", "--version")
}
