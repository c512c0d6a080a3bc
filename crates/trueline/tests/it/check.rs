//! What checks do beyond saving: a repository that was named for them, hosts that show things late, and how stored
//! credentials stand.

use std::time::Duration;

use serde_json::{Value, json};
use testkit::simulated::{Fault, GitHub};

use super::gitops_config::{ACME, TOKEN, account, but, creating, left, stage, states};
use super::hosts;
use crate::program::{Database, Program};

crate::stories! {
    a_named_repository_is_used_and_left_as_it_was,
    what_the_host_does_not_show_yet_is_deleted_too,
    how_credentials_stand_is_shown_and_measured,
    a_branch_that_a_crash_leaves_is_removed,
    what_a_host_asks_to_wait_is_told_without_numbers,
    rules_that_depend_on_people_do_not_keep_an_account_from_being_saved,
}

async fn a_named_repository_is_used_and_left_as_it_was(database: Database) {
    let host = GitHub::acme(TOKEN).await;
    host.furnish("umbrella", "acme-bot");
    let program = Program::start(database).await;
    let admin = program.admin().await;
    host.repository("acme", "shop", true);
    let address = format!("{}/acme/shop.git", host.url);
    let asking = but(account(&host), "repositories", json!({"source": "ask"}));
    let naming = |url: &str| but(asking.clone(), "check_repository", url);
    let check = format!("{ACME}/check");
    // Its first branch could not be taken away again.
    let empty = admin.post(&check, &naming(&address)).await.expect(200);
    let line = stage(&empty, "push");
    assert_eq!((&line["state"], &line["diagnosis"]["code"]), (&json!("warned"), &json!("repository_empty")));

    let bot = ("acme-bot", TOKEN);
    program.git(program.folder(), bot, &["clone", "-q", &address, "shop"]).await.good();
    let clone = program.folder().join("shop");
    program.git(&clone, bot, &["commit", "-q", "--allow-empty", "-m", "Ours since 2019"]).await.good();
    program.git(&clone, bot, &["push", "-q", "origin", "HEAD:main"]).await.good();
    let before = program.git(&clone, bot, &["ls-remote", &address]).await.good();
    let config = creating(&admin).put(ACME, &naming(&address)).await.expect(201);
    let went: Vec<_> = states(&config["check"]).into_iter().skip(4).collect();
    let want = ["clone", "rules", "push", "delete"].map(|name| (name.to_owned(), "passed".to_owned()));
    assert_eq!(went, want, "{config:#}");
    assert_eq!(stage(&config["check"], "push")["title"], "Commit and push to a branch of its own");
    assert_eq!(program.git(&clone, bot, &["ls-remote", &address]).await.good(), before);
    let pushes = host.seen().iter().filter(|s| s.call == "POST /acme/shop.git/git-receive-pack").count();
    let pushes = pushes - 1;
    assert_eq!(pushes, 2, "one made the branch, one took it away: {:?}", host.seen());
    let rest = |call: &str| !call.starts_with("GET ") && !call.starts_with("POST /acme/shop.git/");
    assert!(host.seen().iter().all(|s| !rest(&s.call)), "{:?}", host.seen());

    // The same by the command line, for what is stored.
    let login = ["login", program.url(), "--user", "admin", "--password-stdin"];
    program.cli(&login, crate::program::ADMIN_PASSWORD).await.good();
    let report = program.cli(&["gitops", "check", "acme", "--check-repository", &address], "").await.good();
    assert!(report.contains("✓ Commit and push to a branch of its own"), "{report}");
    let saved = program.cli(&["gitops", "save", "acme", "--check-repository", &address], "").await.good();
    assert!(saved.contains("✓ Delete that branch") && saved.contains("Saved acme"), "{saved}");
    assert_eq!(program.git(&clone, bot, &["ls-remote", &address]).await.good(), before);

    host.repository("umbrella", "elsewhere", true);
    let problem = admin.post(&check, &naming("shop")).await.problem(422, "invalid");
    assert_eq!(problem["errors"][0]["field"], "check_repository", "{problem:#}");
    // Where repositories are created it would be of no use, and is not passed over in silence.
    let creates = but(account(&host), "check_repository", address.as_str());
    let created = but(creates.clone(), "repositories", json!({"source": "per-application"}));
    for problem in [
        admin.post(&check, &created).await.problem(422, "invalid"),
        creating(&admin).put("/api/v1/gitops-configs/other", &creates).await.problem(422, "invalid"),
    ] {
        let error = &problem["errors"][0];
        assert_eq!((&error["field"], &error["code"]), (&json!("check_repository"), &json!("not_used")));
        assert!(
            error["message"].as_str().is_some_and(|m| m.contains("choose to ask for a repository")),
            "{error}"
        );
    }
    let foreign = "https://github.com/acme/shop".to_owned();
    for url in [format!("{}/umbrella/elsewhere", host.url), format!("{}/acme/none", host.url), foreign] {
        let failed = admin.post(&check, &naming(&url)).await.expect(200);
        assert_eq!(stage(&failed, "clone")["state"], "failed", "{failed:#}");
        assert_eq!(stage(&failed, "push")["state"], "skipped", "{failed:#}");
    }
    host.assert_contract();
}

