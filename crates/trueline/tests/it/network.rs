//! The way to a host, end to end: a client certificate, a private authority and a proxy with a password hold for the
//! check, for saving and for the deployment; what is left of the rate budget is told.

use serde_json::{Value, json};
use testkit::proxy::{Proxy, Settings};
use testkit::simulated::GitHub;
use testkit::tls::{self, Authority};

use crate::application::{TOKEN, deployed, furnish, made};
use crate::client::Client;
use crate::program::{Database, Program};

const PASSWORD: &str = "correct-horse-proxy-4711";
const ACME: &str = "/api/v1/gitops-configs/acme";

crate::stories! {
    certificate_and_proxy_hold_for_check_and_deployment,
}

fn stage(problem: &Value, name: &str) -> Value {
    let stages = problem["check"]["stages"].as_array().expect("a check has stages");
    stages.iter().find(|s| s["stage"] == name).expect("the stage")["diagnosis"].clone()
}

async fn refused(admin: &Client, account: &Value, code: &str) {
    let creating = admin.clone().with("if-none-match", "*");
    let problem = creating.put(ACME, account).await.problem(422, "check_failed");
    assert_eq!(stage(&problem, "reach")["code"], code, "{problem:#}");
}

/// A repository that has to be made costs one call, its commit none.
fn one_call_besides_git(host: &GitHub, from: usize) {
    let seen = host.seen();
    let calls = seen[from..].iter().map(|seen| seen.call.as_str());
    let rest: Vec<&str> = calls.filter(|call| !call.contains("gitops-shop.git")).collect();
    assert_eq!(rest, ["POST /orgs/acme/repos"]);
}

async fn metrics_tell_the_budget(admin: &Client) {
    let metrics = admin.get("/metrics").await.text;
    for line in [
        "trueline_git_rate_left{config=\"acme\"} 4",
        "trueline_git_rate_limit{config=\"acme\"} 5000",
        "trueline_git_calls_total{config=\"acme\",outcome=\"answered\"} ",
    ] {
        assert!(metrics.contains(line), "{line} in {metrics}");
    }
}

async fn certificate_and_proxy_hold_for_check_and_deployment(database: Database) {
    let clients = Authority::new("Acme Clients");
    let host = GitHub::serve("127.0.0.1:0", Some(tls::demanding(&clients)), "").await.unwrap();
    host.furnish("acme", "acme-bot");
    host.token(TOKEN, "acme-bot", &["repo", "delete_repo"]);
    let user = Some(("bot".to_owned(), PASSWORD.to_owned()));
    let proxy = Proxy::start(Settings { user, ..Settings::default() }).await;
    let (identity, other) = (clients.client("trueline"), clients.client("other"));
    let program = Program::start(database).await;
    let admin = furnish(&program).await;
    let account = json!({
        "provider": "github", "host": host.url, "organization": "acme", "username": "acme-bot", "secret": TOKEN,
        "ca_pem": host.ca_pem, "client_certificate_pem": identity.certificate_pem,
        "client_key_pem": identity.key_pem, "proxy": proxy.url_for("bot"), "proxy_password": PASSWORD,
    });
    let but = |field: &str, value: Value| {
        let mut account = account.clone();
        account[field] = value;
        account
    };
    let creating = admin.clone().with("if-none-match", "*");
    // By field, before anything is sent.
    for (field, value, at, code) in [
        ("client_key_pem", Value::Null, "client_key_pem", "required"),
        ("client_certificate_pem", Value::Null, "client_certificate_pem", "required"),
        ("client_key_pem", json!(other.key_pem), "client_key_pem", "key_mismatch"),
        ("proxy", json!("localhost:3128"), "proxy", "scheme_missing"),
    ] {
        let problem = creating.put(ACME, &but(field, value)).await.problem(422, "invalid");
        assert_eq!(
            (&problem["errors"][0]["field"], &problem["errors"][0]["code"]),
            (&json!(at), &json!(code))
        );
    }
    assert!(proxy.seen().is_empty() && host.seen().is_empty());
    // By hop, when it is tried.
    refused(&admin, &but("proxy_password", json!("wrong-horse-4711")), "proxy_authentication_rejected").await;
    let mut bare = but("client_certificate_pem", Value::Null);
    bare["client_key_pem"] = Value::Null;
    refused(&admin, &bare, "client_certificate_required").await;

    let saved = creating.put(ACME, &account).await.expect(201);
    assert!(!saved.to_string().contains(PASSWORD) && !saved.to_string().contains("PRIVATE KEY"));
    let (before, calls) = (proxy.seen().len(), host.seen().len());
    made(&admin, "shop").await;
    let deployment = deployed(&admin, "shop", "registry.acme.dev/shop:1.0.0").await;
    assert_eq!(deployment["end"], "stored", "{deployment:#}");
    assert!(proxy.seen().len() > before, "the deployment went another way");
    one_call_besides_git(&host, calls);
    // What was stored is enough for the next check.
    let check = admin.send(reqwest::Method::POST, &format!("{ACME}/check"), None).await.expect(200);
    assert_eq!(check["failed"], false, "{check:#}");
    let config = admin.get(ACME).await.expect(200);
    assert_eq!(config["rate"]["limit"], 5000, "{config:#}");
    assert!(config["rate"]["left"].as_u64().is_some_and(|left| left < 5000));
    metrics_tell_the_budget(&admin).await;
    host.assert_contract();
    let log = program.log();
    let key = identity.key_pem.lines().nth(1).expect("a key has lines");
    for (what, secret) in [("the proxy's password", PASSWORD), ("the key", key)] {
        assert!(!log.contains(secret), "{what} is in the log");
    }
}
