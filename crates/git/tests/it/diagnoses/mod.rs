//! What goes wrong at a host, and what a person is told about it: one row per event, one file per provider.

pub(crate) mod azure_devops;
mod bitbucket_cloud;
mod gitea;
mod github;
mod github_rules;
mod gitlab;

use std::sync::Arc;
use std::time::{Duration, Instant};

use git::http::Limits;
use git::{Error, NewRepository, Options, Provider, Secrets};
use model::check::{CheckStage, Diagnosis};
use model::gitops_config::{Account, Deletion, RepositoryRules, RepositorySource, Visibility};
use testkit::simulated::host::Dialect;
use testkit::simulated::{Fault, Simulated};

use crate::provider_suite::options;

/// The token of the tables; no answer may hold it.
pub(crate) const TOKEN: &str = "ghp_diagnoses0123456789abcdefghijkl";

pub(crate) fn rules(visibility: Visibility) -> RepositoryRules {
    RepositoryRules {
        source: RepositorySource::PerApplication,
        prefix: "gitops".into(),
        default_branch: None,
        visibility,
        deletion: Deletion::Keep,
        committer_name: "Trueline".into(),
        committer_email: "trueline@localhost".into(),
    }
}

pub(crate) fn new(name: &str) -> NewRepository {
    NewRepository { name: name.into(), description: "A test".into(), visibility: Visibility::Private }
}

pub(crate) fn quick(limits: &mut Limits) {
    limits.connect = Duration::from_secs(1);
    limits.attempt = Duration::from_millis(600);
    limits.total = Duration::from_secs(2);
    limits.retry_after = Duration::from_millis(50);
}

pub(crate) fn opened(account: &Account, options: &Options) -> Arc<dyn Provider> {
    git::open(account, Secrets::token(TOKEN), options).unwrap()
}

/// The diagnosis of the first stage that fails.
pub(crate) async fn diagnose(provider: &dyn Provider) -> (CheckStage, Diagnosis) {
    let told = |stage, error: Error| {
        let chain = error.to_string();
        assert!(!chain.contains(TOKEN), "{chain}");
        (stage, provider.diagnose(stage, &error))
    };
    if let Err(error) = provider.reach().await {
        return told(CheckStage::Reach, error);
    }
    if let Err(error) = provider.authenticate().await {
        return told(CheckStage::Authenticate, error);
    }
    if let Err(error) = provider.scope().await {
        return told(CheckStage::Scope, error);
    }
    if let Err(error) = provider.list().await {
        return told(CheckStage::List, error);
    }
    match provider.create_repository(&new("gitops-shop")).await {
        Err(error) => told(CheckStage::Create, error),
        Ok(made) => {
            let error = provider.delete_repository(&made).await.expect_err("something is wrong here");
            told(CheckStage::Delete, error)
        }
    }
}

pub(crate) async fn expect(
    provider: &dyn Provider,
    stage: CheckStage,
    code: &str,
    words: &[&str],
) -> Diagnosis {
    let (at, diagnosis) = diagnose(provider).await;
    assert_eq!((at, diagnosis.code.as_str()), (stage, code), "{diagnosis:?}");
    for word in words {
        assert!(diagnosis.sentence.contains(word), "{word:?} in {diagnosis:?}");
    }
    assert!(!diagnosis.sentence.contains("does not exist"), "{diagnosis:?}");
    assert!(!diagnosis.sentence.contains(TOKEN), "{diagnosis:?}");
    diagnosis
}

/// What every host may answer, and what a person is told: `first` is the call that authenticates.
pub(crate) async fn strangers<D: Dialect>(
    first: &str,
    open: impl Fn(&Simulated<D>, &Options) -> Arc<dyn Provider>,
) {
    strangers_and(first, "sign_in_page", open).await;
}

/// The same for a host that shows its page to sign in at to those whose token it does not take.
pub(crate) async fn strangers_and<D: Dialect>(
    first: &str,
    sign_in: &str,
    open: impl Fn(&Simulated<D>, &Options) -> Arc<dyn Provider>,
) {
    for (fault, code, word) in strange(sign_in) {
        let host = Simulated::<D>::acme(TOKEN).await;
        let mut options = options();
        quick(&mut options.limits);
        options.limits.answer_bytes = 1 << 20;
        host.fault(first, fault.clone(), 99);
        let provider = open(&host, &options);
        let begun = Instant::now();
        let (stage, diagnosis) = diagnose(&*provider).await;
        assert_eq!(
            (stage, diagnosis.code.as_str()),
            (CheckStage::Authenticate, code),
            "{fault:?}: {diagnosis:?}"
        );
        assert!(diagnosis.sentence.contains(word), "{fault:?}: {diagnosis:?}");
        assert!(begun.elapsed() < STRANGERS_LIMIT, "{fault:?} took {:?}", begun.elapsed());
    }
}

/// How long it may take until one of them is told.
pub(crate) const STRANGERS_LIMIT: Duration = Duration::from_secs(5);

/// Statuses and odd answers, with the code and a word of what is told; `sign_in` is the code of a page to sign
/// in at.
pub(crate) fn strange(sign_in: &str) -> Vec<(Fault, &str, &str)> {
    let status = |status, message| Fault::Status(status, vec![], message);
    vec![
        (status(401, "Bad credentials"), "token_rejected", "Bad credentials"),
        (status(403, "No."), "forbidden", "does not allow"),
        (status(404, "Not Found"), "not_visible", "no right to see"),
        (status(409, "Busy."), "conflict", "conflict"),
        (status(410, "Gone."), "gone", "gone for good"),
        (status(422, "No."), "refused", "refused"),
        (status(429, "Slow down."), "rate_limited", "limits the rate"),
        (status(500, "Oops."), "host_failed", "problem of its own"),
        (status(502, "Oops."), "host_failed", "502"),
        (status(418, "Tea."), "unexpected_answer", "418"),
        (Fault::Html, "not_a_git_host", "web page"),
        (Fault::SignIn, sign_in, "203"),
        (Fault::Huge, "too_large", "limit"),
        (Fault::Deep(5_000), "too_large", "levels"),
        (Fault::Deep(3), "not_a_git_host", "check the address"),
        (Fault::Hang, "timed_out", "in time"),
        (Fault::Slow(Duration::from_millis(30)), "timed_out", "in time"),
        (Fault::Reset, "connection_closed", "closed the connection"),
        (Fault::Redirect("https://login.acme.dev/?next=x".into()), "redirected", "https://login.acme.dev/"),
    ]
}
