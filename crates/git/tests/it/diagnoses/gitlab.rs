//! GitLab's table.

use std::time::{Duration, Instant};

use git::{Change, Edit, Error, Person, Removed, Writers};
use model::Timestamp;
use model::check::{CheckStage, Diagnosis, Facts};
use model::gitops_config::{Account, Visibility};
use model::provider::CredentialKind;
use serde_json::json;
use testkit::simulated::gitlab::{Deleting, Role};
use testkit::simulated::{Fault, GitLab};

use super::{TOKEN, expect, new, opened, quick, rules};
use crate::provider_suite::{gitlab_account, options};

const API: &[&str] = &["api"];

fn account(host: &GitLab) -> Account {
    gitlab_account(host, CredentialKind::PersonalToken)
}

fn open(host: &GitLab) -> std::sync::Arc<dyn git::Provider> {
    opened(&account(host), &options())
}

#[tokio::test]
async fn statuses_and_strangers_have_their_own_words() {
    super::strangers("GET /user", |host: &GitLab, options| opened(&account(host), options)).await;
}

#[tokio::test]
async fn a_token_that_ended_says_how() {
    let host = GitLab::acme(TOKEN).await;
    let page = format!("{}/-/user_settings/personal_access_tokens", host.url);
    host.expire(TOKEN);
    let told =
        expect(&*open(&host), CheckStage::Authenticate, "token_expired", &["acme-bot", "has expired"]).await;
    assert_eq!(told.link, Some(page.clone()));
    host.revoke(TOKEN);
    expect(&*open(&host), CheckStage::Authenticate, "token_revoked", &["acme-bot", "was revoked"]).await;
    let never = GitLab::start().await;
    never.furnish("acme", "acme-bot");
    let words = ["wrong, expired or revoked", "401 Unauthorized"];
    expect(&*open(&never), CheckStage::Authenticate, "token_rejected", &words).await;
    host.assert_contract();
}

#[tokio::test]
async fn tokens_of_other_kinds_are_told_by_their_prefix() {
    for (token, words) in [
        ("gldt-0123456789", "deploy token"),
        ("glrt-0123456789", "runner's token"),
        ("glcbt-0123456789", "CI/CD job token"),
    ] {
        let host = GitLab::acme(TOKEN).await;
        host.deploy_token(token, "acme-bot");
        let provider = git::open(&account(&host), git::Secrets::token(token), &options()).unwrap();
        let words = [words, "cannot use GitLab's interface", "glpat-"];
        expect(&*provider, CheckStage::Authenticate, "credential_kind_unfit", &words).await;
    }
}

#[tokio::test]
async fn missing_scopes_are_foreseen_and_named_when_met() {
    let host = GitLab::acme("glpat-full").await;
    host.token(TOKEN, "acme-bot", &["write_repository"]);
    let words = ["cannot use GitLab's interface", "lacks the scope api"];
    let met = expect(&*open(&host), CheckStage::Authenticate, "scope_missing", &words).await;
    assert_eq!(met.missing.as_deref(), Some("api"));
    assert!(met.link.unwrap().ends_with("/-/user_settings/personal_access_tokens"));

    host.token(TOKEN, "acme-bot", &["read_api", "read_repository"]);
    let provider = open(&host);
    let facts = provider.authenticate().await.unwrap();
    assert_eq!(facts.scopes.as_deref(), Some(&["read_api".to_owned(), "read_repository".to_owned()][..]));
    let private = rules(Visibility::Private);
    for (stage, missing) in [
        (CheckStage::Create, Some("api")),
        (CheckStage::Delete, Some("api")),
        (CheckStage::Push, Some("write_repository")),
        (CheckStage::Clone, None),
        (CheckStage::List, None),
    ] {
        let told = provider.foreseen(stage, &facts, &private);
        assert_eq!(told.and_then(|d| d.missing).as_deref(), missing, "{stage:?}");
    }
    // And when the host is asked all the same.
    let met =
        expect(&*provider, CheckStage::Create, "scope_missing", &["can read acme but not create"]).await;
    assert_eq!(met.missing.as_deref(), Some("api"));
    // `api` alone is enough for everything.
    let whole = Facts { scopes: Some(vec!["api".into()]), ..Facts::default() };
    assert!(CheckStage::ALL.iter().all(|s| provider.foreseen(*s, &whole, &private).is_none()));
    host.assert_contract();
}

