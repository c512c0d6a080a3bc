//! What clients of Devtron's GitOps page call: their form to the letter, one rule a line.

mod providers;

use serde_json::{Value, json};
use testkit::simulated::{Fault, GitHub};

use super::hosts;
use crate::client::{Answer, Client};
use crate::program::{ADMIN_PASSWORD, Database, Program};

const TOKEN: &str = "ghp_devtron0123456789abcdefghijklmnopqr";
const CONFIG: &str = "/orchestrator/gitops/config";
const VALIDATE: &str = "/orchestrator/gitops/validate";
const SESSION: &str = "/orchestrator/api/v1/session";
const CONFIGURED: &str = "/orchestrator/gitops/configured";

crate::stories! {
    the_form_of_answers_is_the_client_s,
    signing_in_sets_the_cookie_of_the_client,
    only_administrators_see_the_page,
    a_first_row_is_checked_saved_and_active,
    what_a_check_finds_is_told_in_stages,
    a_row_is_changed_under_the_client_s_rules,
    of_several_accounts_one_row_is_shown,
    tls_data_is_kept_replaced_and_removed,
    a_failing_delete_is_no_error,
    repositories_by_hand_are_validated_too,
    a_hanging_host_is_answered_in_time,
    the_four_providers_are_rows_alike,
}

/// A row as the client sends a new one.
fn row(host: &GitHub) -> Value {
    json!({
        "id": null, "provider": "GITHUB", "username": "acme-bot", "token": TOKEN, "gitLabGroupId": "",
        "gitHubOrgId": "acme", "host": host.url, "active": true, "azureProjectName": "",
        "bitBucketWorkspaceId": "", "bitBucketProjectKey": "", "allowCustomRepository": false,
        "enableTLSVerification": false, "tlsConfig": null, "isCADataPresent": false,
        "isTLSCertDataPresent": false, "isTLSKeyDataPresent": false
    })
}

fn but(mut row: Value, changes: &Value) -> Value {
    for (key, value) in changes.as_object().expect("an object") {
        row[key] = value.clone();
    }
    row
}

/// The result of a good answer; its envelope and media type are looked at as well.
#[track_caller]
fn result(answer: Answer) -> Value {
    assert_eq!(answer.header("content-type"), "application/json");
    let body = answer.expect(200);
    assert_eq!((&body["code"], &body["status"]), (&json!(200), &json!("OK")), "{body:#}");
    assert!(body.get("errors").is_none(), "{body:#}");
    body["result"].clone()
}

/// The one error of a refusal with this status and the client's number.
#[track_caller]
fn refusal(answer: Answer, status: u16, number: &str) -> Value {
    assert_eq!(answer.header("content-type"), "application/json");
    let body = answer.expect(status);
    assert_eq!(body["code"], status, "{body:#}");
    assert!(body.get("result").is_none(), "{body:#}");
    let error = body["errors"][0].clone();
    assert_eq!(error["code"], number, "{body:#}");
    for member in ["internalMessage", "userMessage"] {
        assert!(error[member].as_str().is_some_and(|text| !text.is_empty()), "{body:#}");
    }
    error
}

#[track_caller]
fn says(error: &Value, words: &str) {
    let text = error["userMessage"].as_str().unwrap_or_default();
    assert!(text.contains(words), "{words:?}: {error:#}");
}

/// Signs in as the client does; gives the answer and a client with its cookie.
async fn signed_in(program: &Program, name: &str) -> (Answer, Client) {
    let client = program.client();
    let answer = client.post(SESSION, &json!({"username": name, "password": ADMIN_PASSWORD})).await;
    let cookie = answer.header("set-cookie").split(';').next().unwrap_or_default().to_owned();
    (answer, client.with("cookie", &cookie))
}

async fn admin(program: &Program) -> Client {
    signed_in(program, "admin").await.1
}

