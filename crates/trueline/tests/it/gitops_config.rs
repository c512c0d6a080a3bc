//! Git accounts as an administrator enters them: checked, saved, refused with their cause, and nothing left
//! behind on the host.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use testkit::simulated::github::{Member, SingleSignOn};
use testkit::simulated::{Fault, GitHub};

use crate::client::Client;
use crate::hosts;
use crate::program::{Database, Program};

pub(crate) const TOKEN: &str = "ghp_story0123456789abcdefghijklmnopqrst";
pub(crate) const ACME: &str = "/api/v1/gitops-configs/acme";

crate::stories! {
    a_working_account_is_saved_and_opens_the_gate,
    what_is_entered_wrongly_is_named_by_field,
    what_the_host_refuses_is_not_saved,
    without_delete_repo_it_is_saved_with_a_warning,
    a_hanging_host_ends_in_time,
    a_private_certificate_is_shown_until_it_is_trusted,
    of_two_saves_at_once_the_second_is_refused,
    a_stored_secret_stays_and_goes_nowhere_else,
    one_of_several_is_active_and_an_unused_one_can_go,
    asking_for_repositories_only_reads,
    what_a_lost_answer_leaves_is_removed,
    what_is_kept_under_another_name_is_removed_for_good,
    what_a_crash_leaves_is_removed,
    stages_are_told_as_they_happen,
    a_name_that_others_took_is_left_alone,
    the_command_line_does_it_all,
}

pub(crate) fn account(host: &GitHub) -> Value {
    json!({
        "provider": "github", "host": host.url, "organization": "acme", "username": "acme-bot",
        "secret": TOKEN, "ca_pem": host.ca_pem,
    })
}

pub(crate) fn but(mut account: Value, field: &str, value: impl Into<Value>) -> Value {
    account[field] = value.into();
    account
}

pub(crate) fn stage<'a>(check: &'a Value, name: &str) -> &'a Value {
    let stages = check["stages"].as_array().expect("a check has stages");
    stages.iter().find(|s| s["stage"] == name).unwrap_or_else(|| panic!("no {name} in {check:#}"))
}

pub(crate) fn states(check: &Value) -> Vec<(String, String)> {
    let stages = check["stages"].as_array().expect("a check has stages");
    let text = |v: &Value| v.as_str().unwrap_or_default().to_owned();
    stages.iter().map(|s| (text(&s["stage"]), text(&s["state"]))).collect()
}

pub(crate) fn creating(client: &Client) -> Client {
    client.clone().with("if-none-match", "*")
}

pub(crate) fn left(host: &GitHub) -> Vec<String> {
    host.repositories()
}

async fn a_working_account_is_saved_and_opens_the_gate(database: Database) {
    let host = GitHub::acme(TOKEN).await;
    host.token_expires(TOKEN, "2099-12-01 09:30:00 UTC");
    host.lag(1, 1);
    let program = Program::start(database).await;
    let admin = program.admin().await;
    let gate = admin.get("/api/v1/gate").await.expect(200);
    assert_eq!((&gate["open"], &gate["administrators"]), (&json!(false), &json!(["admin"])));
    let kinds = admin.get("/api/v1/providers").await.expect(200);
    assert_eq!(kinds["items"][0]["kind"], "github");

    let begun = Instant::now();
    let answer = creating(&admin).put(ACME, &account(&host)).await;
    assert_eq!(answer.header("etag"), "\"1\"");
    let config = answer.expect(201);
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
    assert_eq!(config["active"], true);
    assert_eq!(config["has_secret"], true);
    assert_eq!(config["repositories"]["prefix"], "gitops");
    let check = &config["check"];
    assert!(states(check).iter().all(|(_, state)| state == "passed"), "{check:#}");
    assert_eq!(check["stages"].as_array().map(Vec::len), Some(9));
    let facts = &check["facts"];
    assert_eq!(facts["identity"], "acme-bot");
    assert_eq!(facts["owner_kind"], "organization");
    assert_eq!(facts["scopes"], json!(["repo", "delete_repo"]));
    assert_eq!(facts["expires_at"], "2099-12-01T09:30:00.000Z");
    assert_eq!(facts["rate_left"]["limit"], 5000);
    assert_eq!(facts["default_branch"], "main");
    assert_eq!(left(&host), Vec::<String>::new());
    let gate = admin.get("/api/v1/gate").await.expect(200);
    assert_eq!((&gate["open"], &gate["active"]), (&json!(true), &json!("acme")));
    let audit = admin.get("/api/v1/audit?action=gitops_config.saved").await.expect(200);
    let entry = &audit["items"][0];
    assert_eq!(entry["subject"], "gitops-config/acme");
    let changes = entry["changes"].as_array().expect("changes");
    assert!(changes.iter().any(|c| c["field"] == "secret" && c["after"] == "changed"), "{entry:#}");
    assert!(!entry.to_string().contains(TOKEN));
    host.assert_contract();
}

