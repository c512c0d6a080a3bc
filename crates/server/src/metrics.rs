//! Counters of this process in Prometheus' text form. `GET /metrics` asks for a viewer on the installation
//! (Prometheus sends an API token as bearer token), or is served by a listener of its own without sign-in,
//! which the operator keeps inside.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use model::deployment::End;
use model::role::{Role, Scope};
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::{Registry, Unit};

use crate::authentication::Caller;
use crate::error::Problem;
use crate::server::Shared;

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Request {
    method: String,
    route: String,
    status: u16,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Ended {
    end: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Passed {
    stage: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Config {
    config: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Route {
    route: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Calls {
    config: String,
    outcome: &'static str,
}

/// Counters of this process.
pub struct Metrics {
    registry: Registry,
    requests: Family<Request, Counter>,
    latency: Family<Route, Histogram>,
    deployments: Family<Ended, Counter>,
    stages: Family<Passed, Histogram>,
    checks: Family<Ended, Counter>,
    pushes: Counter,
    drift: Drift,
    rate_left: Family<Config, Gauge>,
    rate_limit: Family<Config, Gauge>,
    calls: Family<Calls, Counter>,
    credentials: Family<Config, Gauge<f64, AtomicU64>>,
    failed: Family<Config, Gauge>,
    remembered: Remembered,
    workers: Gauge,
    failing: Gauge,
    listeners: Gauge<i64>,
    uptime: Gauge<f64, AtomicU64>,
    started: std::time::Instant,
}

impl Metrics {
    /// Counters at nought; `heap` tells the bytes in use.
    pub(crate) fn new(heap: Option<fn() -> usize>) -> Self {
        let mut registry = Registry::with_prefix("trueline");
        // 1 ms to 65 s.
        let latency: Family<Route, Histogram> =
            Family::new_with_constructor(|| Histogram::new(exponential_buckets(0.001, 2.0, 17)));
        let (requests, workers, failing) = (Family::default(), Gauge::default(), Gauge::default());
        let (listeners, uptime) = (Gauge::default(), Gauge::default());
        registry.register("http_requests", "Requests by method, route and status", requests.clone());
        registry.register_with_unit(
            "http_request_duration",
            "Time from a request to the head of its answer, by route",
            Unit::Seconds,
            latency.clone(),
        );
        let (deployments, checks, pushes) = (Family::default(), Family::default(), Counter::default());
        registry.register("deployments", "Deployments that ended, by how", deployments.clone());
        // 5 ms to 82 s.
        let stages: Family<Passed, Histogram> =
            Family::new_with_constructor(|| Histogram::new(exponential_buckets(0.005, 2.0, 15)));
        registry.register_with_unit(
            "deployment_stage",
            "Time of work for a stage of a deployment, waits between tries left out, by the stage passed",
            Unit::Seconds,
            stages.clone(),
        );
        registry.register("checks", "Checks of GitOps configurations that ended, by how", checks.clone());
        registry.register("git_pushes", "Pushes for deployments, lost races included", pushes.clone());
        let drift = Drift::new(&mut registry);
        let (rate_left, rate_limit, calls) = (Family::default(), Family::default(), Family::default());
        let left = "Calls that a configuration's Git host still allows its credential";
        registry.register("git_rate_left", left, rate_left.clone());
        let limit = "Calls that a configuration's Git host allows its credential between two resets";
        registry.register("git_rate_limit", limit, rate_limit.clone());
        registry.register(
            "git_calls",
            "Calls to Git hosts by configuration and what became of them",
            calls.clone(),
        );
        let (credentials, failed) = credential_gauges(&mut registry);
        let remembered = Remembered::new(&mut registry, heap);
        registry.register("workers", "Worker loops that run", workers.clone());
        registry.register("workers_failing", "Kinds of workers whose last look failed", failing.clone());
        registry.register("event_listeners", "Open event streams", listeners.clone());
        registry.register_with_unit("uptime", "Time since the start", Unit::Seconds, uptime.clone());
        let started = std::time::Instant::now();
        Self {
            registry,
            requests,
            latency,
            deployments,
            stages,
            checks,
            pushes,
            drift,
            rate_left,
            rate_limit,
            calls,
            credentials,
            failed,
            remembered,
            workers,
            failing,
            listeners,
            uptime,
            started,
        }
    }
}

/// What differs in clusters from Git.
struct Drift {
    places: Gauge,
    corrected: Counter,
    refused: Counter,
}

impl Drift {
    fn new(registry: &mut Registry) -> Self {
        let (places, corrected, refused) = (Gauge::default(), Counter::default(), Counter::default());
        let said = "Applications in environments whose cluster differs from Git, in the whole installation";
        registry.register("drifted_places", said, places.clone());
        let said = "Objects in clusters that were put right without being asked";
        registry.register("drift_corrected", said, corrected.clone());
        let said = "Corrections of drift that were refused, each once for as long as the reason is the same";
        registry.register("drift_corrections_refused", said, refused.clone());
        Self { places, corrected, refused }
    }

    fn take_over(&self, control: &control::Control, places: Option<i64>) {
        if let Some(places) = places {
            self.places.set(places);
        }
        self.corrected.inner().store(control.counts.corrected(), Ordering::Relaxed);
        self.refused.inner().store(control.counts.corrections_refused(), Ordering::Relaxed);
    }
}

/// What this process keeps in memory so that it need not ask for it again. All of it is bounded.
struct Remembered {
    heap: Gauge,
    heap_in_use: Option<fn() -> usize>,
    branches: Gauge,
    branch_bytes: Gauge,
    answers: Family<Config, Gauge>,
    sealed_files: Gauge,
}

impl Remembered {
    fn new(registry: &mut Registry, heap_in_use: Option<fn() -> usize>) -> Self {
        let heap = Gauge::default();
        let help = "Memory in use by the program itself: no files, no code, nothing of SQLite";
        registry.register_with_unit("heap_in_use", help, Unit::Bytes, heap.clone());
        let (branches, branch_bytes, sealed_files) = (Gauge::default(), Gauge::default(), Gauge::default());
        let answers = Family::default();
        registry.register("branches_remembered", "Branches whose folders are in memory", branches.clone());
        registry.register_with_unit(
            "branches_remembered",
            "Memory of the folders of branches",
            Unit::Bytes,
            branch_bytes.clone(),
        );
        let help = "Memory of answers of a configuration's Git host that can be asked for again";
        registry.register_with_unit("git_answers_remembered", help, Unit::Bytes, answers.clone());
        let help = "Sealed files that are known to hold what they have to";
        registry.register("sealed_files_remembered", help, sealed_files.clone());
        Self { heap, heap_in_use, branches, branch_bytes, answers, sealed_files }
    }

    fn take_over(&self, control: &control::Control) {
        let number = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
        if let Some(read) = self.heap_in_use {
            self.heap.set(number(read()));
        }
        let writers = control.writers.remembered();
        self.branches.set(number(writers.branches));
        self.branch_bytes.set(number(writers.bytes));
        self.answers.clear();
        for usage in control.hosts.usage() {
            self.answers.get_or_create(&Config { config: usage.config }).set(number(usage.remembered));
        }
        self.sealed_files.set(number(control.sealed.remembered()));
    }
}

/// What is known of the credentials of GitOps configurations.
fn credential_gauges(
    registry: &mut Registry,
) -> (Family<Config, Gauge<f64, AtomicU64>>, Family<Config, Gauge>) {
    let (credentials, failed): (Family<Config, Gauge<f64, AtomicU64>>, Family<Config, Gauge>) =
        (Family::default(), Family::default());
    registry.register_with_unit(
        "credential_expires",
        "Time until the credential of a GitOps configuration ends, where the host tells",
        Unit::Seconds,
        credentials.clone(),
    );
    registry.register(
        "check_failed",
        "Whether the newest check of a stored GitOps configuration failed",
        failed.clone(),
    );
    (credentials, failed)
}

impl Metrics {
    /// Counts a request. `route` is the pattern, never the path: its values have to stay few.
    pub(crate) fn request(&self, method: &str, route: &str, status: StatusCode, took: Duration) {
        let labels = Request { method: method.into(), route: route.into(), status: status.as_u16() };
        self.requests.get_or_create(&labels).inc();
        self.latency.get_or_create(&Route { route: route.into() }).observe(took.as_secs_f64());
    }

    /// The gauge of open event streams.
    pub(crate) fn listeners(&self) -> &Gauge<i64> {
        &self.listeners
    }

    /// Hears of the stages of deployments from now on.
    pub(crate) fn watch(&self, control: &control::Control) {
        let stages = self.stages.clone();
        control.counts.watch_stages(Box::new(move |stage, took| {
            stages.get_or_create(&Passed { stage: stage.as_str() }).observe(took.as_secs_f64());
        }));
    }

    /// All counters as text; `drifted` are the places in clusters where something differs from Git, if that is known.
    pub fn text(&self, control: &control::Control, drifted: Option<i64>) -> String {
        self.workers.set(i64::from(control.bells.alive()));
        self.failing.set(i64::try_from(control.bells.failing().len()).unwrap_or(i64::MAX));
        let set = |family: &Family<Ended, Counter>, end, count| {
            family.get_or_create(&Ended { end }).inner().store(count, Ordering::Relaxed);
        };
        for end in End::ALL {
            set(&self.deployments, end.as_str(), control.counts.deployments(*end));
        }
        set(&self.checks, "passed", control.counts.checks(false));
        set(&self.checks, "failed", control.counts.checks(true));
        self.pushes.inner().store(control.counts.pushes(), Ordering::Relaxed);
        self.drift.take_over(control, drifted);
        self.hosts(control);
        self.standings(control);
        self.remembered.take_over(control);
        self.uptime.set(self.started.elapsed().as_secs_f64());
        let mut text = String::new();
        if let Err(error) = encode(&mut text, &self.registry) {
            tracing::error!(%error, "metrics could not be written");
        }
        text
    }
}

impl Metrics {
    /// Takes over how stored credentials stand.
    fn standings(&self, control: &control::Control) {
        self.credentials.clear();
        self.failed.clear();
        for (config, standing) in control.standings.all() {
            let labels = Config { config };
            self.failed.get_or_create(&labels).set(i64::from(standing.failed));
            if let Some(at) = standing.expires_at {
                let micros = at.0 - control.now().0;
                #[expect(clippy::cast_precision_loss, reason = "seconds to the millisecond are enough")]
                self.credentials.get_or_create(&labels).set(micros as f64 / 1e6);
            }
        }
    }

    /// Takes over what is known of the calls to Git hosts; configurations that are gone leave no figures.
    fn hosts(&self, control: &control::Control) {
        self.rate_left.clear();
        self.rate_limit.clear();
        self.calls.clear();
        for usage in control.hosts.usage() {
            let label = Config { config: usage.config.clone() };
            let number = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
            let budget = usage.budget.unwrap_or_default();
            if let Some(left) = budget.left {
                self.rate_left.get_or_create(&label).set(number(left));
            }
            if let Some(limit) = budget.limit {
                self.rate_limit.get_or_create(&label).set(number(limit));
            }
            for (outcome, count) in usage.calls.outcomes() {
                let label = Calls { config: usage.config.clone(), outcome };
                self.calls.get_or_create(&label).inner().store(count, Ordering::Relaxed);
            }
        }
    }
}

/// `GET /metrics` on the main listener.
pub(crate) async fn get(
    State(server): State<Shared>,
    caller: Result<Caller, Problem>,
) -> Result<Response, Problem> {
    if server.settings.metrics_elsewhere {
        let detail = "Metrics are served by a listener of their own.";
        return Err(Problem::new(StatusCode::NOT_FOUND, "not_found", detail));
    }
    caller?.call.require(Role::Viewer, Scope::Installation)?;
    Ok(answer(&server).await)
}

/// The answer with all counters.
pub(crate) async fn answer(server: &crate::Server) -> Response {
    // Figures of this process are given also while the database is away.
    let drifted = server.control.store.drifted_places().await.ok();
    let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    ([(header::CONTENT_TYPE, kind)], server.metrics.text(&server.control, drifted)).into_response()
}

/// The router of a listener for metrics alone.
pub fn router(server: Shared) -> axum::Router {
    let get = axum::routing::get(|State(server): State<Shared>| async move { answer(&server).await });
    axum::Router::new().route("/metrics", get).with_state(server)
}