/// What a fine-grained token is told that lacks a permission.
const GRANULAR: &str = "Access denied: This operation requires a fine-grained personal access token with the following \
                        group permissions: [Project: Create, Project: Read].";

#[tokio::test]
async fn a_fine_grained_token_is_told_which_permission_it_lacks() {
    for (call, stage) in [
        ("GET /user", CheckStage::Authenticate),
        ("GET /groups/acme", CheckStage::Scope),
        ("POST /projects", CheckStage::Create),
        ("DELETE /projects", CheckStage::Delete),
    ] {
        let host = GitLab::acme(TOKEN).await;
        host.fault(call, Fault::Status(403, vec![], GRANULAR), 9);
        let words = ["lacks Project: Create, Project: Read", "or a token with the scope api"];
        let told = expect(&*open(&host), stage, "permission_missing", &words).await;
        assert_eq!(told.missing.as_deref(), Some("Project: Create, Project: Read"));
        assert!(told.link.unwrap().ends_with("/-/user_settings/personal_access_tokens"));
    }
}

#[tokio::test]
async fn an_administrator_of_the_server_may_write_without_being_a_member() {
    let host = GitLab::start().await;
    host.furnish("acme", "ann");
    host.project("acme", "shop");
    host.user("root");
    host.token(TOKEN, "root", API);
    let named = format!("{}/acme/shop", host.url);
    let root = Account { username: "root".into(), ..account(&host) };
    let provider = opened(&root, &options());
    provider.repository_by_url(&named).await.unwrap_err();
    host.administrator("root");
    let shop = provider.repository_by_url(&named).await.unwrap();
    let rights = provider.permissions(&shop).await.unwrap();
    assert!(rights.write && rights.administer && !rights.archived, "{rights:?}");
    pushed(&*provider, &shop).await.unwrap();
    host.assert_contract();
}

#[tokio::test]
async fn a_hidden_group_is_told_from_a_wrong_one() {
    let host = GitLab::acme(TOKEN).await;
    host.group("secret/lab");
    for (kind, scope, words) in [
        (
            CredentialKind::PersonalToken,
            "acne",
            "acme-bot cannot see group acne: the path or number is wrong",
        ),
        (CredentialKind::PersonalToken, "secret/lab", "cannot see group secret/lab"),
        (CredentialKind::PersonalToken, "999999", "no member of it"),
        (CredentialKind::GroupToken, "secret/lab", "made in another group"),
        (CredentialKind::ProjectToken, "secret/lab", "the token's project lies elsewhere"),
    ] {
        let elsewhere = Account { scope: scope.into(), ..gitlab_account(&host, kind) };
        expect(&*opened(&elsewhere, &options()), CheckStage::Scope, "group_not_visible", &[words]).await;
    }
    host.assert_contract();
}