async fn what_is_entered_wrongly_is_named_by_field(database: Database) {
    let host = GitHub::acme(TOKEN).await;
    let program = Program::start(database).await;
    let admin = program.admin().await;
    for (field, value, at, code, words) in [
        ("host", json!("github.com"), "host", "scheme_missing", "https://github.com"),
        ("host", json!("https://github.com/acme"), "host", "path_in_address", "acme"),
        ("host", json!("http://github.acme.dev"), "host", "insecure_address", "https://github.acme.dev"),
        ("secret", json!(format!("{TOKEN}\n")), "secret", "surrounding_space", "line break"),
        ("secret", json!(format!("\"{TOKEN}\"")), "secret", "invalid_character", "quotation marks"),
        ("secret", json!(""), "secret", "required", "token"),
        ("organization", json!("https://github.com/acme"), "organization", "address_instead_of_name", "acme"),
        ("organization", json!(""), "organization", "required", "needed"),
        ("username", json!("bot@acme.dev"), "username", "address_instead_of_name", "e-mail"),
        ("provider", json!("sourceforge"), "provider", "unknown_provider", "github"),
        ("credential", json!("password"), "credential", "unknown_credential", "classic-token"),
        ("ca_pem", json!("not a certificate"), "ca_pem", "invalid_certificate", "BEGIN CERTIFICATE"),
        ("repositories", json!({"prefix": "Git Ops"}), "repositories.prefix", "invalid", "letters"),
        (
            "repositories",
            json!({"default_branch": "a..b"}),
            "repositories.default_branch",
            "invalid_branch",
            "Git",
        ),
    ] {
        let body = but(account(&host), field, value);
        let problem = creating(&admin).put(ACME, &body).await.problem(422, "invalid");
        let error = &problem["errors"][0];
        assert_eq!((&error["field"], &error["code"]), (&json!(at), &json!(code)), "{problem:#}");
        assert!(error["message"].as_str().is_some_and(|m| m.contains(words)), "{words:?}: {problem:#}");
        assert!(!problem.to_string().contains(TOKEN), "{problem:#}");
    }
    for (field, value, meant) in [
        ("host", "github.com", json!("https://github.com")),
        ("host", "https://api.github.com", json!("https://github.com")),
        ("host", "http://github.acme.dev/", json!("https://github.acme.dev")),
        ("organization", "https://github.com/acme/shop", json!("acme")),
        ("organization", "@acme", json!("acme")),
        ("organization", "https://github.com/", Value::Null),
    ] {
        let body = but(account(&host), field, json!(value));
        let problem = creating(&admin).put(ACME, &body).await.problem(422, "invalid");
        assert_eq!(problem["errors"][0]["suggestion"], meant, "{problem:#}");
    }
    admin.put("/api/v1/gitops-configs/Acme", &account(&host)).await.problem(422, "invalid");
    assert_eq!(host.seen().len(), 0, "nothing was sent");
    admin.get(ACME).await.problem(404, "not_found");
}

fn an_hour() -> Fault {
    Fault::Status(429, vec![("retry-after", "3600".to_owned())], "Slow down")
}

/// What happens to the host before the save, at which stage it shows, and what is told of it.
type Refusal = (fn(&GitHub) -> (), &'static str, &'static str, &'static str, Option<&'static str>);

