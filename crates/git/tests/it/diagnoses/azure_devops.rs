//! What goes wrong at Azure DevOps, and what a person is told about it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use git::{BranchRules, Change, Edit, Error, Options, Person, Provider, Removed, Secrets, Writers};
use model::Timestamp;
use model::check::{CheckStage, Diagnosis};
use model::gitops_config::Account;
use model::provider::{CredentialKind, ProviderKind};
use model::repository::Repository;
use serde_json::json;
use testkit::simulated::azure_devops::{Door, Rights};
use testkit::simulated::{AzureDevOps, Fault};

use super::{TOKEN, expect, new, opened, quick, strangers_and};
use crate::provider_suite::options;

/// The kinds of policies that the tests set, by id and name.
const REVIEWERS: (&str, &str) = ("fa4e907d-c16b-4a4c-9dfa-4906e5d171dd", "Minimum number of reviewers");
const BUILD: (&str, &str) = ("0609b952-1397-4640-95ec-e00a01b2c241", "Build");
const AUTHORS: (&str, &str) = ("77ed4bd3-b063-4689-934a-175e4d0a78d7", "Commit author email validation");

/// An account for the project `acme` of the host.
pub(crate) fn account(host: &AzureDevOps) -> Account {
    Account {
        provider: ProviderKind::AzureDevOps,
        host: host.entered(),
        scope: "acme".into(),
        project_key: None,
        credential: CredentialKind::OrganizationToken,
        username: "acme-bot".into(),
        ca_pem: host.ca_pem.clone(),
        client_certificate_pem: None,
        proxy: None,
    }
}

pub(crate) fn open(host: &AzureDevOps, token: &str) -> Arc<dyn Provider> {
    git::open(&account(host), Secrets::token(token), &options()).unwrap()
}

async fn push(provider: &dyn Provider, made: &Repository) -> Result<(), Error> {
    let person = Person { name: "Ann".into(), email: "ann@acme.dev".into() };
    let change = Change {
        key: "one".into(),
        edits: vec![Edit::Put { path: "a".into(), bytes: "a".into() }],
        expected: Vec::new(),
        author: person.clone(),
        committer: person,
        at: Timestamp(0),
        message: "Try".into(),
        resume: None,
    };
    let remote = provider.remote(made)?;
    Writers::new().commit(&remote, &made.default_branch, change, |_| async { Ok(()) }).await.map(drop)
}

fn linked(diagnosis: &Diagnosis, end: &str) {
    let link = diagnosis.link.clone().unwrap_or_default();
    assert!(link.ends_with(end), "{link} does not end with {end}: {diagnosis:?}");
}

#[tokio::test]
async fn a_token_that_is_not_taken_is_told_whichever_way_the_host_says_so() {
    let host = AzureDevOps::acme(TOKEN).await;
    let words = ["acme-bot", "wrong, expired or revoked", "all accessible organizations end on 2026-12-01"];
    let wrong = open(&host, "wrong-token");
    for door in [Door::Page, Door::Redirect] {
        host.door(door);
        let told = expect(&*wrong, CheckStage::Authenticate, "token_rejected", &words).await;
        linked(&told, "/acme/_usersSettings/tokens");
    }
    let expired = "Access Denied: The Personal Access Token used has expired.";
    host.fault("GET /acme/_apis/connectionData", Fault::Status(401, vec![], expired), 1);
    let told =
        expect(&*open(&host, TOKEN), CheckStage::Authenticate, "token_rejected", &["has expired"]).await;
    linked(&told, "/acme/_usersSettings/tokens");
    let nameless = "TF400813: The user '' is not authorized to access this resource.";
    host.fault("GET /acme/_apis/connectionData", Fault::Status(401, vec![], nameless), 1);
    expect(&*open(&host, TOKEN), CheckStage::Authenticate, "token_rejected", &["TF400813"]).await;
    let to = "https://spsprodcus1.vssps.visualstudio.com/_signin?realm=dev.azure.com";
    host.fault("GET /acme/_apis/connectionData", Fault::Redirect(to.into()), 1);
    expect(&*open(&host, TOKEN), CheckStage::Authenticate, "token_rejected", &["page to sign in at"]).await;
    host.expire(TOKEN);
    expect(&*open(&host, TOKEN), CheckStage::Authenticate, "token_rejected", &words).await;
    host.assert_contract();
}