async fn what_the_host_does_not_show_yet_is_deleted_too(database: Database) {
    let host = GitHub::acme(TOKEN).await;
    let program = Program::start(database).await;
    let admin = program.admin().await;
    host.lag(6, 0);
    let config = creating(&admin).put(ACME, &account(&host)).await.expect(201);
    assert_eq!(stage(&config["check"], "delete")["state"], "passed", "{config:#}");
    assert_eq!(left(&host), Vec::<String>::new());
}

async fn how_credentials_stand_is_shown_and_measured(database: Database) {
    let host = GitHub::acme(TOKEN).await;
    host.token_expires(TOKEN, "2099-12-01 09:30:00 UTC");
    let program = Program::start(database).await;
    let admin = program.admin().await;
    let config = creating(&admin).put(ACME, &account(&host)).await.expect(201);
    assert_eq!(config["credential_state"], "ok");
    assert_eq!(config["expires_at"], "2099-12-01T09:30:00.000Z");
    let metrics = testkit::poll("the metrics know the account", || async {
        let text = admin.get("/metrics").await.text;
        text.contains("trueline_check_failed{config=\"acme\"} 0").then_some(text)
    })
    .await;
    let line =
        metrics.lines().find(|l| l.starts_with("trueline_credential_expires_seconds{config=\"acme\"} "));
    let seconds: f64 = line.and_then(|l| l.rsplit(' ').next()?.parse().ok()).unwrap_or_default();
    assert!(seconds > 1e9, "{metrics}");
    // What somebody tries out under its name says nothing of what is stored.
    let other = but(account(&host), "secret", "ghp_wrong");
    let tried = admin.post(&format!("{ACME}/check"), &other).await.expect(200);
    assert_eq!(tried["failed"], true);
    let config = admin.get(ACME).await.expect(200);
    assert_eq!((&config["credential_state"], &config["check"]["failed"]), (&json!("ok"), &json!(true)));
    admin.delete(ACME).await.expect(204);
    testkit::poll("the metrics forget the account", || async {
        (!admin.get("/metrics").await.text.contains("config=\"acme\"")).then_some(())
    })
    .await;
}

async fn a_branch_that_a_crash_leaves_is_removed(database: Database) {
    let host = GitHub::acme(TOKEN).await;
    let mut program = Program::start(database).await;
    let admin = program.admin().await;
    host.repository("acme", "shop", true);
    let address = format!("{}/acme/shop.git", host.url);
    let bot = ("acme-bot", TOKEN);
    program.git(program.folder(), bot, &["clone", "-q", &address, "shop"]).await.good();
    let clone = program.folder().join("shop");
    program.git(&clone, bot, &["commit", "-q", "--allow-empty", "-m", "Ours since 2019"]).await.good();
    program.git(&clone, bot, &["push", "-q", "origin", "HEAD:main"]).await.good();
    let before = program.git(&clone, bot, &["ls-remote", &address]).await.good();

    // The branch is pushed, and while the host's answer trickles in, the program dies.
    host.fault("POST /acme/shop.git/git-receive-pack", Fault::Slow(Duration::from_secs(3)), 1);
    let asking = but(account(&host), "repositories", json!({"source": "ask"}));
    let naming = but(asking, "check_repository", address.clone());
    let save = tokio::spawn({
        let create = creating(&admin);
        async move { create.put(ACME, &naming).await }
    });
    let listed = || async { program.git(&clone, bot, &["ls-remote", &address]).await.good() };
    let left =
        testkit::poll("the branch is pushed", || async { Some(listed().await).filter(|now| *now != before) });
    let left = left.await;
    assert!(left.contains("refs/heads/trueline-check-"), "{left}");
    save.abort();
    program.kill().await;
    let calls = host.seen().len();
    program.restart().await;
    testkit::poll("the branch goes", || async {
        let now = program.git(&clone, bot, &["ls-remote", &address]).await.good();
        (now == before).then_some(())
    })
    .await;
    // The repository is a person's: nothing but the branch went.
    let since = &host.seen()[calls..];
    assert!(
        since.iter().all(|s| !s.call.starts_with("DELETE ") && !s.call.starts_with("PATCH ")),
        "{since:?}"
    );
    program.admin().await.get(ACME).await.problem(404, "not_found");
}

