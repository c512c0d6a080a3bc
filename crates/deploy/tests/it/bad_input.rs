//! What is wrong with a deployment, or with the cluster: each is said clearly, deletes nothing, and the next good
//! deployment goes on from there.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use deploy::apply::{Guard, apply};
use deploy::{Bounds, Cluster, Error, Kubeconfig, Object};
use model::Outcome;
use serde_json::{Value, json};
use testkit::control_plane::{ADMINISTRATOR, DEPLOYER, Front, Say, Webhook, instead};

use crate::set_up::{Place, cluster, deployment, map, names, object, place, release};

/// A deployment that has to fail while `b`, which Git no longer has, is still there; then one that succeeds.
async fn fails(place: &Place, what: &str, bad: &[Object], says: &str) -> Error {
    place.apply(&[map("a", "1"), map("b", "1")]).await.expect("applied");
    let objects = [vec![map("a", "2")], bad.to_vec()].concat();
    let error = place.apply(&objects).await.err().unwrap_or_else(|| panic!("{what} is taken"));
    assert!(error.to_string().contains(says), "{what}: {error}");
    assert!(place.map("b").await.is_some(), "{what}: nothing may be deleted");
    let outcome = place.apply(&[map("a", "2")]).await.unwrap_or_else(|e| panic!("{what}: {e}"));
    assert_eq!(names(&outcome.pruned), ["b"], "{what}");
    assert_eq!(place.map("a").await.expect("it is there")["data"]["text"], "2", "{what}");
    error
}

#[tokio::test]
async fn a_bad_manifest_deletes_nothing_and_the_next_goes_on() {
    let Some(place) = place("bad input: manifests").await else { return };
    let other = release("other", place.namespace());
    place.apply_as(&other, &[map("theirs", "1")], &Guard::default()).await.expect("applied");
    let elsewhere = json!({
        "apiVersion": "v1", "kind": "ConfigMap", "metadata": { "name": "e", "namespace": "nowhere" },
    });
    let mut typo = deployment("web", "web").value().clone();
    typo["spec"]["replicaz"] = 2.into();
    for (what, bad, says) in [
        (
            "an unknown kind",
            vec![object(
                json!({ "apiVersion": "acme.dev/v1", "kind": "Gizmo", "metadata": { "name": "g" } }),
            )],
            "Gizmo",
        ),
        ("a missing namespace", vec![object(elsewhere)], "the namespace nowhere is not there"),
        ("a duplicate", vec![map("x", "1"), map("x", "2")], "more than once"),
        ("another application's", vec![map("theirs", "2")], "it belongs to another application"),
        ("one that is too large", vec![map("huge", &"x".repeat(2_000_000))], "too large"),
        ("a field that is unknown", vec![object(typo)], "replicaz"),
    ] {
        let error = fails(&place, what, &bad, says).await;
        assert_eq!(error.outcome(), Outcome::NeedsHuman, "{what}: {error}");
    }
    assert_eq!(place.map("theirs").await.expect("it is there")["data"]["text"], "1");
}

