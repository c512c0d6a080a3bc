//! The rules of branches at GitHub: rulesets, and the older protection.

use std::sync::Arc;

use git::{BranchRules, Change, Edit, Person, Provider, Writers};
use model::Timestamp;
use model::check::Diagnosis;
use model::gitops_config::Account;
use model::provider::CredentialKind;
use model::repository::Repository;
use serde_json::{Value, json};
use testkit::simulated::GitHub;
use testkit::simulated::github::Member;

use super::{TOKEN, new};
use crate::provider_suite::{account, open, options};

fn codes(rules: &[Diagnosis]) -> Vec<&str> {
    rules.iter().map(|rule| rule.code.as_str()).collect()
}

fn pattern(kind: &str, operator: &str, pattern: &str) -> Value {
    json!({ "type": kind, "parameters": { "operator": operator, "pattern": pattern } })
}

async fn push(provider: &dyn Provider, repository: &Repository) {
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
    let remote = provider.remote(repository).unwrap();
    Writers::new().commit(&remote, "main", change, |_| async { Ok(()) }).await.unwrap();
}

/// A repository with a branch, in an organization whose members administer none; the account is a member.
async fn member() -> (GitHub, Arc<dyn Provider>, Repository) {
    let host = GitHub::acme(TOKEN).await;
    let provider = open(&host, TOKEN);
    let made = provider.create_repository(&new("gitops-shop")).await.unwrap();
    push(&*provider, &made).await;
    host.member("acme", "acme-bot", Member::Creator);
    host.forbid_deleting("acme");
    (host, provider, made)
}

#[tokio::test]
async fn rules_that_would_refuse_commits_are_named_with_their_ruleset() {
    let host = GitHub::acme(TOKEN).await;
    let provider = open(&host, TOKEN);
    let made = provider.create_repository(&new("gitops-shop")).await.unwrap();
    assert_eq!(provider.branch_rules(&made, "main").await.unwrap(), BranchRules::default());
    let listed = |field: &str, value: Value| json!({ field: value });
    for rule in [
        json!({ "type": "required_signatures" }),
        json!({ "type": "pull_request" }),
        json!({ "type": "code_scanning" }),
        json!({ "type": "required_status_checks" }),
        json!({ "type": "required_deployments" }),
        json!({ "type": "workflows" }),
        json!({ "type": "merge_queue" }),
        json!({ "type": "update" }),
        json!({ "type": "creation" }),
        pattern("commit_message_pattern", "starts_with", "JIRA-"),
        // Rollbacks begin otherwise.
        pattern("commit_message_pattern", "starts_with", "Deploy"),
        // These hold for what we push.
        pattern("commit_message_pattern", "regex", "^(Deploy|Roll back|Seal) "),
        pattern("commit_message_pattern", "contains", "Requested by"),
        json!({ "type": "non_fast_forward" }),
        json!({ "type": "file_extension_restriction",
                "parameters": listed("restricted_file_extensions", json!(["*.exe"])) }),
        json!({ "type": "file_extension_restriction",
                "parameters": listed("restricted_file_extensions", json!(["*.jar", ".YAML"])) }),
        pattern("branch_name_pattern", "regex", "^release/"),
    ] {
        host.branch_rule("acme", "Company rules", rule);
    }
    let rules = provider.branch_rules(&made, "main").await.unwrap().refuse;
    let told = [
        ("rule_signed_commits", "signed commits"),
        ("rule_pull_request", "a pull request"),
        ("rule_code_scanning", "code scanning"),
        ("rule_status_checks", "status checks"),
        ("rule_deployments", "deployments by GitHub"),
        ("rule_workflows", "workflows"),
        ("rule_pull_request", "merge queue"),
        ("rule_update", "nobody change"),
        ("rule_creation", "nobody make a branch"),
        ("rule_commit_message", "commit messages start with \"JIRA-\""),
        ("rule_commit_message", "commit messages start with \"Deploy\""),
        ("rule_file_extension", ".yaml"),
        ("rule_branch_name", "^release/"),
    ];
    assert_eq!(codes(&rules), told.map(|(code, _)| code));
    for (rule, (_, words)) in rules.iter().zip(told) {
        assert!(
            rule.sentence.contains(words) && rule.sentence.contains("\"Company rules\" of acme"),
            "{rule:?}"
        );
        assert!(rule.link.as_deref().unwrap().contains("/organizations/acme/settings/rules/"), "{rule:?}");
    }
    provider.delete_repository(&made).await.unwrap();
    host.assert_contract();
}