#[tokio::test]
async fn organization_and_project_are_told_apart() {
    let host = AzureDevOps::acme(TOKEN).await;
    let acne = Account { host: format!("{}/acne", host.url), ..account(&host) };
    let words = ["knows no organization or collection acne", "/acne"];
    expect(&*opened(&acne, &options()), CheckStage::Reach, "organization_not_visible", &words).await;
    // A Server has no directory of its collections.
    let server = Account { host: format!("{}/tfs/Main", host.url), ..account(&host) };
    let words = ["no organization or collection Main"];
    expect(&*opened(&server, &options()), CheckStage::Reach, "organization_not_visible", &words).await;

    let other = Account { scope: "Web Shop".into(), ..account(&host) };
    let words =
        ["acme-bot cannot see the project Web Shop", "the name is wrong, or the account has no access"];
    let told = expect(&*opened(&other, &options()), CheckStage::Scope, "project_not_visible", &words).await;
    linked(&told, "/acme/_projects");
    host.furnish("Web Shop", "ann");
    expect(&*opened(&other, &options()), CheckStage::Scope, "project_not_visible", &words).await;
    host.furnish("Old", "acme-bot");
    host.project_state("Old", "deleting");
    let old = Account { scope: "Old".into(), ..account(&host) };
    expect(&*opened(&old, &options()), CheckStage::Scope, "project_not_visible", &["it is deleting"]).await;

    host.outsider("acme-bot");
    let words = ["no member there, or the token was made for another organization", "TF400813"];
    let stage = CheckStage::Authenticate;
    let told = expect(&*open(&host, TOKEN), stage, "organization_not_visible", &words).await;
    linked(&told, "/acme/_settings/users");
    host.assert_contract();
}

#[tokio::test]
async fn missing_scopes_are_named_in_the_hosts_spelling() {
    let host = AzureDevOps::acme("full").await;
    let manage = "Code (read, write & manage)";
    for (scopes, stage, missing, word) in [
        (&["vso.work"][..], CheckStage::Scope, "Code (read)", "see the project acme"),
        (&["vso.code"][..], CheckStage::Create, manage, "create repositories"),
        (&["vso.code_write"][..], CheckStage::Create, manage, "create repositories"),
    ] {
        host.token(TOKEN, "acme-bot", scopes);
        let told = expect(&*open(&host, TOKEN), stage, "scope_missing", &[word, missing]).await;
        assert_eq!(told.missing.as_deref(), Some(missing));
        linked(&told, "/acme/_usersSettings/tokens");
    }
    let made = open(&host, "full").create_repository(&new("gitops-shop")).await.unwrap();
    let writes = open(&host, TOKEN);
    push(&*writes, &made).await.unwrap();
    let error = writes.delete_repository(&made).await.unwrap_err();
    let told = writes.diagnose(CheckStage::Delete, &error);
    assert_eq!((told.code.as_str(), told.missing.as_deref()), ("scope_missing", Some(manage)));
    host.token(TOKEN, "acme-bot", &["vso.code"]);
    let reads = open(&host, TOKEN);
    assert!(!reads.permissions(&made).await.unwrap().write);
    let error = push(&*reads, &made).await.unwrap_err();
    let told = reads.diagnose(CheckStage::Push, &error);
    assert_eq!((told.code.as_str(), told.missing.as_deref()), ("scope_missing", Some("Code (read & write)")));
    host.assert_contract();
}