async fn what_a_host_asks_to_wait_is_told_without_numbers(database: Database) {
    let hosts = hosts::all().await;
    let program = hosts::program(database, &hosts).await;
    let admin = program.admin().await;
    program
        .cli(&["login", program.url(), "--user", "admin", "--password-stdin"], crate::program::ADMIN_PASSWORD)
        .await
        .good();
    for host in &hosts {
        let path = format!("/api/v1/gitops-configs/{}", host.provider);
        creating(&admin).put(&path, &host.account).await.expect(201);
        let rate = &admin.get(&path).await.expect(200)["rate"];
        assert_eq!(rate["waiting_until"], Value::Null, "{}: {rate}", host.provider);
        let busy = Fault::Status(429, vec![("retry-after", "3600".into())], "Slow down");
        host.host.fault(host.signs_in, busy, 1);
        // No application has used the account: what a check was told counts.
        let check = admin.send(reqwest::Method::POST, &format!("{path}/check"), None).await.expect(200);
        assert_eq!(stage(&check, "authenticate")["diagnosis"]["code"], "rate_limited", "{check:#}");
        let rate = &admin.get(&path).await.expect(200)["rate"];
        assert!(rate["waiting_until"].is_string(), "{}: {rate}", host.provider);
        let numbers = matches!(host.provider, "github" | "gitlab");
        assert_eq!(rate["left"].is_u64(), numbers, "{}: {rate}", host.provider);
        let shown = program.cli(&["gitops", "show", host.provider], "").await.good();
        assert!(shown.contains("waiting until"), "{shown}");
    }
}

async fn rules_that_depend_on_people_do_not_keep_an_account_from_being_saved(database: Database) {
    let host = GitHub::acme(TOKEN).await;
    let program = Program::start(database).await;
    let admin = program.admin().await;
    let parameters = json!({ "operator": "ends_with", "pattern": "@acme.dev" });
    let rule = json!({ "type": "commit_author_email_pattern", "parameters": parameters });
    host.branch_rule("acme", "Company rules", rule);
    let config = creating(&admin).put(ACME, &account(&host)).await.expect(201);
    let line = stage(&config["check"], "rules");
    assert_eq!((&line["state"], &line["diagnosis"]["code"]), (&json!("warned"), &json!("rule_author_email")));
    // Only a push tells, so it is tried.
    assert_eq!(stage(&config["check"], "push")["state"], "passed", "{config:#}");
    assert_eq!(left(&host), Vec::<String>::new());
    host.branch_rule("acme", "Company rules", json!({ "type": "required_signatures" }));
    let failed = admin.post(&format!("{ACME}/check"), &account(&host)).await.expect(200);
    let line = stage(&failed, "rules");
    assert_eq!(
        (&line["state"], &line["diagnosis"]["code"]),
        (&json!("failed"), &json!("rule_signed_commits"))
    );
    assert!(
        line["diagnosis"]["sentence"].as_str().is_some_and(|s| s.contains("addresses of authors")),
        "{line:#}"
    );
    assert_eq!(stage(&failed, "push")["state"], "skipped", "{failed:#}");
    assert_eq!(left(&host), Vec::<String>::new());
    host.assert_contract();
}
