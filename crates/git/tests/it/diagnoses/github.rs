//! GitHub's table.

use std::sync::Arc;
use std::time::{Duration, Instant};

use git::{Change, Edit, Error, Person, Provider, Secrets, Writers};
use model::Timestamp;
use model::check::{CheckStage, Facts};
use model::gitops_config::{Account, Visibility};
use model::provider::CredentialKind;
use serde_json::json;
use testkit::simulated::github::{Kind, Member, SingleSignOn};
use testkit::simulated::{Fault, GitHub};

use super::{TOKEN, diagnose, expect, new, opened, quick, rules};
use crate::provider_suite::{account, open, options};

#[tokio::test]
async fn a_rejected_token_is_told_from_an_unknown_organization() {
    let host = GitHub::acme(TOKEN).await;
    let provider = open(&host, "ghp_wrong");
    let diagnosis =
        expect(&*provider, CheckStage::Authenticate, "token_rejected", &["acme-bot", "expired"]).await;
    assert_eq!(diagnosis.link, Some(format!("{}/settings/tokens", host.url)));
    host.expire(TOKEN);
    let provider = open(&host, TOKEN);
    expect(&*provider, CheckStage::Authenticate, "token_rejected", &["wrong, expired or revoked"]).await;

    host.token("ghp_good", "acme-bot", &["repo", "delete_repo"]);
    let unknown = Account { scope: "acne".into(), ..account(&host) };
    let provider = git::open(&unknown, Secrets::token("ghp_good"), &options()).unwrap();
    let words = ["acme-bot cannot see acne: the name is wrong", "single sign-on"];
    expect(&*provider, CheckStage::Scope, "organization_not_visible", &words).await;
    host.assert_contract();
}

#[tokio::test]
async fn single_sign_on_is_named_where_the_host_names_it() {
    let host = GitHub::acme(TOKEN).await;
    host.single_sign_on("acme", SingleSignOn::Named);
    let provider = open(&host, TOKEN);
    let words = ["acme-bot cannot see acme", "not authorised"];
    let diagnosis = expect(&*provider, CheckStage::Scope, "single_sign_on_required", &words).await;
    assert!(diagnosis.link.unwrap().contains("/orgs/acme/sso?authorization_request="));
    host.single_sign_on("acme", SingleSignOn::Hidden);
    expect(&*open(&host, TOKEN), CheckStage::Scope, "organization_not_visible", &words[..1]).await;
    host.assert_contract();
}

#[tokio::test]
async fn missing_scopes_are_foreseen_and_named_when_met() {
    let host = GitHub::acme("ghp_full").await;
    host.token(TOKEN, "acme-bot", &["read:org"]);
    let provider = open(&host, TOKEN);
    let facts = provider.authenticate().await.unwrap();
    assert_eq!(facts.scopes.as_deref(), Some(&["read:org".to_owned()][..]));
    let told = provider.foreseen(CheckStage::Create, &facts, &rules(Visibility::Private)).unwrap();
    assert_eq!((told.code.as_str(), told.missing.as_deref()), ("scope_missing", Some("repo")));
    assert!(told.sentence.contains("can read acme but not create"), "{told:?}");
    let told = provider.foreseen(CheckStage::Delete, &facts, &rules(Visibility::Private)).unwrap();
    assert_eq!(told.missing.as_deref(), Some("delete_repo"));
    // And when the host is asked all the same.
    let met = expect(&*provider, CheckStage::Create, "scope_missing", &["create repositories"]).await;
    assert_eq!(met.missing.as_deref(), Some("repo"));

    host.token(TOKEN, "acme-bot", &["repo"]);
    let met = expect(&*open(&host, TOKEN), CheckStage::Delete, "scope_missing", &["cannot delete"]).await;
    assert_eq!(met.missing.as_deref(), Some("delete_repo"));
    let public = provider.foreseen(
        CheckStage::Create,
        &Facts { scopes: Some(vec!["public_repo".into()]), ..Facts::default() },
        &rules(Visibility::Public),
    );
    assert_eq!(public, None);
    host.assert_contract();
}