fn refusals() -> [Refusal; 12] {
    [
        (
            |h| h.token(TOKEN, "acme-bot", &["delete_repo"]),
            "create",
            "scope_missing",
            "create repositories",
            Some("repo"),
        ),
        (|h| h.expire(TOKEN), "authenticate", "token_rejected", "expired", None),
        (
            |h| h.single_sign_on("acme", SingleSignOn::Named),
            "scope",
            "single_sign_on_required",
            "single sign-on",
            None,
        ),
        (
            |h| h.single_sign_on("acme", SingleSignOn::Hidden),
            "scope",
            "organization_not_visible",
            "cannot see acme",
            None,
        ),
        (
            |h| h.member("acme", "acme-bot", Member::Reader),
            "create",
            "role_missing",
            "may not create",
            Some("right to create repositories"),
        ),
        (|h| h.fault("GET /meta", Fault::Html, 9), "reach", "not_a_git_host", "web page", None),
        (|h| h.fault("GET /user", Fault::SignIn, 9), "authenticate", "sign_in_page", "203", None),
        (|h| h.fault("GET /user", an_hour(), 9), "authenticate", "rate_limited", "60 minutes", None),
        (|h| h.rate_left(4), "list", "rate_limited", "limits the rate", None),
        (
            |h| h.fault("GET /orgs", Fault::Status(503, vec![], "Down"), 99),
            "scope",
            "host_failed",
            "503",
            None,
        ),
        (
            |h| {
                h.refuse_pushes(
                    "acme",
                    &["error: GH006: Protected branch update failed for refs/heads/main."],
                )
            },
            "push",
            "branch_rule",
            "GH006",
            None,
        ),
        (
            |h| h.fault("POST /orgs", Fault::Status(422, vec![], "Repository creation failed."), 9),
            "create",
            "refused",
            "Repository creation failed",
            None,
        ),
    ]
}

async fn what_the_host_refuses_is_not_saved(database: Database) {
    let program = Program::start(database).await;
    let admin = program.admin().await;
    let good = GitHub::acme(TOKEN).await;
    creating(&admin).put("/api/v1/gitops-configs/good", &account(&good)).await.expect(201);
    for (prepare, at, code, words, missing) in refusals() {
        let host = GitHub::acme(TOKEN).await;
        prepare(&host);
        let problem = creating(&admin).put(ACME, &account(&host)).await.problem(422, "check_failed");
        let check = &problem["check"];
        let line = stage(check, at);
        let diagnosis = &line["diagnosis"];
        assert_eq!((&line["state"], &diagnosis["code"]), (&json!("failed"), &json!(code)), "{check:#}");
        assert!(diagnosis["sentence"].as_str().is_some_and(|s| s.contains(words)), "{words:?}: {check:#}");
        assert_eq!(diagnosis["missing"], json!(missing), "{check:#}");
        assert!(problem["detail"].as_str().is_some_and(|d| d.ends_with("Nothing was saved.")), "{problem:#}");
        assert_eq!(left(&host), Vec::<String>::new(), "{code}");
        assert!(!problem.to_string().contains(TOKEN));
        host.assert_contract();
    }
    let unknown = but(account(&good), "organization", "acne");
    let problem = creating(&admin).put(ACME, &unknown).await.problem(422, "check_failed");
    let detail = problem["detail"].as_str().unwrap_or_default();
    assert!(detail.starts_with("acme-bot cannot see acne: the name is wrong"), "{detail}");
    assert!(!detail.contains("does not exist"), "{detail}");

    admin.get(ACME).await.problem(404, "not_found");
    let gate = admin.get("/api/v1/gate").await.expect(200);
    assert_eq!(gate["active"], "good", "the active one stays active");
}

async fn without_delete_repo_it_is_saved_with_a_warning(database: Database) {
    let host = GitHub::acme("ghp_other").await;
    host.token(TOKEN, "acme-bot", &["repo"]);
    let program = Program::start(database).await;
    let admin = program.admin().await;
    let config = creating(&admin).put(ACME, &account(&host)).await.expect(201);
    let line = stage(&config["check"], "delete");
    assert_eq!((&line["state"], &line["diagnosis"]["missing"]), (&json!("warned"), &json!("delete_repo")));
    assert_eq!(line["diagnosis"]["link"], format!("{}/settings/tokens", host.url));
    assert_eq!(stage(&config["check"], "create")["state"], "skipped");
    // With the rule that deletes repositories it is required.
    let deleting = but(account(&host), "repositories", json!({"deletion": "delete"}));
    let matching = admin.clone().with("if-match", "\"1\"");
    let problem = matching.put(ACME, &deleting).await.problem(422, "check_failed");
    assert_eq!(stage(&problem["check"], "delete")["state"], "failed");
    assert_eq!(left(&host), Vec::<String>::new());
    host.assert_contract();
}

