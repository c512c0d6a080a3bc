//! The table of Gitea and Forgejo, on the real server.

use std::time::Instant;

use git::Secrets;
use model::check::{CheckStage, Facts};
use model::gitops_config::{Account, Visibility};
use serde_json::json;
use testkit::gitea::{Gitea, Member, OWN_SCOPES, SCOPES, Settings};

use super::{STRANGERS_LIMIT, diagnose, expect, new, opened, quick, rules, strange};
use crate::gitea::{account, open, push};
use crate::provider_suite::options;

#[tokio::test]
async fn a_rejected_token_is_told_from_an_unknown_organization() {
    let Some(host) = Gitea::start("diagnoses: Gitea, rejected token").await else { return };
    for wrong in ["0123456789012345678901234567890123456789", "wrong"] {
        let words = [host.user.as_str(), "expired"];
        let provider = open(&host, &host.scope, wrong);
        let told = expect(&*provider, CheckStage::Authenticate, "token_rejected", &words).await;
        assert_eq!(told.link, Some(format!("{}/user/settings/applications", host.url)));
    }
    let provider = open(&host, "acne", &host.token(SCOPES));
    let words = [&format!("{} cannot see acne: the name is wrong", host.user)[..], "no member"];
    expect(&*provider, CheckStage::Scope, "organization_not_visible", &words).await;

    // Private organizations are hidden from who is no member.
    let other = format!("{}-o", host.user);
    host.add_user(&other);
    host.must(
        "POST",
        &format!("/admin/users/{other}/orgs"),
        Some(json!({ "username": format!("hidden-{other}"), "visibility": "private" })),
    );
    let provider = open(&host, &format!("hidden-{other}"), &host.token(SCOPES));
    expect(&*provider, CheckStage::Scope, "organization_not_visible", &["private"]).await;
    // Nobody can create in another user's account.
    let provider = open(&host, &other, &host.token(SCOPES));
    expect(&*provider, CheckStage::Scope, "other_user", &["another user", "organization"]).await;
    host.assert_contract();
}

#[tokio::test]
async fn missing_scopes_are_foreseen_and_named_when_met() {
    let Some(host) = Gitea::start("diagnoses: Gitea, scopes").await else { return };
    let table = [
        (&["write:repository"][..], &host.scope, CheckStage::Authenticate, "read:user"),
        (&["write:repository", "read:user"], &host.scope, CheckStage::Scope, "read:organization"),
        (
            &["write:repository", "read:organization", "read:user"],
            &host.scope,
            CheckStage::Create,
            "write:organization",
        ),
        (&["write:repository", "read:user"], &host.user, CheckStage::Create, "write:user"),
        (&["read:repository", "write:user"], &host.user, CheckStage::Create, "write:repository"),
    ];
    for (scopes, scope, stage, missing) in table {
        let provider = open(&host, scope, &host.token(scopes));
        let told = expect(&*provider, stage, "scope_missing", &["token", missing]).await;
        assert_eq!(told.missing.as_deref(), Some(missing), "{scopes:?}");
        assert_eq!(told.link, Some(format!("{}/user/settings/applications", host.url)));
        if stage == CheckStage::Create {
            let facts = provider.authenticate().await.unwrap();
            provider.scope().await.unwrap();
            let told = provider.foreseen(stage, &facts, &rules(Visibility::Private)).unwrap();
            assert_eq!(told.missing.as_deref(), Some(missing), "{facts:?}");
        }
    }
    // Made, and then not removed: a token that may create in an organization, but not write to it.
    let provider =
        open(&host, &host.scope, &host.token(&["write:organization", "read:repository", "read:user"]));
    let told = expect(&*provider, CheckStage::Delete, "scope_missing", &["cannot delete"]).await;
    assert_eq!(told.missing.as_deref(), Some("write:repository"));
    let facts = provider.authenticate().await.unwrap();
    for stage in [CheckStage::Push, CheckStage::Delete] {
        let told = provider.foreseen(stage, &facts, &rules(Visibility::Private)).unwrap();
        assert_eq!(told.missing.as_deref(), Some("write:repository"));
    }
    assert_eq!(provider.foreseen(CheckStage::Clone, &facts, &rules(Visibility::Private)), None);
    let facts = Facts { scopes: Some(vec!["all".into(), "public-only".into()]), ..Facts::default() };
    let told = provider.foreseen(CheckStage::Create, &facts, &rules(Visibility::Private)).unwrap();
    assert!(told.sentence.contains("public repositories only"), "{told:?}");
    assert_eq!(provider.foreseen(CheckStage::Create, &facts, &rules(Visibility::Public)), None);
    host.assert_contract();
}

