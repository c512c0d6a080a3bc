//! Bitbucket Cloud: what each of its refusals is told as.

use git::Options;
use model::check::{CheckStage, Facts};
use model::gitops_config::{Account, Visibility};
use model::provider::CredentialKind;
use testkit::simulated::BitbucketCloud;
use testkit::simulated::Fault;
use testkit::simulated::bitbucket_cloud::{Role, scopes};

use super::{expect, rules, strangers};
use crate::bitbucket_cloud::{ACCESS_TOKEN, API_TOKEN, account, new, open, options, push, with};

const TOKENS: &str = "https://id.atlassian.com/manage-profile/security/api-tokens";

#[tokio::test]
async fn statuses_and_strangers_have_their_own_words() {
    strangers("GET /user", |host: &BitbucketCloud, given: &Options| {
        let own = Account { credential: CredentialKind::ApiToken, ..account(host, API_TOKEN) };
        let options = Options { bitbucket_api: options(host).bitbucket_api, ..given.clone() };
        super::opened(&own, &options)
    })
    .await;
}

/// One row: what is wrong, the kind of the credential, and what is said of it.
struct Rejected {
    token: &'static str,
    credential: CredentialKind,
    username: &'static str,
    code: &'static str,
    words: &'static [&'static str],
    link: &'static str,
}

#[tokio::test]
async fn each_way_to_be_rejected_is_told_apart() {
    let host = BitbucketCloud::acme("ATATT3x-good").await;
    host.token("ATATT3x-unscoped", "acme-bot", &[]);
    host.token("ATATT3x-ended", "acme-bot", scopes());
    host.expire("ATATT3x-ended");
    host.token("ATBB-app-password", "acme-bot", scopes());
    host.token("ATCTT3x-good", "acme-bot", scopes());
    let (api, access) = (CredentialKind::ApiToken, CredentialKind::AccessToken);
    let docs = "https://support.atlassian.com/bitbucket-cloud/docs/access-tokens/";
    let bot = "acme-bot@acme.dev";
    let row = |token, credential, username, code, words, link| Rejected {
        token,
        credential,
        username,
        code,
        words,
        link,
    };
    for row in [
        row(
            "ATATT3x-wrong",
            api,
            bot,
            "token_rejected",
            &["for acme-bot@acme.dev", "wrong, expired"],
            TOKENS,
        ),
        row("ATATT3x-ended", api, bot, "token_rejected", &["expired, revoked"], TOKENS),
        row("ATATT3x-unscoped", api, bot, "token_rejected", &["made without scopes"], TOKENS),
        row(
            "ATATT3x-good",
            api,
            "acme-bot",
            "token_rejected",
            &["e-mail address is another account's"],
            TOKENS,
        ),
        row("ATATT3x-good", api, "ann@acme.dev", "token_rejected", &["for ann@acme.dev"], TOKENS),
        row("ATATT3x-good", access, "", "other_credential", &["begins with ATATT", "API token"], docs),
        row("ATCTT3x-good", api, bot, "other_credential", &["begins with ATCTT", "access token"], TOKENS),
        row("ATCTT3x-wrong", access, "", "token_rejected", &["Premium", "expired or revoked"], docs),
        row("ATBB-app-password", api, bot, "app_password_removed", &["2026-07-28", "API token"], TOKENS),
        row("ATBB-app-password", access, "", "app_password_removed", &["2026-07-28"], TOKENS),
    ] {
        let own = Account {
            credential: row.credential,
            username: row.username.into(),
            ..account(&host, "ATATT3x")
        };
        let provider = with(&host, &own, row.token);
        let told = expect(&*provider, CheckStage::Authenticate, row.code, row.words).await;
        assert_eq!(told.link.as_deref(), Some(row.link), "{}", row.token);
        assert!(!told.sentence.contains(row.token), "{told:?}");
    }
    host.assert_contract();
}

