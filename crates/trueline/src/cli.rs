//! The command line: what can be typed. What it does is left to the commands' own files.

use clap::{Parser, Subcommand};

use crate::client;
use crate::config::Flags;
use crate::output::Format;
use crate::reference::Reference;

/// A GitOps control plane: everything you deploy is in Git first.
#[derive(Parser)]
#[command(name = "trueline", version, about, max_term_width = 110, disable_help_subcommand = true)]
pub(crate) struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub(crate) command: Command,
    /// How to print what is asked for.
    #[arg(short, long, global = true, value_enum, default_value_t = Format::Table)]
    pub(crate) output: Format,
}

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Run the control plane: page, API and built-in Git host.
    Serve(Flags),
    /// Show the settings in force and where each comes from, secrets masked.
    Config(Flags),
    /// The key that seals secrets at rest.
    #[command(subcommand)]
    Key(crate::key::Command),
    #[command(flatten)]
    Client(client::Command),
    /// Print a completion script for a shell.
    Completion {
        /// The shell.
        shell: clap_complete::Shell,
    },
    /// Print a generated reference document.
    #[command(hide = true)]
    Reference {
        /// Which one.
        what: Reference,
    },
    /// Print the version.
    Version,
}
