//! Hosts that hang, trickle, send megabytes, deep JSON, endless pages or web pages: each check of each provider ends
//! in time and names it.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use testkit::simulated::Fault;

use super::gitops_config::stage;
use super::hosts::{self, Furnished};
use crate::client::Client;
use crate::program::Database;

/// What a check may take in all.
const IN_ALL: Duration = Duration::from_secs(45);

crate::stories! {
    strange_answers_are_bounded_and_named,
    a_host_that_is_slow_all_the_way_ends_in_time,
}

/// What the host does, the code and a word of what is told of it, and how long that may take.
fn strange(provider: &str) -> Vec<(Fault, &'static str, &'static str, Duration)> {
    let (soon, late) = (Duration::from_secs(10), Duration::from_secs(20));
    // Azure DevOps shows a page to sign in at to those whose token it does not take.
    let sign_in = if provider == "azure-devops" { "token_rejected" } else { "sign_in_page" };
    vec![
        (Fault::Hang, "timed_out", "in time", late),
        (Fault::Slow(Duration::from_millis(400)), "timed_out", "in time", late),
        (Fault::Huge, "too_large", "limit", soon),
        (Fault::Deep(5_000), "too_large", "levels", soon),
        (Fault::Html, "not_a_git_host", "web page", soon),
        (Fault::SignIn, sign_in, "203", soon),
        (Fault::Redirect("https://login.acme.dev/?next=x".into()), "redirected", "login.acme.dev", soon),
        (Fault::Reset, "connection_closed", "closed the connection", soon),
    ]
}

/// A check of an account that is saved nowhere, and how long it took.
async fn tried(admin: &Client, host: &Furnished) -> (Value, Duration) {
    let begun = Instant::now();
    let path = format!("/api/v1/gitops-configs/{}/check", host.provider);
    let check = admin.post(&path, &host.account).await.expect(200);
    (check, begun.elapsed())
}

async fn strange_answers_are_bounded_and_named(database: Database) {
    let hosts = hosts::all().await;
    let program = hosts::program(database, &hosts).await;
    let admin = program.admin().await;
    let one = |host| {
        let admin = admin.clone();
        async move { every_fault(&admin, host).await }
    };
    futures_util::future::join_all(hosts.iter().map(one)).await;
}

async fn every_fault(admin: &Client, host: &Furnished) {
    for (fault, code, word, limit) in strange(host.provider) {
        host.host.clear_faults();
        host.host.fault(host.signs_in, fault.clone(), 99);
        let (check, took) = tried(admin, host).await;
        let line = stage(&check, "authenticate");
        let told = &line["diagnosis"];
        let at = format!("{} {fault:?}: {check:#}", host.provider);
        assert_eq!((&line["state"], &told["code"]), (&json!("failed"), &json!(code)), "{at}");
        assert!(told["sentence"].as_str().is_some_and(|s| s.contains(word)), "{word:?}: {at}");
        assert!(took < limit, "{took:?}: {at}");
        assert!(!check.to_string().contains(host.token), "{at}");
    }
    host.host.clear_faults();
    // Pages without an entry and without an end, wherever the check reads lists.
    host.host.fault(lists(host.provider), Fault::EndlessPages, 10_000);
    let (check, took) = tried(admin, host).await;
    assert!(took < IN_ALL, "{took:?}: {check:#}");
    let seen =
        check["stages"].as_array().expect("stages").iter().find(|s| s["diagnosis"]["code"] == "too_large");
    let told = seen.map(|s| s["diagnosis"]["sentence"].to_string()).unwrap_or_default();
    // Azure's pages are counted, and what was read of them is enough.
    assert!(told.contains("pages") || host.provider == "azure-devops", "{}: {check:#}", host.provider);
    host.host.clear_faults();
    assert_eq!(tried(admin, host).await.0["failed"], false, "{}", host.provider);
}

/// The calls for a list that has pages.
fn lists(provider: &str) -> &'static str {
    match provider {
        "github" => "GET /orgs/acme/repos",
        // By the number: the group itself is asked for by its path.
        "gitlab" => "GET /groups/1",
        "azure-devops" => "GET /acme/acme/_apis/git/policy",
        _ => "GET /workspaces/acme/projects",
    }
}

async fn a_host_that_is_slow_all_the_way_ends_in_time(database: Database) {
    let hosts = hosts::all().await;
    let program = hosts::program(database, &hosts).await;
    let admin = program.admin().await;
    // Every call alone would be in time; all together are not.
    let one = |host: &Furnished| {
        host.host.latency(Duration::from_secs(5));
        let admin = admin.clone();
        let (path, account) =
            (format!("/api/v1/gitops-configs/{}/check", host.provider), host.account.clone());
        async move {
            let begun = Instant::now();
            (admin.post(&path, &account).await.expect(200), begun.elapsed())
        }
    };
    for (check, took) in futures_util::future::join_all(hosts.iter().map(one)).await {
        assert!(took < IN_ALL, "{took:?}: {check:#}");
        assert_eq!(check["failed"], true, "{check:#}");
        let stages = check["stages"].as_array().expect("stages").iter();
        let late: Vec<_> = stages.filter(|s| s["diagnosis"]["code"] == "timed_out").collect();
        assert!(!late.is_empty(), "{check:#}");
    }
    // What was made before the time was up goes once the host is quick again.
    // All are quick at once: an attempt that fails meanwhile is made again later and later.
    for host in &hosts {
        host.host.latency(Duration::ZERO);
    }
    for host in &hosts {
        testkit::poll("the test repository goes", || async {
            host.host.repositories().is_empty().then_some(())
        })
        .await;
    }
}
