//! The way back: the state of an earlier deployment as a new commit, with a hold, whatever became of chart,
//! values and branch since.

use serde_json::{Value, json};

use crate::client::Answer;
use crate::deployment::{DEPLOYMENTS, SHOP, World, at_both_hosts, at_gitea, read};
use crate::program::Database;

const HOLD: &str = "/api/v1/applications/shop/environments/production/hold";
const FOLDER: &str = "environments/production";

crate::stories! {
    a_waiting_request_gives_way,
    a_rollback_that_failed_does_not_stand_in_the_way,
    by_command_line,
}

at_gitea! { the_old_state_comes_back_byte_for_byte }

at_both_hosts! {
    the_old_state_comes_back_byte_for_byte,
    what_cannot_come_back_is_refused_with_what_can,
    of_two_at_once_one_is_taken,
    a_state_that_is_gone_from_the_tip_comes_back,
}

async fn preview(world: &World, number: i64) -> Answer {
    let ask = json!({ "environment": "production", "restore": number });
    world.admin.post(&format!("{SHOP}/preview"), &ask).await
}

async fn roll_back(world: &World, number: i64) -> Answer {
    world.admin.post(DEPLOYMENTS, &json!({ "environment": "production", "restore": number })).await
}

async fn rolled_back(world: &World, number: i64) -> Value {
    let asked = roll_back(world, number).await.expect(202);
    let ended = world.ended(&asked["number"]).await;
    assert_eq!(ended["end"], "stored", "{ended:#}");
    ended
}

/// The id of what lies at a path in a commit; `None` when there is nothing.
fn id_at(world: &World, commit: &Value, path: &str) -> Option<String> {
    let commit = commit.as_str().expect("a commit");
    let listed = world.cli.run(&world.bare(), &["ls-tree", commit, path]);
    listed.split_whitespace().nth(2).map(str::to_owned)
}

async fn the_old_state_comes_back_byte_for_byte(world: World) {
    world.save(None, "replicas: 2\n").await;
    let first = world.stored("production", "shop:1").await;
    let old_base = id_at(&world, &first["commit"], "values.yaml").expect("base values");
    world.stored("staging", "shop:1").await;
    world.save(None, "replicas: 7\n").await;
    world.save(Some("production"), "port: 9000\n").await;
    let third = world.stored("production", "shop:3").await;

    let shown = preview(&world, 1).await.expect(200);
    assert_eq!(shown["compared_with"], 3, "{shown:#}");
    let lines = shown["manifests"].to_string();
    for line in ["shop:3", "shop:1", "9000", "8080"] {
        assert!(lines.contains(line), "{line}: {shown:#}");
    }
    assert!(world.admin.get(SHOP).await.expect(200)["environments"][0]["hold"].is_null(), "it only looked");
    let body = json!({ "environment": "production", "restore": 1, "message": "Totals are wrong",
        "digest": shown["digest"] });
    let wrong = json!({ "environment": "production", "restore": 1, "digest": "0000" });
    world.admin.post(DEPLOYMENTS, &wrong).await.problem(409, "preview_outdated");
    let asked = world.admin.post(DEPLOYMENTS, &body).await.expect(202);
    assert_eq!((&asked["restores"], &asked["image"]), (&json!(1), &json!("shop:1")), "{asked:#}");
    let fourth = world.ended(&asked["number"]).await;
    assert_eq!((&fourth["end"], &fourth["digest"]), (&json!("stored"), &shown["digest"]), "{fourth:#}");

    // The folder is the old one, but for what describes the release; everything else is as it was.
    for path in ["chart", "rendered", "override.yaml"] {
        let path = format!("{FOLDER}/{path}");
        assert_eq!(id_at(&world, &fourth["commit"], &path), id_at(&world, &first["commit"], &path), "{path}");
    }
    assert_eq!(fourth["rendered_tree"], first["rendered_tree"]);
    for path in ["values.yaml", "environments/staging", ".trueline", "README.md"] {
        assert_eq!(id_at(&world, &fourth["commit"], path), id_at(&world, &third["commit"], path), "{path}");
    }
    let subject = world.subjects("main").pop().expect("a commit");
    assert_eq!(subject, "Roll back shop in production to deployment 1 (deployment 4)");
    let work = world.clone("back");
    let release = read(&work, &format!("{FOLDER}/release.yaml"));
    for line in [
        "number: 4\n",
        "restores: 1\n",
        "hold: {\"by\":\"admin\",\"reason\":\"Totals are wrong\",\"since\":\"20",
        "image: \"shop:1\"\n",
        &format!("base_values: \"{old_base}\"\n"),
    ] {
        assert!(release.contains(line), "{line}: {release}");
    }
    assert!(!work.join(format!("{FOLDER}/override.yaml")).exists());
    world.cli.check(&world.bare());

    held_until_it_is_released(&world).await;
}