#[tokio::test]
async fn a_role_that_is_too_low_is_named_with_the_one_that_is_needed() {
    let host = GitLab::acme("glpat-owner").await;
    host.group_token(TOKEN, "acme", Role::Guest, API);
    let bot = gitlab_account(&host, CredentialKind::GroupToken);
    let words = ["its role there is Guest, Developer is needed", "Guests unless", "namespace: is not valid"];
    let met = expect(&*opened(&bot, &options()), CheckStage::Create, "role_missing", &words).await;
    assert_eq!(met.missing.as_deref(), Some("Developer"));
    assert_eq!(met.link, Some(format!("{}/groups/acme/-/group_members", host.url)));

    host.creators("acme", Some(Role::Maintainer));
    host.user("dev");
    host.member("acme", "dev", Role::Developer);
    host.token(TOKEN, "dev", API);
    let provider = open(&host);
    let facts = seen(&*provider).await;
    let told = provider.foreseen(CheckStage::Create, &facts, &rules(Visibility::Private)).unwrap();
    assert_eq!((told.code.as_str(), told.missing.as_deref()), ("role_missing", Some("Maintainer")));

    host.creators("acme", None);
    let provider = open(&host);
    let facts = seen(&*provider).await;
    let told = provider.foreseen(CheckStage::Create, &facts, &rules(Visibility::Private)).unwrap();
    assert!(told.sentence.contains("Nobody may create projects in acme"), "{told:?}");
    host.assert_contract();
}

/// Who may create need not be able to delete again.
#[tokio::test]
async fn only_owners_delete() {
    let host = GitLab::acme("glpat-owner").await;
    host.user("dev");
    host.member("acme", "dev", Role::Maintainer);
    host.token(TOKEN, "dev", API);
    let provider = open(&host);
    let facts = seen(&*provider).await;
    assert_eq!(provider.foreseen(CheckStage::Create, &facts, &rules(Visibility::Private)), None);
    let told = provider.foreseen(CheckStage::Delete, &facts, &rules(Visibility::Private)).unwrap();
    assert_eq!(told.missing.as_deref(), Some("Owner"));
    assert!(told.sentence.contains("its role there is Maintainer"), "{told:?}");
    let met =
        expect(&*provider, CheckStage::Delete, "role_missing", &["may not delete", "403 Forbidden"]).await;
    assert_eq!(met.missing.as_deref(), Some("Owner"));
    host.assert_contract();
}

async fn seen(provider: &dyn git::Provider) -> Facts {
    let facts = provider.authenticate().await.unwrap();
    provider.scope().await.unwrap();
    facts
}

#[tokio::test]
async fn a_project_token_cannot_create() {
    let host = GitLab::start().await;
    host.furnish("acme", "acme-bot");
    let project = host.project("acme", "shop");
    host.project_token(TOKEN, project.id, Role::Maintainer, API);
    let provider = opened(&gitlab_account(&host, CredentialKind::ProjectToken), &options());
    let words = ["works for its one project", "rule to ask for a repository"];
    let told = provider.foreseen(CheckStage::Create, &Facts::default(), &rules(Visibility::Private)).unwrap();
    assert_eq!(told.code, "credential_kind_unfit");
    expect(&*provider, CheckStage::Create, "credential_kind_unfit", &words).await;
    // Its bot has a name that nobody chose.
    let facts = provider.authenticate().await.unwrap();
    assert!(facts.identity.as_ref().unwrap().starts_with("project_"), "{facts:?}");
    assert_eq!(provider.remark(&facts), None);
    host.assert_contract();
}

#[tokio::test]
async fn a_users_own_namespace_works_like_a_group() {
    let host = GitLab::acme(TOKEN).await;
    let own = Account { scope: "acme-bot".into(), ..account(&host) };
    let provider = opened(&own, &options());
    assert_eq!(provider.scope().await.unwrap().owner_kind.as_deref(), Some("user"));
    provider.list().await.unwrap();
    let made = provider.create_repository(&new("gitops-shop")).await.unwrap();
    assert_eq!(made.full_name, "acme-bot/gitops-shop");
    assert_eq!(provider.delete_repository(&made).await.unwrap(), Removed::Gone);
    assert_eq!(host.repositories(), Vec::<String>::new());
    host.assert_contract();
}

