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
    /// Go on with a new key where the one that seals secrets at rest is lost, with every server of this installation
    /// stopped. What it sealed opens no more: it is forgotten and has to be entered anew. All else stays.
    ReplaceLost {
        #[command(flatten)]
        flags: Flags,
        /// Where the new key is read from; only for a key that is given by the environment (32 bytes in base64).
        #[arg(long, value_name = "FILE")]
        new_key_file: Option<PathBuf>,
        /// Forget tokens, passwords, kubeconfigs and age identities.
        #[arg(long, required = true)]
        forget_secrets: bool,
    },
}

/// What a kind of secret is called, and how it is entered anew.
const ANEW: [(&str, &str, &str); 8] = [
    ("gitops-config", "tokens of Git accounts", "trueline gitops save NAME --token-stdin"),
    (
        "client-key",
        "client keys of Git accounts",
        "trueline gitops save NAME --client-certificate FILE --client-key FILE",
    ),
    (
        "proxy-password",
        "proxy passwords of Git accounts",
        "trueline gitops save NAME --proxy-password-file FILE",
    ),
    ("age-identity", "age identities", "trueline identity import --identity-stdin, from the export"),
    ("cluster", "kubeconfigs", "trueline cluster add NAME --kubeconfig FILE"),
    (
        "chart-repository",
        "passwords of chart repositories",
        "trueline chart repository add NAME URL --replace --password-stdin",
    ),
    (
        "chart-repository-key",
        "client keys of chart repositories",
        "trueline chart repository add NAME URL --replace --client-key FILE",
    ),
    (
        "chart-repository-proxy",
        "proxy passwords of chart repositories",
        "trueline chart repository add NAME URL --replace --proxy-password-file FILE",
    ),
];

pub(crate) async fn run(command: Command, environment: &Environment) -> Result<(), Failure> {
    match command {
        Command::Rotate { flags, new_key_file } => {
            let config = Config::load(&flags, environment)?;
            let given = given(&config, new_key_file, "rotate")?;
            rotate(&config, given).await
        }
        Command::ReplaceLost { flags, new_key_file, forget_secrets: _ } => {
            let config = Config::load(&flags, environment)?;
            let given = given(&config, new_key_file, "replace-lost")?;
            replace_lost(&config, given).await
        }
    }
}

/// The new key, where the present one is given by the environment.
fn given(config: &Config, file: Option<PathBuf>, command: &str) -> Result<Option<Secret>, Failure> {
    let read = |path: PathBuf| {
        std::fs::read_to_string(&path)
            .map(Secret::new)
            .map_err(|e| Failure::usage(format!("{} cannot be read: {e}.", path.display())))
    };
    let given = file.map(read).transpose()?;
    let from_environment = matches!(config.store().key, store::KeySource::Given(_));
    if from_environment != given.is_some() {
        return Err(if from_environment {
            Failure::usage("The present key is given by the environment: name the new one.").detail(format!(
                "trueline key {command} --new-key-file FILE, then give the new one to the server."
            ))
        } else {
            Failure::usage("The key lies in a file: a new one is made there, and none is read.")
        });
    }
    Ok(given)
}

async fn replace_lost(config: &Config, given: Option<Secret>) -> Result<(), Failure> {
    let replaced = store::replace_lost_key(config.store(), given).await;
    let replaced = replaced.map_err(|error| {
        Failure::new(format!("The lost key was not replaced: {error}."))
            .detail("Nothing was forgotten; stop the servers and run it again.")
    })?;
    let Some(forgotten) = replaced else {
        return Err(Failure::new("The key is not lost: it opens what is stored. Nothing was forgotten."));
    };
    println!("A new key is in use. Forgotten, to be entered anew once the server runs:");
    for (kind, what, how) in ANEW {
        if let Some(count) = forgotten.get(kind) {
            println!("  {count} {what}: {how}");
        }
    }
    if forgotten.contains_key("age-identity") {
        println!(
            "Without an export of the age identity, the sealed secrets in Git are lost: trueline identity rotate."
        );
    }
    Ok(())
}

async fn rotate(config: &Config, given: Option<Secret>) -> Result<(), Failure> {
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
