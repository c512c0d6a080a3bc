//! The project's own commands: `cargo xtask demo | test | tools | ci | tidy | codegen | bench`.
//!
//! Owns how the project is built, tested, checked and shown; knows nothing that the program itself needs.

mod bench;
mod ci;
mod clients;
mod codegen;
mod contract_counts;
mod demo;
mod go_tools;
mod http;
mod libtest;
mod program;
mod run;
mod soak;
mod temporary;
mod test;
mod tidy;
mod tools;
mod tree;

use std::process::ExitCode;

const USAGE: &str = "\
Usage: cargo xtask COMMAND

  demo     build Trueline, start it and do its main job before your eyes
           [--cluster] into a real Kubernetes control plane that is started beside it
           [--provider built-in|github|gitlab|azure-devops|bitbucket-cloud|gitea]
           [--exit] [--data DIR] [--port N] [--release]
  test     everything that has to pass, with what it needs installed
           [PART...] of: format lint tidy web rust browser demo   [--verbose] [--no-install]
  tools    builds the programs that the tests run against: helm, gitea, registry, kubernetes and more
  ci       test, and what is generated is up to date; with the time of each step
  tidy     the rules of the house that no compiler checks
           [--ratchet] writes down the present lengths of long functions
  codegen  writes what is generated  [--check] only compares
  clients  lets the official clients of the hosts use the simulated hosts  [PROVIDER]...
  soak     works for a long time on hosts that fail by chance, and looks at what came of it
           [--minutes N] [--seed N] [--provider KIND]...
  bench    [git|deploy|serve] measures, in a release build
";

/// Anything that stops a command; its text is for the person at the terminal.
type Error = Box<dyn std::error::Error + Send + Sync>;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (command, rest) = match arguments.split_first() {
        Some((command, rest)) => (command.as_str(), rest),
        None => ("help", &[][..]),
    };
    let done = match command {
        "bench" => bench::command(rest),
        "clients" => clients::command(rest),
        "soak" => soak::command(rest),
        "demo" => demo::command(rest),
        "test" => test::command(rest),
        "tools" => go_tools::command(rest),
        "ci" => ci::command(rest),
        "tidy" => tidy::command(rest),
        "codegen" => codegen::command(rest),
        "help" | "--help" | "-h" => {
            print!("{USAGE}");
            return ExitCode::SUCCESS;
        }
        other => {
            eprintln!("There is no command `{other}`.\n\n{USAGE}");
            return ExitCode::from(2);
        }
    };
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}
