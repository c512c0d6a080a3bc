//! Archiving the repository of an application that goes, at hosts that refuse it and hosts that have no such thing.

use serde_json::json;
use testkit::simulated::{Fault, GitHub};

use super::application::{TOKEN, connect, deployed, furnished, gone, made};
use super::gitops_config::creating;
use super::hosts;
use crate::program::Database;

crate::stories! {
    a_refused_archive_is_told_and_tried_again,
    a_host_without_archives_says_so,
}

async fn a_refused_archive_is_told_and_tried_again(database: Database) {
    let host = GitHub::acme(TOKEN).await;
    let (_program, admin) = furnished(database).await;
    connect(&admin, &host, json!({"deletion": "archive"})).await;
    made(&admin, "shop").await;
    assert_eq!(deployed(&admin, "shop", "shop:1").await["end"], "stored");
    host.fault("PATCH /repos", Fault::Status(403, vec![], "Only owners archive here."), 1_000);
    host.fault("PATCH /repositories", Fault::Status(403, vec![], "Only owners archive here."), 1_000);
    admin.delete("/api/v1/applications/shop").await.expect(204);
    let told = testkit::poll("what is in the way is told", || async {
        let shop = admin.get("/api/v1/applications/shop").await.expect(200);
        shop["deletion_failure"].is_string().then_some(shop)
    })
    .await;
    let sentence = told["deletion_failure"].as_str().unwrap_or_default();
    // The host's own words, and that it is not given up.
    assert!(sentence.contains("Only owners archive here.") && sentence.contains("next in "), "{told:#}");
    assert!(!host.find("acme", "gitops-shop").unwrap().archived);
    let listed = admin.get("/api/v1/applications").await.expect(200);
    assert_eq!(listed["items"][0]["deletion_failure"], told["deletion_failure"], "{listed:#}");
    // Once the host lets it, it is done.
    host.clear_faults();
    gone(&admin, "shop").await;
    assert!(host.find("acme", "gitops-shop").unwrap().archived);
    let entry = admin.get("/api/v1/audit?action=application.removed").await.expect(200)["items"][0].clone();
    assert!(entry["changes"].to_string().contains("archive"), "{entry:#}");
}

async fn a_host_without_archives_says_so(database: Database) {
    let hosts = hosts::all().await;
    let program = hosts::program(database, &hosts).await;
    let admin = program.admin().await;
    let host = hosts.iter().find(|h| h.provider == "bitbucket-cloud").expect("it is simulated");
    let (config, at) = ("/api/v1/gitops-configs/bitbucket", "repositories.deletion");
    let mut archiving = host.account.clone();
    archiving["repositories"] = json!({"deletion": "archive"});
    let problem = creating(&admin).put(config, &archiving).await.problem(422, "invalid");
    let error = &problem["errors"][0];
    assert_eq!((&error["field"], &error["code"]), (&json!(at), &json!("archive_not_offered")), "{problem:#}");
    assert!(error["message"].as_str().is_some_and(|m| m.contains("keep or delete")), "{problem:#}");
    assert_eq!(host.host.calls(), 0);

    creating(&admin).put(config, &host.account).await.expect(201);
    admin.post("/api/v1/projects", &json!({"name": "web", "description": ""})).await.expect(201);
    made(&admin, "shop").await;
    let problem = admin.delete("/api/v1/applications/shop?repository=archive").await.problem(422, "invalid");
    let error = &problem["errors"][0];
    assert_eq!((&error["field"], &error["code"]), (&json!("repository"), &json!("archive_not_offered")));
    let shop = admin.get("/api/v1/applications/shop").await.expect(200);
    assert!(shop["deleting_at"].is_null(), "{shop:#}");
    admin.delete("/api/v1/applications/shop?repository=keep").await.expect(204);
    gone(&admin, "shop").await;
}
