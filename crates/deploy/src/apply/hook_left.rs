//! Hooks that another deployment has left running: it was superseded while they ran, or what it belonged to is deleted.
//! Nobody waits for their end any more, and two migrations at once would be worse than none: they are taken away first.

use serde_json::json;

use super::held;
use super::hook_end::over;
use super::hook_run::RUN;
use super::hooks::HookEvent;
use super::prune::{Made, delete};
use super::run::Run;
use super::wait;
use super::waits::LEFT;
use crate::cluster::{JSON, Request};
use crate::ownership::{PART_OF, keeps};
use crate::{Error, Key, Kind, Refusal, Resource, Why};

impl Run<'_> {
    /// Takes away what still runs of other deployments' hooks, and waits until its pods are gone.
    pub(super) async fn stop_left(&mut self) -> Result<(), Error> {
        for name in self.inventory.waits.left() {
            self.goes_on()?;
            let what = format!("{LEFT}{name}");
            if let Some((event, kind, key)) = named(&name)
                && let Some(resource) = self.cluster.resource(&kind).await?
                && let Some(uid) = self.running(&resource, &key).await?
            {
                let passed = self.inventory.waits.begin(&self.deployment, &what);
                let left = self.guard.hold.saturating_sub(passed);
                match wait::gone(self.cluster, (&resource, &key), &uid, (self.guard, left)).await {
                    Err(Error::Refused { refusals, .. }) => {
                        let held = held::said(&refusals);
                        let reason = format!("an earlier deployment left it running, and {held}");
                        if passed < self.guard.patience {
                            return Err(Error::Waits { what: format!("{key}: {reason}"), passed });
                        }
                        // Told once: who deploys once more knows it.
                        self.inventory.waits.end(&what);
                        let why = Why::HookFailed { event, reason };
                        let refusals = vec![Refusal { object: key, why }];
                        return Err(Error::Refused { refusals, before: false });
                    }
                    gone => gone?,
                }
            }
            self.inventory.waits.end(&what);
        }
        Ok(())
    }

    /// Deletes it if it is another deployment's and has not ended; its identity then.
    async fn running(&self, resource: &Resource, key: &Key) -> Result<Option<String>, Error> {
        let Some(live) = self.cluster.find(&Request::get(resource.path(key), JSON)).await? else {
            return Ok(None);
        };
        let metadata = &live["metadata"];
        let run = metadata["annotations"][RUN].as_str().unwrap_or_default();
        let own = run.split_once(' ').is_some_and(|(_, deployment)| deployment == self.deployment);
        let ours = metadata["labels"][PART_OF] == self.set && !run.is_empty() && !own;
        if !ours || keeps(&live) || over(&live).is_some() {
            return Ok(None);
        }
        let uid = metadata["uid"].as_str().unwrap_or_default();
        if metadata["deletionTimestamp"].is_null() {
            delete(self.cluster, (resource, key), json!({ "uid": uid }), Made::First).await?;
        }
        Ok(Some(uid.to_owned()))
    }
}

/// Which job or pod a hook's name is of, and when it runs, as in `pre-upgrade batch/Job eu/migrate`.
fn named(name: &str) -> Option<(HookEvent, Kind, Key)> {
    let (event, rest) = name.split_once(' ')?;
    let event = HookEvent::ALL.into_iter().find(|known| known.as_str() == event)?;
    let (group, rest) = rest.split_once('/')?;
    let (kind, place) = rest.split_once(' ')?;
    let (namespace, object) = place.split_once('/')?;
    let version = match (group, kind) {
        ("batch", "Job") => "batch/v1",
        ("", "Pod") => "v1",
        _ => return None,
    };
    let (group, namespace, name) = (group.into(), namespace.into(), object.into());
    Some((event, Kind::new(version, kind), Key { group, kind: kind.into(), namespace, name }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hook_that_ends_is_known_by_its_name() {
        let job = named("pre-upgrade batch/Job eu/migrate").expect("a job");
        assert_eq!((job.2.to_string().as_str(), job.2.group.as_str()), ("Job eu/migrate", "batch"));
        assert_eq!(named("post-install /Pod eu/greet").expect("a pod").2.to_string(), "Pod eu/greet");
        for other in
            ["pre-install /ConfigMap eu/a", "pre-install acme.dev/Job eu/a", "soon batch/Job eu/a", ""]
        {
            assert!(named(other).is_none(), "{other}");
        }
    }
}
