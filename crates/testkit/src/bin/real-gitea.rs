//! Runs the real Gitea by hand: prints its address and accounts as one line of JSON, as `simulated-host`
//! does, then serves until it is stopped. Nothing is left behind.

use clap::Parser;
use serde_json::json;
use testkit::gitea::{Gitea, OWN_SCOPES, SCOPES, Settings};

/// A real Gitea for trials and outside clients.
#[derive(Parser)]
struct Arguments {
    /// Where to listen; port 0 takes a free one.
    #[arg(long, default_value = "127.0.0.1:0")]
    listen: String,
    /// The organisation that it has.
    #[arg(long, default_value = "acme")]
    scope: String,
    /// The user that owns it and the tokens.
    #[arg(long, default_value = "acme-bot")]
    user: String,
    /// The scopes of one more token, with commas between them.
    #[arg(long = "scopes")]
    scopes: Vec<String>,
    /// The path below which it lies, such as `/forge`.
    #[arg(long, default_value = "")]
    below: String,
    /// Speak TLS with a certificate of a private authority, which is printed as `ca_pem`.
    #[arg(long)]
    tls: bool,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments = Arguments::parse();
    let settings = Settings {
        tls: arguments.tls,
        prefix: arguments.below,
        listen: Some(arguments.listen),
        named: Some((arguments.scope, arguments.user)),
    };
    let host = Gitea::with("real-gitea", settings).await.ok_or("Gitea was not built: cargo xtask tools")?;
    let more = arguments.scopes.iter().map(|scopes| scopes.split(',').collect::<Vec<_>>());
    let sets = [SCOPES.to_vec(), OWN_SCOPES.to_vec()].into_iter().chain(more);
    let tokens: Vec<_> =
        sets.map(|scopes| json!({ "token": host.token(&scopes), "scopes": scopes })).collect();
    let line = json!({
        "provider": "gitea",
        "url": host.url,
        "api": format!("{}/api/v1", host.url),
        "scope": host.scope,
        "entered": { "host": host.url, "organization": host.scope, "username": host.user },
        "settings": {},
        "accounts": [{ "username": host.user, "git_username": host.user, "tokens": tokens }],
        "ca_pem": host.ca_pem,
    });
    println!("{line}");
    let mut ended = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
    tokio::select! {
        stopped = tokio::signal::ctrl_c() => stopped?,
        _ = ended.recv() => {}
    }
    Ok(())
}
