//! Stories of chart repositories: added after a look, looked at again, failing, gone.

use serde_json::{Value, json};
use testkit::chart_repository::{ChartRepository, Settings};
use testkit::poll;
use testkit::proxy::{self, Proxy};
use testkit::simulated::fault::Fault;

use super::user::{PASSWORD, make};
use crate::client::Client;
use crate::program::{Database, Program};

crate::stories!(
    a_repository_is_added_looked_at_and_removed,
    what_does_not_work_is_explained_and_not_saved,
    a_repository_that_fails_keeps_its_charts,
    one_look_is_enough_for_all_processes,
    a_password_is_kept_and_goes_nowhere_else,
    a_slow_repository_is_watched_and_saved_without_its_request,
    a_check_survives_the_program,
    of_two_saves_at_once_one_is_late,
    certificate_and_proxy_hold_for_index_and_charts,
    a_deletion_ends_the_checks_of_the_name,
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
    assert_eq!(
        actions.iter().rev().take(2).collect::<Vec<_>>(),
        [&"chart_repository.checked", &"chart_repository.saved"]
    );
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
    // Whoever asks while it is being read waits for that look: it is never read twice at once.
    repository.set_index(None);
    repository.hold(true);
    let path = format!("{ACME}/refresh");
    let nothing = json!({});
    let asking = futures_util::future::join_all((0..4).map(|_| admin.post(&path, &nothing)));
    let released = async {
        poll("it is being read", || async { (repository.reading() == 1).then_some(()) }).await;
        poll("all have asked", || async {
            let audit = admin.get("/api/v1/audit?action=chart_repository.refreshed").await.expect(200);
            (audit["items"].as_array().map(Vec::len) == Some(7)).then_some(())
        })
        .await;
        repository.hold(false);
    };
    let (answers, ()) = tokio::join!(asking, released);
    assert!(answers.iter().all(|answer| answer.status == 200));
    assert_eq!(repository.most_at_once(), 1, "{:?}", index_calls(&repository));
}