#[tokio::test]
async fn a_member_without_rights_is_told_which_role_is_missing() {
    let host = GitHub::acme(TOKEN).await;
    host.member("acme", "acme-bot", Member::Reader);
    let words = ["acme-bot may not create repositories in acme"];
    let diagnosis = expect(&*open(&host, TOKEN), CheckStage::Create, "role_missing", &words).await;
    assert!(diagnosis.link.unwrap().ends_with("/organizations/acme/settings/member_privileges"));
    host.member("acme", "acme-bot", Member::Creator);
    host.forbid_deleting("acme");
    let words = ["may not delete", "Organization members cannot delete repositories"];
    expect(&*open(&host, TOKEN), CheckStage::Delete, "role_missing", &words).await;
    host.assert_contract();
}

#[tokio::test]
async fn a_user_account_works_like_an_organization() {
    let host = GitHub::start().await;
    host.account("ann", Kind::User);
    host.token(TOKEN, "ann", &["repo", "delete_repo"]);
    let own = Account { scope: "ann".into(), username: "ann".into(), ..account(&host) };
    let provider = opened(&own, &options());
    assert_eq!(provider.scope().await.unwrap().owner_kind.as_deref(), Some("user"));
    provider.list().await.unwrap();
    let made = provider.create_repository(&new("gitops-shop")).await.unwrap();
    assert_eq!(made.full_name, "ann/gitops-shop");
    provider.delete_repository(&made).await.unwrap();
    host.assert_contract();
}

#[tokio::test]
async fn another_user_s_account_is_refused_before_anything_is_made() {
    let host = GitHub::acme(TOKEN).await;
    host.account("ann", Kind::User);
    let foreign = Account { scope: "ann".into(), ..account(&host) };
    let provider = opened(&foreign, &options());
    let facts = provider.authenticate().await.unwrap();
    provider.scope().await.unwrap();
    let told = provider.foreseen(CheckStage::Create, &facts, &rules(Visibility::Private)).unwrap();
    assert_eq!(told.code, "other_user", "{told:?}");
    // Repositories that are shared may be used, where none are to be created.
    provider.list().await.unwrap();
    expect(&*provider, CheckStage::Create, "other_user", &["ann is the account of another user"]).await;
    // Also by an account of which nothing is known yet.
    let error = opened(&foreign, &options()).create_repository(&new("gitops-shop")).await.unwrap_err();
    assert_eq!(error.diagnosis().code, "other_user");
    assert!(!host.seen().iter().any(|s| s.call == "POST /user/repos"), "{:?}", host.seen());
    assert_eq!(host.repositories(), Vec::<String>::new());
    host.assert_contract();
}

#[tokio::test]
async fn the_right_to_create_is_read_where_the_host_tells_it() {
    let private = "members_can_create_private_repositories";
    for (member, scopes, settings, may_not) in [
        (Member::Owner, &["repo", "read:org"][..], json!({ private: false }), false),
        (Member::Creator, &["repo", "read:org"], json!(null), false),
        (Member::Creator, &["repo", "read:org"], json!({ private: true }), false),
        (Member::Creator, &["repo", "read:org"], json!({ private: false }), true),
        (Member::Creator, &["repo", "user"], json!({ "members_can_create_repositories": false }), true),
        (Member::Reader, &["repo", "read:org"], json!(null), true),
        // Not told, so not known.
        (Member::Reader, &["repo"], json!(null), false),
    ] {
        let host = GitHub::acme(TOKEN).await;
        host.token(TOKEN, "acme-bot", scopes);
        host.member("acme", "acme-bot", member);
        host.creating("acme", settings.clone());
        let told = open(&host, TOKEN).may_not_create(&rules(Visibility::Private)).await.unwrap();
        let code = told.map(|told| told.code);
        assert_eq!(code.as_deref(), may_not.then_some("role_missing"), "{member:?} {scopes:?} {settings}");
        host.assert_contract();
    }
}

#[tokio::test]
async fn statuses_and_strangers_have_their_own_words() {
    super::strangers("GET /user", |host: &GitHub, options| opened(&account(host), options)).await;
}