async fn the_form_of_answers_is_the_client_s(database: Database) {
    let program = Program::start(database).await;
    let admin = admin(&program).await;
    let empty = admin.get(CONFIG).await;
    assert_eq!(empty.text, r#"{"code":200,"status":"OK","result":[]}"#);
    assert_eq!(result(empty), json!([]));
    assert_eq!(result(admin.get(CONFIGURED).await), json!({"exists": false, "allowCustomRepository": false}));
    let unknown = "/orchestrator/gitops/config-by-provider?provider=";
    refusal(admin.get(&format!("{CONFIG}/7")).await, 404, "5100");
    refusal(admin.get(&format!("{unknown}GITHUB")).await, 404, "5100");
    says(&refusal(admin.get(&format!("{unknown}SOURCEFORGE")).await, 400, "3900"), "GITHUB, GITLAB");
    refusal(admin.get("/orchestrator/gitops/config-by-provider").await, 400, "3900");
    refusal(admin.get(&format!("{CONFIG}/x")).await, 400, "3900");
    refusal(admin.get("/orchestrator/user").await, 404, "5100");
    refusal(admin.delete(CONFIG).await, 405, "405");
    let broken = admin.raw(reqwest::Method::POST, CONFIG, "{").await;
    says(&refusal(broken, 400, "3900"), "EOF");
    let wrong = json!({"provider": "GITHUB", "tlsConfig": {"caData": 7}});
    says(&refusal(admin.post(CONFIG, &wrong).await, 400, "3900"), "tlsConfig.caData");
    let long = json!({"provider": "GITHUB", "username": "x".repeat(3_000_000)});
    refusal(admin.post(CONFIG, &long).await, 413, "413");
}

async fn signing_in_sets_the_cookie_of_the_client(database: Database) {
    let program = Program::start(database).await;
    let (answer, client) = signed_in(&program, "admin").await;
    let cookie = answer.header("set-cookie").to_owned();
    assert!(cookie.starts_with("argocd.token="), "{cookie}");
    for part in ["Path=/;", "HttpOnly", "SameSite=Strict"] {
        assert!(cookie.contains(part), "{part}: {cookie}");
    }
    let token = result(answer)["token"].as_str().expect("a token").to_owned();
    assert!(cookie.contains(&token));
    result(client.get(CONFIGURED).await);
    let nobody = program.client();
    // The same secret, and API tokens, come in a header from programs.
    result(nobody.clone().with("token", &token).get(CONFIG).await);
    let (_, api) = super::token::of(&program.admin().await, "terraform", "administrator", None).await;
    result(nobody.clone().with("token", &api).get(CONFIG).await);
    result(nobody.clone().with_token(&api).get(CONFIG).await);
    for stranger in
        [nobody.clone(), nobody.clone().with("token", "x"), nobody.clone().with("cookie", "argocd.token=x")]
    {
        refusal(stranger.get(CONFIGURED).await, 401, "11010");
        refusal(stranger.get(CONFIG).await, 401, "11010");
    }
    // 401 would send the client to its sign-in page: a wrong password is something else.
    for (name, password) in [("admin", "wrong"), ("nobody", ADMIN_PASSWORD)] {
        let body = json!({"username": name, "password": password});
        says(&refusal(nobody.post(SESSION, &body).await, 403, "403"), "password is wrong");
    }
    refusal(nobody.post(SESSION, &json!({"username": "admin"})).await, 400, "3900");
    // A change with the cookie comes from a page of this server, or from a program without an origin.
    let body = json!({"provider": "SOURCEFORGE"});
    for foreign in ["https://evil.dev", "null", "http://127.0.0.1:1"] {
        let page = client.clone().with("origin", foreign);
        says(&refusal(page.post(CONFIG, &body).await, 403, "403"), "another origin");
        says(&refusal(page.put(CONFIG, &body).await, 403, "403"), "another origin");
        let signing = json!({"username": "admin", "password": ADMIN_PASSWORD});
        says(&refusal(page.post(SESSION, &signing).await, 403, "403"), "another origin");
        result(page.get(CONFIG).await);
    }
    for own in [client.clone().with("origin", program.url()), client.clone()] {
        refusal(own.post(CONFIG, &body).await, 400, "3900");
    }
}

async fn only_administrators_see_the_page(database: Database) {
    let program = Program::start(database).await;
    let root = program.admin().await;
    let ann = json!({"name": "ann", "email": "ann@example.org", "password": ADMIN_PASSWORD});
    root.post("/api/v1/users", &ann).await.expect(201);
    let (_, ann) = signed_in(&program, "ann").await;
    let body = json!({"provider": "GITHUB"});
    for answer in [
        ann.get(CONFIG).await,
        ann.get(&format!("{CONFIG}/1")).await,
        ann.get("/orchestrator/gitops/config-by-provider?provider=GITHUB").await,
        ann.post(CONFIG, &body).await,
        ann.put(CONFIG, &body).await,
        ann.post(VALIDATE, &body).await,
    ] {
        assert_eq!(refusal(answer, 403, "403")["userMessage"], "unauthorized");
    }
    assert_eq!(result(ann.get(CONFIGURED).await)["exists"], false);
}

async fn a_first_row_is_checked_saved_and_active(database: Database) {
    let host = GitHub::acme(TOKEN).await;
    let program = Program::start(database).await;
    let admin = admin(&program).await;
    let tried = result(admin.post(VALIDATE, &row(&host)).await);
    assert_eq!(tried["stageErrorMap"], Value::Null, "{tried:#}");
    assert_eq!(result(admin.get(CONFIG).await), json!([]), "validating saves nothing");
    // It becomes active whatever the row says.
    let saved = result(admin.post(CONFIG, &but(row(&host), &json!({"active": false}))).await);
    let stages = json!(["Create Repo", "Clone Http", "Create Readme", "Clone", "Push", "Delete Repo"]);
    assert_eq!(saved["successfulStages"], stages);
    assert_eq!(saved["stageErrorMap"], Value::Null);
    assert_eq!((&saved["deleteRepoFailed"], &saved["validationSkipped"]), (&json!(false), &json!(false)));
    assert!(
        saved["validatedOn"].as_str().is_some_and(|at| at.starts_with("20") && at.ends_with('Z')),
        "{saved:#}"
    );
    let rows = result(admin.get(CONFIG).await);
    let expected = json!({
        "id": 1, "provider": "GITHUB", "username": "acme-bot", "token": "", "gitLabGroupId": "",
        "gitHubOrgId": "acme", "host": host.url, "active": true, "azureProjectName": "",
        "bitBucketWorkspaceId": "", "bitBucketProjectKey": "", "allowCustomRepository": false,
        "enableTLSVerification": false, "tlsConfig": {"caData": "", "tlsCertData": "", "tlsKeyData": ""},
        "isCADataPresent": false, "isTLSCertDataPresent": false, "isTLSKeyDataPresent": false,
        "authMode": "PASSWORD"
    });
    assert_eq!(rows, json!([expected]));
    assert_eq!(result(admin.get(&format!("{CONFIG}/1")).await), expected);
    let by = "/orchestrator/gitops/config-by-provider?provider=GITHUB";
    assert_eq!(result(admin.get(by).await), expected);
    assert_eq!(result(admin.get(CONFIGURED).await), json!({"exists": true, "allowCustomRepository": false}));
    let second = refusal(admin.post(CONFIG, &row(&host)).await, 409, "3900");
    assert_eq!(second["userMessage"], "gitops provider already exists");
    // The name is that which the client shows when deletion fails.
    let made: Vec<String> = host
        .seen()
        .into_iter()
        .filter_map(|s| {
            s.call
                .strip_prefix("DELETE /repositories/")
                .or(s.call.strip_prefix("DELETE /repos/acme/"))
                .map(str::to_owned)
        })
        .collect();
    assert_eq!(made.len(), 2, "{:?}", host.seen());
    let cloned = host.seen().into_iter().find_map(|s| {
        let name = s.call.strip_prefix("GET /acme/")?.split(['.', '/']).next()?.to_owned();
        Some(name)
    });
    let end = cloned
        .as_deref()
        .and_then(|name| name.strip_prefix("devtron-sample-repo-dryrun-"))
        .unwrap_or_default();
    assert_eq!(end.len(), 6, "{cloned:?}");
    assert!(end.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit()), "{end}");
    assert_eq!(host.repositories(), Vec::<String>::new());
    let ours = program.admin().await.get("/api/v1/gitops-configs/github").await.expect(200);
    assert_eq!(ours["active"], true);
    for recorded in program.transcript().all() {
        assert!(!String::from_utf8_lossy(&recorded.answer).contains(TOKEN), "{}", recorded.request);
    }
    host.assert_contract();
}

