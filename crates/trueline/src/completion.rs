//! Completion scripts for shells.

use clap::CommandFactory as _;

/// Prints the script of a shell.
pub(crate) fn print(shell: clap_complete::Shell) {
    let mut command = crate::cli::Cli::command();
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut command, "trueline", &mut script);
    print!("{}", String::from_utf8_lossy(&script));
}