/// The hold that the rollback of deployment 4 put, and what is deployed once it is gone.
async fn held_until_it_is_released(world: &World) {
    let hold = world.admin.get(SHOP).await.expect(200)["environments"][0]["hold"].clone();
    assert_eq!((&hold["deployment"], &hold["reason"]), (&json!(4), &json!("Totals are wrong")), "{hold:#}");
    let refused = world.request("production", "shop:5").await.problem(409, "held");
    assert!(
        refused["detail"].as_str().is_some_and(|d| d.contains("(deployment 4 rolled back)")),
        "{refused:#}"
    );
    roll_back(world, 3).await.problem(409, "held");
    // Other environments go on, with the base values that the branch has.
    world.stored("staging", "shop:5").await;
    world.admin.delete(HOLD).await.expect(204);
    // What was saved is deployed again, as ever.
    let ask = json!({ "environment": "production", "image": "shop:5" });
    let next = world.admin.post(&format!("{SHOP}/preview"), &ask).await.expect(200);
    assert!(next["manifests"].to_string().contains("9000"), "{next:#}");
    world.stored("production", "shop:5").await;
    let work = world.clone("on");
    assert_eq!(read(&work, &format!("{FOLDER}/override.yaml")), "port: 9000\n");
    assert!(!read(&work, &format!("{FOLDER}/release.yaml")).contains("restores"));
    let audit = world.admin.get("/api/v1/audit?action=hold").await.expect(200);
    assert_eq!(audit["items"].as_array().map(Vec::len), Some(2), "{audit:#}");
}

async fn what_cannot_come_back_is_refused_with_what_can(world: World) {
    let none = roll_back(&world, 1).await.problem(422, "invalid");
    assert_eq!(
        (&none["errors"][0]["field"], &none["errors"][0]["code"]),
        (&json!("restore"), &json!("unknown"))
    );
    world.stored("production", "shop:1").await;
    world.edit("hand", "values.yaml", "replicas: 9\n");
    world.failed("production", "shop:2", "inputs_changed_in_git").await;
    world.admin.post(&format!("{SHOP}/values/import"), &json!({})).await.expect(200);
    world.stored("production", "shop:3").await;
    world.stored("staging", "shop:3").await;
    for (number, code, words) in [
        (
            2,
            "not_restorable",
            "Deployment 2 failed: there is no state of it to go back to. The nearest that can come back are 1 and 3.",
        ),
        (
            4,
            "not_restorable",
            "Deployment 4 was to another environment than production. The nearest that can come back is 3.",
        ),
        (3, "already_deployed", "it is the last deployment there"),
    ] {
        for refused in [roll_back(&world, number).await, preview(&world, number).await] {
            let refused = refused.problem(409, code);
            assert!(refused["detail"].as_str().is_some_and(|d| d.contains(words)), "{refused:#}");
        }
    }
    let both = json!({ "environment": "production", "restore": 1, "image": "shop:1" });
    let refused = world.admin.post(DEPLOYMENTS, &both).await.problem(422, "invalid");
    assert_eq!(refused["errors"][0]["field"], "restore", "{refused:#}");
    assert!(world.admin.get(SHOP).await.expect(200)["environments"][0]["hold"].is_null(), "no hold was left");
    // The same state by another number is the same state.
    rolled_back(&world, 1).await;
    world.admin.delete(HOLD).await.expect(204);
    let refused = roll_back(&world, 1).await.problem(409, "already_deployed");
    assert!(
        refused["detail"].as_str().is_some_and(|d| d.contains("deployment 5 has the same state")),
        "{refused:#}"
    );
    // Forth again: a rollback is a deployment like others.
    rolled_back(&world, 3).await;
}

async fn of_two_at_once_one_is_taken(world: World) {
    for number in 1..4 {
        world.stored("production", &format!("shop:{number}")).await;
    }
    let (one, other) = tokio::join!(roll_back(&world, 1), roll_back(&world, 2));
    let (taken, refused) = if one.status == 202 { (one, other) } else { (other, one) };
    refused.problem(409, "held");
    let taken = taken.expect(202);
    assert_eq!(world.ended(&taken["number"]).await["end"], "stored");
    assert_eq!(world.subjects("main").len(), 4);
    let keyed = world.admin.clone().with("idempotency-key", "once");
    world.admin.delete(HOLD).await.expect(204);
    let body = json!({ "environment": "production", "restore": 3 });
    let first = keyed.post(DEPLOYMENTS, &body).await.expect(202);
    assert_eq!(world.ended(&first["number"]).await["end"], "stored");
    // The same request again is the same rollback, not a refusal.
    assert_eq!(keyed.post(DEPLOYMENTS, &body).await.expect(202)["id"], first["id"]);
}

