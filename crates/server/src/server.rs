//! What every handler works with, and serving a listener until the process is told to stop.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use control::Control;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::limits::SignInLimits;
use crate::metrics::Metrics;

/// Settings of the HTTP side.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// Addresses of reverse proxies whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<IpAddr>,
    /// Whether `/metrics` is served here (to viewers on the installation) or by a listener of its own.
    pub metrics_elsewhere: bool,
    /// Tells how many bytes the program has in use, where its allocator counts them.
    pub heap: Option<fn() -> usize>,
    /// Limits of sign-ins.
    pub sign_in: crate::limits::Rates,
}

/// The state that handlers share.
pub struct Server {
    /// The use cases.
    pub control: Arc<Control>,
    /// Counters.
    pub metrics: Metrics,
    /// Settings.
    pub settings: Settings,
    /// Limits of sign-ins.
    pub(crate) limits: SignInLimits,
    /// Cancelled when the process is to stop: streams end then.
    pub stopping: CancellationToken,
}

/// The shared state as axum hands it out.
pub(crate) type Shared = Arc<Server>;

impl Server {
    /// Joins the parts.
    pub fn new(control: Arc<Control>, settings: Settings, stopping: CancellationToken) -> Arc<Self> {
        let (limits, metrics) = (SignInLimits::new(settings.sign_in), Metrics::new(settings.heap));
        metrics.watch(&control);
        Arc::new(Self { control, metrics, settings, limits, stopping })
    }

    /// Serves the listener until [`Server::stopping`] is cancelled and the requests under way have ended, or
    /// `patience` has passed.
    pub async fn serve(self: Arc<Self>, listener: TcpListener, patience: Duration) -> std::io::Result<()> {
        let router = crate::router::router(&self).into_make_service_with_connect_info::<SocketAddr>();
        let stopping = self.stopping.clone();
        let stopped = stopping.clone();
        let serving = axum::serve(listener, router)
            .with_graceful_shutdown(async move { stopping.cancelled().await })
            .into_future();
        tokio::select! {
            ended = serving => ended,
            () = async { stopped.cancelled().await; tokio::time::sleep(patience).await } => Ok(()),
        }
    }
}

/// Serves a router without the API, such as that of metrics, until it is told to stop.
pub async fn serve_router(
    listener: TcpListener,
    router: axum::Router,
    stop: CancellationToken,
) -> std::io::Result<()> {
    axum::serve(listener, router).with_graceful_shutdown(async move { stop.cancelled().await }).await
}
