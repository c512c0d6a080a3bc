//! The program: `serve`, and the commands of the client.
//!
//! Exit codes: 0 done, 1 refused or failed, 2 wrong usage.

/// Prints to standard output as the standard library's does, but ends quietly when nobody reads on (`| head`).
macro_rules! print {
    ($($text:tt)*) => { $crate::output::put(format_args!($($text)*)) };
}

/// The same with a line's end.
macro_rules! println {
    () => { $crate::output::put(format_args!("\n")) };
    ($($text:tt)*) => { $crate::output::put(format_args!("{}\n", format_args!($($text)*))) };
}

mod cli;
mod client;
mod completion;
mod config;
mod failure;
mod key;
mod log;
mod output;
mod reference;
mod serve;

use std::process::ExitCode;

use clap::Parser as _;

use crate::cli::{Cli, Command};
use crate::failure::Failure;

/// The system's allocator keeps an arena for each of a dozen threads and gives little of them back; what is in use is
/// counted, so that a leak can be told from what the allocator keeps (ADR 10).
#[global_allocator]
static MEMORY: cap::Cap<mimalloc::MiMalloc> = cap::Cap::new(mimalloc::MiMalloc, usize::MAX);

/// The bytes that the program has in use now, SQLite's own left out.
pub(crate) fn heap() -> usize {
    MEMORY.allocated()
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    // The default provider of TLS; installed once, before the first client is made.
    let _already_there = rustls::crypto::ring::default_provider().install_default();
    match run(cli) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            failure.print();
            failure.exit_code()
        }
    }
}

fn run(cli: Cli) -> Result<(), Failure> {
    let environment = config::Environment::of_process();
    match cli.command {
        Command::Serve(flags) => {
            let config = config::Config::load(&flags, &environment)?;
            runtime(true)?.block_on(serve::serve(config))
        }
        Command::Config(flags) => {
            print!("{}", config::Config::load(&flags, &environment)?.shown(cli.output)?);
            Ok(())
        }
        Command::Key(command) => runtime(false)?.block_on(key::run(command, &environment)),
        Command::Completion { shell } => {
            completion::print(shell);
            Ok(())
        }
        Command::Reference { what } => {
            print!("{}", reference::text(what));
            Ok(())
        }
        Command::Version => {
            println!("trueline {}", env!("CARGO_PKG_VERSION"));
            Ok(())
        }
        Command::Client(command) => runtime(false)?.block_on(client::run(command, cli.output, &environment)),
    }
}

fn runtime(server: bool) -> Result<tokio::runtime::Runtime, Failure> {
    let mut builder = if server {
        tokio::runtime::Builder::new_multi_thread()
    } else {
        tokio::runtime::Builder::new_current_thread()
    };
    builder.enable_all().build().map_err(|e| Failure::new(format!("The runtime could not be started: {e}.")))
}
