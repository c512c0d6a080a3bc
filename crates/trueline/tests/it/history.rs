//! History: what is different between any two deployments of an application.

use serde_json::{Value, json};

use crate::deployment::{DEPLOYMENTS, World, at_both_hosts, at_gitea};
use crate::program::Database;

crate::stories! { by_command_line }

at_both_hosts! { any_two_deployments_are_compared }

at_gitea! { any_two_deployments_are_compared }

async fn diff(world: &World, number: i64, with: Option<i64>) -> Value {
    let query = with.map(|n| format!("?with={n}")).unwrap_or_default();
    world.admin.get(&format!("{DEPLOYMENTS}/{number}/diff{query}")).await.expect(200)
}

fn paths(files: &Value) -> Vec<&str> {
    files.as_array().expect("a list").iter().filter_map(|f| f["path"].as_str()).collect()
}

async fn any_two_deployments_are_compared(world: World) {
    world.save(None, "replicas: 2\n").await;
    world.stored("production", "shop:1").await;
    world.save(None, "replicas: 4\n").await;
    world.save(Some("production"), "port: 9000\n").await;
    world.stored("production", "shop:2").await;
    world.stored("staging", "shop:3").await;

    let second = diff(&world, 2, Some(1)).await;
    assert_eq!((&second["from"], &second["to"]), (&json!(1), &json!(2)));
    assert_eq!(paths(&second["inputs"]), ["override.yaml", "values.yaml"], "{second:#}");
    let deployment = "manifests/production/Deployment.apps.shop.yaml";
    assert!(paths(&second["manifests"]).contains(&deployment), "{second:#}");
    let lines = second["manifests"].to_string();
    for line in ["shop:1", "shop:2", "9000"] {
        assert!(lines.contains(line), "{line}: {second:#}");
    }
    assert!(second["values"]["hunks"].to_string().contains("replicas: 4"), "{second:#}");
    assert_eq!((&second["chart"], &second["secrets"]), (&json!([]), &json!([])));
    assert_eq!(diff(&world, 2, None).await, second, "the one before it is meant when none is named");
    // The other way round, and the first one with nothing.
    let back = diff(&world, 1, Some(2)).await;
    assert_eq!(back["inputs"][0]["change"], "removed", "{back:#}");
    let first = diff(&world, 1, None).await;
    assert!(first["from"].is_null() && !paths(&first["chart"]).is_empty(), "{first:#}");
    // Of two environments: objects are compared although their namespaces differ.
    let staging = diff(&world, 3, Some(2)).await;
    let mut deployment = staging["manifests"].as_array().expect("a list").iter();
    let found = deployment.find(|f| f["path"] == "manifests/staging/Deployment.apps.shop.yaml");
    assert_eq!(found.expect("the object")["change"], "changed", "{staging:#}");

    world.edit("hand", "values.yaml", "replicas: 9\n");
    world.failed("production", "shop:4", "inputs_changed_in_git").await;
    // It was rendered, so it can be looked at.
    assert!(diff(&world, 4, Some(2)).await["manifests"].to_string().contains("shop:4"));
    world.admin.get(&format!("{DEPLOYMENTS}/9/diff")).await.problem(404, "not_found");
    world.admin.get(&format!("{DEPLOYMENTS}/2/diff?with=9")).await.problem(404, "not_found");
}

async fn by_command_line(database: Database) {
    let mut world = World::built_in(database).await;
    let token = json!({ "name": "ci", "role": "viewer", "project": "web", "expires_in_days": 1 });
    let secret = world.admin.post("/api/v1/tokens", &token).await.expect(201)["secret"].clone();
    world.program.set("TRUELINE_TOKEN", secret.as_str().unwrap_or_default());
    world.stored("production", "shop:1").await;
    world.stored("production", "shop:2").await;
    let told = world.program.cli(&["app", "diff", "shop", "--from", "1", "--to", "2"], "").await.good();
    assert!(told.contains("+++ manifests/production/Deployment.apps.shop.yaml"), "{told}");
    let same = world.program.cli(&["app", "diff", "shop", "--from", "2", "--to", "2"], "").await.good();
    assert_eq!(same, "Nothing is different.\n");
    let wrong = world.program.cli(&["app", "diff", "shop", "--from", "1"], "").await;
    assert_eq!(wrong.code, 2, "{wrong:?}");
}
