//! Stories of chart repositories: added after a look, looked at again, failing, gone.

use serde_json::{Value, json};
use testkit::chart_repository::{ChartRepository, Settings};
use testkit::poll;
use testkit::simulated::fault::Fault;

use super::user::{PASSWORD, make};
use crate::client::Client;
use crate::program::{Database, Program};

crate::stories!(
    a_repository_is_added_looked_at_and_removed,
    what_does_not_work_is_explained_and_not_saved,
    a_repository_that_fails_keeps_its_charts,
    a_password_is_kept_and_goes_nowhere_else,
);

const ACME: &str = "/api/v1/chart-repositories/acme";

/// Adds a repository under the name `acme`.
pub(crate) async fn added(admin: &Client, repository: &ChartRepository) -> Value {
    let creating = admin.clone().with("if-none-match", "*");
    creating.put(ACME, &json!({"url": repository.url()})).await.expect(201)
}

fn index_calls(repository: &ChartRepository) -> Vec<u16> {
    repository.seen().iter().filter(|s| s.path.ends_with("/index.yaml")).map(|s| s.status).collect()
}

async fn a_repository_is_added_looked_at_and_removed(database: Database) {
    let repository = ChartRepository::start().await;
    repository.publish("shop", "1.0.0", &[]);
    let program = Program::start(database).await;
    let admin = program.admin().await;
    let made = added(&admin, &repository).await;
    assert_eq!((&made["kind"], &made["charts"], &made["versions"]), (&json!("http"), &json!(1), &json!(1)));
    assert!(made["refreshed_at"].is_string() && made["failure"].is_null(), "{made:#}");
    admin
        .clone()
        .with("if-none-match", "*")
        .put(ACME, &json!({"url": repository.url()}))
        .await
        .problem(412, "stale");

    // Nothing new costs one short answer; what is new is there at once.
    let refresh = format!("{ACME}/refresh");
    admin.post(&refresh, &json!({})).await.expect(200);
    repository.publish("shop", "1.1.0", &[]);
    repository.publish("web", "0.1.0", &[]);
    let now = admin.post(&refresh, &json!({})).await.expect(200);
    assert_eq!((&now["charts"], &now["versions"]), (&json!(2), &json!(3)), "{now:#}");
    assert_eq!(index_calls(&repository), [200, 304, 200]);
    repository.withdraw("web", "0.1.0");
    let now = admin.post(&refresh, &json!({})).await.expect(200);
    assert_eq!((&now["charts"], &now["versions"]), (&json!(1), &json!(2)), "{now:#}");

    make(&admin, "ann", json!([])).await;
    let ann = program.sign_in("ann", PASSWORD).await;
    assert_eq!(ann.get("/api/v1/chart-repositories").await.expect(200)["items"][0]["name"], "acme");
    ann.post(&refresh, &json!({})).await.problem(403, "forbidden");
    ann.delete(ACME).await.problem(403, "forbidden");
    admin.delete(ACME).await.expect(204);
    ann.get(ACME).await.problem(404, "not_found");
    assert_eq!(ann.get("/api/v1/charts").await.expect(200)["items"], json!([]));
    let audit = admin.get("/api/v1/audit?subject=chart-repository/acme").await.expect(200);
    let actions: Vec<_> =
        audit["items"].as_array().unwrap().iter().map(|e| e["action"].as_str().unwrap()).collect();
    assert_eq!(actions.first(), Some(&"chart_repository.deleted"));
    assert_eq!(actions.last(), Some(&"chart_repository.saved"));
}

