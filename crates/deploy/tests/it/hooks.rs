//! Hooks of Helm: their order, their ends, and that each runs once for a deployment.

use std::time::Duration;

use deploy::apply::{Adopt, Change, Event, Guard};
use deploy::{Error, Object, Why};
use serde_json::{Value, json};

use crate::set_up::{Place, map, names, object, place, stop_pod};

/// A job that is a hook; `stuck` ones fit on no node.
fn job(name: &str, hook: (&str, i64, &str), stuck: bool) -> Object {
    let (event, weight, policy) = hook;
    let selector = if stuck { json!({ "gpu": "yes" }) } else { json!({}) };
    object(json!({
        "apiVersion": "batch/v1", "kind": "Job",
        "metadata": { "name": name, "annotations": {
            "helm.sh/hook": event, "helm.sh/hook-weight": weight.to_string(), "helm.sh/hook-delete-policy": policy,
        } },
        "spec": { "backoffLimit": 0, "template": { "spec": {
            "restartPolicy": "Never", "nodeSelector": selector,
            "containers": [{ "name": "work", "image": "acme/shop:1" }],
        } } },
    }))
}

fn map_hook(name: &str, event: &str, weight: i64) -> Object {
    object(json!({
        "apiVersion": "v1", "kind": "ConfigMap",
        "metadata": { "name": name, "annotations": {
            "helm.sh/hook": event, "helm.sh/hook-weight": weight.to_string(),
        } },
    }))
}

fn deployment(id: &str) -> Guard {
    Guard {
        deployment: id.into(),
        hook_patience: Duration::from_secs(60),
        hold: Duration::from_secs(60),
        ..Guard::default()
    }
}

async fn live_job(place: &Place, name: &str) -> Option<Value> {
    place.admin.get(&format!("/apis/batch/v1/namespaces/{}/jobs/{name}", place.namespace())).await
}

/// What happened, shortly.
fn told(place: &Place) -> Vec<String> {
    let events = std::mem::take(&mut *place.events.lock().expect("not poisoned"));
    let line = |event: Event| match event {
        Event::Applied(key) => format!("applied {}", key.name),
        Event::Pruned(key) => format!("pruned {}", key.name),
        Event::HookStarted { event, object } => format!("{event} {}", object.name),
        Event::HookSucceeded { event, object } => format!("{event} {} done", object.name),
        other => format!("{other:?}"),
    };
    events.into_iter().map(line).collect()
}

#[tokio::test]
async fn hooks_run_in_their_order_and_go_as_they_say() {
    let Some(place) = place("hooks: order").await else { return };
    let objects = [
        map("a", "1"),
        job("migrate", ("pre-install,pre-upgrade", -1, "before-hook-creation,hook-succeeded"), false),
        map_hook("settings", "pre-install", 1),
        job("greet", ("post-install", 0, ""), false),
        job("upgraded", ("post-upgrade", 0, ""), false),
        job("back", ("pre-rollback", 0, ""), false),
        job("never", ("test", 0, ""), true),
    ];
    place.apply_with(&objects, &deployment("1")).await.expect("applied");
    assert_eq!(
        told(&place),
        [
            "pre-install migrate",
            "pre-install migrate done",
            "pre-install settings",
            "pre-install settings done",
            "applied a",
            "post-install greet",
            "post-install greet done",
        ]
    );
    assert!(
        live_job(&place, "migrate").await.is_none_or(|job| !job["metadata"]["deletionTimestamp"].is_null())
    );
    let greeted = live_job(&place, "greet").await.expect("it is kept")["metadata"]["uid"].clone();
    assert!(place.map("settings").await.is_some());
    assert!(live_job(&place, "never").await.is_none() && live_job(&place, "upgraded").await.is_none());

    let before = place.cluster.counts();
    let again = place.apply_with(&objects, &deployment("1")).await.expect("applied");
    assert_eq!((told(&place).len(), place.since(before).writes), (0, 0));
    assert_eq!(names(&again.unchanged), ["a"], "a hook is no object of the release");

    place.apply_with(&objects, &deployment("2")).await.expect("applied");
    let upgrade = told(&place);
    assert_eq!(
        upgrade,
        [
            "pre-upgrade migrate",
            "pre-upgrade migrate done",
            "post-upgrade upgraded",
            "post-upgrade upgraded done"
        ]
    );
    assert_eq!(live_job(&place, "greet").await.expect("it is kept")["metadata"]["uid"], greeted);

    let back = Guard { change: Change::Rollback, ..deployment("3") };
    place.apply_with(&objects, &back).await.expect("applied");
    assert_eq!(told(&place), ["pre-rollback back", "pre-rollback back done"]);
}