#[tokio::test]
async fn missing_rights_are_named_with_the_page_where_they_are_given() {
    let host = AzureDevOps::acme(TOKEN).await;
    let provider = open(&host, TOKEN);
    let settings = "/acme/acme/_settings/repositories?_a=permissions";
    let rights = Rights { create: false, ..Rights::ADMINISTRATOR };
    host.member("acme", "acme-bot", Some(rights));
    let words = ["acme-bot may not create repositories in the project acme", "\"Create repository\""];
    let told = expect(&*provider, CheckStage::Create, "role_missing", &words).await;
    assert_eq!(told.missing.as_deref(), Some("Create repository"));
    linked(&told, settings);
    host.member("acme", "acme-bot", Some(Rights { delete: false, ..Rights::ADMINISTRATOR }));
    let words = ["may not delete or disable repositories"];
    let told = expect(&*provider, CheckStage::Delete, "role_missing", &words).await;
    assert_eq!(told.missing.as_deref(), Some("Delete or disable repository"));
    linked(&told, settings);
    let made = provider.find_repository("gitops-shop").await.unwrap().unwrap();
    let held = provider.permissions(&made).await.unwrap();
    assert!(held.write && !held.administer, "{held:?}");
    host.member("acme", "acme-bot", Some(Rights::READER));
    assert!(!provider.permissions(&made).await.unwrap().write);
    let error = push(&*provider, &made).await.unwrap_err();
    let told = provider.diagnose(CheckStage::Push, &error);
    assert_eq!(
        (told.code.as_str(), told.missing.as_deref()),
        ("role_missing", Some("Contribute")),
        "{told:?}"
    );
    linked(&told, settings);
    host.assert_contract();
}

#[tokio::test]
async fn a_repository_that_is_not_found_may_be_disabled() {
    let host = AzureDevOps::acme(TOKEN).await;
    let provider = open(&host, TOKEN);
    host.repository("acme", "gitops-shop");
    let made = provider.find_repository("gitops-shop").await.unwrap().unwrap();
    host.disable("acme", "gitops-shop");
    let held = provider.permissions(&made).await.unwrap();
    assert!(held.archived && !held.write && held.administer, "{held:?}");
    assert_eq!(provider.repository_by_id(&made.id).await.unwrap().unwrap().full_name, "acme/gitops-shop");
    let error = provider.repository_by_url(&made.clone_url).await.unwrap_err();
    assert!(error.to_string().contains("acme/gitops-shop is disabled"), "{error}");
    assert_eq!(provider.find_repository("gitops-shop").await.unwrap(), None);
    let error = provider.create_repository(&new("gitops-shop")).await.unwrap_err();
    assert!(matches!(error, Error::RepositoryExists { .. }), "{error}");
    let error = push(&*provider, &made).await.unwrap_err();
    let told = provider.diagnose(CheckStage::Push, &error);
    assert_eq!(told.code, "not_visible");
    assert!(told.sentence.contains("or disabled"), "{told:?}");
    let missing = made.clone_url.replace("gitops-shop", "gitops-web");
    let error = provider.repository_by_url(&missing).await.unwrap_err();
    assert!(error.to_string().contains("acme-bot cannot see acme/gitops-web"), "{error}");
    let elsewhere = made.clone_url.replace("/acme/acme/", "/acme/other/");
    let error = provider.repository_by_url(&elsewhere).await.unwrap_err();
    assert!(error.to_string().contains("to the project acme: this one belongs to other"), "{error}");
    assert_eq!(provider.delete_repository(&made).await.unwrap(), Removed::Gone);
    assert_eq!(host.kept(), Vec::<String>::new());
    host.assert_contract();
}

#[tokio::test]
async fn what_the_recycle_bin_keeps_is_told() {
    let host = AzureDevOps::acme(TOKEN).await;
    host.member("acme", "acme-bot", Some(Rights { purge: false, ..Rights::ADMINISTRATOR }));
    let provider = open(&host, TOKEN);
    let made = provider.create_repository(&new("gitops-shop")).await.unwrap();
    let Removed::Retained(told) = provider.delete_repository(&made).await.unwrap() else {
        panic!("the recycle bin keeps it");
    };
    assert_eq!(told.code, "kept_in_recycle_bin");
    assert!(told.sentence.contains("for 30 days; its name is free again"), "{told:?}");
    assert_eq!(host.kept(), ["gitops-shop"]);
    provider.create_repository(&new("gitops-shop")).await.unwrap();
    host.assert_contract();
}