async fn what_a_check_finds_is_told_in_stages(database: Database) {
    let host = GitHub::acme(TOKEN).await;
    host.token("ghp_reading", "acme-bot", &["read:org"]);
    let program = Program::start(database).await;
    let admin = admin(&program).await;
    for (changes, stage, words) in [
        (json!({"token": "ghp_wrong"}), "error in connecting with GITHUB", "wrong, expired or revoked"),
        (json!({"host": "http://127.0.0.1:1"}), "error in connecting with GITHUB", "refused the connection"),
        (json!({"gitHubOrgId": "acne"}), "Create Repo", "cannot see acne"),
        (json!({"token": "ghp_reading"}), "Create Repo", "Missing: repo"),
    ] {
        for path in [VALIDATE, CONFIG] {
            let found = result(admin.post(path, &but(row(&host), &changes)).await);
            let errors = found["stageErrorMap"].as_object().expect("an error").clone();
            assert_eq!(errors.keys().collect::<Vec<_>>(), [stage], "{found:#}");
            assert!(errors[stage].as_str().is_some_and(|text| text.contains(words)), "{words}: {found:#}");
            assert_eq!(found["successfulStages"], Value::Null, "{found:#}");
        }
    }
    for (changes, words) in [
        (json!({"provider": "SOURCEFORGE"}), "provider: "),
        (json!({"provider": null}), "provider: "),
        (json!({"token": ""}), "token: "),
        (json!({"token": null}), "token: "),
        (json!({"token": format!("{TOKEN}\n")}), "token: "),
        (json!({"gitHubOrgId": ""}), "gitHubOrgId: "),
        (json!({"gitHubOrgId": "https://github.com/acme"}), "gitHubOrgId: "),
        (json!({"username": "bot@acme.dev"}), "username: "),
        (json!({"host": "github.com"}), "host: "),
        (json!({"authMode": "MAGIC"}), "authMode: "),
        (json!({"enableTLSVerification": true, "tlsConfig": {"caData": "x"}}), "tlsConfig.caData: "),
    ] {
        for path in [VALIDATE, CONFIG] {
            says(&refusal(admin.post(path, &but(row(&host), &changes)).await, 400, "3900"), words);
        }
    }
    assert_eq!(result(admin.get(CONFIG).await), json!([]), "nothing was saved");
    assert_eq!(host.repositories(), Vec::<String>::new());
}

