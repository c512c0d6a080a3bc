//! `cargo xtask clients`: the hosts' official clients list, create, read and delete a repository on the
//! simulated hosts, so that what is simulated is what they expect.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use crate::demo::GitHost;
use crate::run::{Steps, Verdict, output, program, root, watched};
use crate::{Error, tools};

/// Each provider with the scripts in `tools/clients` that use its clients.
const SCRIPTS: &[(&str, &[&str])] = &[
    ("github", &["github.mjs", "pygithub.py"]),
    ("gitlab", &["gitlab.mjs", "gitlab.py"]),
    ("azure-devops", &["azure-devops.mjs", "azure_devops.py"]),
    ("bitbucket-cloud", &["bitbucket.mjs", "bitbucket.py"]),
    ("gitea", &["gitea.mjs"]),
];
const INSTALL_LIMIT: Duration = Duration::from_secs(10 * 60);
const SCRIPT_LIMIT: Duration = Duration::from_secs(120);

/// `cargo xtask clients [PROVIDER]...`
///
/// # Errors
/// When the clients cannot be installed or a host cannot be started.
pub(crate) fn command(arguments: &[String]) -> Result<bool, Error> {
    let folder = root().join("tools/clients");
    let installed = install(&folder)?;
    let mut steps = Steps::default();
    for (provider, scripts) in SCRIPTS {
        if !arguments.is_empty() && !arguments.iter().any(|a| a == provider) {
            continue;
        }
        let host = GitHost::start(provider)?;
        for script in *scripts {
            steps.step(script, || run(&installed, script, &host));
        }
    }
    steps.sum_up();
    Ok(steps.passed())
}

/// Where the clients were installed: a copy of the scripts beside their packages, and a Python of its own.
fn install(folder: &Path) -> Result<PathBuf, Error> {
    let installed = tools::cache().join("clients");
    std::fs::create_dir_all(&installed)?;
    let mut manifest = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if let Some(name) = path.file_name().filter(|_| path.is_file()) {
            std::fs::copy(&path, installed.join(name))?;
        }
    }
    for name in ["package.json", "package-lock.json", "requirements.txt"] {
        manifest.extend(std::fs::read(folder.join(name)).unwrap_or_default());
    }
    let stamp = installed.join(".installed-from");
    if std::fs::read(&stamp).is_ok_and(|earlier| earlier == manifest) {
        println!("the official clients: found");
        return Ok(installed);
    }
    let mut npm = program("npm", &["install", "--no-audit", "--no-fund"]);
    tools::timed("npm install", npm.current_dir(&installed), INSTALL_LIMIT)?;
    let python = installed.join("python");
    output(program("python3", &["-m", "venv"]).arg(&python))?;
    let mut pip = Command::new(python.join("bin/pip"));
    pip.args(["install", "--quiet", "-r", "requirements.txt"]);
    tools::timed("pip install", pip.current_dir(&installed), INSTALL_LIMIT)?;
    std::fs::write(stamp, manifest)?;
    Ok(installed)
}

fn run(installed: &Path, script: &str, host: &GitHost) -> Result<Verdict, Error> {
    let mut command = if script.ends_with(".py") {
        Command::new(installed.join("python/bin/python"))
    } else {
        Command::new("node")
    };
    // Azure's Python client keeps what it discovered below the home folder.
    let home = tempfile::tempdir()?;
    command.arg(script).current_dir(installed).env("SIMULATED_HOST", host.line()).env("HOME", home.path());
    let log = crate::run::target().join("xtask/clients.log");
    let good = watched(&mut command, SCRIPT_LIMIT, &log, |_| true)?;
    Ok(if good { Verdict::Passed } else { Verdict::Failed })
}