#[tokio::test]
async fn a_member_without_rights_is_told_which_is_missing() {
    let Some(host) = Gitea::start("diagnoses: Gitea, roles").await else { return };
    let member = |word: &str, rights| {
        let name = format!("{}-{word}", host.user);
        host.add_user(&name);
        host.add_member(&name, rights);
        let account = Account { username: name.clone(), ..account(&host, &host.scope) };
        let token = host.token_of(&name, SCOPES);
        (name, git::open(&account, Secrets::token(token), &options()).unwrap())
    };
    let (name, reader) = member("r", Member::Reader);
    let words =
        [&format!("{name} may not create repositories in {}", host.scope)[..], "not allowed to create"];
    let told = expect(&*reader, CheckStage::Create, "role_missing", &words).await;
    assert_eq!(told.missing.as_deref(), Some("right to create repositories"));
    assert_eq!(told.link, Some(format!("{}/org/{}/teams", host.url, host.scope)));

    let owner = open(&host, &host.scope, &host.token(SCOPES));
    let made = owner.create_repository(&new("shop")).await.unwrap();
    push(&*owner, &made, "a.txt").await.unwrap();
    // A writer may push, but not delete.
    let (name, writer) = member("w", Member::Writer);
    push(&*writer, &made, "b.txt").await.unwrap();
    let error = writer.delete_repository(&made).await.unwrap_err();
    let told = writer.diagnose(CheckStage::Delete, &error);
    assert_eq!((told.code.as_str(), told.missing.is_some()), ("role_missing", true), "{told:?}");
    assert!(told.sentence.contains(&format!("{name} may not delete")), "{told:?}");
    // A reader may not push.
    let error = push(&*reader, &made, "c.txt").await.unwrap_err();
    let told = reader.diagnose(CheckStage::Push, &error);
    assert!(matches!(told.code.as_str(), "forbidden" | "push_refused"), "{told:?}");
    // Who is not in the organization does not see a private repository.
    let stranger = format!("{}-s", host.user);
    host.add_user(&stranger);
    let account = Account { username: stranger.clone(), ..account(&host, &host.scope) };
    let stranger = git::open(&account, Secrets::token(host.token_of(&stranger, SCOPES)), &options()).unwrap();
    let error = stranger.repository_by_url(&made.clone_url).await.unwrap_err();
    let told = stranger.diagnose(CheckStage::Clone, &error);
    assert_eq!(told.code, "repository_not_visible");
    assert!(told.sentence.contains("no access"), "{told:?}");
    owner.delete_repository(&made).await.unwrap();
    host.assert_contract();
}

#[tokio::test]
async fn names_that_the_host_does_not_take_are_told_in_its_words() {
    let Some(host) = Gitea::start("diagnoses: Gitea, names").await else { return };
    let provider = open(&host, &host.scope, &host.token(SCOPES));
    for (name, word) in
        [("a b", "AlphaDashDot"), ("x.git", "not allowed"), ("x.wiki", "not allowed"), ("", "Required")]
    {
        let error = provider.create_repository(&new(name)).await.unwrap_err();
        let told = provider.diagnose(CheckStage::Create, &error);
        assert_eq!(told.code, "refused", "{name}: {told:?}");
        assert!(told.sentence.contains(word) && told.sentence.contains(&host.scope), "{name}: {told:?}");
    }
    host.assert_contract();
}

#[tokio::test]
async fn an_address_that_is_not_quite_right_is_put_right() {
    let below = Settings { prefix: "/forge".into(), tls: true, ..Settings::default() };
    let Some(host) = Gitea::with("diagnoses: Gitea, addresses", below).await else { return };
    let at = |url: &str| Account { host: url.to_owned(), ..account(&host, &host.scope) };
    let root = host.url.trim_end_matches("/forge").to_owned();
    for (url, words) in [
        (
            format!("{}/{}", host.url, host.scope),
            vec![format!("at {}, enter that", host.url), format!("{:?}", host.scope)],
        ),
        (root, vec!["below a path".to_owned()]),
    ] {
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let provider = opened(&at(&url), &options());
        expect(&*provider, CheckStage::Reach, "not_a_git_host", &words).await;
    }
    let untrusted = Account { ca_pem: None, ..at(&host.url) };
    expect(&*opened(&untrusted, &options()), CheckStage::Reach, "certificate_untrusted", &["issued by"])
        .await;
}

#[tokio::test]
async fn every_status_and_stranger_has_its_own_diagnosis() {
    let Some(host) = Gitea::start("diagnoses: Gitea, strangers").await else { return };
    for (fault, code, word) in strange("sign_in_page") {
        let mut options = options();
        quick(&mut options.limits);
        options.limits.answer_bytes = 1 << 20;
        host.fault("GET /user", fault.clone(), 99);
        let account = account(&host, &host.scope);
        let provider = git::open(&account, Secrets::token(host.token(OWN_SCOPES)), &options).unwrap();
        let begun = Instant::now();
        let (stage, told) = diagnose(&*provider).await;
        assert_eq!((stage, told.code.as_str()), (CheckStage::Authenticate, code), "{fault:?}: {told:?}");
        assert!(told.sentence.contains(word), "{fault:?}: {told:?}");
        assert!(begun.elapsed() < STRANGERS_LIMIT, "{fault:?} took {:?}", begun.elapsed());
        host.clear_faults();
    }
}
