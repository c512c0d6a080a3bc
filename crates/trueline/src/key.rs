//! `trueline key`: the key that seals secrets at rest. Works on the database itself, with the server stopped.

use std::path::PathBuf;

use clap::Subcommand;
use model::Secret;

use crate::config::{Config, Environment, Flags};
use crate::failure::Failure;

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Replace the key that seals secrets at rest, with every server of this installation stopped. Interrupted
    /// at any point, every secret still opens: run it again.
    Rotate {
        #[command(flatten)]
        flags: Flags,
        /// Where the new key is read from; only for a key that is given by the environment (32 bytes in base64).
        #[arg(long, value_name = "FILE")]
        new_key_file: Option<PathBuf>,
    },
}

pub(crate) async fn run(command: Command, environment: &Environment) -> Result<(), Failure> {
    let Command::Rotate { flags, new_key_file } = command;
    let config = Config::load(&flags, environment)?;
    let read = |path: PathBuf| {
        std::fs::read_to_string(&path)
            .map(Secret::new)
            .map_err(|e| Failure::usage(format!("{} cannot be read: {e}.", path.display())))
    };
    let given = new_key_file.map(read).transpose()?;
    let from_environment = matches!(config.store().key, store::KeySource::Given(_));
    if from_environment != given.is_some() {
        return Err(if from_environment {
            Failure::usage("The present key is given by the environment: name the new one.")
                .detail("trueline key rotate --new-key-file FILE, then give the new one to the server.")
        } else {
            Failure::usage("The key lies in a file: a new one is made there, and none is read.")
        });
    }
    let failpoint = config.failpoint();
    let point = |point: &str| {
        if failpoint.as_deref() == Some(point) {
            // As if the machine lost power; never in a release, where no failpoint is read.
            std::process::abort();
        }
    };
    let rotated = store::rotate_key(config.store(), given, point).await.map_err(|error| {
        Failure::new(format!("The key was not replaced: {error}."))
            .detail("Every secret still opens with the key before; stop the servers and run it again.")
    })?;
    println!("Sealed {} secrets with the key {} instead of {}.", rotated.secrets, rotated.to, rotated.from);
    Ok(())
}