async fn a_row_is_changed_under_the_client_s_rules(database: Database) {
    let host = GitHub::acme(TOKEN).await;
    let elsewhere = GitHub::acme(TOKEN).await;
    host.furnish("umbrella", "acme-bot");
    let program = Program::start(database).await;
    let admin = admin(&program).await;
    result(admin.post(CONFIG, &row(&host)).await);
    let id = result(admin.get(CONFIG).await)[0]["id"].clone();
    let stored = but(row(&host), &json!({"id": id, "token": ""}));
    // The stored token is used for what it was stored for, and for nothing else.
    assert_eq!(result(admin.post(VALIDATE, &stored).await)["stageErrorMap"], Value::Null);
    let umbrella = but(stored.clone(), &json!({"gitHubOrgId": "umbrella", "authMode": "ACCESS_TOKEN"}));
    assert_eq!(result(admin.put(CONFIG, &umbrella).await)["stageErrorMap"], Value::Null);
    let now = result(admin.get(&format!("{CONFIG}/{id}")).await);
    assert_eq!((&now["gitHubOrgId"], &now["active"]), (&json!("umbrella"), &json!(true)));
    assert_eq!((&now["authMode"], &now["token"]), (&json!("ACCESS_TOKEN"), &json!("")));
    // What is read can be sent back as it is.
    assert_eq!(result(admin.put(CONFIG, &now).await)["stageErrorMap"], Value::Null);
    assert_eq!(result(admin.get(&format!("{CONFIG}/{id}")).await), now);
    let moved = but(stored.clone(), &json!({"host": elsewhere.url}));
    for answer in [admin.put(CONFIG, &moved).await, admin.post(VALIDATE, &moved).await] {
        says(&refusal(answer, 400, "3900"), "token: ");
    }
    assert!(elsewhere.seen().is_empty());
    // One that does not work is not saved, and the old one stays.
    let broken = result(admin.put(CONFIG, &but(stored.clone(), &json!({"gitHubOrgId": "acne"}))).await);
    assert!(broken["stageErrorMap"].is_object(), "{broken:#}");
    assert_eq!(result(admin.get(&format!("{CONFIG}/{id}")).await), now);
    for (changes, status, number, words) in [
        (json!({"active": false}), 409, "3900", "only active"),
        (json!({"id": null}), 400, "3900", "id: "),
        (json!({"id": 4711}), 404, "5100", "4711"),
        (json!({"provider": "GITLAB"}), 400, "3900", "another provider"),
    ] {
        says(&refusal(admin.put(CONFIG, &but(stored.clone(), &changes)).await, status, number), words);
    }
    assert_eq!(result(admin.get(&format!("{CONFIG}/{id}")).await), now);
}

