//! The commands of the client: each noun in a file of its own, all over the REST API.

pub(crate) mod age_identity;
pub(crate) mod application;
pub(crate) mod audit;
pub(crate) mod chart;
pub(crate) mod chart_install;
pub(crate) mod chart_repository;
pub(crate) mod cluster;
pub(crate) mod deployment;
pub(crate) mod environment;
pub(crate) mod gitops_config;
pub(crate) mod health_rule;
pub(crate) mod hold;
pub(crate) mod http;
pub(crate) mod login;
pub(crate) mod project;
pub(crate) mod release;
pub(crate) mod reseal;
pub(crate) mod secret_values;
pub(crate) mod token;
pub(crate) mod user;
pub(crate) mod values;

use std::io::Read as _;

use clap::Subcommand;
use model::Secret;

use crate::config::Environment;
use crate::failure::Failure;
use crate::output::Format;
use http::Client;

/// The commands that speak to a server.
#[derive(Subcommand)]
pub(crate) enum Command {
    /// Sign in to a server; the sign-in is kept for later commands.
    Login(login::Login),
    /// Sign out: end the token that login made, at the server and here.
    Logout(login::Logout),
    /// Projects: a team's applications.
    #[command(subcommand)]
    Project(project::Command),
    /// Clusters: where what is in Git runs.
    #[command(subcommand)]
    Cluster(cluster::Command),
    /// Environments: where things run.
    #[command(subcommand)]
    Environment(environment::Command),
    /// Applications: what is deployed.
    #[command(subcommand)]
    App(application::Command),
    /// Charts: found in chart repositories, installed as applications, and upgraded.
    #[command(subcommand)]
    Chart(chart::Command),
    /// The Git accounts that everything deployed is kept in.
    #[command(subcommand)]
    Gitops(gitops_config::Command),
    /// The age identity that opens sealed files in Git.
    #[command(subcommand)]
    Identity(age_identity::Command),
    /// What says how objects of a kind are, where Trueline does not know or is to know otherwise.
    #[command(subcommand)]
    HealthRule(health_rule::Command),
    /// Users and their roles.
    #[command(subcommand)]
    User(user::Command),
    /// Your API tokens.
    #[command(subcommand)]
    Token(token::Command),
    /// Who did what, the newest first.
    Audit(audit::List),
}

/// Does a command.
pub(crate) async fn run(command: Command, format: Format, environment: &Environment) -> Result<(), Failure> {
    let command = match command {
        Command::Login(login) => return login::run(login, environment).await,
        Command::Logout(logout) => return login::out(logout, environment).await,
        other => other,
    };
    let client = Client::of(environment)?;
    match command {
        Command::Login(_) | Command::Logout(_) => Ok(()),
        Command::Project(command) => project::run(&client, command, format).await,
        Command::Cluster(command) => cluster::run(&client, command, format).await,
        Command::Environment(command) => environment::run(&client, command, format).await,
        Command::App(command) => application::run(&client, command, format).await,
        Command::Chart(command) => chart::run(&client, command, format).await,
        Command::Gitops(command) => gitops_config::run(&client, command, format).await,
        Command::Identity(command) => age_identity::run(&client, command, format).await,
        Command::HealthRule(command) => health_rule::run(&client, command, format).await,
        Command::User(command) => user::run(&client, command, format).await,
        Command::Token(command) => token::run(&client, command, format).await,
        Command::Audit(list) => audit::run(&client, list, format).await,
    }
}

/// Reads a secret from standard input: everything, without the line's end.
pub(crate) fn secret_from_stdin(what: &str) -> Result<Secret, Failure> {
    let mut text = String::new();
    std::io::stdin()
        .take(64 * 1024)
        .read_to_string(&mut text)
        .map_err(|e| Failure::new(format!("The {what} could not be read from standard input: {e}.")))?;
    let secret = Secret::new(text.trim_end_matches(['\n', '\r']));
    if secret.is_empty() {
        return Err(Failure::usage(format!("Standard input holds no {what}."))
            .detail(format!("Give it there, for example: … < {what}-file")));
    }
    Ok(secret)
}
