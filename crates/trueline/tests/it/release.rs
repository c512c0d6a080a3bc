//! Stories of what runs, told with the command line: seen, handled, taken over, confirmed.

use serde_json::{Value, json};

use crate::cluster::{Stage, sign_in};
use crate::deployment::DEPLOYMENTS;
use crate::program::{Database, Output};

crate::stories! {
    what_runs_is_seen_and_handled,
    deletions_are_confirmed_by_typing_the_name,
    what_an_application_has_is_never_taken_over,
    an_immutable_field_is_made_anew_when_told,
}

/// A command about `shop` in the environment `live`.
async fn app(stage: &Stage, command: &str, more: &[&str], input: &str) -> Output {
    let line = [&["app", command, "shop", "--environment", "live"][..], more].concat();
    stage.world.program.cli(&line, input).await
}

async fn what_runs_is_seen_and_handled(database: Database) {
    let Some(stage) = Stage::set(database, "release::what_runs_is_seen_and_handled").await else { return };
    sign_in(&stage.world).await;
    let nothing = app(&stage, "resources", &[], "").await;
    assert_eq!(nothing.code, 1, "{nothing:?}");
    let told = app(&stage, "deploy", &["--image", "shop:1", "--wait"], "").await.good();
    assert!(told.contains("✓ released") && told.contains("✓ finished   healthy"), "{told}");

    // What is followed comes a moment after what was waited for.
    let first = format!("shop in live, cluster eu, namespace {}: healthy", stage.namespace);
    let seen = testkit::poll("all of it is seen, and healthy", || async {
        let seen = app(&stage, "resources", &[], "").await.good();
        (seen.contains("└ Pod shop-") && seen.starts_with(&first)).then_some(seen)
    });
    let seen = seen.await;
    for line in ["OBJECT", "Deployment shop", "└ ReplicaSet shop-", "Service shop"] {
        assert!(seen.contains(line), "{line}: {seen}");
    }
    let same = app(&stage, "resources", &["-o", "json"], "").await.json();
    assert_eq!((&same["status"], &same["cluster"]), (&json!("healthy"), &json!("eu")));

    // The only workload need not be named; another than those there is refused with what there is.
    let said = app(&stage, "restart", &[], "").await.good();
    assert_eq!(said, "The pods of Deployment shop are started anew.\n");
    let live = stage.live("apis/apps/v1 deployments/shop").await.expect("it runs");
    let annotations = &live["spec"]["template"]["metadata"]["annotations"];
    assert!(annotations.to_string().contains("restartedAt"), "{annotations}");
    let wrong = app(&stage, "scale", &["statefulset/shop", "--replicas", "3"], "").await;
    assert!(wrong.code == 1 && wrong.stderr.contains("deployment/shop"), "{wrong:?}");
    app(&stage, "scale", &["deployment/shop", "--replicas", "3"], "").await.good();
    let live = stage.live("apis/apps/v1 deployments/shop").await.expect("it runs");
    assert_eq!(live["spec"]["replicas"], 3);

    let drift = app(&stage, "drift", &[], "").await.good();
    assert!(drift.contains("Deployment shop\n") && drift.contains("spec.replicas: Git"), "{drift}");

    let corrected = app(&stage, "drift", &["--correct"], "").await.good();
    assert_eq!(corrected, "The cluster is what Git says again.\n");
    let live = stage.live("apis/apps/v1 deployments/shop").await.expect("it runs");
    assert_ne!(live["spec"]["replicas"], 3);

    let events = app(&stage, "events", &[], "").await.good();
    assert!(events.starts_with("LAST") && events.contains("ScalingReplicaSet"), "{events}");
    let unknown = app(&stage, "logs", &["nobody"], "").await;
    assert!(unknown.code == 1 && unknown.stderr.contains("nobody"), "{unknown:?}");
}

async fn deletions_are_confirmed_by_typing_the_name(database: Database) {
    let name = "release::deletions_are_confirmed_by_typing_the_name";
    let Some(stage) = Stage::set(database, name).await else { return };
    sign_in(&stage.world).await;
    let maps: Vec<String> = (0..12).map(|n| format!("  m{n:02}: {{ data: {{ a: b }} }}\n")).collect();
    stage.world.save(None, &format!("configMaps:\n{}", maps.concat())).await;
    stage.healthy("shop:1").await;
    let early = app(&stage, "confirm", &[], "shop\n").await;
    assert!(early.code == 1 && early.stderr.contains("No deployment of shop to live waits"), "{early:?}");
    stage.world.save(None, "replicas: 1\n").await;
    let number = stage.world.request("live", "shop:1").await.expect(202)["number"].clone();
    let number = number.as_i64().expect("a number");
    let waits = stage.until(number, "it waits", |d| !d["release"]["confirm"].is_null()).await;
    let digest = waits["release"]["confirm"]["digest"].as_str().expect("a digest").to_owned();

    // Without the digest nothing is confirmed where nobody can be asked: it is shown, and how to go on.
    let shown = app(&stage, "confirm", &[], "").await;
    assert_eq!(shown.code, 1, "{shown:?}");
    for part in ["12 objects that Git no longer has", "ConfigMap shop-m00", digest.as_str(), "--digest"] {
        assert!(shown.stderr.contains(part), "{part}: {shown:?}");
    }
    let typed = app(&stage, "confirm", &["--digest", &digest], "shap\n").await;
    assert!(typed.code == 1 && typed.stderr.contains("Type the name"), "{typed:?}");
    let other = app(&stage, "confirm", &["--digest", "0"], "shop\n").await;
    assert_eq!(other.code, 1, "{other:?}");
    let good = app(&stage, "confirm", &["--digest", &digest], "shop\n").await.good();
    assert!(good.contains(&format!("deployment {number} of shop goes on")), "{good}");
    assert_eq!(stage.world.ended(&json!(number)).await["end"], "healthy");
}