/// Chart and manifests taken out of the branch by hand, and base values changed there: neither is needed.
async fn a_state_that_is_gone_from_the_tip_comes_back(world: World) {
    let first = world.stored("production", "shop:1").await;
    world.stored("production", "shop:2").await;
    let work = world.clone("gone");
    world.cli.run(&work, &["rm", "-r", "--quiet", &format!("{FOLDER}/chart"), &format!("{FOLDER}/rendered")]);
    world.cli.commit(&work, &[("values.yaml", "replicas: 9\n")], "By hand");
    world.cli.run(&work, &["push", "--quiet", "origin", "HEAD"]);
    let third = rolled_back(&world, 1).await;
    for path in ["chart", "rendered"] {
        let path = format!("{FOLDER}/{path}");
        assert_eq!(id_at(&world, &third["commit"], &path), id_at(&world, &first["commit"], &path), "{path}");
    }
    assert_eq!(read(&world.clone("after"), "values.yaml"), "replicas: 9\n", "what was changed by hand stays");
    // A rollback does not take it in: that stays to be done before the next deployment.
    world.admin.delete(HOLD).await.expect(204);
    world.failed("production", "shop:4", "inputs_changed_in_git").await;
}

async fn a_waiting_request_gives_way(database: Database) {
    use testkit::simulated::Fault;
    let world = World::new(database).await;
    let first = world.stored("production", "shop:1").await;
    let busy = || Fault::Status(503, vec![("retry-after", "1".into())], "Unicorns");
    world.github().fault("POST /acme/gitops-shop.git", busy(), 60);
    world.github().fault("GET /acme/gitops-shop.git", busy(), 60);
    let waiting = world.request("production", "shop:2").await.expect(202);
    // To what is there already: the newer one is on its way, so this is not nothing.
    let asked = roll_back(&world, 1).await.expect(202);
    assert_eq!(world.ended(&waiting["number"]).await["end"], "superseded");
    world.github().clear_faults();
    let ended = world.ended(&asked["number"]).await;
    assert_eq!(
        (&ended["end"], &ended["rendered_tree"]),
        (&json!("stored"), &first["rendered_tree"]),
        "{ended:#}"
    );
    assert_eq!(world.subjects("main").len(), 2);
}

/// An override changed by hand would be overwritten: the rollback fails, its hold stays, and once the change is
/// taken in another rollback takes both over.
async fn a_rollback_that_failed_does_not_stand_in_the_way(database: Database) {
    let world = World::built_in(database).await;
    world.stored("production", "shop:1").await;
    world.stored("production", "shop:2").await;
    world.edit("hand", &format!("{FOLDER}/override.yaml"), "replicas: 9\n");
    let asked = roll_back(&world, 1).await.expect(202);
    let failed = world.ended(&asked["number"]).await;
    assert_eq!(failed["failure"]["code"], "inputs_changed_in_git", "{failed:#}");
    world.request("production", "shop:4").await.problem(409, "held");
    let import = json!({ "environment": "production" });
    world.admin.post(&format!("{SHOP}/values/import"), &import).await.expect(200);
    rolled_back(&world, 1).await;
    let hold = world.admin.get(SHOP).await.expect(200)["environments"][0]["hold"].clone();
    assert_eq!(hold["deployment"], 4, "{hold:#}");
    roll_back(&world, 2).await.problem(409, "held");
}

async fn by_command_line(database: Database) {
    let mut world = World::built_in(database).await;
    let token = json!({ "name": "ci", "role": "deployer", "project": "web", "expires_in_days": 1 });
    let secret = world.admin.post("/api/v1/tokens", &token).await.expect(201)["secret"].clone();
    world.program.set("TRUELINE_TOKEN", secret.as_str().unwrap_or_default());
    world.stored("production", "shop:1").await;
    world.stored("production", "shop:2").await;
    let back = ["app", "rollback", "shop", "--environment", "production", "--to"];
    let refused = world.program.cli(&[&back[..], &["2"]].concat(), "").await;
    assert_eq!(refused.code, 1, "{refused:?}");
    assert!(refused.stderr.contains("There is nothing to roll back."), "{refused:?}");
    let told = world.program.cli(&[&back[..], &["1", "--wait", "--message", "Totals"]].concat(), "").await;
    assert!(told.stderr.contains("trueline app release shop --environment production"), "{told:?}");
    let told = told.good();
    assert!(told.contains("as deployment 1 left them") && told.contains("stored"), "{told}");
    let wrong = world.program.cli(&[&back[..], &["one"]].concat(), "").await;
    assert_eq!(wrong.code, 2, "{wrong:?}");
}