#[tokio::test]
async fn what_the_host_keeps_of_a_deleted_project_is_said() {
    let host = GitLab::acme(TOKEN).await;
    let provider = open(&host);
    for (how, want) in [(Deleting::AtOnce, 0), (Deleting::Marked, 0), (Deleting::Retained, 1)] {
        host.deleting(how);
        let made = provider.create_repository(&new("gitops-shop")).await.unwrap();
        let removed = provider.delete_repository(&made).await.unwrap();
        assert_eq!(host.repositories().len(), want, "{how:?}");
        match (how, removed) {
            (Deleting::Retained, Removed::Retained(told)) => {
                let kept = format!("acme/gitops-shop-deletion_scheduled-{}", made.id);
                assert_eq!(told.code, "deletion_delayed");
                for word in [kept.as_str(), "until 2026-12-24", "does not delete at once"] {
                    assert!(told.sentence.contains(word), "{told:?}");
                }
                assert_eq!(told.link, Some(format!("{}/{kept}", host.url)));
            }
            (Deleting::Retained, removed) => panic!("{removed:?}"),
            (_, removed) => assert_eq!(removed, Removed::Gone, "{how:?}"),
        }
        // What is kept is not the live one, by name or by id, and can be deleted once more.
        assert_eq!(provider.find_repository("gitops-shop").await.unwrap(), None);
        assert_eq!(provider.repository_by_id(&made.id).await.unwrap(), None);
        let again = provider.delete_repository(&made).await.unwrap();
        assert_eq!(matches!(again, Removed::Retained(_)), how == Deleting::Retained, "{again:?}");
    }
    host.assert_contract();
}

#[tokio::test]
async fn a_name_that_cannot_be_is_quoted() {
    let host = GitLab::acme(TOKEN).await;
    let provider = open(&host);
    for (name, words) in
        [("badges", "path: is a reserved name"), ("shop.git", "path: can contain only letters")]
    {
        let error = provider.create_repository(&new(name)).await.unwrap_err();
        let told = provider.diagnose(CheckStage::Create, &error);
        assert_eq!(told.code, "refused", "{told:?}");
        assert!(told.sentence.contains(words), "{told:?}");
    }
    let made = provider.create_repository(&new("gitops-shop")).await.unwrap();
    let error = provider.create_repository(&new("gitops-shop")).await.unwrap_err();
    assert!(matches!(error, Error::RepositoryExists { .. }), "{error}");
    provider.delete_repository(&made).await.unwrap();
    host.assert_contract();
}

/// One rule of a project, and what is said of it.
type Row<'a> = (&'a dyn Fn(&GitLab, u64), &'a str, &'a str, &'a str);

#[tokio::test]
async fn rules_that_would_refuse_our_commits_are_read() {
    let table: [Row<'_>; 9] = [
        (&|_, _| {}, "", "", ""),
        (&|h, p| h.protect(p, "main", Some(Role::Developer)), "", "", ""),
        (&|h, p| h.protect(p, "release/*", None), "", "", ""),
        (
            &|h, p| h.protect(p, "ma*", Some(Role::Maintainer)),
            "branch_protected",
            "Maintainer",
            "only Maintainers and above",
        ),
        (
            &|h, p| h.protect(p, "main", None),
            "merge_request_required",
            "Allowed to push and merge",
            "merge requests only",
        ),
        (
            &|h, p| h.push_rule(p, json!({ "reject_unsigned_commits": true })),
            "signed_commits_required",
            "Reject unsigned commits",
            "without a signature",
        ),
        (
            &|h, p| h.push_rule(p, json!({ "commit_message_regex": "^JIRA-\\d+" })),
            "message_rule",
            "Require expression in commit messages",
            "^JIRA-\\d+",
        ),
        (&|h, p| h.push_rule(p, json!({ "branch_name_regex": "^feature/" })), "", "", ""),
        (
            &|h, p| {
                h.push_rule(p, json!({ "reject_unsigned_commits": true }));
                h.free_tier();
            },
            "",
            "",
            "",
        ),
    ];
    for (at, (set, code, missing, words)) in table.into_iter().enumerate() {
        let host = GitLab::start().await;
        host.furnish("acme", "acme-bot");
        host.token("glpat-owner", "acme-bot", API);
        let project = host.project("acme", "shop");
        // Push rules are shown to Maintainers; protections are held against a Developer.
        let role = if at < 5 { Role::Developer } else { Role::Maintainer };
        host.user("dev");
        host.member("acme", "dev", role);
        host.token(TOKEN, "dev", API);
        set(&host, project.id);
        let provider = open(&host);
        let repository = provider.find_repository("shop").await.unwrap().unwrap();
        let against = provider.branch_rules(&repository, "main").await.unwrap().refuse;
        let codes: Vec<&str> = against.iter().map(|d| d.code.as_str()).collect();
        assert_eq!(codes, if code.is_empty() { vec![] } else { vec![code] }, "row {at}: {against:?}");
        if let Some(told) = against.first() {
            assert_eq!(told.missing.as_deref(), Some(missing), "{told:?}");
            assert!(told.sentence.contains(words), "{told:?}");
            assert!(told.link.as_ref().unwrap().contains("/acme/shop/-/settings/repository"), "{told:?}");
        }
        host.assert_contract();
    }
}