#[tokio::test]
async fn workspaces_and_projects_that_are_not_shown_are_named() {
    let host = BitbucketCloud::acme(API_TOKEN).await;
    host.furnish("umbrella", "mallory");
    host.token(ACCESS_TOKEN, "acme-bot", scopes());
    // Unknown and hidden look the same, and neither is called absent.
    for scope in ["acne", "umbrella"] {
        let other = Account { scope: scope.into(), ..account(&host, API_TOKEN) };
        let words = ["cannot see the workspace", scope, "the id is wrong", "is no member of it"];
        let told =
            expect(&*with(&host, &other, API_TOKEN), CheckStage::Scope, "workspace_not_visible", &words)
                .await;
        assert_eq!(told.link.as_deref(), Some("https://bitbucket.org/account/workspaces/"));
        let other = Account { scope: scope.into(), ..account(&host, ACCESS_TOKEN) };
        let words = ["The access token cannot see", "belongs to another one"];
        expect(&*with(&host, &other, ACCESS_TOKEN), CheckStage::Scope, "workspace_not_visible", &words).await;
    }
    let keyed = Account { project_key: Some("NOPE".into()), ..account(&host, API_TOKEN) };
    let words = ["cannot see a project NOPE in acme", "Leave the key empty"];
    let told =
        expect(&*with(&host, &keyed, API_TOKEN), CheckStage::Scope, "project_not_visible", &words).await;
    assert_eq!(told.link.as_deref(), Some("https://bitbucket.org/acme/workspace/projects/"));
    host.assert_contract();
}

#[tokio::test]
async fn each_missing_scope_is_foreseen_and_named_when_met() {
    for (missing, stage, word) in [
        ("read:user:bitbucket", CheckStage::Authenticate, "cannot tell whose it is"),
        ("read:workspace:bitbucket", CheckStage::Scope, "cannot see the workspace acme"),
        ("read:project:bitbucket", CheckStage::Scope, "cannot see the projects of acme"),
        ("read:repository:bitbucket", CheckStage::List, "cannot list the repositories"),
        ("admin:repository:bitbucket", CheckStage::Create, "cannot create repositories in acme"),
        ("delete:repository:bitbucket", CheckStage::Delete, "cannot delete repositories"),
    ] {
        let host = BitbucketCloud::acme("ATATT3x-full").await;
        let held: Vec<&str> = scopes().iter().copied().filter(|s| *s != missing).collect();
        host.token(API_TOKEN, "acme-bot", &held);
        let provider = open(&host, API_TOKEN);
        let met =
            expect(&*provider, stage, "scope_missing", &[word, missing, "No scope contains another"]).await;
        assert_eq!(met.missing.as_deref(), Some(missing));
        assert_eq!(met.link.as_deref(), Some(TOKENS));
        let facts =
            Facts { scopes: Some(held.iter().map(|s| (*s).to_owned()).collect()), ..Facts::default() };
        let foreseen = provider.foreseen(stage, &facts, &rules(Visibility::Private));
        let asked_first = stage == CheckStage::Authenticate;
        assert_eq!(foreseen.map(|f| f.missing), (!asked_first).then(|| Some(missing.to_owned())));
        host.assert_contract();
    }
    // The right to create contains neither reading nor writing.
    let host = BitbucketCloud::acme(API_TOKEN).await;
    let provider = open(&host, API_TOKEN);
    let only = |scope: &str| Facts { scopes: Some(vec![scope.into()]), ..Facts::default() };
    for (scope, stage) in [
        ("write:repository:bitbucket", CheckStage::Clone),
        ("admin:repository:bitbucket", CheckStage::Push),
        ("read:repository:bitbucket", CheckStage::Rules),
    ] {
        assert!(provider.foreseen(stage, &only(scope), &rules(Visibility::Private)).is_some(), "{scope}");
    }
    // Of the older scopes of access tokens, writing contains reading.
    host.token(ACCESS_TOKEN, "acme-bot", scopes());
    let access = open(&host, ACCESS_TOKEN);
    assert_eq!(
        access.foreseen(CheckStage::Clone, &only("repository:write"), &rules(Visibility::Private)),
        None
    );
    let told =
        access.foreseen(CheckStage::Create, &only("repository:write"), &rules(Visibility::Private)).unwrap();
    assert_eq!(told.missing.as_deref(), Some("repository:admin"));
}