async fn of_several_accounts_one_row_is_shown(database: Database) {
    let host = GitHub::acme(TOKEN).await;
    let program = Program::start(database).await;
    let (root, client) = (program.admin().await, admin(&program).await);
    let account = |activate: bool| {
        json!({"provider": "github", "host": host.url, "organization": "acme", "username": "acme-bot",
            "secret": TOKEN, "activate": activate})
    };
    let built_in = json!({"provider": "built-in"});
    root.put("/api/v1/gitops-configs/trial", &built_in).await.expect(201);
    // The client does not know this provider; that there is one it does.
    assert_eq!(result(client.get(CONFIG).await), json!([]));
    assert_eq!(result(client.get(CONFIGURED).await)["exists"], true);
    // No name is the client's: it gets one that is free.
    root.put("/api/v1/gitops-configs/github", &built_in).await.expect(201);
    result(client.post(CONFIG, &row(&host)).await);
    root.get("/api/v1/gitops-configs/github-2").await.expect(200);
    root.put("/api/v1/gitops-configs/spare", &account(false)).await.expect(201);
    let ids =
        |rows: Value| rows.as_array().unwrap().iter().map(|r| r["id"].as_i64().unwrap()).collect::<Vec<_>>();
    let first = result(client.get(CONFIG).await);
    assert_eq!((ids(first.clone()), &first[0]["active"]), (vec![3], &json!(true)), "the active one");
    root.send(reqwest::Method::POST, "/api/v1/gitops-configs/trial/activate", None).await.expect(200);
    let newest = result(client.get(CONFIG).await);
    assert_eq!((ids(newest.clone()), &newest[0]["active"]), (vec![4], &json!(false)), "the newest one");
    // An inactive one stays so, or becomes the active one.
    let stored = but(row(&host), &json!({"id": 4, "token": "", "active": false}));
    result(client.put(CONFIG, &stored).await);
    assert_eq!(result(client.get(&format!("{CONFIG}/4")).await)["active"], false);
    result(client.put(CONFIG, &but(stored, &json!({"active": true}))).await);
    assert_eq!(result(client.get(&format!("{CONFIG}/4")).await)["active"], true);
    let trial = root.get("/api/v1/gitops-configs/trial").await.expect(200);
    assert_eq!(trial["active"], false);
    // A number is not given twice.
    root.delete("/api/v1/gitops-configs/github-2").await.expect(204);
    refusal(client.get(&format!("{CONFIG}/3")).await, 404, "5100");
    refusal(client.get(&format!("{CONFIG}/1")).await, 404, "5100");
}

