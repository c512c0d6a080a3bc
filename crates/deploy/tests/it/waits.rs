//! What takes long: an apply ends while it goes on, the next one goes on with it, and each thing has its own limit.

use std::time::Duration;

use deploy::apply::{Event, Guard, Outcome};
use deploy::{Error, Object, Refusal, Why};
use serde_json::{Value, json};

use crate::set_up::{Place, annotated, deployment, map, object, place, stop_pod};

const SHORT: Duration = Duration::from_millis(200);

/// A deployment whose applies end after a moment.
fn short(id: &str) -> Guard {
    Guard { deployment: id.into(), hold: SHORT, ..Guard::default() }
}

/// A hook that fits on no node.
fn hook(timeout: &str) -> Object {
    object(json!({
        "apiVersion": "batch/v1", "kind": "Job",
        "metadata": { "name": "migrate", "annotations": {
            "helm.sh/hook": "pre-install,pre-upgrade", "trueline.dev/timeout": timeout,
        } },
        "spec": { "backoffLimit": 0, "template": { "spec": {
            "restartPolicy": "Never", "nodeSelector": { "gpu": "yes" },
            "containers": [{ "name": "work", "image": "acme/shop:1" }],
        } } },
    }))
}

async fn uid(place: &Place) -> Value {
    let path = format!("/apis/batch/v1/namespaces/{}/jobs/migrate", place.namespace());
    place.admin.get(&path).await.expect("the job")["metadata"]["uid"].clone()
}

/// Applies again and again, as a worker does, as long as it waits; what it waited for, and how it ended.
async fn until_it_ends(
    place: &Place,
    objects: &[Object],
    guard: &Guard,
) -> (Vec<String>, Result<Outcome, Vec<Refusal>>) {
    let mut waited = Vec::new();
    loop {
        match place.apply_with(objects, guard).await {
            Ok(outcome) => return (waited, Ok(outcome)),
            Err(Error::Waits { what, .. }) => waited.push(what),
            Err(Error::Refused { refusals, .. }) => return (waited, Err(refusals)),
            Err(other) => panic!("{other}"),
        }
        tokio::task::yield_now().await;
    }
}

fn started(place: &Place) -> usize {
    let events = std::mem::take(&mut *place.events.lock().expect("not poisoned"));
    events.into_iter().filter(|event| matches!(event, Event::HookStarted { .. })).count()
}

#[tokio::test]
async fn a_hook_runs_on_while_applies_come_and_go_and_has_its_own_limit() {
    let Some(place) = place("waits: a hook").await else { return };
    let objects = [map("a", "1"), hook("3s")];
    let first = place.apply_with(&objects, &short("1")).await.expect_err("it runs");
    assert!(matches!(&first, Error::Waits { what, .. } if what.contains("pre-install hook Job")), "{first}");
    let before = uid(&place).await;
    let (waited, end) = until_it_ends(&place, &objects, &short("1")).await;
    let refusals = end.expect_err("it does not end");
    assert!(
        matches!(&refusals[0].why, Why::HookFailed { reason, .. } if reason.contains("not ended within 3 s")),
        "{refusals:?}"
    );
    assert!(!waited.is_empty() && place.map("a").await.is_none());
    assert_eq!((uid(&place).await, started(&place)), (before.clone(), 1), "it ran once");

    // Asked once more it runs anew, and each apply after that goes on with this one.
    let again = place.apply_with(&objects, &short("1")).await.expect_err("it runs");
    assert!(matches!(again, Error::Waits { .. }), "{again}");
    let anew = uid(&place).await;
    assert_ne!(before, anew);
    let succeeded = json!({ "phase": "Succeeded" });
    let patient = [map("a", "1"), hook("10m")];
    let guard = short("1");
    let ((_, end), ()) =
        tokio::join!(until_it_ends(&place, &patient, &guard), stop_pod(&place, "migrate", &succeeded));
    end.expect("applied");
    assert_eq!((uid(&place).await, started(&place)), (anew, 1));
    assert!(place.map("a").await.is_some());
}