#[tokio::test]
async fn a_hook_that_fails_says_why_and_holds_the_rest() {
    let Some(place) = place("hooks: a failure").await else { return };
    let objects =
        [map("a", "1"), job("migrate", ("pre-install", 0, ""), true), map_hook("first", "pre-install", -1)];
    let failed = json!({ "phase": "Failed", "containerStatuses": [{
        "name": "work", "image": "acme/shop:1", "imageID": "", "ready": false, "restartCount": 0,
        "state": { "terminated": { "exitCode": 3, "reason": "Error", "message": "no such table: orders" } },
    }] });
    let mut uids = Vec::new();
    for _ in 0..2 {
        let guard = deployment("1");
        let (result, ()) =
            tokio::join!(place.apply_with(&objects, &guard), stop_pod(&place, "migrate", &failed));
        let Err(Error::Refused { refusals, .. }) = result else { panic!("it is taken") };
        let said = refusals[0].to_string();
        assert!(
            said.contains("the pre-install hook failed") && said.contains("no such table: orders"),
            "{said}"
        );
        assert!(place.map("a").await.is_none());
        uids.push(live_job(&place, "migrate").await.expect("it is kept")["metadata"]["uid"].clone());
    }
    assert_ne!(uids[0], uids[1], "asked again it is run anew");
    // What had succeeded before is not.
    let events = told(&place);
    assert_eq!(events.iter().filter(|event| *event == "pre-install first").count(), 1, "{events:?}");

    // One that does not end says what it waits for, and goes if it says so.
    let objects = [map("a", "1"), job("other", ("pre-install", 0, "hook-failed"), true)];
    let guard = Guard { hook_patience: Duration::from_secs(2), ..deployment("2") };
    let Err(Error::Refused { refusals, .. }) = place.apply_with(&objects, &guard).await else {
        panic!("it is taken")
    };
    assert!(
        matches!(&refusals[0].why, Why::HookFailed { reason, .. }
        if reason.contains("has not ended within 2 s") && reason.contains("fits on no node")),
        "{refusals:?}"
    );
    testkit::poll("it is gone", async || live_job(&place, "other").await.is_none().then_some(())).await;
}

#[tokio::test]
async fn a_hook_that_fails_is_what_is_told_even_if_it_cannot_be_tidied_up() {
    let Some(place) = place("hooks: a failure that stays").await else { return };
    let jobs = format!("/apis/batch/v1/namespaces/{}/jobs", place.namespace());
    let probe = json!({ "apiVersion": "batch/v1", "kind": "Job", "metadata": { "name": "probe" }, "spec": {
        "suspend": true,
        "template": { "spec": { "restartPolicy": "Never", "containers": [{ "name": "a", "image": "a" }] } },
    } });
    place.admin.must("POST", &jobs, Some(&probe)).await;
    let validation = json!({ "expression": "false", "message": "Acme keeps its jobs." });
    place.rule((&["DELETE"], "jobs.batch"), validation, ("DELETE", &format!("{jobs}/probe"), None)).await;

    let objects = [map("a", "1"), job("migrate", ("pre-install", 0, "hook-failed"), true)];
    let guard = Guard { hook_patience: Duration::from_secs(2), ..deployment("1") };
    let result = place.apply_with(&objects, &guard).await;
    let Err(Error::Refused { refusals, .. }) = result else { panic!("{result:?}") };
    assert!(
        matches!(&refusals[0].why, Why::HookFailed { reason, .. } if reason.contains("has not ended within 2 s")),
        "{refusals:?}"
    );
    assert!(live_job(&place, "migrate").await.is_some(), "it could not be deleted");
    assert!(place.map("a").await.is_none());
}