#[tokio::test]
async fn hosts_that_cannot_be_reached_have_their_own_words() {
    let host = GitHub::acme(TOKEN).await;
    let mut options = options();
    quick(&mut options.limits);
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    for (address, code) in [
        (format!("http://{closed}"), "connection_refused"),
        ("https://no-such-host.invalid".to_owned(), "host_unknown"),
        (host.url.replace("http://", "https://"), "tls_failed"),
    ] {
        let provider = opened(&Account { host: address.clone(), ..account(&host) }, &options);
        let (stage, diagnosis) = diagnose(&*provider).await;
        assert_eq!((stage, diagnosis.code.as_str()), (CheckStage::Reach, code), "{address}: {diagnosis:?}");
    }
    let plain = Account { host: "http://github.acme.dev".into(), ..account(&host) };
    let error = opened(&plain, &options).authenticate().await.unwrap_err();
    assert_eq!(error.diagnosis().code, "insecure_address");
}

#[tokio::test]
async fn a_private_certificate_is_shown_and_trusted_once_given() {
    let host = GitHub::start_tls().await;
    host.furnish("acme", "acme-bot");
    host.token(TOKEN, "acme-bot", &["repo", "delete_repo"]);
    let stranger = Account { ca_pem: None, ..account(&host) };
    let provider = opened(&stranger, &options());
    let words = ["Acme Private Root", "git.acme.test", "authority"];
    let diagnosis = expect(&*provider, CheckStage::Reach, "certificate_untrusted", &words).await;
    assert_eq!(diagnosis.missing.as_deref(), Some("CA certificate"));

    let provider = opened(&account(&host), &options());
    let made = provider.create_repository(&new("gitops-shop")).await.unwrap();
    provider.remote(&made).unwrap().refs().await.unwrap();
    provider.delete_repository(&made).await.unwrap();

    let other = GitHub::start_tls().await;
    let wrong = Account { ca_pem: other.ca_pem.clone(), ..account(&host) };
    expect(&*opened(&wrong, &options()), CheckStage::Reach, "certificate_untrusted", &[]).await;
    let broken = Account { ca_pem: Some("-----BEGIN CERTIFICATE-----\nAAAA\n".into()), ..account(&host) };
    let error = git::open(&broken, Secrets::default(), &options()).err().unwrap();
    assert!(matches!(error, Error::Input { field: "ca_pem", .. }), "{error}");
    host.assert_contract();
}

#[tokio::test]
async fn throttling_is_waited_for_within_bounds() {
    let host = GitHub::acme(TOKEN).await;
    let provider = open(&host, TOKEN);
    let after = |seconds: &str| vec![("retry-after", seconds.to_owned())];
    // A secondary limit comes as 403; a call that creates is safe to repeat then.
    let secondary = "You have exceeded a secondary rate limit";
    host.fault("POST /orgs", Fault::Status(403, after("1"), secondary), 1);
    let begun = Instant::now();
    let made = provider.create_repository(&new("gitops-shop")).await.unwrap();
    assert!(begun.elapsed() >= Duration::from_secs(1));
    host.fault("GET /user", Fault::Status(429, after("3600"), "Slow down"), 1);
    let told = options();
    let error = opened(&account(&host), &told).authenticate().await.unwrap_err();
    assert!(error.diagnosis().sentence.contains("60 minutes"), "{error:?}");
    // Whoever shows the same token in this process waits too, over Git as well: nothing is sent.
    let before = host.seen().len();
    let other = opened(&account(&host), &told);
    assert_eq!(other.authenticate().await.unwrap_err().diagnosis().code, "rate_limited");
    let git = other.remote(&made).unwrap().refs().await.unwrap_err();
    assert_eq!(git.diagnosis().code, "rate_limited");
    assert_eq!(host.seen().len(), before);
    assert!(other.budget().unwrap().waiting_until.is_some());
    assert_eq!(other.line().unwrap().http.tally().held, 2);
    // Another token of another process is not concerned.
    host.rate_left(0);
    let error = open(&host, TOKEN).authenticate().await.unwrap_err();
    assert_eq!(error.diagnosis().code, "rate_limited");
    host.rate_left(5000);
    provider.delete_repository(&made).await.unwrap();
    host.assert_contract();
}

