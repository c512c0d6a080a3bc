//! Reference documents made from the program itself; they are committed, and a test compares.

use std::fmt::Write as _;

use clap::{CommandFactory as _, ValueEnum};

use crate::config::SETTINGS;

/// A generated document.
#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum Reference {
    /// The API's description (OpenAPI 3.1).
    Openapi,
    /// The command line.
    Cli,
    /// The settings.
    Configuration,
}

/// The text of a document.
pub(crate) fn text(what: Reference) -> String {
    match what {
        Reference::Openapi => server::router::openapi_document(),
        Reference::Cli => command_line(),
        Reference::Configuration => configuration(),
    }
}

fn command_line() -> String {
    let mut out = String::from(
        "# Command line\n\nMade by `cargo xtask codegen` from the program. Exit codes: 0 done, 1 refused or failed, 2 \
         wrong usage. Secrets come from standard input or a file, never from arguments.\n",
    );
    let mut root = crate::cli::Cli::command();
    root.build();
    for command in root.get_subcommands() {
        describe(&mut out, command, "trueline");
    }
    out
}

fn describe(out: &mut String, command: &clap::Command, before: &str) {
    if command.is_hide_set() {
        return;
    }
    let name = format!("{before} {}", command.get_name());
    let inner: Vec<_> = command.get_subcommands().filter(|c| c.get_name() != "help").collect();
    if inner.is_empty() {
        let usage = command.clone().bin_name(&name).render_usage().to_string();
        let usage = usage.trim_start_matches("Usage: ").trim();
        let about = command.get_about().map(ToString::to_string).unwrap_or_default();
        let _ = write!(out, "\n## {name}\n\n{about}\n\n```\n{usage}\n```\n");
        let arguments: Vec<_> =
            command.get_arguments().filter(|a| !a.is_global_set() && a.get_id() != "help").collect();
        if !arguments.is_empty() {
            out.push('\n');
        }
        for argument in arguments {
            let help = argument.get_help().map(ToString::to_string).unwrap_or_default();
            let shown = match argument.get_long() {
                Some(long) => format!("--{long}"),
                None => argument.get_id().to_string().to_uppercase(),
            };
            let _ = writeln!(out, "- `{shown}`: {help}");
        }
    }
    for sub in inner {
        describe(out, sub, &name);
    }
}

fn configuration() -> String {
    let mut out = String::from(
        "# Configuration\n\nMade by `cargo xtask codegen` from the program. A setting comes from the file named by \
         `--config` or `TRUELINE_CONFIG` (YAML, one level), from the environment, or from a flag of `trueline serve`; \
         each weighs more than the one before. `trueline config` prints what is in force and where it comes from.\n\n\
         | file | environment | flag | default | meaning |\n|---|---|---|---|---|\n",
    );
    for setting in SETTINGS {
        let flag = setting.flag.map(|f| format!("`--{f}`")).unwrap_or_default();
        let default = match setting.default {
            "" => String::new(),
            text => format!("`{text}`"),
        };
        let file = if setting.in_file { format!("`{}`", setting.name) } else { String::new() };
        let _ = writeln!(out, "| {file} | `{}` | {flag} | {default} | {} |", setting.variable, setting.help);
    }
    out.push_str(
        "\nThe client reads `TRUELINE_URL` and `TRUELINE_TOKEN`; without them it uses what `trueline login` kept in \
         `$XDG_CONFIG_HOME/trueline/` (mode 0600).\n",
    );
    out
}
