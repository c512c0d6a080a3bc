//! Runs a simulated Git host by hand: prints its address and accounts as one line of JSON, then serves until
//! it is stopped.

use clap::{Parser, ValueEnum};
use serde_json::{Value, json};
use testkit::simulated::host::Dialect;
use testkit::simulated::secondary::Limits;
use testkit::simulated::{Simulated, azure_devops, bitbucket_cloud, github, gitlab};
use tokio::signal::unix::{SignalKind, signal};

/// A simulated Git host for trials and outside clients.
#[derive(Parser)]
struct Arguments {
    /// Which host.
    provider: Provider,
    /// Where to listen; port 0 takes a free one.
    #[arg(long, default_value = "127.0.0.1:0")]
    listen: String,
    /// The organisation, group, project or workspace that it has.
    #[arg(long, default_value = "acme")]
    scope: String,
    /// The user that owns it and the tokens.
    #[arg(long, default_value = "acme-bot")]
    user: String,
    /// A token and its scopes: TOKEN[:scope,scope…]; without scopes it has all that the provider knows.
    #[arg(long = "token")]
    tokens: Vec<String>,
    /// Speak TLS with a certificate of a private authority, which is printed as `ca_pem`.
    #[arg(long)]
    tls: bool,
    /// Wait this many milliseconds before every answer.
    #[arg(long, default_value_t = 0)]
    latency: u64,
    /// Refuse and count what is beyond GitHub's secondary limits.
    #[arg(long)]
    limits: bool,
    /// Let calls fail by chance, the same way for the same seed, until the signal USR1 comes.
    #[arg(long, value_name = "SEED")]
    faults: Option<u64>,
}

/// How many of a hundred calls fail where faults are asked for.
const FAULTS_PERCENT: u64 = 4;

#[derive(Clone, Copy, ValueEnum)]
enum Provider {
    /// Azure DevOps.
    AzureDevops,
    /// GitHub.
    Github,
    /// GitLab.
    Gitlab,
    /// Bitbucket Cloud.
    BitbucketCloud,
}

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let arguments = Arguments::parse();
    match arguments.provider {
        Provider::AzureDevops => run::<azure_devops::State>(&arguments).await,
        Provider::Github => run::<github::State>(&arguments).await,
        Provider::Gitlab => run::<gitlab::State>(&arguments).await,
        Provider::BitbucketCloud => run::<bitbucket_cloud::State>(&arguments).await,
    }
}

async fn run<D: Dialect>(arguments: &Arguments) -> std::io::Result<()> {
    let host = Simulated::<D>::listen(&arguments.listen, arguments.tls).await?;
    host.latency(std::time::Duration::from_millis(arguments.latency));
    println!("{}", furnished(&host, arguments));
    if arguments.limits {
        host.enforce_limits(Limits::GITHUB);
    }
    if let Some(seed) = arguments.faults {
        host.faults_by_chance(seed, FAULTS_PERCENT);
    }
    let mut ended = signal(SignalKind::terminate())?;
    let mut enough = signal(SignalKind::user_defined1())?;
    loop {
        tokio::select! {
            stopped = tokio::signal::ctrl_c() => { stopped?; break; }
            _ = ended.recv() => break,
            _ = enough.recv() => host.clear_faults(),
        }
    }
    let mut left = host.repositories();
    left.extend(host.kept().into_iter().map(|name| format!("{name} (deleted, and kept)")));
    println!(
        "{}",
        json!({
            "repositories": left,
            "calls": host.seen().len(),
            "breaches": host.breaches(),
            "most_at_once": host.most_at_once(),
        })
    );
    Ok(())
}

/// Furnishes the host; its address and accounts.
fn furnished<D: Dialect>(host: &Simulated<D>, arguments: &Arguments) -> Value {
    host.furnish(&arguments.scope, &arguments.user);
    let word = arguments.provider.to_possible_value().expect("no provider is hidden").get_name().to_owned();
    let all = D::SCOPES.join(",");
    let otherwise = vec!["simulated-token".to_owned()];
    let given = if arguments.tokens.is_empty() { &otherwise } else { &arguments.tokens };
    let tokens: Vec<Value> = given
        .iter()
        .map(|entry| {
            let (token, scopes) = entry.split_once(':').unwrap_or((entry, &all));
            // A scope of some providers has colons itself, so only the first one parts.
            let scopes: Vec<&str> = scopes.split(',').filter(|s| !s.is_empty()).collect();
            host.token(token, &arguments.user, &scopes);
            json!({ "token": token, "scopes": scopes })
        })
        .collect();
    let settings: serde_json::Map<String, Value> =
        D::settings(&host.url).into_iter().map(|(name, value)| (name.to_owned(), value.into())).collect();
    json!({
        "provider": word,
        "url": host.url,
        "api": format!("{}{}", host.url, D::API),
        "scope": arguments.scope,
        "entered": {
            "host": D::entered_host(&host.url),
            D::SCOPE_FIELD: arguments.scope,
            "username": D::entered_username(&arguments.user),
        },
        "settings": settings,
        "accounts": [{
            "username": arguments.user,
            "git_username": D::git_username(&arguments.user),
            "tokens": tokens,
        }],
        "ca_pem": host.ca_pem,
    })
}