#[tokio::test]
async fn what_only_reads_is_tried_again_and_what_creates_is_not() {
    let host = GitHub::acme(TOKEN).await;
    let provider = open(&host, TOKEN);
    host.fault("GET /user", Fault::Reset, 2);
    provider.authenticate().await.unwrap();
    host.fault("GET /user", Fault::Status(502, vec![], "Oops"), 2);
    provider.authenticate().await.unwrap();
    host.fault("POST /orgs", Fault::DropAfter, 1);
    let error = provider.create_repository(&new("gitops-shop")).await.unwrap_err();
    assert_eq!(error.diagnosis().code, "connection_closed");
    let posts = host.seen().iter().filter(|s| s.call == "POST /orgs/acme/repos").count();
    assert_eq!(posts, 1);
    // It is there all the same, and can be found and removed.
    let made = provider.find_repository("gitops-shop").await.unwrap().unwrap();
    host.fault("DELETE /repos", Fault::DropAfter, 1);
    provider.delete_repository(&made).await.unwrap();
    assert_eq!(host.repositories(), Vec::<String>::new());
    host.assert_contract();
}

#[tokio::test]
async fn a_branch_rule_is_quoted() {
    let host = GitHub::acme(TOKEN).await;
    let lines = [
        "error: GH006: Protected branch update failed for refs/heads/main.",
        "error: At least 1 approving review is required by reviewers with write access.",
    ];
    host.refuse_pushes("acme", &lines);
    let provider = open(&host, TOKEN);
    let made = provider.create_repository(&new("gitops-shop")).await.unwrap();
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
    let remote = provider.remote(&made).unwrap();
    let error = Writers::new().commit(&remote, "main", change, |_| async { Ok(()) }).await.unwrap_err();
    let diagnosis = provider.diagnose(CheckStage::Push, &error);
    assert_eq!(diagnosis.code, "branch_rule", "{diagnosis:?}");
    assert!(diagnosis.sentence.contains("At least 1 approving review"), "{diagnosis:?}");
    provider.delete_repository(&made).await.unwrap();
}

#[tokio::test]
async fn facts_of_the_token_are_read() {
    let host = GitHub::acme(TOKEN).await;
    host.token_expires(TOKEN, "2026-12-01 09:30:00 UTC");
    let facts = open(&host, TOKEN).authenticate().await.unwrap();
    assert_eq!(facts.identity.as_deref(), Some("acme-bot"));
    assert_eq!(facts.expires_at.map(Timestamp::seconds), Some(1_796_117_400));
    assert_eq!(facts.rate_left, Some((4999, 5000)));
    let other = Account { username: "someone".into(), ..account(&host) };
    let remark = opened(&other, &options()).remark(&facts).unwrap();
    assert!(remark.sentence.contains("belongs to acme-bot, not to someone"), "{remark:?}");
}

#[tokio::test]
async fn the_budget_is_known_and_what_still_holds_costs_nothing() {
    let host = GitHub::acme(TOKEN).await;
    let provider = open(&host, TOKEN);
    assert_eq!(provider.budget().unwrap().left, None);
    let first = provider.authenticate().await.unwrap();
    let known = provider.budget().unwrap();
    assert_eq!((known.left, known.limit), (Some(4999), Some(5000)));
    assert!(known.resets_at.is_some() && known.waiting_until.is_none());
    let again = provider.authenticate().await.unwrap();
    assert_eq!(again, first);
    assert_eq!(provider.budget().unwrap().left, Some(4999));
    assert_eq!(host.seen().last().unwrap().status, 304);
    let tally = provider.line().unwrap().http.tally();
    assert_eq!((tally.answered, tally.unchanged), (1, 1));
    // A change is seen.
    host.token_expires(TOKEN, "2026-12-01 09:30:00 UTC");
    assert!(provider.authenticate().await.unwrap().expires_at.is_some());
    host.assert_contract();
}

#[tokio::test]
async fn a_secondary_limit_without_a_time_is_backed_off() {
    let host = GitHub::acme(TOKEN).await;
    let provider = open(&host, TOKEN);
    let secondary =
        "You have exceeded a secondary rate limit. Please wait a few minutes before you try again.";
    host.fault("POST /orgs", Fault::Status(403, vec![], secondary), 1);
    let diagnosis = provider.create_repository(&new("gitops-shop")).await.unwrap_err().diagnosis();
    assert_eq!(diagnosis.code, "rate_limited");
    assert!(diagnosis.sentence.contains("60 seconds"), "{diagnosis:?}");
    assert_eq!(host.seen().iter().filter(|s| s.call.starts_with("POST")).count(), 1);
}

const FINE: &str = "github_pat_0123456789abcdefghijklmnop";

