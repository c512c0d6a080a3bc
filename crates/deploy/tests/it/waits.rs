//! What takes long: an apply ends while it goes on, the next one goes on with it, and each thing has its own limit.

use std::time::Duration;

use deploy::apply::{Event, Guard, Outcome, apply};
use deploy::{Cluster, Error, Object, Refusal, Why};
use serde_json::{Value, json};
use testkit::control_plane::{ADMINISTRATOR, Front, instead};

use crate::set_up::{Place, annotated, cluster, deployment, map, object, place, stop_pod};

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

/// The pods of the place that are not being deleted.
async fn pods(place: &Place) -> Vec<Value> {
    let path = format!("/api/v1/namespaces/{}/pods", place.namespace());
    let list = place.admin.must("GET", &path, None).await;
    let all = list["items"].as_array().cloned().unwrap_or_default().into_iter();
    all.filter(|pod| pod["metadata"]["deletionTimestamp"].is_null()).collect()
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
    let Why::HookFailed { reason, .. } = &refusals[0].why else { panic!("{refusals:?}") };
    assert!(reason.starts_with("it has not ended within 3 s and was stopped (the annotation"), "{reason}");
    assert!(reason.contains("fits on no node"), "{reason}");
    assert!(!waited.is_empty() && place.map("a").await.is_none());
    assert_eq!((uid(&place).await, started(&place)), (before.clone(), 1), "it ran once");
    // It stays to be looked at, and nothing of it runs on.
    let jobs = format!("/apis/batch/v1/namespaces/{}/jobs/migrate", place.namespace());
    testkit::poll("it has failed", async || {
        let job = place.admin.get(&jobs).await.expect("the job");
        let conditions = job["status"]["conditions"].as_array()?.iter();
        conditions.filter(|c| c["type"] == "Failed").find(|c| c["reason"] == "DeadlineExceeded").map(|_| ())
    })
    .await;
    assert_eq!(pods(&place).await.len(), 0);

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
async fn a_pod_that_is_a_hook_is_stopped_as_well() {
    let Some(place) = place("waits: a pod past its time").await else { return };
    // One runs and does not end; the other one is for no node and was never begun.
    for (name, selector, left) in [("long", json!({}), 1), ("nowhere", json!({ "gpu": "yes" }), 0)] {
        let pod = object(json!({
            "apiVersion": "v1", "kind": "Pod",
            "metadata": { "name": name, "annotations": {
                "helm.sh/hook": "pre-install", "trueline.dev/timeout": "3s",
            } },
            "spec": {
                "restartPolicy": "Never", "nodeSelector": selector,
                "containers": [{ "name": "work", "image": "acme/shop:1" }],
            },
        }));
        let (_, end) = until_it_ends(&place, &[map("a", "1"), pod], &short(name)).await;
        let refusals = end.expect_err("it does not end");
        assert!(refusals[0].to_string().contains("3 s and was stopped"), "{refusals:?}");
        let pods = pods(&place).await;
        let pods: Vec<&Value> = pods.iter().filter(|pod| pod["metadata"]["name"] == name).collect();
        assert_eq!(pods.len(), left, "{name}: {pods:?}");
        assert!(pods.iter().all(|pod| pod["spec"]["activeDeadlineSeconds"] == 1), "{pods:?}");
    }
    assert!(place.map("a").await.is_none());
}

/// The same hook by another name, whose pods are held until somebody lets them go.
fn named(name: &str) -> Object {
    let mut value = hook("10m").value().clone();
    value["metadata"]["name"] = name.into();
    value["spec"]["template"]["metadata"]["finalizers"] = json!(["acme.dev/drain"]);
    object(value)
}

#[tokio::test]
async fn what_another_deployment_left_running_is_stopped_first() {
    let Some(place) = place("waits: a hook that was left").await else { return };
    let jobs = format!("/apis/batch/v1/namespaces/{}/jobs", place.namespace());
    let job = async |name: &str| place.admin.get(&format!("{jobs}/{name}")).await;
    let free = async || {
        for pod in place
            .admin
            .must("GET", &format!("/api/v1/namespaces/{}/pods", place.namespace()), None)
            .await["items"]
            .as_array()
            .expect("a list")
        {
            let name = pod["metadata"]["name"].as_str().expect("a name");
            let path = format!("/api/v1/namespaces/{}/pods/{name}", place.namespace());
            let free = json!({ "metadata": { "finalizers": null } });
            place.admin.call("PATCH", &path, Some(&free)).await;
        }
    };
    let first = [map("a", "1"), named("migrate-1")];
    let error = place.apply_with(&first, &short("1")).await.expect_err("it runs");
    assert!(matches!(&error, Error::Waits { what, .. } if what.contains("migrate-1 runs")), "{error}");
    testkit::poll("its pod", async || (!pods(&place).await.is_empty()).then_some(())).await;

    // The next deployment has a hook of another name, the one after that has none.
    let second = [map("a", "2"), named("migrate-2")];
    for _ in 0..2 {
        let error = place.apply_with(&second, &short("2")).await.expect_err("it stops the other one");
        let Error::Waits { what, .. } = &error else { panic!("{error}") };
        assert!(what.contains("migrate-1: an earlier deployment left it running"), "{what}");
    }
    assert!(job("migrate-2").await.is_none() && place.map("a").await.is_none());
    free().await;
    testkit::poll("it is gone", async || job("migrate-1").await.is_none().then_some(())).await;
    let error = place.apply_with(&second, &short("2")).await.expect_err("its own runs");
    assert!(matches!(&error, Error::Waits { what, .. } if what.contains("migrate-2 runs")), "{error}");
    testkit::poll("its pod", async || (!pods(&place).await.is_empty()).then_some(())).await;
    let third = [map("a", "3")];
    let error = place.apply_with(&third, &short("3")).await.expect_err("it stops the other one");
    assert!(error.to_string().contains("migrate-2: an earlier"), "{error}");
    free().await;
    testkit::poll("it is gone", async || job("migrate-2").await.is_none().then_some(())).await;
    place.apply_with(&third, &short("3")).await.expect("applied");
    assert_eq!(place.map("a").await.expect("it is there")["data"]["text"], "3");

    // As does who takes the release away.
    place.apply_with(&[map("a", "4"), named("migrate-4")], &short("4")).await.expect_err("it runs");
    testkit::poll("its pod", async || (!pods(&place).await.is_empty()).then_some(())).await;
    let remove = async || {
        deploy::remove::remove((&place.cluster, &place.release), Vec::new(), &short(""), &|_| ()).await
    };
    let error = remove().await.expect_err("it stops the other one");
    assert!(error.to_string().contains("migrate-4: an earlier"), "{error}");
    assert!(place.map("a").await.is_some());
    free().await;
    testkit::poll("it is gone", async || job("migrate-4").await.is_none().then_some(())).await;
    remove().await.expect("removed");
    assert!(place.map("a").await.is_none());
}

/// The same hook, which goes as soon as it has ended.
fn fleeting() -> Object {
    let mut value = hook("5m").value().clone();
    value["spec"]["ttlSecondsAfterFinished"] = 0.into();
    object(value)
}

#[tokio::test]
async fn a_hook_that_tidies_itself_up_at_once_has_succeeded() {
    let Some(place) = place("waits: a hook that goes").await else { return };
    let objects = [map("a", "1"), fleeting()];
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

/// Applies over another way until it no longer waits; the error with which it ends there.
async fn cut_off(client: &Cluster, place: &Place, objects: &[Object], guard: &Guard) -> Error {
    testkit::poll("it is cut off", async || {
        match apply(client, &place.release, objects.to_vec(), guard, &|_| ()).await {
            Err(Error::Waits { .. }) => None,
            other => Some(other.expect_err("it cannot go on")),
        }
    })
    .await
}

#[tokio::test]
async fn a_hook_that_ended_is_not_run_again_where_that_was_not_written_down() {
    let Some(place) = place("waits: an end that is not written down").await else { return };
    let (objects, succeeded) = ([map("a", "1"), fleeting()], json!({ "phase": "Succeeded" }));
    let path = format!("/apis/batch/v1/namespaces/{}/jobs/migrate", place.namespace());
    for (deployment, held) in [("1", "/configmaps/trueline-shop"), ("2", "/jobs/migrate")] {
        let guard = short(deployment);
        let error = place.apply_with(&objects, &guard).await.expect_err("it runs");
        assert!(matches!(error, Error::Waits { .. }), "{error}");
        let before = uid(&place).await;
        // Whoever sees its end cannot write it down, or comes no further than that: as if the process had died.
        let front = Front::start(place.server, ADMINISTRATOR, move |head| {
            let is_held = head.method == http::Method::PATCH && head.uri.path().ends_with(held);
            is_held.then(|| instead(403, &[], "{}"))
        })
        .await;
        stop_pod(&place, "migrate", &succeeded).await;
        cut_off(&cluster(&front.kubeconfig()), &place, &objects, &guard).await;
        assert_eq!(uid(&place).await, before, "{held}: it does not go before that is written down");
        let (waited, end) = until_it_ends(&place, &objects, &guard).await;
        end.expect("applied");
        assert_eq!((waited.len(), started(&place)), (0, 1), "{held}: {waited:?}");
        testkit::poll("it has gone", async || place.admin.get(&path).await.is_none().then_some(())).await;
    }
}

#[tokio::test]
async fn a_hook_that_is_gone_before_its_end_was_seen_is_not_run_again() {
    let Some(place) = place("waits: a hook that is gone").await else { return };
    let (objects, guard) = ([map("a", "1"), hook("10m")], short("1"));
    let error = place.apply_with(&objects, &guard).await.expect_err("it runs");
    assert!(matches!(error, Error::Waits { .. }), "{error}");
    // A rule of the cluster, or somebody, takes it away while nobody looks.
    let path = format!("/apis/batch/v1/namespaces/{}/jobs/migrate", place.namespace());
    let along = json!({ "propagationPolicy": "Background" });
    place.admin.must("DELETE", &path, Some(&along)).await;
    testkit::poll("it is gone", async || place.admin.get(&path).await.is_none().then_some(())).await;
    let Err(Error::Refused { refusals, .. }) = place.apply_with(&objects, &guard).await else {
        panic!("it is run again")
    };
    assert!(refusals[0].to_string().contains("deleted before its end was seen"), "{refusals:?}");
    assert!(place.admin.get(&path).await.is_none() && place.map("a").await.is_none());
    // Told to, it is.
    place.apply_with(&objects, &short("2")).await.expect_err("it runs");
    assert!(place.admin.get(&path).await.is_some());
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
async fn what_is_made_anew_is_waited_for_by_one_apply_after_the_other() {
    let Some(place) = place("waits: made anew").await else { return };
    place.apply(&[deployment("web", "one")]).await.expect("applied");
    place.patch("deployments", "web", &json!({ "metadata": { "finalizers": ["acme.dev/hold"] } })).await;
    let mut bad = deployment("other", "other").value().clone();
    bad["spec"]["template"]["spec"]["containers"][0]["image"] = "".into();
    let recreate = |id: &str| Guard { recreate: true, ..short(id) };
    let objects = [deployment("web", "two"), map("a", "1")];
    let held = format!("Deployment {}/web is being deleted and held by acme.dev/hold", place.namespace());
    // What is gone is to be there again before another refusal ends all of it; who comes after need not be told to.
    let along = [&objects[..], &[object(bad)]].concat();
    for (objects, guard) in [
        (&along[..], recreate("1")),
        (&along, recreate("1")),
        (&objects, recreate("1")),
        (&objects, short("2")),
    ] {
        let apply = place.apply_with(objects, &guard);
        let result = tokio::time::timeout(Duration::from_secs(60), apply).await.expect("it ends");
        let Err(Error::Waits { what, .. }) = result else { panic!("it waits: {result:?}") };
        assert_eq!(what, held);
    }
    // Not for ever.
    let hurried = Guard { patience: Duration::ZERO, ..short("2") };
    let refused = place.refusal(&objects, &hurried).await;
    assert!(matches!(&refused.why, Why::Finalizers(held) if held == &["acme.dev/hold"]), "{refused:?}");
    place.patch("deployments", "web", &json!({ "metadata": { "finalizers": null } })).await;
    let path = format!("/apis/apps/v1/namespaces/{}/deployments/web", place.namespace());
    testkit::poll("it is gone", async || place.admin.get(&path).await.is_none().then_some(())).await;
    place.apply_with(&objects, &short("2")).await.expect("made again");
    let live = place.admin.get(&path).await.expect("it is there");
    assert_eq!(live["spec"]["selector"]["matchLabels"]["app"], "two");
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
        let said = format!("paused: Deployment {}/web (it is paused by `spec.paused`)", place.namespace());
        assert_eq!(*what, said);
    }
    assert!(place.map("later").await.is_none());
    // A CronJob that is suspended is meant to be.
    place.apply_with(&[idle, later], &hurried).await.expect("applied");
    assert!(place.map("later").await.is_some());
}