#[tokio::test]
async fn an_apply_that_was_cut_off_goes_on_with_the_hook_that_runs() {
    let Some(place) = place("hooks: cut off").await else { return };
    let bad =
        object(json!({ "apiVersion": "v1", "kind": "ConfigMap", "metadata": { "name": "b" }, "data": 1 }));
    let good = [map("a", "1"), job("migrate", ("pre-install", 0, ""), true)];
    let objects = [map("a", "1"), good[1].clone(), bad];
    let guard = deployment("1");
    let seen = testkit::poll("the job", async || live_job(&place, "migrate").await);
    let job = tokio::select! {
        _ = place.apply_with(&objects, &guard) => panic!("it cannot end"),
        job = seen => job,
    };
    let succeeded = json!({ "phase": "Succeeded" });
    // Who comes after knows that it runs, and only looks.
    let looked = testkit::poll("the hook is not waited for", async || {
        let result = place.apply_with(&objects, &guard).await;
        (!matches!(result, Err(Error::Waits { .. }))).then_some(result)
    });
    let (result, ()) = tokio::join!(looked, stop_pod(&place, "migrate", &succeeded));
    // The hook has succeeded; another object was refused.
    assert!(result.expect_err("refused").to_string().contains("ConfigMap"));
    place.apply_with(&good, &guard).await.expect("applied");
    let now = live_job(&place, "migrate").await.expect("it is kept");
    assert_eq!(now["metadata"]["uid"], job["metadata"]["uid"], "it ran once");
}

#[tokio::test]
async fn a_hook_does_not_take_what_is_anothers() {
    let Some(place) = place("hooks: ownership").await else { return };
    let maps = format!("/api/v1/namespaces/{}/configmaps", place.namespace());
    place.admin.must("POST", &maps, Some(&json!({ "metadata": { "name": "settings" } }))).await;
    let objects = [map_hook("settings", "pre-install", 0)];
    let refused = place.refusal(&objects, &deployment("1")).await;
    assert!(matches!(refused.why, Why::Owned(_)), "{refused:?}");
    let guard = Guard { adopt: Adopt::Tools, ..deployment("1") };
    place.apply_with(&objects, &guard).await.expect("adopted");
}

#[tokio::test]
async fn what_holds_data_stays_whatever_its_hook_says() {
    let Some(place) = place("hooks: data").await else { return };
    let claim = |policy: &str| {
        object(json!({
            "apiVersion": "v1", "kind": "PersistentVolumeClaim",
            "metadata": { "name": "data", "annotations": {
                "helm.sh/hook": "pre-install,pre-upgrade", "helm.sh/hook-delete-policy": policy,
            } },
            "spec": {
                "accessModes": ["ReadWriteOnce"], "storageClassName": "none",
                "resources": { "requests": { "storage": "1Gi" } },
            },
        }))
    };
    let path = format!("/api/v1/namespaces/{}/persistentvolumeclaims/data", place.namespace());
    place.apply_with(&[claim("hook-succeeded")], &deployment("1")).await.expect("applied");
    let first = place.admin.get(&path).await.expect("it stays after its run");
    let both = [claim("before-hook-creation,hook-succeeded")];
    place.apply_with(&both, &deployment("2")).await.expect("applied");
    let second = place.admin.get(&path).await.expect("it stays before and after the next");
    assert_eq!(first["metadata"]["uid"], second["metadata"]["uid"]);
    assert!(second["metadata"]["deletionTimestamp"].is_null(), "{second}");
}

#[tokio::test]
async fn what_is_only_sealed_anew_runs_no_hook() {
    let Some(place) = place("hooks: nothing").await else { return };
    let objects = [map("a", "1"), job("migrate", ("pre-install,pre-upgrade,pre-rollback", 0, ""), false)];
    place.apply_with(&objects, &deployment("1")).await.expect("applied");
    told(&place);
    let guard = Guard { change: Change::Nothing, ..deployment("2") };
    place.apply_with(&[map("a", "2"), objects[1].clone()], &guard).await.expect("applied");
    assert_eq!(told(&place), ["applied a"]);
}

