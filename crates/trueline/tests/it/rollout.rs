//! Stories of Rollouts: the API server holds what the template makes against the definition that Argo Rollouts publishes; its
//! controller is played.

use serde_json::{Value, json};

use crate::cluster::{Stage, sign_in};
use crate::deployment::{DEPLOYMENTS, SHOP};
use crate::program::{Database, Output};

crate::stories! {
    a_rollout_is_led_to_its_end,
}

const ROLLOUT: &str = "apis/argoproj.io/v1alpha1 rollouts/shop";

/// All that an API server could take amiss.
const CANARY: &str = "
replicas: 5
minReadySeconds: 5
rollout:
  canary:
    steps:
      - setWeight: 20
      - pause: {}
      - setCanaryScale: {matchTrafficWeight: true}
      - pause: {duration: 5m}
    trafficRouting: {nginx: {stableIngress: shop}}
    analysis: {templates: [{templateName: errors}], startingStep: 1}
ingress: {enabled: true, hosts: [{host: shop.acme.dev}]}
";

const BLUE_GREEN: &str = "
rollout:
  strategy: blueGreen
  blueGreen:
    autoPromotionEnabled: false
    autoPromotionSeconds: 30
    previewReplicaCount: 1
    prePromotionAnalysis: {templates: [{templateName: errors}]}
    postPromotionAnalysis: {templates: [{templateName: errors}]}
";

/// A stage in whose cluster the kind Rollout is defined, with an application of its template.
async fn stage(database: Database, name: &str) -> Option<Stage> {
    let Some(definition) = testkit::tools::rollout_definition() else {
        testkit::skip(name, "the definitions of Argo Rollouts are not there (cargo xtask tools)");
        return None;
    };
    let stage = Stage::set(database, name).await?;
    let text = std::fs::read_to_string(definition).expect("it can be read");
    let path =
        "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/rollouts.argoproj.io?fieldManager=test";
    assert!((200..300).contains(&stage.admin.send("PATCH", path, text).await));
    let list = format!("/apis/argoproj.io/v1alpha1/namespaces/{}/rollouts", stage.namespace);
    testkit::poll("the kind is served", async || stage.admin.get(&list).await).await;
    // What was known of the cluster is from before.
    stage.world.admin.post("/api/v1/clusters/eu/check", &json!({})).await.expect(200);
    stage.world.admin.patch(SHOP, &json!({ "template": "rollout" })).await.expect(200);
    sign_in(&stage.world).await;
    Some(stage)
}

/// What the controller writes.
async fn plays(stage: &Stage, status: Value) {
    let path = format!("/apis/argoproj.io/v1alpha1/namespaces/{}/rollouts/shop", stage.namespace);
    let live = testkit::poll("the Rollout is there", async || stage.admin.get(&path).await).await;
    let mut status = status;
    status["observedGeneration"] = live["metadata"]["generation"].to_string().into();
    stage.admin.must("PATCH", &format!("{path}/status"), Some(&json!({ "status": status }))).await;
}

async fn led(stage: &Stage, step: &str, more: &[&str]) -> Output {
    let line = [&["app", "rollout", step, "shop", "--environment", "live"], more].concat();
    stage.world.program.cli(&line, "").await
}

async fn ended(stage: &Stage, number: i64) {
    let ended = stage.world.ended(&json!(number)).await;
    assert_eq!(ended["end"], "healthy", "{ended:#}\n{}", stage.world.program.log());
}

async fn asked(stage: &Stage, image: &str, generation: i64) -> i64 {
    let number = stage.world.request("live", image).await.expect(202)["number"].as_i64().expect("a number");
    testkit::poll("it is applied", async || {
        let now = stage.world.admin.get(&format!("{DEPLOYMENTS}/{number}")).await.expect(200);
        assert!(now["end"].is_null(), "it ended: {now:#}");
        let live = stage.live(ROLLOUT).await?;
        (live["metadata"]["generation"].as_i64()? >= generation).then_some(())
    })
    .await;
    number
}

async fn a_rollout_is_led_to_its_end(database: Database) {
    let Some(stage) = stage(database, "rollout::a_rollout_is_led_to_its_end").await else { return };
    stage.world.save(None, CANARY).await;
    let first = asked(&stage, "shop:1", 1).await;
    plays(&stage, json!({ "phase": "Healthy", "currentPodHash": "one", "stableRS": "one" })).await;
    ended(&stage, first).await;
    let idle = led(&stage, "promote", &[]).await;
    let audit = stage.world.admin.get("/api/v1/audit?limit=5").await.expect(200).to_string();
    assert!(!audit.contains("rollout."), "nothing was done: {audit}");
    assert!(idle.code == 1 && idle.stderr.contains("are of one version"), "{idle:?}");

    // A new version waits for a person, and the deployment says so.
    let second = asked(&stage, "shop:2", 2).await;
    let paused = json!([{ "reason": "CanaryPauseStep", "startTime": "2026-11-23T10:00:00Z" }]);
    let status = json!({ "phase": "Paused", "message": "CanaryPauseStep", "currentPodHash": "two", "stableRS": "one",
        "pauseConditions": paused, "currentStepIndex": 1 });
    plays(&stage, status).await;
    stage
        .until(second, "it is paused", |d| {
            d["release"]["message"].as_str().is_some_and(|m| m.starts_with("Paused: Rollout"))
        })
        .await;
    let said = led(&stage, "promote", &[]).await.good();
    assert_eq!(said, "Rollout shop goes on.\n");
    let live = stage.live(ROLLOUT).await.expect("it is there");
    assert_eq!(live["status"]["pauseConditions"], Value::Null, "{live:#}");
    let idle = led(&stage, "promote", &["rollout/shop"]).await;
    assert!(idle.code == 1 && idle.stderr.contains("promote it fully"), "{idle:?}");
    let said = led(&stage, "abort", &[]).await.good();
    assert!(said.contains("goes back to the version before") && said.contains("roll back"), "{said}");
    led(&stage, "retry", &[]).await.good();
    led(&stage, "promote", &["--full"]).await.good();
    let live = stage.live(ROLLOUT).await.expect("it is there");
    assert_eq!(
        (&live["status"]["abort"], &live["status"]["promoteFull"], &live["spec"]["replicas"]),
        (&json!(false), &json!(true), &json!(5)),
        "{live:#}"
    );
    plays(&stage, json!({ "phase": "Healthy", "message": "", "stableRS": "two", "promoteFull": null })).await;
    ended(&stage, second).await;
    let audit = stage.world.admin.get("/api/v1/audit?limit=20").await.expect(200).to_string();
    for action in ["promoted", "aborted", "retried", "promoted_fully"] {
        assert!(audit.contains(&format!("\"rollout.{action}\"")), "{action}: {audit}");
    }

    stage.world.save(None, BLUE_GREEN).await;
    let third = asked(&stage, "shop:2", 3).await;
    plays(&stage, json!({ "phase": "Healthy" })).await;
    ended(&stage, third).await;
    assert!(stage.live("api/v1 services/shop-preview").await.is_some());
    assert!(stage.live("api/v1 services/shop-canary").await.is_none(), "it went with its strategy");
}