async fn a_hanging_host_ends_in_time(database: Database) {
    let host = GitHub::acme(TOKEN).await;
    let program = Program::start(database).await;
    let admin = program.admin().await;
    host.fault("GET /orgs", Fault::Hang, 99);
    let begun = Instant::now();
    let problem = creating(&admin).put(ACME, &account(&host)).await.problem(422, "check_failed");
    assert!(begun.elapsed() < Duration::from_secs(45), "{:?}", begun.elapsed());
    let line = stage(&problem["check"], "scope");
    assert_eq!(line["diagnosis"]["code"], "timed_out", "{problem:#}");
    admin.get(ACME).await.problem(404, "not_found");
}

async fn a_private_certificate_is_shown_until_it_is_trusted(database: Database) {
    let host = GitHub::start_tls().await;
    host.furnish("acme", "acme-bot");
    host.token(TOKEN, "acme-bot", &["repo", "delete_repo"]);
    let program = Program::start(database).await;
    let admin = program.admin().await;
    let untrusted = but(account(&host), "ca_pem", Value::Null);
    let problem = creating(&admin).put(ACME, &untrusted).await.problem(422, "check_failed");
    let diagnosis = &stage(&problem["check"], "reach")["diagnosis"];
    assert_eq!(diagnosis["code"], "certificate_untrusted");
    assert_eq!(diagnosis["missing"], "CA certificate");
    let sentence = diagnosis["sentence"].as_str().unwrap_or_default();
    assert!(sentence.contains("git.acme.test") && sentence.contains("Acme Private Root"), "{sentence}");
    creating(&admin).put(ACME, &account(&host)).await.expect(201);
    assert_eq!(left(&host), Vec::<String>::new());
    host.assert_contract();
}

async fn of_two_saves_at_once_the_second_is_refused(database: Database) {
    let host = GitHub::acme(TOKEN).await;
    let program = Program::start(database).await;
    let admin = program.admin().await;
    let create = creating(&admin);
    let (body, other) = (account(&host), but(account(&host), "activate", false));
    let (one, two) = tokio::join!(create.put(ACME, &body), create.put(ACME, &other));
    let mut statuses = [one.status, two.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 412], "{} {}", one.text, two.text);
    let matching = admin.clone().with("if-match", "\"1\"");
    let prefixed = |prefix: &str| but(account(&host), "repositories", json!({"prefix": prefix}));
    let (ours, theirs) = (prefixed("ours"), prefixed("theirs"));
    let (one, two) = tokio::join!(matching.put(ACME, &ours), matching.put(ACME, &theirs));
    let (good, late) = if one.status == 200 { (one, two) } else { (two, one) };
    let saved = good.expect(200);
    late.problem(412, "stale");
    let now = admin.get(ACME).await.expect(200);
    assert_eq!(now["repositories"]["prefix"], saved["repositories"]["prefix"]);
    assert_eq!(now["version"], 2);
    matching.put(ACME, &body).await.problem(412, "stale");
    assert_eq!(left(&host), Vec::<String>::new());
}

async fn a_stored_secret_stays_and_goes_nowhere_else(database: Database) {
    let host = GitHub::acme(TOKEN).await;
    let elsewhere = GitHub::acme(TOKEN).await;
    let program = Program::start(database).await;
    let admin = program.admin().await;
    creating(&admin).put(ACME, &account(&host)).await.expect(201);
    let unchanged = but(account(&host), "secret", "");
    let config = admin.put(ACME, &unchanged).await.expect(200);
    assert_eq!((&config["version"], &config["has_secret"]), (&json!(2), &json!(true)));
    let checked = admin.send(reqwest::Method::POST, &format!("{ACME}/check"), None).await.expect(200);
    assert_eq!(checked["failed"], false, "{checked:#}");

    let moved = but(unchanged.clone(), "host", elsewhere.url.clone());
    admin.put(ACME, &moved).await.problem(422, "secret_required");
    let trusted = testkit::tls::private().ca_pem;
    admin.put(ACME, &but(unchanged, "ca_pem", trusted)).await.problem(422, "secret_required");
    admin.post(&format!("{ACME}/check"), &moved).await.problem(422, "secret_required");
    assert!(elsewhere.seen().is_empty(), "{:?}", elsewhere.seen());
    let with_secret = but(account(&elsewhere), "secret", TOKEN);
    admin.put(ACME, &with_secret).await.expect(200);
    for recorded in program.transcript().all() {
        assert!(!String::from_utf8_lossy(&recorded.answer).contains(TOKEN), "{}", recorded.request);
    }
}