#[tokio::test]
async fn what_comes_first_is_an_install_whatever_it_brings() {
    let hook = |event: &str| map_hook(event, event, 0);
    for (change, released, want) in [
        (Change::Upgrade, false, "pre-install"),
        (Change::Rollback, false, "pre-install"),
        (Change::Nothing, false, "pre-install"),
        // Released before, as the caller knows: the inventory was lost.
        (Change::Upgrade, true, "pre-upgrade"),
        (Change::Rollback, true, "pre-rollback"),
        (Change::Nothing, true, ""),
    ] {
        let Some(place) = place("hooks: the first one").await else { return };
        let objects = [map("a", "1"), hook("pre-install"), hook("pre-upgrade"), hook("pre-rollback")];
        let guard = Guard { change, released, ..deployment("1") };
        place.apply_with(&objects, &guard).await.expect("applied");
        let told = told(&place);
        let done: Vec<_> = told.iter().filter_map(|event| event.strip_suffix(" done")).collect();
        let want: Vec<_> = [format!("{want} {want}")].into_iter().filter(|name| name != " ").collect();
        assert_eq!(done, want, "{change:?} {released}: {told:?}");
    }
}

#[tokio::test]
async fn what_is_taken_over_is_no_first_deployment() {
    let Some(place) = place("hooks: adoption").await else { return };
    let maps = format!("/api/v1/namespaces/{}/configmaps", place.namespace());
    let helm = json!({ "metadata": { "name": "a", "annotations": {
        "meta.helm.sh/release-name": "old", "meta.helm.sh/release-namespace": "eu",
    } } });
    place.admin.must("POST", &maps, Some(&helm)).await;
    let bad =
        object(json!({ "apiVersion": "v1", "kind": "ConfigMap", "metadata": { "name": "b" }, "data": 1 }));
    let hooks = [map_hook("new", "pre-install,post-install", 0), map_hook("newer", "pre-upgrade", 0)];
    let adopt = Guard { adopt: Adopt::Tools, ..deployment("1") };
    let first = [&[map("a", "1"), bad][..], &hooks].concat();
    place.apply_with(&first, &adopt).await.expect_err("one is refused");
    // Nor is the next attempt, to which they are the release's own.
    place.apply_with(&[&[map("a", "1")][..], &hooks].concat(), &adopt).await.expect("adopted");
    let told = told(&place);
    assert!(!told.iter().any(|event| event.contains("install")), "{told:?}");
    assert!(told.contains(&"pre-upgrade newer done".to_owned()), "{told:?}");
    assert!(place.map("new").await.is_none() && place.map("newer").await.is_some());
}

#[tokio::test]
async fn what_becomes_a_hook_is_not_pruned_after_it_ran() {
    let Some(place) = place("hooks: an object before").await else { return };
    place.apply_with(&[map("a", "1"), map("settings", "1")], &deployment("1")).await.expect("applied");
    // One that is made anew would be another object by then.
    let mut hook = map_hook("settings", "pre-upgrade", 0).value().clone();
    hook["metadata"]["annotations"]["helm.sh/hook-delete-policy"] = "hook-failed".into();
    let objects = [map("a", "1"), object(hook)];
    let outcome = place.apply_with(&objects, &deployment("2")).await.expect("applied");
    assert_eq!(outcome.pruned.len(), 0, "{outcome:?}");
    assert!(place.map("settings").await.is_some());
    let keys: Vec<_> = outcome.inventory.entries.into_keys().collect();
    assert_eq!(names(&keys), ["a"], "a hook is no object of the release");
    place.apply_with(&objects[..1], &deployment("3")).await.expect("applied");
    assert!(place.map("settings").await.is_some());
}

/// A job that does not end, whose pods are held until somebody lets them go.
fn held_job() -> Object {
    let mut value = job("migrate", ("pre-install,pre-upgrade", 0, ""), true).value().clone();
    value["spec"]["template"]["metadata"]["finalizers"] = json!(["acme.dev/drain"]);
    object(value)
}

