//! `trueline serve`: opens everything, says where it is, and ends in order.

use std::io::{Write as _, stdout};
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use control::user::First;
use control::{Control, SystemClock};
use server::Server;
use store::Store;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;
use url::Url;

use crate::config::Config;
use crate::failure::Failure;

/// What is said at each start until the age identity was exported.
const UNEXPORTED: &str = "the age identity was never exported: the secrets in Git are lost if this installation is; \
                          run trueline identity export --password-stdin --file FILE and keep it outside";

/// Runs until SIGTERM or SIGINT.
pub(crate) async fn serve(config: Config) -> Result<(), Failure> {
    let began = std::time::Instant::now();
    crate::log::start(config.log(), config.log_format()?)?;
    let patience = config.stop()?;
    let listener = bind("listen", config.listen()?).await?;
    let metrics_listener = match config.metrics_listen()? {
        Some(address) => Some(bind("metrics_listen", address).await?),
        None => None,
    };
    let address =
        listener.local_addr().map_err(|e| Failure::new(format!("No address to listen on: {e}.")))?;
    let public_url = config.public_url(address)?;
    let store = Store::open(config.store()).await.map_err(|e| unopened(&e, &config))?;
    let settings = settings(&config, &public_url, address).await?;
    let control = Arc::new(Control::new(store, Arc::new(SystemClock), settings));
    let first = control::user::first(&control, config.admin_password()).await.map_err(|e| told(&e))?;
    let identities = control::age_identity::all(&control).await.map_err(|e| told(&e))?;
    if identities.first().is_some_and(|newest| newest.exported_at.is_none()) {
        tracing::warn!("{UNEXPORTED}");
    }

    let stopping = CancellationToken::new();
    let mut workers = control::workers::start(&control, &stopping);
    let server = Server::new(Arc::clone(&control), config.http()?, stopping.clone());
    if let Some(listener) = metrics_listener {
        let (router, stop) = (server::metrics::router(Arc::clone(&server)), stopping.clone());
        let serving = axum_serve(listener, router, stop);
        tokio::spawn(serving);
    }
    let sweeping = Arc::clone(&control);
    tokio::spawn(async move { control::built_in_host::sweep(&sweeping).await });
    let mut serving = tokio::spawn(Arc::clone(&server).serve(listener, patience));
    announce(&config, &public_url, &first);
    tracing::info!(%address, %public_url, milliseconds = began.elapsed().as_millis(), "ready");

    tokio::select! {
        () = signalled() => tracing::info!("asked to stop"),
        ended = &mut serving => {
            let cause = match ended { Ok(Err(e)) => e.to_string(), Ok(Ok(())) => "it ended".into(), Err(e) => e.to_string() };
            return Err(Failure::new(format!("The listener stopped: {cause}.")));
        }
    }
    stopping.cancel();
    // Requests first: they may still write; then the workers, which finish the step at hand.
    let limit = tokio::time::Instant::now() + patience;
    let _ended = serving.await;
    let all_ended = async { while workers.join_next().await.is_some() {} };
    if tokio::time::timeout_at(limit.max(tokio::time::Instant::now() + Duration::from_secs(2)), all_ended)
        .await
        .is_err()
    {
        tracing::warn!("work under way was cut off; it goes on at the next start");
        workers.abort_all();
    }
    let _closed = tokio::time::timeout(Duration::from_secs(3), control.store.close()).await;
    tracing::info!("stopped");
    Ok(())
}

async fn settings(
    config: &Config,
    public_url: &Url,
    address: SocketAddr,
) -> Result<control::Settings, Failure> {
    let helm = match config.helm() {
        Ok(helm) => Ok(rendering(helm, &config.data())?),
        Err(error) => Err(error),
    };
    if let Err(error) = &helm {
        let what_to_do = "Until then nothing can be rendered or deployed; everything else works.";
        warn_missing("helm", &error.to_string(), what_to_do);
    }
    if let Some(folder) = config.templates() {
        render::templates::replace(folder).map_err(|why| Failure::new(format!("{why}.")))?;
    }
    let git = config.git();
    let serve = config.serve()?;
    if let Err(error) = git::serve::GitProgram::find(git.as_deref(), serve.clone()).await {
        let what_to_do = "Until then the built-in Git host does not work; everything else does.";
        warn_missing("git", &error.to_string(), what_to_do);
    }
    Ok(control::Settings {
        data: config.data(),
        public_url: public_url.clone(),
        loopback_url: loopback(address)?,
        session: config.session()?,
        helm: helm.ok(),
        git,
        serve,
        deployment_tries: control::DEPLOYMENT_TRIES,
        in_cluster: config.in_cluster(),
        kubeconfig_programs: config.kubeconfig_programs()?,
        hosts: config.hosts(),
        private_addresses: config.private_addresses()?,
        failpoint: config.failpoint(),
    })
}