#[tokio::test]
async fn a_kind_that_may_not_be_written_is_named() {
    let Some(mut place) = place("bad input: no rights on one kind").await else { return };
    let role = json!({
        "metadata": { "name": "deployer" },
        "rules": [
            { "apiGroups": [""], "resources": ["configmaps"], "verbs": ["get", "create", "patch", "delete"] },
            { "apiGroups": [""], "resources": ["secrets"], "verbs": ["get"] },
        ],
    });
    let binding = json!({
        "metadata": { "name": "deployer" },
        "roleRef": { "apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "deployer" },
        "subjects": [{ "kind": "User", "apiGroup": "rbac.authorization.k8s.io", "name": DEPLOYER }],
    });
    let root = format!("/apis/rbac.authorization.k8s.io/v1/namespaces/{}", place.namespace());
    place.admin.must("POST", &format!("{root}/roles"), Some(&role)).await;
    place.admin.must("POST", &format!("{root}/rolebindings"), Some(&binding)).await;
    place.cluster = cluster(&place.server.kubeconfig(DEPLOYER));
    testkit::poll("the role is in force", async || place.apply(&[map("a", "1")]).await.ok()).await;
    let secret = object(json!({ "apiVersion": "v1", "kind": "Secret", "metadata": { "name": "s" } }));
    let error = fails(&place, "a secret", &[secret], "Secret").await;
    assert!(error.to_string().contains("cannot patch resource \"secrets\""), "{error}");
}

/// A webhook for ConfigMaps called `watched` of the place.
async fn gate(place: &Place, webhook: &Webhook) -> String {
    let name = format!("gate-{}", place.namespace());
    let config = json!({
        "metadata": { "name": name },
        "webhooks": [{
            "name": "gate.acme.dev", "clientConfig": webhook.config(), "sideEffects": "None",
            "admissionReviewVersions": ["v1"], "timeoutSeconds": 1, "failurePolicy": "Fail",
            "namespaceSelector": { "matchLabels": { "kubernetes.io/metadata.name": place.namespace() } },
            "matchConditions": [{ "name": "watched", "expression": "request.name == 'watched'" }],
            "rules": [{
                "apiGroups": [""], "apiVersions": ["v1"], "operations": ["*"], "resources": ["configmaps"],
            }],
        }],
    });
    let path = "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations";
    place.admin.must("POST", path, Some(&config)).await;
    format!("{path}/{name}")
}

#[tokio::test]
async fn a_webhook_that_refuses_or_hangs_is_quoted_with_its_object() {
    let Some(place) = place("bad input: webhooks").await else { return };
    let webhook = Webhook::start(Say::No("Acme does not want this.")).await;
    let configuration = gate(&place, &webhook).await;
    let maps = format!("/api/v1/namespaces/{}/configmaps?dryRun=All", place.namespace());
    let probe = json!({ "metadata": { "name": "watched" } });
    testkit::poll("the webhook is asked", async || {
        (place.admin.call("POST", &maps, Some(&probe)).await.0 == 400).then_some(())
    })
    .await;
    let watched = [map("watched", "1")];
    let error = fails(&place, "a webhook that refuses", &watched, "Acme does not want this.").await;
    assert!(error.to_string().contains(&format!("ConfigMap {}/watched", place.namespace())), "{error}");

    webhook.says(Say::Nothing);
    let begun = Instant::now();
    let error = fails(&place, "a webhook that hangs", &watched, "gate.acme.dev").await;
    let Error::Refused { refusals, before: false } = &error else { panic!("{error}") };
    assert!(matches!(&refusals[..], [deploy::Refusal { why: deploy::Why::Webhook(_), .. }]), "{refusals:?}");
    assert!(begun.elapsed() < Duration::from_secs(20), "{:?}", begun.elapsed());

    webhook.says(Say::Yes);
    place.apply(&[map("a", "2"), watched[0].clone()]).await.expect("let in");
    place.admin.must("DELETE", &configuration, None).await;
}

/// A client that comes through a front, and gives up after a while.
fn through(front: &Front, patience: Duration) -> Cluster {
    let config = Kubeconfig::read(&front.kubeconfig()).unwrap_or_else(|e| panic!("{e}"));
    let bounds = Bounds { patience, ..Bounds::default() };
    Cluster::new(config, bounds).unwrap_or_else(|e| panic!("{e}"))
}

#[tokio::test]
async fn throttling_is_waited_for_as_long_as_it_asks() {
    let Some(place) = place("bad input: 429").await else { return };
    let throttled = Arc::new(AtomicU32::new(0));
    let count = Arc::clone(&throttled);
    let front = Front::start(place.server, ADMINISTRATOR, move |head| {
        // Every third call, as API priority and fairness does it.
        let all = count.fetch_add(1, Ordering::Relaxed);
        (head.method == http::Method::PATCH && all.is_multiple_of(3))
            .then(|| instead(429, &[("retry-after", "1")], r#"{"kind":"Status","message":"too many"}"#))
    })
    .await;
    let client = through(&front, Duration::from_secs(30));
    let objects: Vec<_> = (0..12).map(|number| map(&format!("m{number}"), "1")).collect();
    let outcome = apply(&client, &place.release, objects, &Guard::default(), &|_| ()).await.expect("applied");
    assert_eq!(outcome.applied.len(), 12);
    assert!(throttled.load(Ordering::Relaxed) > 30);
    // What was throttled is not counted: it was not carried out.
    assert_eq!(client.counts().writes, 14);
}

#[tokio::test]
async fn a_cluster_that_only_throttles_or_fails_is_given_up_and_loses_nothing() {
    let Some(place) = place("bad input: 429 for ever").await else { return };
    place.apply(&[map("a", "1"), map("b", "1")]).await.expect("applied");
    for (status, headers) in [(429, &[("retry-after", "1")][..]), (503, &[]), (500, &[])] {
        let front = Front::start(place.server, ADMINISTRATOR, move |head| {
            let body = r#"{"kind":"Status","message":"not now"}"#;
            (head.method == http::Method::PATCH).then(|| instead(status, headers, body))
        })
        .await;
        let client = through(&front, Duration::from_secs(2));
        let begun = Instant::now();
        let error = apply(&client, &place.release, vec![map("a", "2")], &Guard::default(), &|_| ())
            .await
            .expect_err("it is away");
        assert!(begun.elapsed() < Duration::from_secs(8), "{status}: {:?}", begun.elapsed());
        assert!(matches!(error.outcome(), Outcome::RetryLater { .. }), "{status}: {error}");
        assert!(place.map("b").await.is_some(), "{status}");
    }
    let outcome = place.apply(&[map("a", "2")]).await.expect("applied");
    assert_eq!(names(&outcome.pruned), ["b"]);
}

#[tokio::test]
async fn a_page_in_place_of_an_answer_deletes_nothing() {
    let Some(place) = place("bad input: a page on the way").await else { return };
    place.apply(&[map("a", "1"), map("b", "1")]).await.expect("applied");
    let bodies = ["<html>Welcome to Acme</html>", "{}", r#"{"kind":"Status","code":404}"#, ""];
    for body in bodies {
        let front = Front::start(place.server, ADMINISTRATOR, move |head| {
            let maps = head.method == http::Method::GET && head.uri.path().contains("/configmaps/");
            maps.then(|| instead(if body.contains("404") { 404 } else { 200 }, &[], body))
        })
        .await;
        let client = through(&front, Duration::from_secs(2));
        // Whatever is made of it, nothing of the release is lost.
        let result = apply(&client, &place.release, vec![map("a", "2")], &Guard::default(), &|_| ()).await;
        let pruned = result.as_ref().map_or(0, |outcome| outcome.pruned.len());
        assert!(result.is_err() || pruned == 0, "{body}: {result:?}");
        for name in ["a", "b", "trueline-shop"] {
            assert!(place.map(name).await.is_some(), "{body}: {name} is gone");
        }
    }
    let kept: Value = place.map("trueline-shop").await.expect("the inventory");
    let kept = deploy::Inventory::parse(kept["data"]["inventory"].as_str().expect("a text"));
    assert_eq!(names(&kept.entries.into_keys().collect::<Vec<_>>()), ["a", "b"]);
}