async fn one_of_several_is_active_and_an_unused_one_can_go(database: Database) {
    let host = GitHub::acme(TOKEN).await;
    host.furnish("umbrella", "acme-bot");
    let program = Program::start(database).await;
    let admin = program.admin().await;
    creating(&admin).put(ACME, &account(&host)).await.expect(201);
    let second = but(but(account(&host), "organization", "umbrella"), "activate", false);
    let other = "/api/v1/gitops-configs/umbrella";
    let config = creating(&admin).put(other, &second).await.expect(201);
    assert_eq!(config["active"], false);
    let active = |list: Value| {
        let items = list["items"].as_array().expect("items").clone();
        let names = items.iter().filter(|c| c["active"] == true).map(|c| c["name"].clone());
        names.collect::<Vec<_>>()
    };
    assert_eq!(active(admin.get("/api/v1/gitops-configs").await.expect(200)), [json!("acme")]);
    admin.send(reqwest::Method::POST, &format!("{other}/activate"), None).await.expect(200);
    assert_eq!(active(admin.get("/api/v1/gitops-configs").await.expect(200)), [json!("umbrella")]);
    admin.post("/api/v1/projects", &json!({"name": "web", "description": ""})).await.expect(201);
    admin.post("/api/v1/applications", &json!({"name": "shop", "project": "web"})).await.expect(201);
    let problem = admin.delete(other).await.problem(409, "in_use");
    assert!(problem["detail"].as_str().is_some_and(|d| d.contains("shop")), "{problem:#}");
    admin.delete(ACME).await.expect(204);
    admin.get(ACME).await.problem(404, "not_found");
    let gate = admin.get("/api/v1/gate").await.expect(200);
    assert_eq!(gate["active"], "umbrella");
}

async fn asking_for_repositories_only_reads(database: Database) {
    let host = GitHub::acme(TOKEN).await;
    let program = Program::start(database).await;
    let admin = program.admin().await;
    let body = but(account(&host), "repositories", json!({"source": "ask"}));
    let config = creating(&admin).put(ACME, &body).await.expect(201);
    assert_eq!(states(&config["check"]).len(), 4, "{config:#}");
    let writing: Vec<_> = host.seen().into_iter().filter(|s| !s.call.starts_with("GET ")).collect();
    assert!(writing.is_empty(), "{writing:?}");
}

async fn what_a_lost_answer_leaves_is_removed(database: Database) {
    let host = GitHub::acme(TOKEN).await;
    let program = Program::start(database).await;
    let admin = program.admin().await;
    // The host makes the repository, and its answer is lost.
    host.fault("POST /orgs", Fault::DropAfter, 1);
    let problem = creating(&admin).put(ACME, &account(&host)).await.problem(422, "check_failed");
    assert_eq!(stage(&problem["check"], "create")["diagnosis"]["code"], "connection_closed");
    assert_eq!(left(&host), Vec::<String>::new());
    // It cannot be deleted just now: a warning says so, and it goes later.
    host.fault("DELETE /repos", Fault::Status(409, vec![], "Busy"), 1);
    let config = creating(&admin).put(ACME, &account(&host)).await.expect(201);
    let line = stage(&config["check"], "delete");
    assert_eq!(line["state"], "warned");
    assert!(
        line["diagnosis"]["sentence"].as_str().is_some_and(|s| s.contains("trueline-check-")),
        "{line:#}"
    );
    testkit::poll("the test repository goes", || async { left(&host).is_empty().then_some(()) }).await;
    host.assert_contract();
}

