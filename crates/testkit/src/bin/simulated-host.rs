//! Runs a simulated Git host by hand: prints its address and accounts as one line of JSON, then serves until
//! it is stopped.

use clap::{Parser, ValueEnum};
use serde_json::json;
use testkit::simulated::GitHub;

/// A simulated Git host for trials and outside clients.
#[derive(Parser)]
struct Arguments {
    /// Which host.
    provider: Provider,
    /// Where to listen; port 0 takes a free one.
    #[arg(long, default_value = "127.0.0.1:0")]
    listen: String,
    /// The organization that it has.
    #[arg(long, default_value = "acme")]
    scope: String,
    /// The user that owns the organization and the tokens.
    #[arg(long, default_value = "acme-bot")]
    user: String,
    /// A token and its scopes: TOKEN[:scope,scope…]; without scopes it has repo and delete_repo.
    #[arg(long = "token")]
    tokens: Vec<String>,
    /// Speak TLS with a certificate of a private authority, which is printed as `ca_pem`.
    #[arg(long)]
    tls: bool,
}

#[derive(Clone, Copy, ValueEnum)]
enum Provider {
    /// GitHub.
    Github,
}

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let arguments = Arguments::parse();
    let Provider::Github = arguments.provider;
    let host = GitHub::listen(&arguments.listen, arguments.tls).await?;
    host.furnish(&arguments.scope, &arguments.user);
    let given =
        if arguments.tokens.is_empty() { vec!["simulated-token".to_owned()] } else { arguments.tokens };
    let mut tokens = Vec::new();
    for entry in &given {
        let (token, scopes) = entry.split_once(':').unwrap_or((entry, "repo,delete_repo"));
        let scopes: Vec<&str> = scopes.split(',').filter(|s| !s.is_empty()).collect();
        host.token(token, &arguments.user, &scopes);
        tokens.push(json!({ "token": token, "scopes": scopes }));
    }
    let line = json!({
        "provider": "github",
        "url": host.url,
        "api": format!("{}/api/v3", host.url),
        "scope": arguments.scope,
        "accounts": [{ "username": arguments.user, "tokens": tokens }],
        "ca_pem": host.ca_pem,
    });
    println!("{line}");
    let mut ended = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
    tokio::select! {
        stopped = tokio::signal::ctrl_c() => stopped,
        _ = ended.recv() => Ok(()),
    }
}