#[tokio::test]
async fn what_depends_on_people_is_told_and_refuses_nothing() {
    let host = GitHub::acme(TOKEN).await;
    let provider = open(&host, TOKEN);
    let made = provider.create_repository(&new("gitops-shop")).await.unwrap();
    for rule in [
        pattern("commit_author_email_pattern", "ends_with", "@acme.dev"),
        pattern("committer_email_pattern", "ends_with", "@acme.dev"),
        json!({ "type": "max_file_path_length", "parameters": { "max_file_path_length": 80 } }),
        // No expression that can be read here.
        pattern("commit_message_pattern", "regex", "(?<!x)Deploy"),
    ] {
        host.branch_rule("acme", "Company rules", rule);
    }
    let rules = provider.branch_rules(&made, "main").await.unwrap();
    assert_eq!(codes(&rules.refuse), Vec::<&str>::new());
    assert_eq!(
        codes(&rules.may_refuse),
        ["rule_author_email", "rule_committer_email", "rule_path_length", "rule_commit_message"]
    );
    assert!(rules.may_refuse[0].sentence.contains("end with \"@acme.dev\""), "{rules:?}");
    host.assert_contract();
}

fn on(enabled: bool) -> Value {
    json!({ "url": "https://git.acme.dev/x", "enabled": enabled })
}

fn named(users: &[&str], teams: &[&str]) -> Value {
    let addresses = [
        "avatar_url",
        "url",
        "html_url",
        "followers_url",
        "following_url",
        "gists_url",
        "starred_url",
        "subscriptions_url",
        "organizations_url",
        "repos_url",
        "events_url",
        "received_events_url",
    ];
    let user = |login: &&str| {
        let mut user = json!({
            "login": login, "id": 1, "node_id": "U_1", "gravatar_id": "", "type": "User", "site_admin": false,
        });
        for address in addresses {
            user[address] = "https://git.acme.dev/x".into();
        }
        user
    };
    let users: Vec<Value> = users.iter().map(user).collect();
    let team = |slug: &&str| {
        json!({
            "id": 1, "node_id": "T_1", "url": "https://git.acme.dev/x", "members_url": "u", "name": slug,
            "description": null, "permission": "push", "html_url": "https://git.acme.dev/x",
            "repositories_url": "https://git.acme.dev/x", "slug": slug, "parent": null, "type": "organization",
        })
    };
    let teams: Vec<Value> = teams.iter().map(team).collect();
    json!({ "users": users, "teams": teams, "apps": [] })
}

fn restrictions(users: &[&str], teams: &[&str]) -> Value {
    let mut told = named(users, teams);
    for field in ["url", "users_url", "teams_url", "apps_url"] {
        told[field] = "https://git.acme.dev/x".into();
    }
    json!({ "restrictions": told })
}

#[tokio::test]
async fn the_older_protection_is_read_as_administrators_meet_it() {
    let checks = json!({ "contexts": ["ci"], "checks": [{ "context": "ci", "app_id": null }] });
    let signed = json!({ "required_signatures": on(true) });
    let reviewed = |spared: Value| {
        json!({ "required_pull_request_reviews": {
            "dismiss_stale_reviews": true, "require_code_owner_reviews": false,
            "bypass_pull_request_allowances": spared,
        } })
    };
    for (rule, enforced, code) in [
        (json!({ "required_status_checks": checks }), true, Some("rule_status_checks")),
        (json!({ "required_status_checks": checks }), false, None),
        (json!({ "required_status_checks": { "contexts": [], "checks": [] } }), true, None),
        // Administrators may always push.
        (restrictions(&["ann"], &[]), true, None),
        (signed.clone(), true, Some("rule_signed_commits")),
        (signed, false, None),
        (reviewed(named(&[], &[])), true, Some("rule_pull_request")),
        (reviewed(named(&["ann", "Acme-Bot"], &[])), true, None),
        (json!({ "lock_branch": { "enabled": true } }), false, Some("rule_update")),
    ] {
        let host = GitHub::acme(TOKEN).await;
        let provider = open(&host, TOKEN);
        let made = provider.create_repository(&new("gitops-shop")).await.unwrap();
        let mut protection = rule.clone();
        protection["enforce_admins"] = on(enforced);
        host.protect("acme", protection);
        let rules = provider.branch_rules(&made, "main").await.unwrap();
        assert_eq!(codes(&rules.refuse), code.into_iter().collect::<Vec<_>>(), "{rule} {enforced}");
        assert_eq!(codes(&rules.may_refuse), Vec::<&str>::new(), "{rule} {enforced}");
        host.assert_contract();
    }
}

