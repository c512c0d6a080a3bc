//! Stories of API tokens.

use serde_json::{Value, json};

use super::user::{PASSWORD, make};
use crate::client::Client;
use crate::program::{Database, Program};

crate::stories!(
    tokens_do_what_they_may,
    tokens_keep_within_themselves,
    bad_tokens_are_refused,
    they_end_with_a_password_when_that_is_said,
);

/// Makes a token for a signed-in client.
pub(crate) async fn of(client: &Client, name: &str, role: &str, project: Option<&str>) -> (String, String) {
    let body = json!({"name": name, "role": role, "project": project, "expires_in_days": 7});
    let made = client.post("/api/v1/tokens", &body).await.expect(201);
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    (text(&made["token"]["id"]), text(&made["secret"]))
}

async fn tokens_do_what_they_may(database: Database) {
    let program = Program::start(database).await;
    let admin = program.admin().await;
    let (id, secret) = of(&admin, "robot", "administrator", None).await;
    assert!(secret.starts_with("tlt_") && secret.len() == 47, "its form is known to scanners");
    let robot = program.client().with_token(&secret);
    // No CSRF token is needed: no browser sends it by itself.
    robot.post("/api/v1/projects", &json!({"name": "web"})).await.expect(201);
    let session = robot.get("/api/v1/session").await.expect(200);
    assert_eq!((&session["user"]["name"], &session["csrf"]), (&json!("admin"), &json!("")));

    let listed = admin.get("/api/v1/tokens").await.expect(200);
    assert_eq!(listed["items"][0]["hint"], secret[43..]);
    assert!(listed["items"][0]["used_at"].is_string(), "{listed:#}");
    assert!(!listed.to_string().contains(&secret), "it is shown once");
    let entries = admin.get("/api/v1/audit?action=project.created").await.expect(200);
    assert_eq!(entries["items"][0]["identity"], format!("token:{id}"));

    admin.delete(&format!("/api/v1/tokens/{id}")).await.expect(204);
    robot.get("/api/v1/session").await.problem(401, "not_signed_in");
}

async fn tokens_keep_within_themselves(database: Database) {
    let program = Program::start(database).await;
    let admin = program.admin().await;
    for name in ["web", "shop"] {
        admin.post("/api/v1/projects", &json!({"name": name})).await.expect(201);
    }
    let (_, secret) = of(&admin, "one-project", "viewer", Some("web")).await;
    let robot = program.client().with_token(&secret);
    robot.get("/api/v1/projects/web").await.expect(200);
    robot.get("/api/v1/projects/shop").await.problem(404, "not_found");
    robot.post("/api/v1/projects", &json!({"name": "more"})).await.problem(403, "forbidden");
    let listed = robot.get("/api/v1/projects").await.expect(200);
    assert_eq!(listed["items"].as_array().map(Vec::len), Some(1), "{listed:#}");
    // What it makes cannot be more than it is.
    let more = json!({"name": "more", "role": "administrator", "project": null, "expires_in_days": 7});
    robot.post("/api/v1/tokens", &more).await.problem(403, "forbidden");
    let same = json!({"name": "same", "role": "viewer", "project": "web", "expires_in_days": 7});
    robot.post("/api/v1/tokens", &same).await.expect(201);

    // A token follows its owner down.
    make(&admin, "ann", json!([{"role": "administrator", "project": null}])).await;
    let ann = program.sign_in("ann", PASSWORD).await;
    let (id, secret) = of(&ann, "mine", "administrator", None).await;
    let robot = program.client().with_token(&secret);
    robot.get("/api/v1/audit").await.expect(200);
    admin.patch("/api/v1/users/ann", &json!({"roles": []})).await.expect(200);
    robot.get("/api/v1/audit").await.problem(403, "forbidden");
    robot.delete(&format!("/api/v1/tokens/{id}")).await.expect(204);
}

async fn bad_tokens_are_refused(database: Database) {
    let program = Program::start(database).await;
    let admin = program.admin().await;
    let good = json!({"name": "t", "role": "viewer", "project": null, "expires_in_days": 7});
    for (field, value) in [
        ("name", json!("")),
        ("expires_in_days", json!(0)),
        ("expires_in_days", json!(367)),
        ("role", json!("boss")),
    ] {
        let mut body = good.clone();
        body[field] = value;
        let problem = admin.post("/api/v1/tokens", &body).await.problem(422, "invalid");
        assert_eq!(problem["errors"][0]["field"], field, "{problem:#}");
    }
    let mut body = good.clone();
    body["project"] = json!("nowhere");
    admin.post("/api/v1/tokens", &body).await.problem(404, "not_found");
    for secret in ["tlt_invented", "x", ""] {
        let stranger = program.client().with_token(secret);
        stranger.get("/api/v1/projects").await.problem(401, "not_signed_in");
    }
    let path = "/api/v1/tokens/00000000-0000-0000-0000-000000000000";
    admin.delete(path).await.problem(404, "not_found");
    admin.delete("/api/v1/tokens/t").await.problem(404, "not_found");
}

async fn they_end_with_a_password_when_that_is_said(database: Database) {
    let program = Program::start(database).await;
    let admin = program.admin().await;
    make(&admin, "ann", json!([{"role": "viewer", "project": null}])).await;
    let ann = program.sign_in("ann", PASSWORD).await;
    let (_, hers) = of(&ann, "hers", "viewer", None).await;
    let (_, mine) = of(&admin, "mine", "viewer", None).await;
    let (hers, mine) = (program.client().with_token(&hers), program.client().with_token(&mine));

    let path = "/api/v1/users/ann";
    admin.patch(path, &json!({"password": "another-password-1"})).await.expect(200);
    hers.get("/api/v1/session").await.expect(200);
    admin.patch(path, &json!({"password": "another-password-2", "revoke_tokens": true})).await.expect(200);
    hers.get("/api/v1/session").await.problem(401, "not_signed_in");
    mine.get("/api/v1/session").await.expect(200);
    let audit = admin.get("/api/v1/audit?action=user.changed").await.expect(200);
    let change = json!({"field": "tokens_revoked", "before": null, "after": "1"});
    assert!(audit["items"][0]["changes"].as_array().unwrap().contains(&change), "{audit:#}");

    // One's own, by the command line: the token of that command stays.
    let login = ["login", program.url(), "--user", "admin", "--password-stdin"];
    program.cli(&login, crate::program::ADMIN_PASSWORD).await.good();
    let both = format!("{}\na-new-password-1", crate::program::ADMIN_PASSWORD);
    program.cli(&["user", "password", "--revoke-tokens"], &both).await.good();
    mine.get("/api/v1/session").await.problem(401, "not_signed_in");
    assert_eq!(
        program.cli(&["token", "list", "-o", "json"], "").await.json().as_array().map(Vec::len),
        Some(1)
    );
    program.cli(&["user", "set", "admin", "--revoke-tokens"], "").await.good();
    let ended = program.cli(&["token", "list"], "").await;
    assert!(ended.code == 1 && ended.stderr.contains("Sign in again"), "{ended:?}");
}
