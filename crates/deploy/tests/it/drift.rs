//! Where the cluster is no longer as Git says.

use deploy::apply::Guard;
use deploy::drift::{Drift, correct, look};
use deploy::{Key, Object};
use serde_json::json;

use crate::set_up::{Place, deployment, map, names, object, place};

async fn drift(place: &Place, objects: &[Object]) -> Vec<Drift> {
    let before = place.cluster.counts();
    let found = look(&place.cluster, &place.release, objects.to_vec()).await.expect("looked");
    assert_eq!(place.since(before).writes, 0, "a look writes nothing");
    found
}

/// Each difference as a line: object, path, Git's, the cluster's, who.
fn lines(found: &[Drift]) -> Vec<String> {
    let word = |value: &Option<String>| value.clone().unwrap_or_else(|| "-".into());
    let of = |drift: &Drift| match drift.missing {
        true => vec![format!("{} missing", drift.object.name)],
        false => drift
            .differences
            .iter()
            .map(|d| {
                let who = d.who.as_ref().map_or("-", |who| who.manager.as_str());
                format!("{} {} {} {} {who}", drift.object.name, d.path, word(&d.git), word(&d.cluster))
            })
            .collect(),
    };
    found.iter().flat_map(of).collect()
}

fn replicated(name: &str, replicas: u32) -> Object {
    let mut value = deployment(name, name).value().clone();
    value["spec"]["replicas"] = replicas.into();
    value["spec"]["template"]["spec"]["containers"][0]["resources"] = json!({ "limits": { "cpu": "1000m" } });
    object(value)
}

#[tokio::test]
async fn what_somebody_changed_is_told_with_who() {
    let Some(place) = place("drift: changes").await else { return };
    let objects = [map("a", "1"), map("b", "1"), map("c", "1"), replicated("web", 2)];
    place.apply(&objects).await.expect("applied");
    assert_eq!(drift(&place, &objects).await, []);

    // Fields that Git says nothing about, and defaults, are nobody's business.
    place.patch("configmaps", "b", &json!({ "data": { "more": "by hand" } })).await;
    let path = format!("/apis/apps/v1/namespaces/{}/deployments/web", place.namespace());
    let change = json!({
        "metadata": { "annotations": { "acme.dev/by": "hand" } },
        "spec": { "revisionHistoryLimit": 3 },
    });
    place.admin.must("PATCH", &path, Some(&change)).await;
    assert_eq!(lines(&drift(&place, &objects).await), [""; 0]);

    place.patch("configmaps", "a", &json!({ "data": { "text": "by hand" } })).await;
    place.admin.must("DELETE", &format!("/api/v1/namespaces/{}/configmaps/c", place.namespace()), None).await;
    let kubectl = json!({
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": { "name": "web" },
        "spec": { "template": { "spec": { "containers": [{ "name": "web", "image": "acme/shop:2" }] } } },
    });
    place.admin.must("PATCH", &format!("{path}?fieldManager=kubectl-edit&force=true"), Some(&kubectl)).await;
    let found = drift(&place, &objects).await;
    assert_eq!(
        lines(&found),
        [
            "a data.text 1 by hand unknown",
            "c missing",
            "web spec.template.spec.containers[web].image acme/shop:1 acme/shop:2 kubectl-edit",
        ]
    );
    let when = &found[2].differences[0].who.as_ref().expect("it is known").at;
    assert!(when.starts_with("20") && when.ends_with('Z'), "{when}");

    // Exactly what is asked for is put right.
    let these: Vec<Key> =
        found.iter().map(|drift| drift.object.clone()).filter(|key| key.name != "c").collect();
    let at = (&place.cluster, &place.release);
    let outcome = correct(at, objects.to_vec(), &these, &Guard::default(), &|_| ()).await.expect("corrected");
    assert_eq!(names(&outcome.applied), ["a", "web"]);
    assert_eq!(outcome.inventory.entries.len(), 4);
    assert_eq!(lines(&drift(&place, &objects).await), ["c missing"]);
    assert_eq!(place.map("b").await.expect("it is there")["data"]["more"], "by hand");
}

#[tokio::test]
async fn values_of_a_secret_are_in_no_difference() {
    let Some(place) = place("drift: a secret").await else { return };
    let secret = object(json!({
        "apiVersion": "v1", "kind": "Secret", "metadata": { "name": "s" }, "stringData": { "password": "hunter22" },
    }));
    place.apply(std::slice::from_ref(&secret)).await.expect("applied");
    place.patch("secrets", "s", &json!({ "stringData": { "password": "swordfish" } })).await;
    let found = drift(&place, &[secret]).await;
    assert_eq!(lines(&found), ["s data.password *** *** unknown"]);
    assert!(!format!("{found:?}").contains("c3dvcmRmaXNo"));
}