async fn tls_data_is_kept_replaced_and_removed(database: Database) {
    let host = GitHub::start_tls().await;
    host.furnish("acme", "acme-bot");
    host.token(TOKEN, "acme-bot", &["repo", "delete_repo"]);
    let program = Program::start(database).await;
    let admin = admin(&program).await;
    let untrusted = result(admin.post(CONFIG, &row(&host)).await);
    let cause = &untrusted["stageErrorMap"]["error in connecting with GITHUB"];
    assert!(cause.as_str().is_some_and(|text| text.contains("Acme Private Root")), "{untrusted:#}");
    let on = |ca: &str, present: bool| {
        let tls = json!({"caData": ca, "tlsCertData": "", "tlsKeyData": ""});
        json!({"enableTLSVerification": true, "tlsConfig": tls, "isCADataPresent": present})
    };
    let nothing = but(row(&host), &json!({"enableTLSVerification": true}));
    refusal(admin.post(CONFIG, &nothing).await, 412, "3900");
    for half in [json!({"tlsCertData": "x"}), json!({"tlsKeyData": "x"})] {
        let half = but(nothing.clone(), &json!({"tlsConfig": half}));
        refusal(admin.post(CONFIG, &half).await, 412, "3900");
    }
    let ca = host.ca_pem.clone().expect("a certificate");
    result(admin.post(CONFIG, &but(row(&host), &on(&ca, false))).await);
    let read = result(admin.get(CONFIG).await)[0].clone();
    assert_eq!((&read["enableTLSVerification"], &read["isCADataPresent"]), (&json!(true), &json!(true)));
    assert_eq!(read["tlsConfig"]["caData"], "");
    let stored = but(row(&host), &json!({"id": read["id"], "token": ""}));
    for kept in [
        read.clone(),
        but(stored.clone(), &on("", true)),
        but(stored.clone(), &json!({"enableTLSVerification": true, "isCADataPresent": true})),
    ] {
        assert_eq!(result(admin.put(CONFIG, &kept).await)["stageErrorMap"], Value::Null);
        assert_eq!(result(admin.get(CONFIG).await)[0]["isCADataPresent"], true);
    }
    refusal(admin.put(CONFIG, &but(stored.clone(), &on("", false))).await, 412, "3900");
    // Without its certificates the address is another one: the token is asked for again.
    says(&refusal(admin.put(CONFIG, &stored).await, 400, "3900"), "token: ");
    let removed = but(stored, &json!({"token": TOKEN}));
    assert!(result(admin.put(CONFIG, &removed).await)["stageErrorMap"].is_object());
}

async fn a_failing_delete_is_no_error(database: Database) {
    let host = GitHub::acme(TOKEN).await;
    let program = Program::start(database).await;
    let admin = admin(&program).await;
    host.fault("DELETE /repos", Fault::Status(409, vec![], "Busy"), 1);
    let saved = result(admin.post(CONFIG, &row(&host)).await);
    assert_eq!(
        (&saved["deleteRepoFailed"], &saved["stageErrorMap"]),
        (&json!(true), &Value::Null),
        "{saved:#}"
    );
    assert_eq!(result(admin.get(CONFIG).await)[0]["active"], true);
    testkit::poll("the test repository goes", || async { host.repositories().is_empty().then_some(()) })
        .await;
    host.token("ghp_undeleting", "acme-bot", &["repo"]);
    let stored = but(row(&host), &json!({"id": 1, "token": "ghp_undeleting"}));
    let saved = result(admin.put(CONFIG, &stored).await);
    // Nothing was made that could not have been deleted again: no name of a repository is to be told.
    assert_eq!(
        (&saved["deleteRepoFailed"], &saved["stageErrorMap"]),
        (&json!(false), &Value::Null),
        "{saved:#}"
    );
    assert_eq!(host.repositories(), Vec::<String>::new());
}