#[tokio::test]
async fn a_branch_rule_is_quoted() {
    let host = GitLab::acme(TOKEN).await;
    host.refuse_pushes(
        "acme",
        &["GitLab: You are not allowed to push code to protected branches on this project."],
    );
    let provider = open(&host);
    let made = provider.create_repository(&new("gitops-shop")).await.unwrap();
    let told = pushed(&*provider, &made).await.unwrap_err();
    assert_eq!(told.code, "branch_rule", "{told:?}");
    assert!(told.sentence.contains("not allowed to push code to protected branches"), "{told:?}");
    provider.delete_repository(&made).await.unwrap();
}

async fn pushed(
    provider: &dyn git::Provider,
    repository: &model::repository::Repository,
) -> Result<(), Diagnosis> {
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
    let done = Writers::new().commit(&remote, "main", change, |_| async { Ok(()) }).await;
    done.map(|_| ()).map_err(|error| provider.diagnose(CheckStage::Push, &error))
}

#[tokio::test]
async fn a_role_that_may_not_push_is_told() {
    let host = GitLab::start().await;
    host.furnish("acme", "acme-bot");
    host.project("acme", "shop");
    host.user("reader");
    host.member("acme", "reader", Role::Reporter);
    host.token(TOKEN, "reader", API);
    let provider = open(&host);
    let shop = provider.repository_by_url(&format!("{}/acme/shop/-/tree/main", host.url)).await.unwrap();
    assert!(!provider.permissions(&shop).await.unwrap().write);
    let told = pushed(&*provider, &shop).await.unwrap_err();
    assert_eq!(
        (told.code.as_str(), told.missing.as_deref()),
        ("role_missing", Some("Developer")),
        "{told:?}"
    );
    host.assert_contract();
}

#[tokio::test]
async fn addresses_outside_of_the_group_are_refused() {
    let host = GitLab::acme(TOKEN).await;
    host.group("acme/platform");
    host.project("acme/platform", "shop");
    host.project("other", "shop");
    host.project("acmelike", "shop");
    let provider = open(&host);
    let found = provider.repository_by_url(&format!("{}/acme/platform/shop.git", host.url)).await.unwrap();
    assert_eq!(found.full_name, "acme/platform/shop");
    for (path, want) in [
        ("other/shop", "other_group"),
        ("acmelike/shop", "other_group"),
        ("acme", "other_group"),
        ("acme/none", "repository_not_visible"),
    ] {
        let error = provider.repository_by_url(&format!("{}/{path}", host.url)).await.unwrap_err();
        assert!(matches!(error, Error::Input { code, .. } if code == want), "{path}: {error:?}");
    }
    host.assert_contract();
}