#[tokio::test]
async fn names_with_blanks_work_everywhere() {
    let host = AzureDevOps::acme(TOKEN).await;
    host.furnish("Web Shop", "acme-bot");
    let blank = Account { scope: "Web Shop".into(), ..account(&host) };
    let provider = opened(&blank, &options());
    provider.reach().await.unwrap();
    provider.scope().await.unwrap();
    provider.list().await.unwrap();
    let made = provider.create_repository(&new("gitops-shop")).await.unwrap();
    assert_eq!(made.full_name, "Web Shop/gitops-shop");
    assert_eq!(made.clone_url, format!("{}/acme/Web%20Shop/_git/gitops-shop", host.url));
    assert_eq!(made.default_branch, "main");
    push(&*provider, &made).await.unwrap();
    let commit = provider.commit_url(&made, "abc").unwrap();
    assert!(commit.ends_with("/acme/Web%20Shop/_git/gitops-shop/commit/abc"), "{commit}");
    assert_eq!(provider.repository_by_url(&made.clone_url).await.unwrap(), made);
    assert!(provider.title(CheckStage::Scope).contains("the project Web Shop of acme"));
    provider.delete_repository(&made).await.unwrap();
    host.assert_contract();
}

#[tokio::test]
async fn an_application_costs_two_calls() {
    let host = AzureDevOps::acme(TOKEN).await;
    let provider = open(&host, TOKEN);
    assert_eq!(provider.find_repository("gitops-shop").await.unwrap(), None);
    provider.create_repository(&new("gitops-shop")).await.unwrap();
    let calls: Vec<String> =
        host.seen().into_iter().map(|s| s.call).filter(|c| c.contains("/_apis/")).collect();
    let repositories = "/acme/acme/_apis/git/repositories";
    assert_eq!(calls, [format!("GET {repositories}/gitops-shop"), format!("POST {repositories}")]);
}

#[tokio::test]
async fn policies_that_would_refuse_a_push_are_read() {
    let host = AzureDevOps::acme(TOKEN).await;
    let provider = open(&host, TOKEN);
    let made = provider.create_repository(&new("gitops-shop")).await.unwrap();
    assert_eq!(provider.branch_rules(&made, "main").await.unwrap(), BranchRules::default());
    host.policy("acme", BUILD, false, &json!({ "buildDefinitionId": 5 }));
    host.policy("acme", REVIEWERS, true, &json!({ "minimumApproverCount": 2 }));
    host.policy("acme", AUTHORS, true, &json!({ "authorEmailPatterns": ["*@acme.dev"] }));
    let BranchRules { refuse: rules, may_refuse } = provider.branch_rules(&made, "main").await.unwrap();
    let codes = |rules: &[Diagnosis]| rules.iter().map(|r| r.code.clone()).collect::<Vec<_>>();
    // Whose commits the addresses refuse depends on who deploys.
    assert_eq!(
        (codes(&rules), codes(&may_refuse)),
        (vec!["pull_request_required".into()], vec!["author_email_rule".into()])
    );
    assert!(rules[0].sentence.contains("\"Minimum number of reviewers\" (2)"), "{rules:?}");
    linked(&rules[0], &format!("/acme/acme/_settings/repositories?repo={}&_a=policiesMid", made.id));
    host.member("acme", "acme-bot", Some(Rights { bypass: true, ..Rights::ADMINISTRATOR }));
    assert_eq!(provider.branch_rules(&made, "main").await.unwrap(), BranchRules::default());
    host.assert_contract();
}

#[tokio::test]
async fn a_refused_push_is_quoted() {
    for (line, word) in [
        (
            "TF402455: Pushes to this branch are not permitted; you must use a pull request to update this branch.",
            "pushes to main",
        ),
        (
            "VS403702: The push was rejected because one or more commits contain author email 'ann@acme.dev' which does not match the policy-specified patterns.",
            "refuses the commits",
        ),
    ] {
        let host = AzureDevOps::acme(TOKEN).await;
        host.refuse_pushes("acme", &[line]);
        let provider = open(&host, TOKEN);
        let made = provider.create_repository(&new("gitops-shop")).await.unwrap();
        let error = push(&*provider, &made).await.unwrap_err();
        let told = provider.diagnose(CheckStage::Push, &error);
        assert_eq!(told.code, "branch_rule", "{told:?}");
        assert!(told.sentence.contains(line) && told.sentence.contains(word), "{told:?}");
        linked(&told, "/acme/acme/_settings/repositories?_a=policies");
    }
}

