//! What a person does with what runs.

use deploy::actions::{Logs, events, logs, restart, scale};
use deploy::rollout::{Step, plan};
use deploy::watch::Watches;
use model::{Outcome, Timestamp};
use serde_json::json;
use testkit::control_plane::{ADMINISTRATOR, kubelet};

use crate::set_up::{cluster, deployment, map, place};

#[tokio::test]
async fn a_workload_is_restarted_and_scaled() {
    let Some(place) = place("actions: restart and scale").await else { return };
    let objects = [map("a", "1"), deployment("web", "web")];
    place.apply(&objects).await.expect("applied");
    let web = objects[1].key_in(place.namespace());
    let path = format!("/apis/apps/v1/namespaces/{}/deployments/web", place.namespace());
    restart(&place.cluster, &web, Timestamp(1_700_000_000_000_000)).await.expect("restarted");
    let live = place.admin.get(&path).await.expect("it is there");
    let annotations = &live["spec"]["template"]["metadata"]["annotations"];
    assert_eq!(annotations["kubectl.kubernetes.io/restartedAt"], "2023-11-14T22:13:20Z");
    // Git says nothing about either.
    scale(&place.cluster, &web, 3).await.expect("scaled");
    assert_eq!(place.admin.get(&path).await.expect("it is there")["spec"]["replicas"], 3);
    let before = place.cluster.counts();
    place.apply(&objects).await.expect("applied");
    assert_eq!(place.since(before).writes, 0);

    let a = objects[0].key_in(place.namespace());
    for error in [
        restart(&place.cluster, &a, Timestamp(0)).await.expect_err("no pods"),
        scale(&place.cluster, &a, 1).await.expect_err("no replicas"),
    ] {
        assert_eq!(error.outcome(), Outcome::Invalid, "{error}");
    }
    let error = plan(&place.cluster, &web, Step::Promote).await.map(|_| ()).expect_err("no Rollout");
    assert_eq!(error.outcome(), Outcome::Invalid, "{error}");
    let gone = deployment("gone", "gone").key_in(place.namespace());
    let error = scale(&place.cluster, &gone, 1).await.expect_err("it is not there");
    assert_eq!(error.outcome(), Outcome::NotFound, "{error}");
}

#[tokio::test]
async fn what_happened_is_told_of_a_release_and_its_pods() {
    let Some(place) = place("actions: events").await else { return };
    let mut stuck = deployment("stuck", "stuck").value().clone();
    stuck["spec"]["template"]["spec"]["nodeSelector"] = json!({ "gpu": "yes" });
    let outcome = place.apply(&[crate::set_up::object(stuck)]).await.expect("applied");
    let following = Watches::new(place.cluster.clone()).follow(&place.release, &outcome.inventory);
    let following = std::sync::Mutex::new(following);
    testkit::poll("the scheduler's word", async || {
        let tree = following.lock().expect("not poisoned").tree();
        let found = events(&place.cluster, &tree).await.expect("asked");
        let failed = found.iter().find(|event| event.reason == "FailedScheduling")?;
        assert!(failed.warning && failed.object.kind == "Pod" && failed.count > 0, "{failed:?}");
        assert!(failed.last.starts_with("20") && failed.message.contains("0/3 nodes"), "{failed:?}");
        found.iter().find(|event| event.reason == "ScalingReplicaSet" && !event.warning).map(|_| ())
    })
    .await;
}

#[tokio::test]
async fn a_log_is_read_and_followed() {
    let Some(server) = testkit::control_plane::server("actions: logs").await else { return };
    let namespace = server.namespace("eu").await;
    let node = kubelet::start(&server.admin()).await;
    let admin = server.admin();
    let pod = json!({
        "metadata": { "name": "web" },
        "spec": { "nodeName": node.name, "containers": [
            { "name": "web", "image": "acme/shop:1" }, { "name": "side", "image": "acme/side:1" },
        ] },
    });
    admin.must("POST", &format!("/api/v1/namespaces/{namespace}/pods"), Some(&pod)).await;
    let client = cluster(&server.kubeconfig(ADMINISTRATOR));
    let of = |container: &str| Logs { container: Some(container.into()), ..Logs::default() };

    node.write("web", &format!("one\ntwo\n{}\n", "x".repeat(40_000)));
    let mut lines = logs(&client, &namespace, "web", &of("web")).await.expect("a log");
    let mut found = Vec::new();
    while let Some(line) = lines.next().await.expect("read") {
        found.push(line);
    }
    assert_eq!(&found[..2], ["one", "two"]);
    assert_eq!((found.len(), found[2].len()), (3, 16 * 1024), "a long line is cut");
    let asked = node.asked();
    assert!(asked.contains("limitBytes=16777216") && !asked.contains("follow"), "{asked}");

    let more = Logs { follow: true, tail: Some(1), timestamps: true, since_seconds: Some(60), ..of("side") };
    node.write("side", "begun\n");
    let mut lines = logs(&client, &namespace, "web", &more).await.expect("a log");
    assert_eq!(lines.next().await.expect("read").as_deref(), Some("begun"));
    let asked = node.asked();
    for part in ["follow=true", "tailLines=1", "timestamps=true", "sinceSeconds=60"] {
        assert!(asked.contains(part), "{asked}");
    }
    node.write("side", "later\n");
    assert_eq!(lines.next().await.expect("read").as_deref(), Some("later"));

    // Which container is meant has to be said, in the cluster's own words.
    let error = logs(&client, &namespace, "web", &Logs::default()).await.err().expect("two containers");
    assert!(error.to_string().contains("a container name must be specified"), "{error}");
    let error = logs(&client, &namespace, "gone", &of("web")).await.err().expect("no pod");
    assert_eq!(error.outcome(), Outcome::NotFound);
}