#[tokio::test]
async fn what_others_are_meant_to_change_is_left_to_them() {
    let Some(place) = place("drift: an autoscaler").await else { return };
    let objects = [replicated("web", 1)];
    place.apply(&objects).await.expect("applied");
    let path = format!("/apis/apps/v1/namespaces/{}/deployments/web", place.namespace());
    // Somebody who scales by hand is told.
    deploy::actions::scale(&place.cluster, &objects[0].key_in(place.namespace()), 5).await.expect("scaled");
    assert_eq!(lines(&drift(&place, &objects).await), ["web spec.replicas 1 5 trueline-scale"]);
    let scale = json!({
        "apiVersion": "autoscaling/v1", "kind": "Scale",
        "metadata": { "name": "web", "namespace": place.namespace() }, "spec": { "replicas": 3 },
    });
    // As the controller of autoscalers does it.
    let scaled = format!("{path}/scale?fieldManager=kube-controller-manager");
    place.admin.must("PUT", &scaled, Some(&scale)).await;
    let replicas = async || place.admin.get(&path).await.expect("it is there")["spec"]["replicas"].clone();
    assert_eq!(replicas().await, 3);
    assert_eq!(drift(&place, &objects).await, []);
    // A deployment of another image does not put the number back, and one without a change sends nothing.
    let mut other = objects[0].value().clone();
    other["spec"]["template"]["spec"]["containers"][0]["image"] = "acme/shop:2".into();
    let other = [object(other)];
    place.apply(&other).await.expect("applied");
    assert_eq!(replicas().await, 3);
    let before = place.cluster.counts();
    place.apply(&other).await.expect("applied");
    assert_eq!(place.since(before).writes, 0);
}

#[tokio::test]
async fn what_is_not_applied_yet_is_no_drift() {
    let Some(place) = place("drift: an apply under way").await else { return };
    let before = [map("a", "1"), map("b", "1")];
    place.apply(&before).await.expect("applied");
    let newest = [map("a", "2"), map("b", "1"), map("c", "1")];
    assert_eq!(drift(&place, &newest).await, []);
    place.patch("configmaps", "a", &json!({ "data": { "text": "by hand" } })).await;
    assert_eq!(drift(&place, &newest).await, []);
    // What is as it was deployed is looked at all the same.
    place.patch("configmaps", "b", &json!({ "data": { "text": "by hand" } })).await;
    assert_eq!(lines(&drift(&place, &newest).await), ["b data.text 1 by hand unknown"]);
}

#[tokio::test]
async fn a_job_that_takes_itself_away_is_not_missed_and_not_run_again() {
    let Some(place) = place("drift: a job that is over").await else { return };
    let job = object(json!({
        "apiVersion": "batch/v1", "kind": "Job", "metadata": { "name": "once" },
        "spec": { "ttlSecondsAfterFinished": 0, "template": { "spec": {
            "restartPolicy": "Never", "containers": [{ "name": "once", "image": "acme/shop:1" }],
        } } },
    }));
    let objects = [map("a", "1"), job];
    let outcome = place.apply(&objects).await.expect("applied");
    let path = format!("/apis/batch/v1/namespaces/{}/jobs/once", place.namespace());
    testkit::poll("it is over", async || {
        let live = place.admin.get(&path).await;
        live.is_none().then_some(())
    })
    .await;
    assert_eq!(drift(&place, &objects).await, []);
    let mut following =
        deploy::watch::Watches::new(place.cluster.clone()).follow(&place.release, &outcome.inventory);
    let tree =
        testkit::poll("a tree", || std::future::ready(Some(following.tree()).filter(|tree| tree.complete)))
            .await;
    assert_eq!(tree.nodes.len(), 1, "{tree:?}");
    let before = place.cluster.counts();
    let again = place.apply(&objects).await.expect("applied");
    assert_eq!((names(&again.unchanged), place.since(before).writes), (vec!["a", "once"], 0));
    // Another job of that name is run.
    let mut other = objects[1].value().clone();
    other["spec"]["template"]["spec"]["containers"][0]["image"] = "acme/shop:2".into();
    let outcome = place.apply(&[map("a", "1"), object(other)]).await.expect("applied");
    assert_eq!(names(&outcome.applied), ["once"]);
}
