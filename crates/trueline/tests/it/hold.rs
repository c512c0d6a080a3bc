//! Holds as people meet them: nothing is deployed where one stands, everybody sees whose it is and why, and one
//! never takes the place of another.

use serde_json::{Value, json};

use crate::client::Answer;
use crate::deployment::{DEPLOYMENTS, SHOP, World, at_both_hosts, at_gitea};
use crate::program::Database;

const HOLD: &str = "/api/v1/applications/shop/environments/production/hold";

crate::stories! {
    what_waits_for_the_host_is_stopped,
    it_is_told_to_those_who_watch,
    by_command_line,
}

at_gitea! { a_held_environment_takes_no_deployment }

at_both_hosts! {
    a_held_environment_takes_no_deployment,
}

async fn held(world: &World, reason: &str) -> Answer {
    world.admin.put(HOLD, &json!({ "reason": reason })).await
}

/// What the application shows of the environment.
async fn shown(world: &World, environment: &str) -> Value {
    let shop = world.admin.get(SHOP).await.expect(200);
    let states = shop["environments"].as_array().expect("a list").clone();
    states.into_iter().find(|s| s["environment"] == environment).unwrap_or_default()
}

async fn a_held_environment_takes_no_deployment(world: World) {
    assert_eq!(shown(&world, "production").await, Value::Null);
    let hold = held(&world, "Totals are wrong").await.expect(200);
    assert_eq!((&hold["by"], &hold["reason"]), (&json!("admin"), &json!("Totals are wrong")), "{hold:#}");
    let state = shown(&world, "production").await;
    assert_eq!((&state["hold"], &state["deployment"]), (&hold, &Value::Null), "{state:#}");

    let refused = world.request("production", "shop:1").await.problem(409, "held");
    let sentence = refused["detail"].as_str().unwrap_or_default();
    for part in [
        "production of shop is held by admin since 20",
        ": Totals are wrong.",
        "app release shop --environment",
    ] {
        assert!(sentence.contains(part), "{part}: {sentence}");
    }
    let ask = json!({ "environment": "production", "image": "shop:1" });
    let preview = world.admin.post(&format!("{SHOP}/preview"), &ask).await.expect(200);
    let with_digest = json!({ "environment": "production", "image": "shop:1", "digest": preview["digest"] });
    world.admin.post(DEPLOYMENTS, &with_digest).await.problem(409, "held");
    assert_eq!(world.admin.get(DEPLOYMENTS).await.expect(200)["items"], json!([]));
    // Other environments go on.
    world.stored("staging", "shop:1").await;

    let again = held(&world, "Totals are wrong").await.expect(200);
    assert_eq!(again, hold, "the same once more changes nothing");
    let other = held(&world, "Mine").await.problem(409, "held");
    assert!(other["detail"].as_str().is_some_and(|d| d.contains("does not replace")), "{other:#}");
    assert_eq!(shown(&world, "production").await["hold"], hold);

    world.admin.delete(HOLD).await.expect(204);
    world.admin.delete(HOLD).await.problem(404, "not_found");
    assert_eq!(shown(&world, "production").await, Value::Null);
    world.stored("production", "shop:1").await;
    assert_eq!(shown(&world, "production").await["hold"], Value::Null);

    let audit = world.admin.get("/api/v1/audit?action=hold").await.expect(200);
    let actions: Vec<&Value> =
        audit["items"].as_array().expect("a list").iter().map(|e| &e["action"]).collect();
    assert_eq!(json!(actions), json!(["hold.released", "hold.placed"]), "{audit:#}");
    for (reason, code) in [("a".repeat(1001), "too_long"), ("two\nlines".into(), "invalid_character")] {
        let problem = held(&world, &reason).await.problem(422, "invalid");
        let error = &problem["errors"][0];
        assert_eq!((&error["field"], &error["code"]), (&json!("reason"), &json!(code)), "{problem:#}");
    }
    world.admin.put(&HOLD.replace("production", "moon"), &json!({})).await.problem(404, "not_found");
}

/// A deployment that waits for its host is stopped by a hold, before anything of it is in Git.
async fn what_waits_for_the_host_is_stopped(database: Database) {
    use testkit::simulated::Fault;
    let world = World::new(database).await;
    world.stored("production", "shop:1").await;
    let busy = || Fault::Status(503, vec![("retry-after", "1".into())], "Unicorns");
    world.github().fault("POST /acme/gitops-shop.git", busy(), 60);
    world.github().fault("GET /acme/gitops-shop.git", busy(), 60);
    let asked = world.request("production", "shop:2").await.expect(202);
    held(&world, "").await.expect(200);
    let ended = world.ended(&asked["number"]).await;
    assert_eq!((&ended["end"], &ended["failure"]["code"]), (&json!("failed"), &json!("held")), "{ended:#}");
    world.github().clear_faults();
    world.admin.delete(HOLD).await.expect(204);
    world.stored("production", "shop:3").await;
    assert_eq!(world.subjects("main").len(), 2, "deployment 2 left nothing");
}

async fn it_is_told_to_those_who_watch(database: Database) {
    let world = World::built_in(database).await;
    let mut stream = world.admin.stream("/api/v1/events?topic=application:shop").await;
    stream.until("event: open").await;
    held(&world, "Wait for bob").await.expect(200);
    stream.until("Wait for bob").await;
    world.admin.delete(HOLD).await.expect(204);
    stream.until("\"environments\":[]").await;
}

async fn by_command_line(database: Database) {
    let mut world = World::built_in(database).await;
    let token = json!({ "name": "ci", "role": "deployer", "project": "web", "expires_in_days": 1 });
    let secret = world.admin.post("/api/v1/tokens", &token).await.expect(201)["secret"].clone();
    world.program.set("TRUELINE_TOKEN", secret.as_str().unwrap_or_default());
    let place = ["--environment", "production"];
    let hold = [&["app", "hold", "shop"], &place[..], &["--reason", "Totals are wrong"]].concat();
    let told = world.program.cli(&hold, "").await.good();
    assert!(told.contains("admin") && told.contains("Totals are wrong"), "{told}");
    let deploy = [&["app", "deploy", "shop"], &place[..], &["--image", "shop:1"]].concat();
    let refused = world.program.cli(&deploy, "").await;
    assert_eq!(refused.code, 1, "{refused:?}");
    assert!(refused.stderr.contains("is held by admin"), "{refused:?}");
    let shown = world.program.cli(&["app", "show", "shop"], "").await.good();
    assert!(shown.contains("production: nothing yet (held)"), "{shown}");
    world.program.cli(&[&["app", "release", "shop"], &place[..]].concat(), "").await.good();
    world.program.cli(&[&deploy[..], &["--wait"]].concat(), "").await.good();
}