/// The pods of the place, and the letting go of them.
async fn pods(place: &Place, release: bool) -> Vec<String> {
    let path = format!("/api/v1/namespaces/{}/pods", place.namespace());
    let list = place.admin.must("GET", &path, None).await;
    let pods = list["items"].as_array().cloned().unwrap_or_default();
    let names: Vec<String> =
        pods.iter().filter_map(|p| p["metadata"]["name"].as_str().map(Into::into)).collect();
    if release {
        for name in &names {
            let free = json!({ "metadata": { "finalizers": null } });
            place.admin.call("PATCH", &format!("{path}/{name}"), Some(&free)).await;
        }
    }
    names
}

#[tokio::test]
async fn a_job_runs_anew_only_once_the_pods_of_the_one_before_are_gone() {
    let Some(place) = place("hooks: two at once").await else { return };
    let objects = [map("a", "1"), held_job()];
    let guard = deployment("1");
    let first = tokio::select! {
        _ = place.apply_with(&objects, &guard) => panic!("it cannot end"),
        job = testkit::poll("a pod", async || {
            let job = live_job(&place, "migrate").await?;
            (!pods(&place, false).await.is_empty()).then_some(job)
        }) => job,
    };
    let uid = first["metadata"]["uid"].clone();
    let guard = deployment("2");
    tokio::select! {
        _ = place.apply_with(&objects, &guard) => panic!("it cannot end"),
        now = testkit::poll("it is deleted or another", async || {
            let job = live_job(&place, "migrate").await?;
            (job["metadata"]["uid"] != uid || job["metadata"]["deletionTimestamp"].is_string()).then_some(job)
        }) => assert_eq!(now["metadata"]["uid"], uid, "the pod of the first one is still there"),
    }
    pods(&place, true).await;
    testkit::poll("it is gone", async || live_job(&place, "migrate").await.is_none().then_some(())).await;

    // Somebody has deleted the job alone: its pod is waited for all the same.
    let pod = json!({
        "metadata": { "name": "left", "labels": { "batch.kubernetes.io/job-name": "migrate" } },
        "spec": {
            "nodeSelector": { "gpu": "yes" }, "containers": [{ "name": "work", "image": "acme/shop:1" }],
        },
    });
    place.admin.must("POST", &format!("/api/v1/namespaces/{}/pods", place.namespace()), Some(&pod)).await;
    let hurried = Guard { hook_patience: Duration::from_secs(2), ..deployment("3") };
    let error = place.apply_with(&objects, &hurried).await.expect_err("a pod runs").to_string();
    assert!(error.contains("pods of an earlier Job"), "{error}");
    assert!(live_job(&place, "migrate").await.is_none());
    pods(&place, true).await;
}

#[tokio::test]
async fn a_job_that_is_made_anew_does_not_run_twice_at_once() {
    let Some(place) = place("hooks: a job made anew").await else { return };
    let mut value = held_job().value().clone();
    value["metadata"]["annotations"] = json!({});
    place.apply(&[object(value.clone())]).await.expect("applied");
    testkit::poll("a pod", async || (!pods(&place, false).await.is_empty()).then_some(())).await;
    let uid = live_job(&place, "migrate").await.expect("it is there")["metadata"]["uid"].clone();
    value["spec"]["template"]["spec"]["containers"][0]["image"] = "acme/shop:2".into();
    let (changed, guard) = ([object(value)], Guard { recreate: true, ..deployment("2") });
    tokio::select! {
        end = place.apply_with(&changed, &guard) => panic!("it cannot end: {:?}", end.err()),
        now = testkit::poll("it is deleted or another", async || {
            let job = live_job(&place, "migrate").await?;
            (job["metadata"]["uid"] != uid || job["metadata"]["deletionTimestamp"].is_string()).then_some(job)
        }) => assert_eq!(now["metadata"]["uid"], uid, "the pod of the first one is still there"),
    }
    pods(&place, true).await;
}