#[tokio::test]
async fn a_hook_that_tidies_itself_up_at_once_has_succeeded() {
    let Some(place) = place("waits: a hook that goes").await else { return };
    let mut value = hook("5m").value().clone();
    value["spec"]["ttlSecondsAfterFinished"] = 0.into();
    let objects = [map("a", "1"), object(value)];
    let (guard, succeeded) = (short("1"), json!({ "phase": "Succeeded" }));
    let error = place.apply_with(&objects, &guard).await.expect_err("it runs");
    assert!(matches!(error, Error::Waits { .. }), "{error}");
    // It does not go before its end was seen.
    let path = format!("/apis/batch/v1/namespaces/{}/jobs/migrate", place.namespace());
    let live = place.admin.get(&path).await.expect("the job");
    assert!(live["spec"]["ttlSecondsAfterFinished"].is_null(), "{live}");
    let ((_, end), ()) =
        tokio::join!(until_it_ends(&place, &objects, &guard), stop_pod(&place, "migrate", &succeeded));
    end.expect("applied");
    assert!(place.map("a").await.is_some());
    testkit::poll("it has gone", async || place.admin.get(&path).await.is_none().then_some(())).await;
}

#[tokio::test]
async fn a_wave_is_waited_for_by_one_apply_after_the_other() {
    let Some(place) = place("waits: a wave").await else { return };
    let later = annotated("later", "trueline.dev/wave", "1");
    let mut stuck = deployment("stuck", "stuck").value().clone();
    stuck["spec"]["template"]["spec"]["nodeSelector"] = json!({ "gpu": "yes" });
    stuck["metadata"]["annotations"] = json!({ "trueline.dev/timeout": "3s" });
    let objects = [object(stuck), later];
    let (waited, end) = until_it_ends(&place, &objects, &short("1")).await;
    assert!(waited.iter().all(|what| what.contains("stuck is not healthy (0 of 1")), "{waited:?}");
    assert!(waited.len() > 1);
    let refusals = end.expect_err("it does not become healthy");
    assert!(
        matches!(&refusals[0].why, Why::NotHealthy { said, .. } if said.contains("0 of 1")),
        "{refusals:?}"
    );
    assert!(place.map("later").await.is_none());
    // Another deployment has the whole time again.
    let error = place.apply_with(&objects, &short("2")).await.expect_err("it is stuck");
    assert!(matches!(error, Error::Waits { .. }), "{error}");
}

#[tokio::test]
async fn what_is_paused_is_waited_for_without_a_limit() {
    let Some(place) = place("waits: paused").await else { return };
    let later = annotated("later", "trueline.dev/wave", "1");
    let mut paused = deployment("web", "web").value().clone();
    paused["spec"]["paused"] = true.into();
    let idle = object(json!({
        "apiVersion": "batch/v1", "kind": "CronJob", "metadata": { "name": "idle" },
        "spec": { "suspend": true, "schedule": "@daily", "jobTemplate": { "spec": { "template": { "spec": {
            "restartPolicy": "Never", "containers": [{ "name": "work", "image": "acme/shop:1" }],
        } } } } },
    }));
    let hurried = Guard { patience: Duration::ZERO, grace: Duration::ZERO, ..short("1") };
    let objects = [idle.clone(), object(paused), later.clone()];
    for _ in 0..3 {
        let error = place.apply_with(&objects, &hurried).await.expect_err("it is paused");
        let Error::Waits { what, .. } = &error else { panic!("{error}") };
        assert!(what.starts_with("paused: it is paused of Deployment"), "{what}");
    }
    assert!(place.map("later").await.is_none());
    // A CronJob that is suspended is meant to be.
    place.apply_with(&[idle, later], &hurried).await.expect("applied");
    assert!(place.map("later").await.is_some());
}
