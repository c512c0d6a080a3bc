//! One watch: list, then changes as they come; listed again when the API server has forgotten where it was.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use net::retry::jittered;
use serde_json::Value;
use tokio::time::Instant;

use super::item::{Item, by_metadata};
use super::state::{Place, State};
use crate::cluster::{Cluster, JSON, Lines, METADATA, METADATA_LIST, Request};
use crate::health::Rule;
use crate::ownership::PART_OF;
use crate::{Error, Resource};

/// How long one call of a watch lasts; then the next goes on where it ended.
const TURN: Duration = Duration::from_secs(240);
/// How long a list may take.
const LIST: Duration = Duration::from_secs(60);
/// Objects of one answer of a list.
const PAGE: usize = 500;
/// Pauses after failures: the first, and the longest.
const PAUSE: (Duration, Duration) = (Duration::from_millis(200), Duration::from_secs(15));
/// A turn that ended sooner is not followed by the next at once.
const SHORT: Duration = Duration::from_secs(5);
/// An object is 1.5 MiB at most in etcd; as JSON it may be larger.
const LONGEST: usize = 16 * 1024 * 1024;

/// A watch under way.
pub(super) struct Work {
    pub(super) cluster: Cluster,
    pub(super) state: Arc<Mutex<State>>,
    pub(super) resource: Resource,
    pub(super) place: Place,
    /// Whether all objects are watched, not only those that are part of a set.
    pub(super) all: bool,
}

/// Where a watch goes on.
struct Start {
    /// The version up to which everything was seen.
    version: String,
    /// The health rule that what was seen was judged by.
    rule: Option<Arc<Rule>>,
}

/// Why a watch ended.
enum End {
    /// It goes on where it was.
    Turn,
    /// The API server has forgotten where it was, or what was seen is judged otherwise now.
    Gone,
}

impl Work {
    /// Whether all namespaces may be listed at once.
    pub(super) async fn allowed(&self) -> bool {
        match self.cluster.open(&self.request("limit=1", METADATA_LIST), LIST).await {
            Ok(body) => body.whole().await.is_ok(),
            Err(_) => false,
        }
    }

    /// Watches until it is ended from outside, or until this may not be done in all namespaces at once.
    pub(super) async fn run(&self) {
        let mut pause = PAUSE.0;
        let mut from = None;
        loop {
            let begun = Instant::now();
            match self.turn(&mut from).await {
                Ok(()) if begun.elapsed() > SHORT => pause = PAUSE.0,
                // Somebody on the way ends each watch at once, or the API server forgets at once where it was.
                Ok(()) => {
                    tokio::time::sleep(jittered(pause)).await;
                    pause = (pause * 2).min(PAUSE.1);
                }
                Err(error)
                    if error.status() == Some(403) && self.place.1.is_empty() && self.resource.namespaced =>
                {
                    return;
                }
                Err(error) => {
                    tracing::debug!(kind = %self.place.0, namespace = self.place.1, %error, "a watch failed");
                    if error.status() == Some(410) {
                        from = None;
                    }
                    self.lock().away(&self.place, Some(error.to_string()));
                    // An API server that is back is not asked for everything by all watches at once.
                    tokio::time::sleep(jittered(pause)).await;
                    pause = (pause * 2).min(PAUSE.1);
                }
            }
        }
    }

    async fn turn(&self, known: &mut Option<Start>) -> Result<(), Error> {
        let from = match known.take() {
            Some(from) => from,
            None => self.list().await?,
        };
        let from = known.insert(from);
        if let End::Gone = self.watch(from).await? {
            *known = None;
        }
        Ok(())
    }

    /// Lists; what the list is of.
    async fn list(&self) -> Result<Start, Error> {
        let rule = self.cluster.rules().of(&self.place.0);
        let (mut items, mut next) = (Vec::new(), String::new());
        loop {
            let request = self.request(&format!("limit={PAGE}&continue={next}"), METADATA_LIST);
            let body = self.cluster.open(&request, LIST).await?.whole().await?;
            let mut list: Value = serde_json::from_slice(&body).unwrap_or_default();
            let metadata = list["metadata"].take();
            // Go writes an empty list as null.
            let is_list = list["kind"].as_str().is_some_and(|kind| kind.ends_with("List"))
                && metadata["resourceVersion"].is_string()
                && (list["items"].is_array() || list["items"].is_null());
            if !is_list {
                return Err(self.stranger());
            }
            let mut found = list["items"].take();
            let found = found.as_array_mut().into_iter().flatten();
            items.extend(found.filter_map(|live| Item::of(&self.place.0, live, rule.as_deref())));
            match metadata["continue"].as_str() {
                Some(more) if !more.is_empty() => next = encoded(more),
                _ => {
                    self.lock().listed(&self.place, items);
                    let version = metadata["resourceVersion"].as_str().unwrap_or_default().to_owned();
                    return Ok(Start { version, rule });
                }
            }
        }
    }

    async fn watch(&self, from: &mut Start) -> Result<End, Error> {
        let query = format!(
            "watch=1&allowWatchBookmarks=true&timeoutSeconds={}&resourceVersion={}",
            TURN.as_secs(),
            from.version
        );
        let body = self.cluster.open(&self.request(&query, METADATA), TURN + LIST).await?;
        self.lock().away(&self.place, None);
        let mut lines = Lines::new(body, LONGEST);
        let rule = from.rule.clone();
        let mut other = std::pin::pin!(self.cluster.rules().other(&self.place.0, rule.as_ref()));
        loop {
            let line = tokio::select! {
                line = lines.bytes() => line?,
                () = &mut other => return Ok(End::Gone),
            };
            let Some(line) = line else { return Ok(End::Turn) };
            let mut event: Value = serde_json::from_slice(&line).unwrap_or_default();
            let mut live = event["object"].take();
            if event["type"] == "ERROR" {
                // 410, or 504 where it cannot say how old that is: in both a new list helps.
                return Ok(End::Gone);
            }
            if let Some(now) = live["metadata"]["resourceVersion"].as_str() {
                now.clone_into(&mut from.version);
            }
            match event["type"].as_str() {
                Some("ADDED" | "MODIFIED") => {
                    let item =
                        Item::of(&self.place.0, &mut live, rule.as_deref()).ok_or_else(|| self.stranger())?;
                    self.lock().put(&self.place, item);
                }
                Some("DELETED") => {
                    let uid = live["metadata"]["uid"].as_str().unwrap_or_default();
                    self.lock().remove(&self.place, uid);
                }
                Some("BOOKMARK") => {}
                _ => return Err(self.stranger()),
            }
        }
    }

    /// Something else answered than an API server: nothing is concluded from it.
    fn stranger(&self) -> Error {
        let host = self.cluster.server().trim_end_matches('/').to_owned();
        Error::Net(net::Error::Stranger { host, what: net::Stranger::OtherJson, status: 200 })
    }

    fn request(&self, query: &str, metadata: &'static str) -> Request {
        let selector = if self.all { String::new() } else { format!("&labelSelector={}", encoded(PART_OF)) };
        let path = format!("{}?{query}{selector}", self.resource.folder(&self.place.1));
        Request::get(path, if by_metadata(&self.place.0) { metadata } else { JSON })
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().expect("nothing panics while it holds this")
    }
}

fn encoded(text: &str) -> String {
    percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string()
}
