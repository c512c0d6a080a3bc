//! Stories of users: made, given roles, changed, disabled, deleted.

use serde_json::{Value, json};

use crate::client::Client;
use crate::program::{Database, Program};

crate::stories!(users_come_and_go, bad_users_are_refused, somebody_always_administers, by_command_line);

/// The password of every user that stories make.
pub(crate) const PASSWORD: &str = "a-password-of-a-user";

/// Makes a user with roles.
pub(crate) async fn make(admin: &Client, name: &str, roles: Value) {
    let email = format!("{name}@example.org");
    let body = json!({"name": name, "email": email, "password": PASSWORD, "roles": roles});
    admin.post("/api/v1/users", &body).await.expect(201);
}

async fn users_come_and_go(database: Database) {
    let program = Program::start(database).await;
    let admin = program.admin().await;
    admin.post("/api/v1/projects", &json!({"name": "web"})).await.expect(201);
    make(&admin, "ann", json!([{"role": "viewer", "project": "web"}])).await;

    let ann = program.sign_in("ann", PASSWORD).await;
    let session = ann.get("/api/v1/session").await.expect(200);
    assert_eq!(session["user"]["password_is_initial"], true);
    assert_eq!(session["roles"], json!([{"role": "viewer", "project": "web"}]));
    let seen = ann.get("/api/v1/users").await.expect(200);
    assert_eq!(seen["items"].as_array().map(Vec::len), Some(1), "others are not seen: {seen:#}");
    ann.get("/api/v1/users/admin").await.problem(404, "not_found");

    // A role takes effect at once, in the session that is there.
    ann.post("/api/v1/environments", &json!({"name": "prod"})).await.problem(403, "forbidden");
    let answer = admin.get("/api/v1/users/ann").await;
    assert_eq!(answer.header("etag"), "\"1\"");
    let change = json!({"roles": [{"role": "administrator", "project": null}]});
    let changed =
        admin.clone().with("if-match", "\"1\"").patch("/api/v1/users/ann", &change).await.expect(200);
    assert_eq!(changed["version"], 2);
    ann.post("/api/v1/environments", &json!({"name": "prod"})).await.expect(201);
    admin.clone().with("if-match", "\"1\"").patch("/api/v1/users/ann", &change).await.problem(412, "stale");

    admin.patch("/api/v1/users/ann", &json!({"enabled": false})).await.expect(200);
    ann.get("/api/v1/session").await.problem(401, "not_signed_in");
    let body = json!({"name": "ann", "password": PASSWORD});
    program.client().post("/api/v1/session", &body).await.problem(401, "sign_in_failed");

    admin.delete("/api/v1/users/ann").await.expect(204);
    admin.get("/api/v1/users/ann").await.problem(404, "not_found");
    admin.delete("/api/v1/users/ann").await.problem(404, "not_found");
}

async fn bad_users_are_refused(database: Database) {
    let program = Program::start(database).await;
    let admin = program.admin().await;
    let good = json!({"name": "ann", "email": "ann@example.org", "password": PASSWORD, "roles": []});
    let with = |field: &str, value: Value| {
        let mut body = good.clone();
        body[field] = value;
        body
    };
    for (body, field) in [
        (with("name", json!("Ann")), "name"),
        (with("name", json!("")), "name"),
        (with("email", json!("ann")), "email"),
        (with("email", json!("ann@example.org\nBcc: x@y")), "email"),
        (with("password", json!("short")), "password"),
        (with("roles", json!([{"role": "viewer", "project": "nowhere"}])), "roles.0.project"),
        (with("roles", json!([{"role": "boss"}])), "roles.0.role"),
        (with("rolls", json!([])), "rolls"),
        (with("name", json!(7)), "name"),
    ] {
        let problem = admin.post("/api/v1/users", &body).await.problem(422, "invalid");
        assert_eq!(problem["errors"][0]["field"], field, "{problem:#}");
    }
    admin.post("/api/v1/users", &good).await.expect(201);
    let problem = admin.post("/api/v1/users", &good).await.problem(409, "name_taken");
    assert!(problem["detail"].as_str().is_some_and(|d| d.contains("ann")), "{problem:#}");
}

async fn somebody_always_administers(database: Database) {
    let program = Program::start(database).await;
    let admin = program.admin().await;
    for change in [json!({"enabled": false}), json!({"roles": []})] {
        admin.patch("/api/v1/users/admin", &change).await.problem(409, "last_administrator");
    }
    admin.delete("/api/v1/users/admin").await.problem(409, "last_administrator");
    make(&admin, "ann", json!([{"role": "administrator", "project": null}])).await;
    admin.patch("/api/v1/users/admin", &json!({"roles": []})).await.expect(200);
    admin.get("/api/v1/audit").await.problem(403, "forbidden");
}

async fn by_command_line(database: Database) {
    let program = Program::start(database).await;
    let login = ["login", program.url(), "--user", "admin", "--password-stdin"];
    let refused = program.cli(&login, "wrong-password\n").await;
    assert_eq!(refused.code, 1, "{refused:?}");
    assert!(refused.stderr.contains("The name or the password is wrong"), "{refused:?}");
    let done = program.cli(&login, crate::program::ADMIN_PASSWORD).await;
    assert_eq!(done.code, 0, "{done:?}");
    let kept = program.folder().join("config/trueline/login.json");
    let mode = std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(kept).unwrap().permissions());
    assert_eq!(mode & 0o777, 0o600);

    let create =
        ["user", "create", "ann", "--email", "ann@example.org", "--role", "viewer", "--password-stdin"];
    let done = program.cli(&create, PASSWORD).await;
    assert_eq!(done.code, 0, "{done:?}");
    let listed = program.cli(&["user", "list", "-o", "json"], "").await;
    let users: Value = serde_json::from_str(&listed.stdout).unwrap();
    assert_eq!(users[1]["name"], "ann");
    let refused = program.cli(&create, PASSWORD).await;
    assert!(refused.code == 1 && refused.stderr.contains("name_taken"), "{refused:?}");
    assert_eq!(program.cli(&["user", "create", "bob"], "").await.code, 2);
    assert_eq!(program.cli(&["user", "delete", "ann"], "").await.code, 0);
}
