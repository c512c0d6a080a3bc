//! The one way to talk HTTP to a Git host: `net`, within the rate budgets of credentials, with answers that are
//! known already, and with what a status means at Git hosts.
//!
//! Knows no provider. Judging what an answer means for a provider is left to the provider.

mod answer;
pub mod budget;
mod known;
mod tally;
mod throttled;

use std::sync::Arc;
use std::time::{Duration, Instant};

use http::StatusCode;
use http::header::IF_NONE_MATCH;
use net::retry::{self, Attempt};
use net::{Client, Failed};
use serde::de::DeserializeOwned;
use url::Url;

pub use answer::Answer;
pub use budget::{Budget, Budgets, Pace};
pub use net::address::{host_in, host_of, is_loopback};
pub use net::{Call, Limits, Redactor, Trust};
pub use tally::Tally;

use crate::{Error, GitCredential};

/// The most pages of a list that are read.
const PAGES: usize = 50;

/// A client for one trust setting. Cheap to clone; clones share connections.
#[derive(Clone)]
pub struct HttpClient {
    client: Client,
    known: Arc<known::Known>,
    counters: Arc<tally::Counters>,
    budgets: Budgets,
    pace: Pace,
    lane: budget::Lane,
}

impl HttpClient {
    /// Makes a client that stays at the host. Takes no proxy and no address from the environment.
    pub fn new(trust: &Trust, limits: Limits) -> Result<Self, Error> {
        Ok(Self {
            client: Client::new(trust, limits)?,
            known: Arc::default(),
            counters: Arc::default(),
            budgets: Budgets::default(),
            pace: Pace::UNKNOWN,
            lane: budget::Lane::Rest,
        })
    }

    /// The same connections with other bounds; the time to connect stays as it was.
    pub fn with_limits(&self, limits: Limits) -> Self {
        Self { client: self.client.with_limits(limits), ..self.clone() }
    }

    /// The same client within the budgets of the process, at the pace that this kind of host allows.
    pub fn paced(self, budgets: &Budgets, pace: Pace) -> Self {
        Self { budgets: budgets.clone(), pace, ..self }
    }

    /// The same client for Git itself: hosts do not count it among the calls to their interface.
    pub fn for_git(self) -> Self {
        Self { lane: budget::Lane::Git, ..self }
    }

    /// What is left of a credential's budget at a host.
    pub fn budget(&self, url: &Url, credential: &GitCredential) -> Option<Budget> {
        Some(self.budgets.of(url, credential, self.pace)?.budget(Instant::now()))
    }

    /// The calls of this client and its clones.
    pub fn tally(&self) -> Tally {
        self.counters.tally()
    }

    /// Bytes of the answers that this client and its clones keep.
    pub fn remembered(&self) -> usize {
        self.known.bytes()
    }

    /// The bounds in force.
    pub fn limits(&self) -> &Limits {
        self.client.limits()
    }

    /// Calls, and reads the whole answer. Repeats what may be repeated. Every status is an answer, but for
    /// throttling, which is [`Error::RateLimited`] once waiting is out of bounds.
    pub async fn call(&self, call: &Call<'_>) -> Result<Answer, Error> {
        let limits = self.client.limits();
        let started = Instant::now();
        let meter = self.budgets.of(&call.url, call.credential, self.pace);
        let mut attempt = 0;
        loop {
            attempt += 1;
            let left = limits.total.saturating_sub(started.elapsed());
            let place = match &meter {
                None => None,
                Some(meter) => {
                    let bound = limits.retry_after.min(left);
                    meter.enter(self.lane, &call.method, bound).await.map_err(|after| {
                        self.counters.held();
                        Error::RateLimited { host: host_of(&call.url), after: Some(after) }
                    })?
                }
            };
            let left = limits.total.saturating_sub(started.elapsed());
            let result = self.once(call, attempt, limits.attempt.min(left)).await;
            drop(place);
            self.counters.ended(&result);
            if let (Some(meter), Ok(answer)) = (&meter, &result) {
                meter.learn(self.lane, answer);
            }
            let became = match &result {
                Ok(answer) if answer.throttled() => {
                    Attempt::Throttled(throttled::wait_asked(&answer.headers))
                }
                Ok(answer) => Attempt::Answered(answer.status, &answer.headers),
                Err(failed) => Attempt::Failed(failed),
            };
            match retry::plan(&became, call.repeatable(), attempt, limits) {
                Some(wait) if started.elapsed() + wait < limits.total => tokio::time::sleep(wait).await,
                _ => {
                    return match result {
                        Ok(answer) => answer.unless_throttled(meter.and_then(|m| m.waits(Instant::now()))),
                        Err(failed) => Err(self.client.explain(call, failed.error).await.into()),
                    };
                }
            }
        }
    }

    /// Calls and reads JSON of a success; any other status is an error.
    pub async fn json<T: DeserializeOwned>(&self, call: &Call<'_>) -> Result<T, Error> {
        self.call(call).await?.success()?.json()
    }

    /// Reads the pages of a list, following `Link: <…>; rel="next"` within the host, until `limit` items.
    ///
    /// # Errors
    /// [`Error::TooLarge`] for a list that goes on for more pages than any host needs, such as empty ones.
    pub async fn pages<T: DeserializeOwned>(&self, call: Call<'_>, limit: usize) -> Result<Vec<T>, Error> {
        let mut items: Vec<T> = Vec::new();
        let mut call = call;
        for _ in 0..PAGES {
            let answer = self.call(&call).await?.success()?;
            items.extend(answer.json::<Vec<T>>()?);
            // Where more would be is no matter: a host may name itself by another address than was entered.
            let more = if items.len() < limit { answer.next_page()? } else { None };
            let Some(next) = more else {
                items.truncate(limit);
                return Ok(items);
            };
            call.url = next;
        }
        Err(Error::TooLarge { what: format!("The list {}", call.named()), limit: format!("{PAGES} pages") })
    }

    /// What to take out of any text that comes from the other side of a call.
    pub fn redactor(&self, credential: &GitCredential) -> Redactor {
        self.client.redactor(credential)
    }

    async fn once(&self, call: &Call<'_>, attempt: u32, limit: Duration) -> Result<Answer, Failed> {
        let once = async |call| self.client.once(call, attempt, limit).await.map(Answer::from);
        if self.lane != budget::Lane::Rest {
            return once(call).await;
        }
        if let Some(entry) = self.known.of(call) {
            let answer = once(&call.clone().header(IF_NONE_MATCH, entry.etag())).await?;
            if answer.status == StatusCode::NOT_MODIFIED {
                return Ok(answer.held(entry));
            }
            self.known.keep(call, &answer);
            return Ok(answer);
        }
        let answer = once(call).await?;
        self.known.keep(call, &answer);
        Ok(answer)
    }
}