/// Whoever asks which process, and however many want to look: it is looked at once, all are told how that ended, and what
/// is asked for after it is done. Where only one process uses the database it is both.
async fn one_look_is_enough_for_all_processes(database: Database) {
    let repository = ChartRepository::start().await;
    repository.publish("shop", "1.0.0", &[]);
    let program = Program::start(database).await;
    let beside = program.beside().await;
    let one = program.admin().await;
    let other = match &beside {
        Some(program) => program.admin().await,
        None => one.clone(),
    };
    added(&one, &repository).await;
    assert_eq!(other.get(ACME).await.expect(200)["charts"], 1);
    let (refresh, nothing) = (format!("{ACME}/refresh"), json!({}));
    for (version, all) in [("1.1.0", 4), ("1.2.0", 8), ("1.3.0", 12)] {
        let before = index_calls(&repository).len();
        repository.publish("shop", version, &[]);
        repository.hold(true);
        let asking = [&one, &other, &one, &other].map(|by| by.post(&refresh, &nothing));
        let asked = async {
            poll("it is being read", || async { (repository.reading() == 1).then_some(()) }).await;
            poll("all have asked", || async {
                let audit = one.get("/api/v1/audit?action=chart_repository.refreshed").await.expect(200);
                (audit["items"].as_array().map(Vec::len) == Some(all)).then_some(())
            })
            .await;
            repository.hold(false);
        };
        let (answers, ()) = tokio::join!(futures_util::future::join_all(asking), asked);
        let versions = answers.iter().map(|answer| (answer.status, answer.json()["versions"].clone()));
        let wanted = (200, one.get(ACME).await.expect(200)["versions"].clone());
        assert!(versions.into_iter().all(|told| told == wanted), "{version}: {answers:#?}");
        assert_eq!(index_calls(&repository).len() - before, 1, "{version}: one look for all");
        let shown = other.get(&format!("/api/v1/charts/acme/shop/versions/{version}")).await.expect(200);
        assert_eq!(shown["version"], version, "what was published is there for both");
    }
    assert_eq!(repository.most_at_once(), 1);
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

/// The states of the stages of the newest check, in order.
fn states(check: &Value) -> Vec<String> {
    let stages = check["stages"].as_array().into_iter().flatten();
    stages
        .map(|line| format!("{} {}", line["stage"].as_str().unwrap(), line["state"].as_str().unwrap()))
        .collect()
}

async fn checked(admin: &Client, until: impl Fn(&Value) -> bool) -> Value {
    poll("the check comes that far", || async {
        let check = admin.get(&format!("{ACME}/check")).await;
        let check = if check.status == 200 { check.json() } else { return None };
        until(&check).then_some(check)
    })
    .await
}

async fn a_slow_repository_is_watched_and_saved_without_its_request(database: Database) {
    let repository = ChartRepository::start().await;
    repository.publish("shop", "1.0.0", &[]);
    let program = Program::start(database).await;
    let admin = program.admin().await;
    repository.fail("/index.yaml", Fault::Slow(std::time::Duration::from_millis(15)));
    let asking = admin.clone().with("if-none-match", "*").with("prefer", "respond-async");
    let going = asking.put(ACME, &json!({"url": repository.url()})).await.expect(202);
    assert_eq!((&going["failed"], &going["finished_at"]), (&json!(false), &Value::Null), "{going:#}");
    assert_eq!(
        going["stages"].as_array().map(Vec::len),
        Some(4),
        "without TLS there is no such stage: {going:#}"
    );
    let seen = checked(&admin, |check| check["stages"][2]["state"] == "running").await;
    let title = seen["stages"][2]["title"].as_str().unwrap();
    assert!(title.starts_with("Read index.yaml"), "{title}");
    assert_eq!(states(&seen)[..2], ["reach passed", "authenticate passed"]);
    admin.get(ACME).await.problem(404, "not_found");
    let done = checked(&admin, |check| !check["finished_at"].is_null()).await;
    assert_eq!(
        states(&done),
        ["reach passed", "authenticate passed", "index passed", "charts passed"],
        "{done:#}"
    );
    assert_eq!(done["stages"][3]["title"], "Keep 1 charts with 1 versions");
    let saved = admin.get(ACME).await.expect(200);
    assert_eq!((&saved["charts"], &saved["saved_by"]), (&json!(1), &json!("admin")));
    // Who saved it is in the audit, though a worker did.
    let audit = admin.get("/api/v1/audit?action=chart_repository.saved").await.expect(200);
    assert_eq!(audit["items"][0]["actor"], "admin", "{audit:#}");
    // A failure is told as it is, and leaves what was saved.
    repository.fail("/index.yaml", Fault::Status(401, vec![], "no"));
    let refused =
        admin.put(ACME, &json!({"url": repository.url()})).await.problem(422, "chart_repository_refused");
    assert_eq!(
        states(&refused["check"]),
        ["reach passed", "authenticate failed", "index skipped", "charts skipped"],
        "{refused:#}"
    );
    let refused =
        admin.put(ACME, &json!({"url": "http://127.0.0.1:9"})).await.problem(422, "connection_refused");
    assert_eq!(states(&refused["check"])[0], "reach failed", "{refused:#}");
    assert_eq!(admin.get(ACME).await.expect(200), saved);
    admin.delete(ACME).await.expect(204);
    admin.get(&format!("{ACME}/check")).await.problem(404, "not_found");
}

/// Behind a private authority and a proxy: what is missing is told, and with both index and charts come that way.
async fn certificate_and_proxy_hold_for_index_and_charts(database: Database) {
    let tls = testkit::tls::private();
    let repository = ChartRepository::with(Settings { tls: Some(tls.clone()), ..Settings::default() }).await;
    repository.publish("shop", "1.0.0", &[("values.yaml", "a: 1\n")]);
    let proxy = Proxy::start(proxy::Settings::default()).await;
    let program = Program::start(database).await;
    let admin = program.admin().await;
    let url = repository.url();
    let untrusted = admin.put(ACME, &json!({"url": url})).await.problem(422, "certificate_untrusted");
    assert_eq!(states(&untrusted["check"])[0], "reach passed", "{untrusted:#}");
    assert!(states(&untrusted["check"]).contains(&"tls failed".to_owned()), "{untrusted:#}");
    let account = json!({"url": url, "ca_pem": tls.ca_pem, "proxy": proxy.url});
    let made = admin.put(ACME, &account).await.expect(201);
    assert_eq!(made["charts"], 1, "{made:#}");
    let shown = admin.get("/api/v1/charts/acme/shop/versions/1.0.0").await.expect(200);
    assert_eq!(shown["default_values"], "a: 1\n");
    let place = url.trim_start_matches("https://");
    assert!(proxy.seen().len() >= 2, "index and chart: {:?}", proxy.seen());
    assert!(proxy.seen().iter().all(|line| *line == format!("CONNECT {place}")), "{:?}", proxy.seen());
}

/// The program is killed while it reads; the next one reads again and saves.
async fn a_check_survives_the_program(database: Database) {
    let repository = ChartRepository::start().await;
    repository.publish("shop", "1.0.0", &[]);
    let mut program = Program::start(database).await;
    let admin = program.admin().await;
    repository.fail("/index.yaml", Fault::Hang);
    let asking = admin.clone().with("prefer", "respond-async");
    asking.put(ACME, &json!({"url": repository.url()})).await.expect(202);
    // Only once the look has met the fault: the next one must not.
    poll("the look hangs", || async { (repository.faults() == 0).then_some(()) }).await;
    program.kill().await;
    program.restart().await;
    let admin = program.admin().await;
    let done = checked(&admin, |check| !check["finished_at"].is_null()).await;
    assert_eq!(done["failed"], false, "{done:#}");
    assert_eq!(admin.get(ACME).await.expect(200)["charts"], 1);
    let audit = admin.get("/api/v1/audit?action=chart_repository.saved").await.expect(200);
    assert_eq!(audit["items"].as_array().map(Vec::len), Some(1), "{audit:#}");
}

async fn of_two_saves_at_once_one_is_late(database: Database) {
    let (one, other) = (ChartRepository::start().await, ChartRepository::start().await);
    one.publish("shop", "1.0.0", &[]);
    other.publish("web", "1.0.0", &[]);
    let program = Program::start(database).await;
    let admin = program.admin().await;
    let creating = admin.clone().with("if-none-match", "*");
    let (first, second) = (json!({"url": one.url()}), json!({"url": other.url()}));
    let both = tokio::join!(creating.put(ACME, &first), creating.put(ACME, &second));
    let mut statuses = [both.0.status, both.1.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 412], "{} {}", both.0.json(), both.1.json());
    assert_eq!(admin.get(ACME).await.expect(200)["charts"], 1);
}

async fn a_deletion_ends_the_checks_of_the_name(database: Database) {
    let repository = ChartRepository::start().await;
    repository.publish("shop", "1.0.0", &[]);
    let program = Program::start(database).await;
    let admin = program.admin().await;
    added(&admin, &repository).await;
    repository.fail("/index.yaml", Fault::Hang);
    let asking = admin.clone().with("prefer", "respond-async");
    asking.put(ACME, &json!({"url": repository.url()})).await.expect(202);
    checked(&admin, |check| check["stages"][0]["state"] == "running").await;
    admin.delete(ACME).await.expect(204);
    admin.get(ACME).await.problem(404, "not_found");
    admin.get(&format!("{ACME}/check")).await.problem(404, "not_found");
    // The name is free for another one, which is not in the way of what was begun before.
    let other = ChartRepository::start().await;
    other.publish("web", "1.0.0", &[]);
    let made = added(&admin, &other).await;
    assert_eq!((&made["url"], &made["charts"]), (&json!(other.url()), &json!(1)), "{made:#}");
}