#[tokio::test]
async fn a_scope_that_git_misses_is_named() {
    let host = BitbucketCloud::acme("ATATT3x-full").await;
    let full = open(&host, "ATATT3x-full");
    let made = full.create_repository(&new("gitops-shop")).await.unwrap();
    host.token(API_TOKEN, "acme-bot", &["read:repository:bitbucket"]);
    let provider = open(&host, API_TOKEN);
    let error = push(&*provider, &made, "main").await.unwrap_err();
    let told = provider.diagnose(CheckStage::Push, &error);
    assert_eq!(
        (told.code.as_str(), told.missing.as_deref()),
        ("scope_missing", Some("write:repository:bitbucket"))
    );
    host.token(API_TOKEN, "acme-bot", &["write:repository:bitbucket"]);
    let error = provider.remote(&made).unwrap().refs().await.unwrap_err();
    let told = provider.diagnose(CheckStage::Clone, &error);
    assert_eq!(
        (told.code.as_str(), told.missing.as_deref()),
        ("scope_missing", Some("read:repository:bitbucket"))
    );
    // Git answers app passwords with 410, and a workspace over its plan with 402.
    host.token("ATBB-app-password", "acme-bot", scopes());
    let old = open(&host, "ATBB-app-password");
    let error = old.remote(&made).unwrap().refs().await.unwrap_err();
    let told = old.diagnose(CheckStage::Clone, &error);
    assert_eq!(told.code, "app_password_removed", "{error}");
    host.over_plan("acme");
    let error = push(&*full, &made, "main").await.unwrap_err();
    let told = full.diagnose(CheckStage::Push, &error);
    assert_eq!(told.code, "plan_limit", "{error}");
    assert!(told.sentence.contains("user limit"), "{told:?}");
    full.delete_repository(&made).await.unwrap();
    host.assert_contract();
}

#[tokio::test]
async fn a_member_without_rights_is_told_which_right_is_missing() {
    let host = BitbucketCloud::acme("ATATT3x-full").await;
    host.member("acme", "ann", Role::Reader);
    host.token(API_TOKEN, "ann", scopes());
    let own = Account { username: "ann@acme.dev".into(), ..account(&host, API_TOKEN) };
    let provider = with(&host, &own, API_TOKEN);
    // 400 stands for a missing right as well.
    let words = ["ann@acme.dev may not create repositories in project PLAT of acme", "another project"];
    let told = expect(&*provider, CheckStage::Create, "role_missing", &words).await;
    assert_eq!(told.missing.as_deref(), Some("right to create repositories in the project"));
    assert_eq!(told.link.as_deref(), Some("https://bitbucket.org/acme/workspace/projects/PLAT"));
    // A project that is closed to those who may create elsewhere.
    host.member("acme", "ann", Role::Collaborator);
    host.close_project("acme", "PLAT");
    expect(&*with(&host, &own, API_TOKEN), CheckStage::Create, "role_missing", &["project PLAT"]).await;
    let keyed = Account { project_key: Some("OPS".into()), ..own };
    let provider = with(&host, &keyed, API_TOKEN);
    let words = ["may not delete repositories in acme", "do not have admin access"];
    expect(&*provider, CheckStage::Delete, "role_missing", &words).await;
    // One repository's own access token creates nothing.
    host.repository_token(ACCESS_TOKEN, ("acme", "gitops-shop"), &["repository:write", "repository:admin"]);
    let words = ["The access token may not create", "use one of the project or the workspace"];
    let access = open(&host, ACCESS_TOKEN);
    access.authenticate().await.unwrap();
    access.scope().await.unwrap();
    let error = access.create_repository(&new("gitops-web")).await.unwrap_err();
    let told = access.diagnose(CheckStage::Create, &error);
    assert!(words.iter().all(|w| told.sentence.contains(w)), "{told:?}");
    host.assert_contract();
}

#[tokio::test]
async fn names_that_cannot_be_are_explained() {
    let host = BitbucketCloud::acme(API_TOKEN).await;
    let provider = open(&host, API_TOKEN);
    let error = provider.create_repository(&new("Gitops Shop")).await.unwrap_err();
    assert_eq!(error.diagnosis().code, "invalid_name");
    // A refusal that has nothing to do with rights is quoted.
    let quoted = Fault::Status(400, vec![], "The description is odd");
    host.fault("POST /repositories", quoted, 1);
    let error = provider.create_repository(&new("gitops-shop")).await.unwrap_err();
    let told = provider.diagnose(CheckStage::Create, &error);
    assert_eq!(told.code, "refused", "{told:?}");
    assert!(told.sentence.contains("The description is odd"), "{told:?}");
    host.rate_left(0);
    let error = provider.list().await.unwrap_err();
    assert_eq!(error.diagnosis().code, "rate_limited");
    host.assert_contract();
}