/// Values with a service account that is called the same in several applications.
const SHARED: &str = "serviceAccount: { create: true, name: shared }\n";

/// Makes an application in a project of its own with that account, and deploys it beside `shop`.
async fn neighbour(stage: &Stage, project: &str) {
    let admin = &stage.world.admin;
    if project != "web" {
        admin.post("/api/v1/projects", &json!({ "name": project })).await.expect(201);
    }
    let cart = json!({ "name": "cart", "project": project });
    admin.post("/api/v1/applications", &cart).await.expect(201);
    let values = json!({ "yaml": SHARED, "message": "" });
    let creating = admin.clone().with("if-match", "\"1\"");
    creating.put("/api/v1/applications/cart/values", &values).await.expect(200);
    let body = json!({ "environment": "live", "image": "cart:1" });
    let path = "/api/v1/applications/cart/deployments";
    let number = admin.post(path, &body).await.expect(202)["number"].clone();
    let ended = testkit::poll("it ends", || async {
        let now = admin.get(&format!("{path}/{number}")).await.expect(200);
        (!now["end"].is_null()).then_some(now)
    });
    assert_eq!(ended.await["end"], "healthy");
}

async fn what_an_application_has_is_never_taken_over(database: Database) {
    let name = "release::what_an_application_has_is_never_taken_over";
    let Some(stage) = Stage::set(database, name).await else { return };
    sign_in(&stage.world).await;
    neighbour(&stage, "carts").await;
    stage.world.save(None, SHARED).await;
    let owner = async || {
        let account = stage.live("api/v1 serviceaccounts/shared").await.expect("it is there");
        account["metadata"]["labels"]["applyset.kubernetes.io/part-of"].clone()
    };
    let before = owner().await;
    // Told to or not: what another application has stays its own. Of another project its name is not told.
    for more in [&["--image", "shop:1", "--wait"][..], &["--image", "shop:1", "--adopt", "--wait"]] {
        let refused = app(&stage, "deploy", more, "").await;
        for part in ["another application (of another project)", "take it out of there, first"] {
            assert!(refused.code == 1 && refused.stderr.contains(part), "{part}: {refused:?}");
        }
        assert!(!refused.stderr.contains("cart") && !refused.stderr.contains("adoption"), "{refused:?}");
    }
    assert_eq!(owner().await, before);
    assert!(stage.image().await.is_none(), "nothing was written");
    let last = stage.world.admin.get(&format!("{DEPLOYMENTS}/2")).await.expect(200);
    assert_eq!(last["failure"]["code"], "objects_owned_by_others", "{last:#}");

    // What nobody owns is taken over when that is told, and the audit says who told so.
    stage.world.save(None, "serviceAccount: { create: true, name: own }\n").await;
    let path = format!("/api/v1/namespaces/{}/serviceaccounts", stage.namespace);
    let own = json!({ "apiVersion": "v1", "kind": "ServiceAccount", "metadata": { "name": "own" } });
    stage.admin.must("POST", &path, Some(&own)).await;
    let refused = app(&stage, "deploy", &["--image", "shop:1", "--wait"], "").await;
    assert!(refused.code == 1 && refused.stderr.contains("nobody that is known"), "{refused:?}");
    app(&stage, "deploy", &["--image", "shop:1", "--adopt", "--wait"], "").await.good();
    let audit = stage.world.admin.get("/api/v1/audit?action=deployment.requested").await.expect(200);
    let changes = |at: usize| audit["items"][at]["changes"].to_string();
    assert!(changes(0).contains("\"adopt\"") && !changes(1).contains("\"adopt\""), "{audit:#}");
}

async fn an_immutable_field_is_made_anew_when_told(database: Database) {
    let name = "release::an_immutable_field_is_made_anew_when_told";
    let Some(stage) = Stage::set(database, name).await else { return };
    sign_in(&stage.world).await;
    stage.healthy("shop:1").await;
    // Somebody has made it anew with another selector, which no apply can change, under the application's own label.
    let live = stage.live("apis/apps/v1 deployments/shop").await.expect("it runs");
    let path = format!("/apis/apps/v1/namespaces/{}/deployments", stage.namespace);
    stage.admin.must("DELETE", &format!("{path}/shop"), None).await;
    testkit::poll("it is gone", || async {
        stage.live("apis/apps/v1 deployments/shop").await.is_none().then_some(())
    })
    .await;
    let labels = json!({ "app": "other" });
    let other = json!({ "apiVersion": "apps/v1", "kind": "Deployment",
        "metadata": { "name": "shop", "labels": live["metadata"]["labels"] },
        "spec": { "selector": { "matchLabels": labels }, "template": {
            "metadata": { "labels": labels }, "spec": { "containers": [{ "name": "a", "image": "a" }] } } } });
    stage.admin.must("POST", &path, Some(&other)).await;
    let refused = app(&stage, "deploy", &["--image", "shop:2", "--wait"], "").await;
    assert!(refused.code == 1 && refused.stderr.contains("immutable"), "{refused:?}");
    app(&stage, "deploy", &["--image", "shop:2", "--recreate", "--wait"], "").await.good();
    assert_eq!(stage.image().await.as_deref(), Some("shop:2"));
    let shown: Value = stage.world.admin.get("/api/v1/audit?action=deployment.requested").await.expect(200);
    assert!(shown["items"][0]["changes"].to_string().contains("\"recreate\""), "{shown:#}");
}