#[tokio::test]
async fn who_may_push_is_read_where_it_is_shown_to_members() {
    for (rule, refuse, may_refuse, words) in [
        (restrictions(&["acme-bot"], &[]), None, None, ""),
        (
            restrictions(&["ann"], &[]),
            Some("rule_push_restricted"),
            None,
            "lets only administrators, ann push to it: add acme-bot to them",
        ),
        (restrictions(&[], &[]), Some("rule_push_restricted"), None, "lets only administrators push"),
        // Who is in a team is not told.
        (restrictions(&[], &["bots"]), None, Some("rule_push_restricted"), "the team bots"),
        // Whoever is no administrator meets all of it.
        (json!({ "required_signatures": on(true) }), Some("rule_signed_commits"), None, "signed commits"),
    ] {
        let (host, provider, made) = member().await;
        let mut protection = rule.clone();
        protection["enforce_admins"] = on(false);
        host.protect("acme", protection);
        host.show_protection("acme");
        let rules = provider.branch_rules(&made, "main").await.unwrap();
        assert_eq!(codes(&rules.refuse), refuse.into_iter().collect::<Vec<_>>(), "{rule}");
        assert_eq!(codes(&rules.may_refuse), may_refuse.into_iter().collect::<Vec<_>>(), "{rule}");
        for told in rules.refuse.iter().chain(&rules.may_refuse) {
            assert!(told.sentence.contains(words), "{told:?}");
            assert!(
                told.link.as_deref().unwrap().ends_with("/acme/gitops-shop/settings/branches"),
                "{told:?}"
            );
        }
        host.assert_contract();
    }
}

#[tokio::test]
async fn a_protection_that_is_hidden_is_told_of() {
    let checks = json!({ "contexts": ["ci"], "checks": [{ "context": "ci", "app_id": null }] });
    let (host, provider, made) = member().await;
    assert_eq!(provider.branch_rules(&made, "main").await.unwrap(), BranchRules::default());
    host.protect("acme", json!({ "enforce_admins": on(false), "required_signatures": on(true) }));
    let rules = provider.branch_rules(&made, "main").await.unwrap();
    assert_eq!((codes(&rules.refuse), codes(&rules.may_refuse)), (vec![], vec!["rules_hidden"]));
    let words =
        "main of acme/gitops-shop is protected, and GitHub shows the protection to administrators only";
    assert!(rules.may_refuse[0].sentence.contains(words), "{rules:?}");
    // Nobody made this branch, so nothing is told of it.
    assert_eq!(provider.branch_rules(&made, "other").await.unwrap(), BranchRules::default());
    // Which checks are demanded is told to everybody.
    host.protect("acme", json!({ "enforce_admins": on(false), "required_status_checks": checks }));
    let rules = provider.branch_rules(&made, "main").await.unwrap();
    assert_eq!((codes(&rules.refuse), codes(&rules.may_refuse)), (vec!["rule_status_checks"], vec![]));
    host.assert_contract();

    // The same for a fine-grained token that lacks Administration, whoever it belongs to.
    let fine = "github_pat_0123456789abcdefghijklmnop";
    host.member("acme", "acme-bot", Member::Owner);
    host.protect("acme", json!({ "enforce_admins": on(true), "required_signatures": on(true) }));
    host.token(fine, "acme-bot", &["contents:write", "metadata:read"]);
    let own = Account { credential: CredentialKind::FineGrainedToken, ..account(&host) };
    let provider = git::open(&own, git::Secrets::token(fine), &options()).unwrap();
    let rules = provider.branch_rules(&made, "main").await.unwrap();
    assert_eq!((codes(&rules.refuse), codes(&rules.may_refuse)), (vec![], vec!["rules_hidden"]));
    host.assert_contract();
}