async fn what_does_not_work_is_explained_and_not_saved(database: Database) {
    let repository =
        ChartRepository::with(Settings { prefix: "/charts".into(), ..Settings::default() }).await;
    repository.publish("shop", "1.0.0", &[]);
    let program = Program::start(database).await;
    let admin = program.admin().await;
    for (url, code) in [
        ("git@github.com:acme/charts.git", "git_address"),
        ("https://github.com/acme/charts", "git_address"),
        ("charts.acme.dev", "scheme_missing"),
        ("https://ann:secret-4711@acme.dev", "credentials_in_address"),
    ] {
        let problem = admin.put(ACME, &json!({ "url": url })).await.problem(422, "invalid");
        assert_eq!(
            (&problem["errors"][0]["field"], &problem["errors"][0]["code"]),
            (&json!("url"), &json!(code))
        );
        assert!(!problem.to_string().contains("secret-4711"), "{problem:#}");
    }
    let url = repository.url();
    let put = async |url: &str, code: &str| admin.put(ACME, &json!({ "url": url })).await.problem(422, code);
    let problem = put(&format!("{url}/shop"), "chart_index_missing").await;
    assert_eq!(problem["errors"][0]["suggestion"], json!(url), "{problem:#}");
    for (index, code) in [
        (&b"<!DOCTYPE html><html></html>"[..], "chart_index_is_page"),
        (b"apiVersion: v1\nentries:\n  a: [\n", "invalid_chart_index"),
        (b"a: 1\n", "no_chart_index"),
    ] {
        repository.set_index(Some(index.to_vec()));
        put(&url, code).await;
    }
    repository.set_index(None);
    for (fault, code) in [
        (Fault::Huge, "chart_index_too_large"),
        (Fault::Status(403, vec![], "no"), "chart_repository_refused"),
        (Fault::Redirect("http://10.255.255.1/index.yaml".into()), "private_address"),
    ] {
        repository.fail("/index.yaml", fault);
        put(&url, code).await;
    }
    put("http://127.0.0.1:9", "connection_refused").await;
    admin.get(ACME).await.problem(404, "not_found");
}

async fn a_repository_that_fails_keeps_its_charts(database: Database) {
    let repository = ChartRepository::start().await;
    repository.publish("shop", "1.0.0", &[]);
    let program = Program::start(database).await;
    let admin = program.admin().await;
    added(&admin, &repository).await;
    repository.down(true);
    let now = admin.post(&format!("{ACME}/refresh"), &json!({})).await.expect(200);
    assert_eq!(now["failure"]["code"], "chart_repository_failing", "{now:#}");
    assert_eq!(now["charts"], 1, "what it listed last is still there");
    assert_eq!(admin.get("/api/v1/charts?search=shop").await.expect(200)["items"][0]["name"], "shop");
    repository.down(false);
    let now = admin.post(&format!("{ACME}/refresh"), &json!({})).await.expect(200);
    assert!(now["failure"].is_null(), "{now:#}");
    // An index that cannot be read changes nothing either.
    repository.set_index(Some(b"apiVersion: v1\nentries: [\n".to_vec()));
    let now = admin.post(&format!("{ACME}/refresh"), &json!({})).await.expect(200);
    assert_eq!((&now["failure"]["code"], &now["charts"]), (&json!("invalid_chart_index"), &json!(1)));
    // Two who ask at once cost one look.
    repository.set_index(None);
    let before = index_calls(&repository).len();
    let path = format!("{ACME}/refresh");
    let nothing = json!({});
    tokio::join!(admin.post(&path, &nothing), admin.post(&path, &nothing));
    poll("the looks are over", || async {
        let seen = index_calls(&repository).len() - before;
        (1..=2).contains(&seen).then_some(())
    })
    .await;
}

async fn a_password_is_kept_and_goes_nowhere_else(database: Database) {
    const SECRET: &str = "planted-chart-password-4711";
    let user = Some(("ann".to_owned(), SECRET.to_owned()));
    let repository = ChartRepository::with(Settings { user, ..Settings::default() }).await;
    repository.publish("shop", "1.0.0", &[]);
    let other = ChartRepository::start().await;
    let program = Program::start(database).await;
    let admin = program.admin().await;
    let url = repository.url();
    admin.put(ACME, &json!({"url": url})).await.problem(422, "chart_repository_refused");
    let problem = admin.put(ACME, &json!({"url": url, "username": "ann"})).await.problem(422, "invalid");
    assert_eq!(problem["errors"][0]["field"], "secret");
    let account = json!({"url": url, "username": "ann", "secret": SECRET});
    let made = admin.put(ACME, &account).await.expect(201);
    assert_eq!((&made["has_secret"], &made["username"]), (&json!(true), &json!("ann")));
    // It is kept when it is left out, and asked for again when the address changes.
    admin.put(ACME, &json!({"url": url, "username": "ann"})).await.expect(200);
    let moved = json!({"url": other.url(), "username": "ann"});
    let problem = admin.put(ACME, &moved).await.problem(422, "invalid");
    assert_eq!(problem["errors"][0]["field"], "secret", "{problem:#}");
    assert!(other.seen().is_empty());
    let shown = admin.get("/api/v1/charts/acme/shop/versions/1.0.0").await.expect(200);
    assert_eq!(shown["name"], "shop");
    let answers = program.transcript().all();
    let told = answers.iter().filter(|r| String::from_utf8_lossy(&r.answer).contains(SECRET));
    assert_eq!(told.map(|r| r.request.clone()).collect::<Vec<_>>(), Vec::<String>::new());
    assert!(!program.log().contains(SECRET));
}
