//! Stories of projects.

use serde_json::{Value, json};

use crate::program::{Database, Program};

crate::stories!(projects_come_and_go, lists_come_in_parts, creating_twice_creates_once, by_command_line);

async fn projects_come_and_go(database: Database) {
    let program = Program::start(database).await;
    let admin = program.admin().await;
    let body = json!({"name": "web", "description": "The shop's page"});
    let answer = admin.post("/api/v1/projects", &body).await;
    assert_eq!(answer.header("etag"), "\"1\"");
    let made = answer.expect(201);
    assert_eq!(made["applications"], 0);
    assert_eq!(admin.get("/api/v1/projects/web").await.expect(200), made);
    admin.post("/api/v1/projects", &body).await.problem(409, "name_taken");

    let change = json!({"description": "New"});
    let stale = admin.clone().with("if-match", "\"7\"");
    stale.patch("/api/v1/projects/web", &change).await.problem(412, "stale");
    let unreadable = admin.clone().with("if-match", "7");
    unreadable.patch("/api/v1/projects/web", &change).await.problem(400, "bad_condition");
    let changed = admin.patch("/api/v1/projects/web", &change).await.expect(200);
    assert_eq!((&changed["description"], &changed["version"]), (&json!("New"), &json!(2)));
    let entry = admin.get("/api/v1/audit?action=project.changed").await.expect(200)["items"][0].clone();
    assert_eq!(
        entry["changes"],
        json!([{"field": "description", "before": "The shop's page", "after": "New"}])
    );
    assert_eq!(entry["project"], "web");

    for (name, code) in [("Web", "invalid_character"), ("", "required"), ("a--b", "invalid_hyphen")] {
        let problem = admin.post("/api/v1/projects", &json!({"name": name})).await.problem(422, "invalid");
        assert_eq!(problem["errors"][0]["code"], code, "{problem:#}");
    }
    admin.delete("/api/v1/projects/web").await.expect(204);
    admin.get("/api/v1/projects/web").await.problem(404, "not_found");
}

async fn lists_come_in_parts(database: Database) {
    let program = Program::start(database).await;
    let admin = program.admin().await;
    let mut made: Vec<String> = (0..7).map(|i| format!("p{i}")).collect();
    for name in &made {
        admin.post("/api/v1/projects", &json!({"name": name})).await.expect(201);
    }
    let mut seen = Vec::new();
    let mut path = "/api/v1/projects?limit=3".to_owned();
    loop {
        let part = admin.get(&path).await.expect(200);
        let items = part["items"].as_array().cloned().unwrap_or_default();
        assert!(items.len() <= 3);
        seen.extend(items.iter().map(|i| i["name"].as_str().unwrap_or_default().to_owned()));
        let Some(next) = part["next"].as_str() else { break };
        path = format!("/api/v1/projects?limit=3&cursor={next}");
    }
    made.sort();
    assert_eq!(seen, made);
    for (query, code) in [("limit=0", "invalid"), ("limit=201", "invalid"), ("cursor=x!", "invalid")] {
        admin.get(&format!("/api/v1/projects?{query}")).await.problem(422, code);
    }
    admin.get("/api/v1/projects?limit=many").await.problem(400, "bad_query");
}

async fn creating_twice_creates_once(database: Database) {
    let program = Program::start(database).await;
    let admin = program.admin().await.with("idempotency-key", "once-4711");
    let body = json!({"name": "web"});
    let first = admin.post("/api/v1/projects", &body).await.expect(201);
    assert_eq!(admin.post("/api/v1/projects", &body).await.expect(201), first);
    admin.post("/api/v1/projects", &json!({"name": "shop"})).await.problem(409, "idempotency_key_reused");
    let listed = admin.get("/api/v1/projects").await.expect(200);
    assert_eq!(listed["items"].as_array().map(Vec::len), Some(1), "{listed:#}");
    let endless = admin.with("idempotency-key", &"x".repeat(201));
    endless.post("/api/v1/projects", &body).await.problem(400, "bad_idempotency_key");
}

async fn by_command_line(database: Database) {
    let program = Program::start(database).await;
    let refused = program.cli(&["project", "list"], "").await;
    assert!(refused.code == 1 && refused.stderr.contains("trueline login"), "{refused:?}");
    let login = ["login", program.url(), "--user", "admin", "--password-stdin"];
    assert_eq!(program.cli(&login, crate::program::ADMIN_PASSWORD).await.code, 0);
    assert_eq!(program.cli(&["project", "create", "web", "--description", "Page"], "").await.code, 0);
    let listed = program.cli(&["project", "list"], "").await;
    assert!(listed.stdout.starts_with("NAME  APPLICATIONS"), "{listed:?}");
    assert!(listed.stdout.lines().nth(1).is_some_and(|l| l.starts_with("web ")), "{listed:?}");
    let shown = program.cli(&["project", "show", "web", "-o", "json"], "").await;
    let shown: Value = serde_json::from_str(&shown.stdout).unwrap();
    assert_eq!(shown["description"], "Page");
    let refused = program.cli(&["project", "show", "nowhere"], "").await;
    assert!(refused.code == 1 && refused.stderr.contains("not_found"), "{refused:?}");
    assert_eq!(program.cli(&["project", "delete", "web"], "").await.code, 0);
}