#[tokio::test]
async fn another_program_is_told_from_gitlab() {
    let github = testkit::simulated::GitHub::acme(TOKEN).await;
    github.expect_strangers();
    let host = GitLab::start_below("/gitlab").await;
    let outside = host.url.trim_end_matches("/gitlab").to_owned();
    for url in [github.url.clone(), outside] {
        let strange = Account { host: url, ..account(&host) };
        let words: &[&str] = &["check the address"];
        expect(&*opened(&strange, &options()), CheckStage::Reach, "not_a_git_host", words).await;
    }
}

#[tokio::test]
async fn throttling_is_waited_for_within_bounds() {
    let host = GitLab::acme(TOKEN).await;
    let provider = open(&host);
    let after = |seconds: &str| vec![("retry-after", seconds.to_owned())];
    host.fault("POST /projects", Fault::Status(429, after("1"), "Retry later"), 1);
    let begun = Instant::now();
    let made = provider.create_repository(&new("gitops-shop")).await.unwrap();
    assert!(begun.elapsed() >= Duration::from_secs(1));
    provider.delete_repository(&made).await.unwrap();
    let mut options = options();
    quick(&mut options.limits);
    host.rate_left(0);
    let error = opened(&account(&host), &options).authenticate().await.unwrap_err();
    assert_eq!(error.diagnosis().code, "rate_limited");
    host.rate_left(2000);
    host.assert_contract();
}

#[tokio::test]
async fn what_only_reads_is_tried_again_and_what_creates_is_not() {
    let host = GitLab::acme(TOKEN).await;
    let provider = open(&host);
    host.fault("GET /user", Fault::Reset, 2);
    provider.authenticate().await.unwrap();
    host.fault("POST /projects", Fault::DropAfter, 1);
    let error = provider.create_repository(&new("gitops-shop")).await.unwrap_err();
    assert_eq!(error.diagnosis().code, "connection_closed");
    // It is there all the same, and can be found and removed, whichever answer is lost.
    let made = provider.find_repository("gitops-shop").await.unwrap().unwrap();
    host.fault("DELETE /projects", Fault::DropAfter, 1);
    provider.delete_repository(&made).await.unwrap();
    assert_eq!(host.repositories(), Vec::<String>::new());
    host.assert_contract();
}

#[tokio::test]
async fn facts_of_the_token_are_read() {
    let host = GitLab::acme(TOKEN).await;
    host.token_expires(TOKEN, "2026-12-01");
    let facts = open(&host).authenticate().await.unwrap();
    assert_eq!(facts.identity.as_deref(), Some("acme-bot"));
    assert_eq!(facts.scopes.as_deref(), Some(&["api".to_owned(), "write_repository".to_owned()][..]));
    // At the beginning of that day, UTC.
    assert_eq!(facts.expires_at.map(Timestamp::seconds), Some(1_796_083_200));
    let (left, of) = facts.rate_left.unwrap();
    assert!(of == 2000 && (1998..2000).contains(&left), "{left} of {of}");
    let other = Account { username: "someone".into(), ..account(&host) };
    let remark = opened(&other, &options()).remark(&facts).unwrap();
    assert!(remark.sentence.contains("belongs to acme-bot, not to someone"), "{remark:?}");
}

#[tokio::test]
async fn a_new_application_costs_two_calls() {
    let host = GitLab::acme(TOKEN).await;
    let provider = open(&host);
    provider.create_repository(&new("gitops-shop")).await.unwrap();
    let calls: Vec<String> =
        host.seen().into_iter().map(|s| s.call).filter(|c| !c.contains(".git/")).collect();
    assert_eq!(calls, ["GET /groups/acme", "POST /projects"]);
    provider.create_repository(&new("gitops-cart")).await.unwrap();
    let calls = host.seen().into_iter().filter(|s| !s.call.contains(".git/")).count();
    assert_eq!(calls, 3, "the group is known by now");
}