/// GitLab gives a deleted project another name and keeps it, Azure DevOps puts a repository into the recycle bin: once an
/// answer is lost, neither is found by its name any more.
async fn what_is_kept_under_another_name_is_removed_for_good(database: Database) {
    let hosts = hosts::all().await;
    let program = hosts::program(database, &hosts).await;
    let admin = program.admin().await;
    for host in &hosts {
        // The answers to the creation, and to what the check tries to remove it with, are lost.
        host.host.fault("POST /", Fault::DropAfter, 1);
        host.host.fault("DELETE /", Fault::DropAfter, 4);
        let config = format!("/api/v1/gitops-configs/{}", host.provider);
        let problem = creating(&admin).put(&config, &host.account).await.problem(422, "check_failed");
        assert_eq!(
            stage(&problem["check"], "create")["diagnosis"]["code"],
            "connection_closed",
            "{problem:#}"
        );
        let what = format!("{} has nothing left", host.provider);
        testkit::poll(&what, || async {
            (host.host.repositories().is_empty() && host.host.kept().is_empty()).then_some(())
        })
        .await;
        host.host.assert_contract();
    }
}

async fn what_a_crash_leaves_is_removed(database: Database) {
    let host = GitHub::acme(TOKEN).await;
    let mut program = Program::start(database).await;
    let admin = program.admin().await;
    // The check stands still once the test repository is there, and the program dies.
    host.fault("GET /acme/trueline-check", Fault::Hang, 99);
    let body = account(&host);
    let save = tokio::spawn({
        let (create, body) = (creating(&admin), body.clone());
        async move { create.put(ACME, &body).await }
    });
    testkit::poll("the test repository is made", || async { (left(&host).len() == 1).then_some(()) }).await;
    save.abort();
    program.kill().await;
    host.clear_faults();
    program.restart().await;
    testkit::poll("the test repository goes", || async { left(&host).is_empty().then_some(()) }).await;
    let admin = program.admin().await;
    admin.get(ACME).await.problem(404, "not_found");
    creating(&admin).put(ACME, &body).await.expect(201);
}

async fn stages_are_told_as_they_happen(database: Database) {
    let host = GitHub::acme(TOKEN).await;
    let program = Program::start(database).await;
    let admin = program.admin().await;
    // Slow enough to be seen at work.
    host.fault("GET /meta", Fault::Slow(Duration::from_millis(10)), 1);
    let mut stream = admin.stream("/api/v1/events?topic=gitops-config:acme&topic=gate").await;
    stream.until("event: open").await;
    creating(&admin).put(ACME, &account(&host)).await.expect(201);
    let heard = stream.until("event: gate").await;
    let checks: Vec<Value> = heard
        .lines()
        .filter_map(|line| serde_json::from_str(line.strip_prefix("data:")?.trim()).ok())
        .filter(|data: &Value| data["stages"].is_array())
        .collect();
    // An event carries the state at the time of sending: single states may be passed by, the way is not.
    let under_way = |c: &Value| {
        c["finished_at"].is_null()
            && stage(c, "reach")["state"] == "passed"
            && stage(c, "delete")["state"] != "passed"
    };
    assert!(checks.iter().any(under_way), "{heard}");
    assert!(checks.iter().any(|c| stage(c, "delete")["state"] == "passed"), "{heard}");
    assert!(heard.contains("event: gitops-config"), "{heard}");
    assert!(!heard.contains(TOKEN));
}

