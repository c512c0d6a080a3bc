//! Stories of the audit: who did what, from where, before and after, and never a secret.

use serde_json::{Value, json};

use super::user::{PASSWORD, make};
use crate::program::{ADMIN_PASSWORD, Database, Program};

crate::stories!(every_change_is_written_down, administrators_of_projects_see_their_part);

async fn every_change_is_written_down(database: Database) {
    let program = Program::start(database).await;
    let body = json!({"name": "admin", "password": "not-the-password"});
    program.client().post("/api/v1/session", &body).await.problem(401, "sign_in_failed");
    let body = json!({"name": "my-secret-password", "password": "typed-into-the-wrong-field"});
    program.client().post("/api/v1/session", &body).await.problem(401, "sign_in_failed");
    let admin = program.admin().await.with("x-request-id", "request-4711");
    make(&admin, "ann", json!([{"role": "viewer", "project": null}])).await;
    let change = json!({"email": "ann@example.com", "password": "another-password"});
    admin.patch("/api/v1/users/ann", &change).await.expect(200);

    let all = admin.get("/api/v1/audit").await.expect(200);
    let actions: Vec<&str> =
        all["items"].as_array().into_iter().flatten().filter_map(|e| e["action"].as_str()).collect();
    let want = [
        "user.changed",
        "user.created",
        "session.created",
        "session.refused",
        "session.refused",
        "age_identity.created",
        "user.created",
    ];
    assert_eq!(actions, want, "the newest first");
    let entry = &all["items"][0];
    assert_eq!((&entry["actor"], &entry["subject"]), (&json!("admin"), &json!("user/ann")));
    assert_eq!((&entry["request"], &entry["origin"]), (&json!("request-4711"), &json!("127.0.0.1")));
    assert_eq!(
        entry["changes"],
        json!([
            {"field": "email", "before": "ann@example.org", "after": "ann@example.com"},
            {"field": "password", "before": null, "after": "changed"},
        ])
    );
    let text = all.to_string();
    for secret in [ADMIN_PASSWORD, PASSWORD, "another-password", "my-secret-password"] {
        assert!(!text.contains(secret) && !program.log().contains(secret), "{secret}");
    }
    let count = async |query: &str| -> usize {
        let found = admin.get(&format!("/api/v1/audit?{query}")).await.expect(200);
        found["items"].as_array().map_or(0, Vec::len)
    };
    assert_eq!(count("action=user").await, 3);
    assert_eq!(count("actor=admin").await, 3);
    assert_eq!(count("subject=ann").await, 2);
    assert_eq!(count("actor=admin&action=user.created&subject=ann").await, 1);
    assert_eq!(count("actor=bob").await, 0);
}

async fn administrators_of_projects_see_their_part(database: Database) {
    let program = Program::start(database).await;
    let admin = program.admin().await;
    for name in ["web", "shop"] {
        admin.post("/api/v1/projects", &json!({"name": name})).await.expect(201);
    }
    make(&admin, "ann", json!([{"role": "administrator", "project": "web"}])).await;
    make(&admin, "bob", json!([{"role": "manager", "project": null}])).await;
    let seen = program.sign_in("ann", PASSWORD).await.get("/api/v1/audit").await.expect(200);
    let subjects: Vec<&Value> =
        seen["items"].as_array().into_iter().flatten().map(|e| &e["subject"]).collect();
    assert_eq!(subjects, ["project/web"]);
    program.sign_in("bob", PASSWORD).await.get("/api/v1/audit").await.problem(403, "forbidden");
}
