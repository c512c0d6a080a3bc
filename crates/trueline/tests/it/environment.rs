//! Stories of environments.

use serde_json::json;

use super::user::{PASSWORD, make};
use crate::program::{Database, Program};

crate::stories!(environments_come_and_go, bad_environments_are_refused);

async fn environments_come_and_go(database: Database) {
    let program = Program::start(database).await;
    let admin = program.admin().await;
    let made = admin.post("/api/v1/environments", &json!({"name": "prod"})).await.expect(201);
    for (field, value) in
        [("namespace", "prod"), ("kubernetes_version", "1.36.3"), ("branch", "default"), ("engine", "none")]
    {
        assert_eq!(made[field], value, "{made:#}");
    }
    let all = json!({"name": "dev", "description": "Free for all", "namespace": "shop-dev",
        "kubernetes_version": "1.34.0", "branch": "per-environment", "engine": "none",
        "api_versions": ["monitoring.coreos.com/v1", "a/v1", "a/v1"]});
    let made = admin.post("/api/v1/environments", &all).await.expect(201);
    assert_eq!(made["api_versions"], json!(["a/v1", "monitoring.coreos.com/v1"]));
    let change = json!({"kubernetes_version": "1.35.1"});
    let changed = admin.patch("/api/v1/environments/dev", &change).await.expect(200);
    assert_eq!(changed["description"], "Free for all", "what is left out stays");
    // The name is a folder in every repository, the branch holds them: neither changes.
    for field in ["name", "branch", "namespace"] {
        let problem =
            admin.patch("/api/v1/environments/dev", &json!({field: "default"})).await.problem(422, "invalid");
        assert_eq!(problem["errors"][0]["field"], field, "{problem:#}");
    }

    make(&admin, "ann", json!([])).await;
    let ann = program.sign_in("ann", PASSWORD).await;
    let listed = ann.get("/api/v1/environments").await.expect(200);
    let names: Vec<_> = listed["items"].as_array().into_iter().flatten().map(|e| e["name"].clone()).collect();
    assert_eq!(names, ["dev", "prod"]);
    ann.delete("/api/v1/environments/dev").await.problem(403, "forbidden");
    admin.delete("/api/v1/environments/dev").await.expect(204);
    ann.get("/api/v1/environments/dev").await.problem(404, "not_found");
}

async fn bad_environments_are_refused(database: Database) {
    let program = Program::start(database).await;
    let admin = program.admin().await;
    for (field, value) in [
        ("name", json!("Prod")),
        ("namespace", json!("-x")),
        ("kubernetes_version", json!("v1.36")),
        ("kubernetes_version", json!("latest")),
        ("api_versions", json!(["a b"])),
        ("api_versions", json!([""])),
        ("description", json!("two\nlines")),
        ("description", json!("x".repeat(501))),
        ("branch", json!("main")),
        ("engine", json!("magic")),
    ] {
        let mut body = json!({"name": "prod"});
        body[field] = value;
        let problem = admin.post("/api/v1/environments", &body).await.problem(422, "invalid");
        assert_eq!(problem["errors"][0]["field"], field, "{problem:#}");
        assert!(problem["errors"][0]["message"].as_str().is_some_and(|m| m.len() > 10), "{problem:#}");
    }
    admin.post("/api/v1/environments", &json!({"name": "prod"})).await.expect(201);
    admin.post("/api/v1/environments", &json!({"name": "prod"})).await.problem(409, "name_taken");
}