/// Lets charts be rendered in the data folder, which is ours alone; what a crash left there goes.
fn rendering(helm: render::Helm, data: &Path) -> Result<render::Helm, Failure> {
    helm.working_in(data.join("rendering")).map_err(|error| Failure::new(format!("{error}.")))
}

/// Says on the terminal and in the log that a program is missing, and goes on.
fn warn_missing(program: &str, why: &str, what_to_do: &str) {
    eprintln!("trueline: {why}");
    eprintln!("  {what_to_do}");
    tracing::warn!(program, why, what_to_do, "a program is missing");
}

/// Where the process reaches itself.
fn loopback(address: SocketAddr) -> Result<Url, Failure> {
    let reachable = match address {
        SocketAddr::V4(v4) if v4.ip().is_unspecified() => SocketAddr::from((Ipv4Addr::LOCALHOST, v4.port())),
        SocketAddr::V6(v6) if v6.ip().is_unspecified() => SocketAddr::from((Ipv6Addr::LOCALHOST, v6.port())),
        other => other,
    };
    Url::parse(&format!("http://{reachable}"))
        .map_err(|e| Failure::new(format!("{reachable} makes no address: {e}.")))
}

async fn bind(setting: &str, address: SocketAddr) -> Result<TcpListener, Failure> {
    TcpListener::bind(address).await.map_err(|error| {
        let failure = Failure::new(format!("Trueline cannot listen on {address}: {error}."));
        match error.kind() {
            std::io::ErrorKind::AddrInUse => failure.detail(format!(
                "Another program uses this port. Stop it, or take another port with the setting {setting}, for \
                 example --listen 127.0.0.1:8081."
            )),
            std::io::ErrorKind::PermissionDenied => {
                failure.detail("Ports below 1024 need a privilege; take a higher one.")
            }
            _ => failure.detail(format!("Look at the setting {setting}.")),
        }
    })
}

async fn axum_serve(listener: TcpListener, router: server::Router, stop: CancellationToken) {
    if let Err(error) = server::serve_router(listener, router, stop).await {
        tracing::error!(%error, "the listener for metrics stopped");
    }
}

/// Says why the database could not be opened, and what to do.
fn unopened(error: &store::Error, config: &Config) -> Failure {
    use store::Error as E;
    let data = config.data();
    let data = data.display();
    let failure = Failure::new(format!("The data folder {data} or its database cannot be used: {error}."));
    match error {
        E::Locked { .. } => failure.detail("Stop the other process, or give this one its own folder with --data."),
        E::NotWritable { .. } => {
            failure.detail("Give this user the right to write there, or name another folder with --data.")
        }
        E::NewerSchema { .. } => {
            failure.detail("Run the newer program, or restore a backup that was made before the update.")
        }
        E::KeyMissing { .. } | E::WrongKey { .. } | E::InvalidKey => failure.detail(
            "The key is named by the setting key_file or key: bring it back from its copy. If it is lost for good, \
             trueline key replace-lost --forget-secrets goes on with a new one; stored credentials have to be entered \
             again then.",
        ),
        E::InvalidUrl { .. } | E::Unavailable(_) => {
            let cause = std::error::Error::source(error).map(ToString::to_string).unwrap_or_default();
            failure.detail(cause).detail("Look at the setting database, and whether that server runs.")
        }
        other => {
            let cause = std::error::Error::source(other).map(ToString::to_string).unwrap_or_default();
            failure.detail(cause)
        }
    }
}

fn told(error: &control::Error) -> Failure {
    Failure::new(error.sentence()).detail(error.chain())
}

/// Prints where it is and, once, the first password. It serves on, whether anybody reads that or not.
fn announce(config: &Config, public_url: &Url, first: &First) {
    let mut lines = vec![format!("Trueline is ready at {public_url}")];
    match first {
        First::Exists => {}
        First::Given => {
            lines.push(format!("Sign in as {} with the password that was given.", control::user::FIRST));
        }
        First::Random(password) => {
            let file = config.data().join(control::user::FIRST_PASSWORD_FILE);
            lines.push(format!(
                "Sign in as {} with the password {}",
                control::user::FIRST,
                password.reveal()
            ));
            lines.push(format!(
                "It is printed only this once, and kept in {} until you change it.",
                file.display()
            ));
        }
    }
    let _unread = writeln!(stdout(), "{}", lines.join("\n"));
}

async fn signalled() {
    let (Ok(mut terminate), Ok(mut interrupt)) =
        (signal(SignalKind::terminate()), signal(SignalKind::interrupt()))
    else {
        return std::future::pending().await;
    };
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
}
