//! News of changes as server-sent events: each event holds the thing as its own address gives it, read with
//! the listener's rights at that moment. The stream ends with the session or token that opened it.

use std::convert::Infallible;
use std::time::Duration;

use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::sse::{Event, KeepAlive, Sse};
use control::Topic;
use futures_util::Stream;
use serde_json::Value;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;

use crate::authentication::{Caller, again};
use crate::error::{Problem, ProblemBody};
use crate::server::Shared;
use crate::wire::chart_repository::ChartRepositoryCheck;
use crate::wire::check::Check;
use crate::wire::gate::Gate;

/// Most subscriptions of one stream.
const TOPICS_LIMIT: usize = 50;
/// Most open streams of one process.
const STREAMS_LIMIT: i64 = 2_000;
/// A listener without news is looked at this often: whether its session still holds.
const LOOK_EVERY: Duration = Duration::from_secs(30);

/// Listens to news of changes: `?topic=application:shop&topic=gitops-config:acme&topic=gate`, everything the
/// caller may see when no topic is given. Each event is named after what changed and holds it as its own
/// address gives it. The event `missed` says that news were lost: read again what is shown.
#[utoipa::path(get, path = "/events", tag = "program",
    params(("topic" = Option<Vec<String>>, Query, description = "What to hear of; may be repeated")),
    responses((status = OK, content_type = "text/event-stream", body = str),
    (status = UNAUTHORIZED, body = ProblemBody), (status = TOO_MANY_REQUESTS, body = ProblemBody)))]
pub(crate) async fn listen(
    State(server): State<Shared>,
    caller: Caller,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<([(HeaderName, HeaderValue); 2], Sse<impl Stream<Item = Result<Event, Infallible>>>), Problem> {
    let topics: Vec<String> = url::form_urlencoded::parse(query.unwrap_or_default().as_bytes())
        .filter(|(name, _)| name == "topic")
        .map(|(_, value)| value.into_owned())
        .collect();
    if topics.len() > TOPICS_LIMIT {
        let detail = format!("One stream takes at most {TOPICS_LIMIT} topics.");
        return Err(Problem::new(StatusCode::BAD_REQUEST, "too_many_topics", detail));
    }
    let open = Listening::begin(&server)?;
    let (sender, receiver) = mpsc::channel(16);
    tokio::spawn(follow(server, (caller, headers), topics, sender, open));
    let unbuffered = [
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
        // nginx holds answers back unless told not to.
        (HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no")),
    ];
    Ok((unbuffered, Sse::new(ReceiverStream::new(receiver)).keep_alive(KeepAlive::default())))
}

/// Counts an open stream while it lives.
struct Listening(Shared);

impl Listening {
    fn begin(server: &Shared) -> Result<Self, Problem> {
        if server.metrics.listeners().inc() >= STREAMS_LIMIT {
            server.metrics.listeners().dec();
            let detail = "Too many event streams are open.";
            return Err(
                Problem::new(StatusCode::TOO_MANY_REQUESTS, "too_many_streams", detail).retry_after(30)
            );
        }
        Ok(Self(server.clone()))
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        self.0.metrics.listeners().dec();
    }
}

async fn follow(
    server: Shared,
    (mut caller, headers): (Caller, HeaderMap),
    topics: Vec<String>,
    sender: mpsc::Sender<Result<Event, Infallible>>,
    _open: Listening,
) {
    let mut news = server.control.events.listen();
    // Tells the page that it hears from now on.
    if sender.send(Ok(Event::default().event("open").data("{}"))).await.is_err() {
        return;
    }
    loop {
        let received = tokio::select! {
            received = news.recv() => Some(received),
            () = tokio::time::sleep(LOOK_EVERY) => None,
            () = server.stopping.cancelled() => return,
            () = sender.closed() => return,
        };
        let topic = match received {
            Some(Ok((topic, _))) if !wanted(&topics, &topic) => continue,
            Some(Ok((topic, _))) => Some(topic),
            Some(Err(RecvError::Closed)) => return,
            Some(Err(RecvError::Lagged(_))) => {
                if sender.send(Ok(missed())).await.is_err() {
                    return;
                }
                None
            }
            None => None,
        };
        match again(&server, &headers, &caller).await {
            Ok(Some(now)) => caller = now,
            Ok(None) | Err(_) => return,
        }
        let Some(topic) = topic else { continue };
        let event = match content(&server, &caller, &topic).await {
            Ok(Some(value)) => Event::default().event(topic.event()).data(value.to_string()),
            // What may not be seen (any more) is not told.
            Ok(None) => continue,
            Err(_) => missed(),
        };
        if sender.send(Ok(event)).await.is_err() {
            return;
        }
    }
}

fn missed() -> Event {
    Event::default().event("missed").data("{}")
}

fn wanted(topics: &[String], topic: &Topic) -> bool {
    topics.is_empty() || topics.contains(&topic.subscription())
}

/// The thing as its own address gives it to this caller; `None` when the caller may not see it, or it is gone.
async fn content(server: &Shared, caller: &Caller, topic: &Topic) -> Result<Option<Value>, Problem> {
    let reader = server.control.store.reader(&caller.call.actor);
    match topic {
        Topic::Deployment { application, number, .. } => {
            Ok(super::deployment::seen(server, caller, application, *number).await?.map(json))
        }
        Topic::Application { name, .. } => {
            Ok(super::application::seen(server, caller, name).await?.map(json))
        }
        Topic::Check { config } => Ok(reader.latest_check(config).await?.map(|c| json(Check::from(c)))),
        Topic::GitopsConfig { name } => match reader.gitops_config_by_name(name).await? {
            Some(config) => Ok(Some(json(super::gitops_config::full(server, caller, config).await?))),
            None => Ok(None),
        },
        Topic::ChartRepository { name } => match reader.chart_repository_by_name(name).await? {
            Some(repository) => {
                Ok(Some(json(super::chart_repository::full(server, caller, repository).await?)))
            }
            None => Ok(None),
        },
        Topic::ChartRepositoryCheck { name } => {
            Ok(reader.latest_chart_repository_check(name).await?.map(|c| json(ChartRepositoryCheck::from(c))))
        }
        Topic::Cluster { name } => match server.control.store.cluster_by_name(name).await? {
            Some(cluster) => Ok(Some(json(super::cluster::full(server, caller, cluster).await?))),
            None => Ok(None),
        },
        Topic::Resources { application, environment } => {
            let seen = reader.application_by_name(application).await?.is_some();
            Ok(seen.then(|| serde_json::json!({ "application": application, "environment": environment })))
        }
        Topic::Gate => {
            let gate = control::gitops_config::gate(&server.control, &caller.call).await?;
            Ok(Some(json(Gate::from(gate))))
        }
    }
}

fn json(body: impl serde::Serialize) -> Value {
    serde_json::to_value(body).unwrap_or(Value::Null)
}