async fn the_command_line_does_it_all(database: Database) {
    let host = GitHub::acme(TOKEN).await;
    host.token("ghp_reading", "acme-bot", &["read:org"]);
    let program = Program::start(database).await;
    let login = ["login", program.url(), "--user", "admin", "--password-stdin"];
    program.cli(&login, crate::program::ADMIN_PASSWORD).await.good();
    let save = [
        "gitops",
        "save",
        "acme",
        "--provider",
        "github",
        "--host",
        &host.url,
        "--organization",
        "acme",
        "--username",
        "acme-bot",
        "--token-stdin",
    ];
    let refused = program.cli(&save, "ghp_reading\n").await;
    assert_eq!(refused.code, 1, "{refused:#?}");
    for words in ["Missing: repo", "✗ Create a test repository", "Nothing was saved"] {
        assert!(refused.stderr.contains(words), "{words:?}: {refused:#?}");
    }
    let saved = program.cli(&save, &format!("{TOKEN}\n")).await.good();
    assert!(saved.contains("✓ Commit and push") && saved.contains("Saved acme"), "{saved}");
    program.cli(&["gitops", "save", "acme", "--prefix", "deploy"], "").await.good();
    let shown = program.cli(&["gitops", "show", "acme", "-o", "json"], "").await.json();
    assert_eq!((&shown["repositories"]["prefix"], &shown["version"]), (&json!("deploy"), &json!(2)));
    assert_eq!(shown["organization"], "acme");
    let shown = program.cli(&["gitops", "show", "acme"], "").await.good();
    for words in ["last check", "passed", "signed in as  acme-bot", "calls left", " of 5000"] {
        assert!(shown.contains(words), "{words:?}: {shown}");
    }
    let wrong = program.cli(&["gitops", "save", "acme", "--group", "platform"], "").await;
    assert_eq!(wrong.code, 2, "{wrong:#?}");
    assert!(wrong.stderr.contains("--group means nothing to GitHub"), "{wrong:#?}");
    assert!(wrong.stderr.contains("--organization"), "{wrong:#?}");
    let checked = program.cli(&["gitops", "check", "acme"], "").await.good();
    assert!(checked.contains("✓ Delete the test repository"), "{checked}");
    host.expire(TOKEN);
    let failed = program.cli(&["gitops", "check", "acme"], "").await;
    assert_eq!(failed.code, 1);
    assert!(failed.stdout.contains("wrong, expired or revoked"), "{failed:#?}");
    for command in [&["gitops", "providers"][..], &["gitops", "list"], &["gitops", "activate", "acme"]] {
        program.cli(command, "").await.good();
    }
    program.cli(&["gitops", "delete", "acme"], "").await.good();
    assert_eq!(program.cli(&["gitops", "show", "acme"], "").await.code, 1);
    assert_eq!(program.cli(&["gitops", "save", "other", "--token-stdin"], "x").await.code, 2);
    assert_eq!(left(&host), Vec::<String>::new());
}

async fn a_name_that_others_took_is_left_alone(database: Database) {
    if testkit::tools::helm().is_none() {
        return testkit::skip("gitops_config::a_name_that_others_took", "the helm program was not built");
    }
    let host = GitHub::acme(TOKEN).await;
    let program = Program::start(database).await;
    let admin = program.admin().await;
    creating(&admin).put(ACME, &account(&host)).await.expect(201);
    let theirs = host.repository("acme", "gitops-shop", true);
    let address = format!("{}/acme/gitops-shop.git", host.url);
    let bot = ("acme-bot", TOKEN);
    program.git(program.folder(), bot, &["clone", "-q", &address, "theirs"]).await.good();
    let clone = program.folder().join("theirs");
    program.git(&clone, bot, &["commit", "-q", "--allow-empty", "-m", "Ours since 2019"]).await.good();
    program.git(&clone, bot, &["push", "-q", "origin", "HEAD:main"]).await.good();
    let before = program.git(&clone, bot, &["ls-remote", &address]).await.good();

    admin.post("/api/v1/projects", &json!({"name": "web", "description": ""})).await.expect(201);
    admin.post("/api/v1/environments", &json!({"name": "production"})).await.expect(201);
    admin.post("/api/v1/applications", &json!({"name": "shop", "project": "web"})).await.expect(201);
    let wanted = json!({"environment": "production", "image": "registry.acme.dev/shop:1.0.0"});
    admin.post("/api/v1/applications/shop/deployments", &wanted).await.expect(202);
    let ended = testkit::poll("the deployment ends", || async {
        let deployment = admin.get("/api/v1/applications/shop/deployments/1").await.expect(200);
        (!deployment["end"].is_null()).then_some(deployment)
    });
    let ended = ended.await;
    assert_eq!(ended["end"], "stored", "{ended:#}");
    let shop = admin.get("/api/v1/applications/shop").await.expect(200);
    let name = shop["repository"]["full_name"].as_str().unwrap_or_default();
    assert!(name.starts_with("acme/gitops-shop-"), "{shop:#}");
    let after = program.git(&clone, bot, &["ls-remote", &address]).await.good();
    assert_eq!(before, after, "{}", theirs.id);
    host.assert_contract();
}