async fn repositories_by_hand_are_validated_too(database: Database) {
    let host = GitHub::acme(TOKEN).await;
    let program = Program::start(database).await;
    let admin = admin(&program).await;
    let asking = but(row(&host), &json!({"allowCustomRepository": true}));
    let wrong = result(admin.post(CONFIG, &but(asking.clone(), &json!({"token": "ghp_wrong"}))).await);
    assert!(wrong["stageErrorMap"].is_object(), "{wrong:#}");
    let saved = result(admin.post(CONFIG, &asking).await);
    assert_eq!((&saved["stageErrorMap"], &saved["validationSkipped"]), (&Value::Null, &json!(false)));
    assert_eq!(result(admin.get(CONFIG).await)[0]["allowCustomRepository"], true);
    assert_eq!(result(admin.get(CONFIGURED).await), json!({"exists": true, "allowCustomRepository": true}));
    let writing: Vec<_> = host.seen().into_iter().filter(|s| !s.call.starts_with("GET ")).collect();
    assert!(writing.is_empty(), "{writing:?}");
    let back = but(row(&host), &json!({"id": 1, "token": "", "allowCustomRepository": false}));
    result(admin.put(CONFIG, &back).await);
    assert_eq!(result(admin.get(CONFIGURED).await)["allowCustomRepository"], false);
}

async fn a_hanging_host_is_answered_in_time(database: Database) {
    let host = GitHub::acme(TOKEN).await;
    let program = Program::start(database).await;
    let admin = admin(&program).await;
    host.fault("GET /orgs", Fault::Hang, 99);
    let begun = std::time::Instant::now();
    let found = result(admin.post(CONFIG, &row(&host)).await);
    assert!(begun.elapsed() < std::time::Duration::from_secs(50), "{:?}", begun.elapsed());
    assert!(
        found["stageErrorMap"]["Create Repo"].as_str().is_some_and(|t| t.contains("in time")),
        "{found:#}"
    );
    assert_eq!(result(admin.get(CONFIG).await), json!([]));
}

async fn the_four_providers_are_rows_alike(database: Database) {
    let hosts = hosts::all().await;
    let program = hosts::program(database, &hosts).await;
    let admin = admin(&program).await;
    for (at, host) in hosts.iter().enumerate() {
        providers::created(&admin, host, at + 1).await;
        providers::refused(&admin, host).await;
        providers::changed(&admin, host).await;
        host.host.assert_contract();
    }
    let rows = result(admin.get(CONFIG).await);
    let shown: Vec<_> = rows.as_array().expect("rows").iter().map(|r| (&r["id"], &r["active"])).collect();
    let want = [
        (json!(4), json!(true)),
        (json!(3), json!(false)),
        (json!(2), json!(false)),
        (json!(1), json!(false)),
    ];
    assert_eq!(shown, want.iter().map(|(id, active)| (id, active)).collect::<Vec<_>>(), "the newest first");
    // Switching over by the client's own call.
    let back = but(rows[3].clone(), &json!({"active": true}));
    assert_eq!(result(admin.put(CONFIG, &back).await)["stageErrorMap"], Value::Null);
    let active = result(admin.get(CONFIG).await);
    let active = active.as_array().expect("rows").iter().filter(|r| r["active"] == true);
    assert_eq!(active.map(|r| r["provider"].clone()).collect::<Vec<_>>(), [json!("GITHUB")]);
    for recorded in program.transcript().all() {
        let text = String::from_utf8_lossy(&recorded.answer).into_owned();
        assert!(hosts.iter().all(|h| !text.contains(h.token)), "{}", recorded.request);
    }
}
