//! Stories of the stream of events: whose it is, what it tells and to whom, when it ends.

use serde_json::json;

use crate::application::furnish;
use crate::client::Client;
use crate::program::{Database, Program};

crate::stories!(
    the_stream_ends_with_the_session,
    the_stream_ends_with_the_token,
    what_may_not_be_seen_is_not_told
);

const PASSWORD: &str = "a-long-password-71";

/// A viewer in the project `web`.
async fn viewer(program: &Program, admin: &Client) -> Client {
    let roles = json!([{"role": "viewer", "project": "web"}]);
    let vera = json!({"name": "vera", "email": "vera@acme.dev", "password": PASSWORD, "roles": roles});
    admin.post("/api/v1/users", &vera).await.expect(201);
    program.sign_in("vera", PASSWORD).await
}

async fn made(admin: &Client, name: &str, project: &str) {
    admin.post("/api/v1/applications", &json!({"name": name, "project": project})).await.expect(201);
}

async fn the_stream_ends_with_the_session(database: Database) {
    let program = Program::start(database).await;
    let admin = furnish(&program).await;
    let vera = viewer(&program, &admin).await;
    let mut stream = vera.stream("/api/v1/events").await;
    stream.until("event: open").await;
    made(&admin, "before", "web").await;
    stream.until("\"before\"").await;
    vera.delete("/api/v1/session").await.expect(204);
    made(&admin, "after", "web").await;
    let all = stream.ended().await;
    assert!(!all.contains("\"after\""), "{all}");
    vera.get("/api/v1/events").await.problem(401, "not_signed_in");
}

async fn the_stream_ends_with_the_token(database: Database) {
    let program = Program::start(database).await;
    let admin = furnish(&program).await;
    let (id, secret) = crate::token::of(&admin, "watcher", "viewer", Some("web")).await;
    let mut stream = program.client().with_token(&secret).stream("/api/v1/events").await;
    stream.until("event: open").await;
    admin.delete(&format!("/api/v1/tokens/{id}")).await.expect(204);
    made(&admin, "after", "web").await;
    let all = stream.ended().await;
    assert!(!all.contains("\"after\""), "{all}");
}

async fn what_may_not_be_seen_is_not_told(database: Database) {
    let program = Program::start(database).await;
    let admin = furnish(&program).await;
    admin.post("/api/v1/projects", &json!({"name": "foreign"})).await.expect(201);
    let vera = viewer(&program, &admin).await;
    let mut all = vera.stream("/api/v1/events").await;
    let topics = "topic=application:hidden&topic=application:shown&topic=gitops-config:inside";
    let mut named = vera.stream(&format!("/api/v1/events?{topics}")).await;
    for stream in [&mut all, &mut named] {
        stream.until("event: open").await;
    }
    made(&admin, "hidden", "foreign").await;
    let creating = admin.clone().with("if-none-match", "*");
    creating.put("/api/v1/gitops-configs/inside", &json!({"provider": "built-in"})).await.expect(201);
    made(&admin, "shown", "web").await;
    for stream in [&mut all, &mut named] {
        let told = stream.until("\"shown\"").await;
        for word in ["hidden", "event: check", "event: gitops-config"] {
            assert!(!told.contains(word), "{word}: {told}");
        }
    }
    // A role that is taken away ends it, from the next event on.
    admin.patch("/api/v1/users/vera", &json!({"roles": []})).await.expect(200);
    made(&admin, "later", "web").await;
    vera.delete("/api/v1/session").await.expect(204);
    made(&admin, "last", "web").await;
    let told = all.ended().await;
    assert!(!told.contains("\"later\""), "{told}");
}