/// A host with a fine-grained token that holds these permissions.
async fn fine(permissions: &[&str]) -> (GitHub, Arc<dyn Provider>) {
    let host = GitHub::acme(TOKEN).await;
    host.token(FINE, "acme-bot", permissions);
    let fine = Account { credential: CredentialKind::FineGrainedToken, ..account(&host) };
    let provider = git::open(&fine, Secrets::token(FINE), &options()).unwrap();
    (host, provider)
}

#[tokio::test]
async fn a_fine_grained_token_works_or_its_missing_permission_is_named() {
    let (host, provider) = fine(&["administration:write", "contents:write", "metadata:read"]).await;
    let facts = provider.authenticate().await.unwrap();
    assert_eq!(
        (facts.scopes.as_ref(), provider.foreseen(CheckStage::Create, &facts, &rules(Visibility::Private))),
        (None, None)
    );
    let made = provider.create_repository(&new("gitops-shop")).await.unwrap();
    provider.remote(&made).unwrap().refs().await.unwrap();
    provider.delete_repository(&made).await.unwrap();
    host.assert_contract();

    let (host, provider) = fine(&["contents:write", "metadata:read"]).await;
    let words = ["Administration: Read and write", "resource owner", "acme", "pending"];
    let told = expect(&*provider, CheckStage::Create, "permission_missing", &words).await;
    assert_eq!(told.missing.as_deref(), Some("Administration: Read and write"));
    assert!(told.link.unwrap().ends_with("/settings/personal-access-tokens"));
    host.assert_contract();
}

#[tokio::test]
async fn a_fine_grained_token_that_git_does_not_take_lacks_contents() {
    let (host, provider) = fine(&["administration:write", "metadata:read"]).await;
    let error = provider.create_repository(&new("gitops-shop")).await.unwrap_err();
    let told = provider.diagnose(CheckStage::Create, &error);
    let words = "lacks the permission Contents: Read and write for acme";
    assert_eq!(told.missing.as_deref(), Some("Contents: Read and write"), "{told:?}");
    assert!(told.code == "permission_missing" && told.sentence.contains(words), "{told:?}");
    // It is made, and the token may take it away again.
    let Error::Unusable { repository, .. } = error else { panic!("{error}") };
    assert_eq!(host.repositories(), ["acme/gitops-shop"]);
    provider.delete_repository(&repository).await.unwrap();
    assert_eq!(host.repositories(), Vec::<String>::new());
    host.assert_contract();

    // One for which the new repository was not chosen is told that there is none.
    let (host, _) = fine(&["administration:write", "contents:write", "metadata:read"]).await;
    host.lag(0, 10_000);
    let fine = Account { credential: CredentialKind::FineGrainedToken, ..account(&host) };
    let patience = git::Options { visible_within: Duration::from_millis(50), ..options() };
    let provider = git::open(&fine, Secrets::token(FINE), &patience).unwrap();
    let error = provider.create_repository(&new("gitops-shop")).await.unwrap_err();
    let told = provider.diagnose(CheckStage::Create, &error);
    for words in ["GitHub is slow", "Contents: Read and write", "all repositories chosen"] {
        assert!(told.sentence.contains(words), "{told:?}");
    }
    // A classic token is not told of permissions.
    let provider = opened(&account(&host), &patience);
    let error = provider.create_repository(&new("gitops-cart")).await.unwrap_err();
    assert_eq!(provider.diagnose(CheckStage::Create, &error).code, "timed_out");
}

#[tokio::test]
async fn an_organization_that_bans_a_kind_of_token_is_named() {
    let (host, fine) = fine(&["administration:write", "contents:write"]).await;
    host.forbid_kind("acme", "a fine-grained personal access token");
    let words = ["does not allow tokens of this kind", "classic token"];
    expect(&*fine, CheckStage::Scope, "token_kind_forbidden", &words).await;
    host.forbid_kind("acme", "a personal access token (classic)");
    let words = ["does not allow tokens of this kind", "Choose a fine-grained token"];
    let told = expect(&*open(&host, TOKEN), CheckStage::Scope, "token_kind_forbidden", &words).await;
    assert!(told.link.unwrap().ends_with("/organizations/acme/settings/personal-access-tokens"));
    host.assert_contract();
}
