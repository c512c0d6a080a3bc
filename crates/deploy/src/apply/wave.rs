//! Waiting until the objects of a wave are healthy: the next one needs them.

use std::time::Duration;

use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use serde_json::Value;
use tokio::time::Instant;

use super::Event;
use super::plan::Planned;
use super::run::{AT_ONCE, Run};
use super::wait::{PAUSE, sleep};
use crate::cluster::{JSON, Request};
use crate::health::{Status, is_settled};
use crate::{Error, Refusal, Why, timeout};

impl Run<'_> {
    /// Waits until objects are healthy. Ends with [`Error::Waits`] where that takes longer than this apply waits; the
    /// next one, which finds it written down, looks once.
    pub(super) async fn healthy(&mut self, objects: &[Planned]) -> Result<(), Error> {
        let waited = objects.iter().any(|planned| self.inventory.waits.has(&name(planned)));
        let end = Instant::now() + if waited { Duration::ZERO } else { self.guard.hold };
        let mut left: Vec<&Planned> = objects.iter().collect();
        for planned in &left {
            (self.tell)(Event::AwaitsReady(planned.key.clone()));
        }
        let mut pause = PAUSE.0;
        loop {
            let cluster = self.cluster;
            let look = |planned: &Planned| Request::get(planned.resource.path(&planned.key), JSON);
            let looks: Vec<Request> = left.iter().map(|planned| look(planned)).collect();
            let looks = stream::iter(looks).map(|request| async move { cluster.find(&request).await });
            let looked: Vec<Option<Value>> = looks.buffered(AT_ONCE).try_collect().await?;
            let mut waits = None;
            for (planned, live) in std::mem::take(&mut left).into_iter().zip(looked) {
                if let Some(wait) = self.judged(planned, live)? {
                    waits = waits.or(Some(wait));
                    left.push(planned);
                }
            }
            let Some(waits) = waits else { return Ok(()) };
            let rest = end.saturating_duration_since(Instant::now());
            if rest.is_zero() {
                return Err(waits);
            }
            sleep(self.guard, pause.min(rest)).await?;
            pause = (pause * 3 / 2).min(PAUSE.1);
        }
    }

    /// What is waited for with an object, as it is now; nothing where it is well.
    fn judged(&mut self, planned: &Planned, live: Option<Value>) -> Result<Option<Error>, Error> {
        let is = |group: &str, kind: &str| planned.key.group == group && planned.key.kind == kind;
        let (name, unwell) = (name(planned), format!("unwell {}", name(planned)));
        let Some(live) = live else {
            // Taken away after its end (`ttlSecondsAfterFinished`).
            if is("batch", "Job") {
                self.inventory.waits.end(&name);
                self.inventory.waits.end(&unwell);
                return Ok(None);
            }
            let what = format!("{} is not healthy (it is gone)", planned.key);
            return Err(Error::NotReady { what, limit: self.guard.hold });
        };
        let now = self.cluster.rules().health(&live);
        // Many a class gives it a volume only with the first pod that uses it, which may be of a later wave.
        let claim = now.status == Status::Progressing && is("", "PersistentVolumeClaim");
        if claim || is_settled(&planned.key, now.status) {
            self.inventory.waits.end(&name);
            self.inventory.waits.end(&unwell);
            return Ok(None);
        }
        if now.status == Status::Suspended {
            // Its time goes on once it does.
            self.inventory.waits.end(&name);
        }
        let passed = self.inventory.waits.begin(&self.deployment, &name);
        let late = match now.status {
            Status::Degraded => self.inventory.waits.begin(&self.deployment, &unwell) >= self.guard.grace,
            // Somebody, or a step of its own, has stopped it, and lets it go on.
            Status::Suspended => false,
            _ => passed >= timeout::of(&live).unwrap_or(self.guard.patience),
        };
        if now.status != Status::Degraded {
            self.inventory.waits.end(&unwell);
        }
        if late {
            // Who tries it once more waits as long once more.
            self.inventory.waits.end(&name);
            self.inventory.waits.end(&unwell);
            let why = Why::NotHealthy { said: now.message, passed };
            let refusals = vec![Refusal { object: planned.key.clone(), why }];
            return Err(Error::Refused { refusals, before: false });
        }
        let what = match now.status {
            Status::Suspended => format!("paused: {} ({})", planned.key, now.message),
            _ => format!("{} is not healthy ({})", planned.key, now.message),
        };
        Ok(Some(Error::Waits { what, passed }))
    }
}

fn name(planned: &Planned) -> String {
    format!("{}/{}", planned.key.group, planned.key)
}