#[tokio::test]
async fn throttling_and_age_are_told() {
    let host = AzureDevOps::acme(TOKEN).await;
    let provider = open(&host, TOKEN);
    assert_eq!(provider.authenticate().await.unwrap().rate_left, None);
    host.rate_left(100);
    assert_eq!(provider.authenticate().await.unwrap().rate_left, Some((99, 20_000)));
    host.rate_left(0);
    let error = provider.authenticate().await.unwrap_err();
    let told = provider.diagnose(CheckStage::Authenticate, &error);
    assert_eq!(told.code, "rate_limited");
    assert!(told.sentence.contains("limits the rate"), "{told:?}");
    host.rate_left(20_000);
    // Another process: this one leaves the host alone for a minute.
    let provider = open(&host, TOKEN);
    host.newest_version(6, 0);
    let words = ["older than Azure DevOps Server 2022.1", "is 6.0"];
    expect(&*provider, CheckStage::Authenticate, "server_too_old", &words).await;
    host.assert_contract();
}

#[tokio::test]
async fn what_creates_is_not_tried_again() {
    let host = AzureDevOps::acme(TOKEN).await;
    let provider = open(&host, TOKEN);
    host.fault("GET /acme/_apis/connectionData", Fault::Reset, 2);
    provider.authenticate().await.unwrap();
    host.fault("POST /acme", Fault::DropAfter, 1);
    let error = provider.create_repository(&new("gitops-shop")).await.unwrap_err();
    assert_eq!(provider.diagnose(CheckStage::Create, &error).code, "connection_closed");
    let made = provider.find_repository("gitops-shop").await.unwrap().unwrap();
    host.fault("DELETE /acme", Fault::DropAfter, 2);
    assert_eq!(provider.delete_repository(&made).await.unwrap(), Removed::Gone);
    assert_eq!(host.repositories(), Vec::<String>::new());
    assert_eq!(host.kept(), Vec::<String>::new());
    host.assert_contract();
}

#[tokio::test]
async fn statuses_and_strangers_have_their_own_words() {
    let begun = Instant::now();
    strangers_and(
        "GET /acme/_apis/connectionData",
        "token_rejected",
        |host: &AzureDevOps, options: &Options| opened(&account(host), options),
    )
    .await;
    assert!(begun.elapsed() < Duration::from_secs(60));
}

#[tokio::test]
async fn a_private_certificate_is_shown_and_trusted_once_given() {
    let host = AzureDevOps::start_tls().await;
    host.furnish("acme", "acme-bot");
    host.token(TOKEN, "acme-bot", &["vso.code_manage"]);
    let stranger = Account { ca_pem: None, ..account(&host) };
    let words = ["Acme Private Root", "authority"];
    expect(&*opened(&stranger, &options()), CheckStage::Reach, "certificate_untrusted", &words).await;
    let provider = open(&host, TOKEN);
    provider.reach().await.unwrap();
    let made = provider.create_repository(&new("gitops-shop")).await.unwrap();
    push(&*provider, &made).await.unwrap();
    provider.delete_repository(&made).await.unwrap();
    let mut options = options();
    quick(&mut options.limits);
    let plain = Account { host: "http://dev.azure.com/acme".into(), ..account(&host) };
    let error = opened(&plain, &options).authenticate().await.unwrap_err();
    assert_eq!(error.diagnosis().code, "insecure_address");
    host.assert_contract();
}

#[tokio::test]
async fn the_identity_is_read() {
    let host = AzureDevOps::start().await;
    host.furnish("acme", "bot@acme.dev");
    host.token(TOKEN, "bot@acme.dev", &["vso.code_manage"]);
    let provider = open(&host, TOKEN);
    let facts = provider.authenticate().await.unwrap();
    assert_eq!(facts.identity.as_deref(), Some("bot@acme.dev"));
    assert_eq!(facts.scopes, None);
    // A name for people says nothing against an address.
    assert_eq!(provider.remark(&facts), None);
    let other = Account { username: "ann@acme.dev".into(), ..account(&host) };
    let remark = opened(&other, &options()).remark(&facts).unwrap();
    assert!(remark.sentence.contains("belongs to bot@acme.dev, not to ann@acme.dev"), "{remark:?}");
}
