//! Why GitHub refuses, told by what it says beside the status: scopes, single sign-on, its messages.

use model::check::{CheckStage, Diagnosis, Facts};
use model::gitops_config::{RepositoryRules, Visibility};

use super::GitHub;
use crate::diagnosis::{of as generic, plain};
use crate::{Error, Refusal};

/// What the scopes held already tell about a stage.
pub(super) fn foreseen(
    github: &GitHub,
    stage: CheckStage,
    facts: &Facts,
    rules: &RepositoryRules,
) -> Option<Diagnosis> {
    let scopes = facts.scopes.as_ref()?;
    // A token without any scope list (fine-grained, or an App's) sends an empty header.
    let holds = |scope: &str| scopes.iter().any(|s| s == scope);
    let private = rules.visibility == Visibility::Private;
    match stage {
        CheckStage::Create | CheckStage::Clone | CheckStage::Push => {
            let enough = holds("repo") || (!private && holds("public_repo"));
            (!enough).then(|| scope_missing(github, stage, "repo"))
        }
        CheckStage::Delete => (!holds("delete_repo")).then(|| scope_missing(github, stage, "delete_repo")),
        CheckStage::Reach
        | CheckStage::Authenticate
        | CheckStage::Scope
        | CheckStage::List
        | CheckStage::Rules
        | CheckStage::PullRequest
        | CheckStage::Webhook => None,
    }
}

fn scope_missing(github: &GitHub, stage: CheckStage, scope: &str) -> Diagnosis {
    let organization = &github.account.scope;
    let sentence = match stage {
        CheckStage::Delete => format!(
            "The token cannot delete repositories in {organization}. That is only needed to clean up after a \
             check and for the deletion rule \"delete\"."
        ),
        CheckStage::Clone => format!("The token cannot read private repositories of {organization}."),
        CheckStage::Push => format!("The token cannot write to private repositories of {organization}."),
        _ => format!("The token can read {organization} but not create repositories."),
    };
    Diagnosis {
        code: "scope_missing".into(),
        sentence,
        missing: Some(scope.into()),
        link: Some(tokens_page(github)),
    }
}

fn tokens_page(github: &GitHub) -> String {
    format!("{}/settings/tokens", github.account.host)
}

/// The diagnosis of a stage that was tried.
pub(super) fn of(github: &GitHub, stage: CheckStage, error: &Error) -> Diagnosis {
    let account = &github.account;
    let (user, organization) = (&account.username, &account.scope);
    match error {
        Error::Unauthorized(r) => Diagnosis {
            link: Some(tokens_page(github)),
            ..plain(
                "token_rejected",
                format!(
                    "{} does not accept the token of {user}: it is wrong, expired or revoked.{}",
                    r.host,
                    said(r)
                ),
            )
        },
        Error::Forbidden(r) | Error::NotFound(r) if r.sso_url.is_some() => Diagnosis {
            link: r.sso_url.clone(),
            ..plain(
                "single_sign_on_required",
                format!(
                    "{user} cannot see {organization}: the token is not authorised for its single sign-on."
                ),
            )
        },
        Error::NotFound(r) | Error::Forbidden(r) if missing_scope(r).is_some() => {
            scope_missing(github, stage, &missing_scope(r).unwrap_or_default())
        }
        Error::NotFound(_) if matches!(stage, CheckStage::Scope | CheckStage::List) => Diagnosis {
            link: Some(tokens_page(github)),
            ..plain(
                "organization_not_visible",
                format!(
                    "{user} cannot see {organization}: the name is wrong, or the token is not authorised for \
                     its single sign-on."
                ),
            )
        },
        // 404 for a missing right to create: what GitHub does not show it denies (seen 2024).
        Error::Forbidden(r) | Error::NotFound(r) if stage == CheckStage::Create => Diagnosis {
            missing: Some("right to create repositories".into()),
            link: Some(format!("{}/organizations/{organization}/settings/member_privileges", account.host)),
            ..plain(
                "role_missing",
                format!("{user} may not create repositories in {organization}.{}", said(r)),
            )
        },
        Error::Forbidden(r) | Error::NotFound(r) if stage == CheckStage::Delete => Diagnosis {
            missing: Some("admin of the repository".into()),
            link: Some(format!("{}/organizations/{organization}/settings/member_privileges", account.host)),
            ..plain(
                "role_missing",
                format!("{user} may not delete repositories in {organization}.{}", said(r)),
            )
        },
        Error::NotFound(_) if stage == CheckStage::Reach => plain(
            "not_a_git_host",
            format!("{} answers, but not as a GitHub Enterprise Server: check the address.", account.host),
        ),
        Error::Unprocessable(r) if stage == CheckStage::Create => {
            plain("refused", format!("{organization} does not take the new repository.{}", said(r)))
        }
        Error::Rejected { refname, reason, remote_text } => {
            refused_push(github, refname, reason, remote_text)
        }
        other => generic(other),
    }
}

fn refused_push(github: &GitHub, refname: &str, reason: &str, remote_text: &str) -> Diagnosis {
    let branch = refname.trim_start_matches("refs/heads/");
    let organization = &github.account.scope;
    let words = if remote_text.is_empty() { reason } else { remote_text };
    // GH006: protected branch; GH013: a rule set of the repository or organization (docs.github.com).
    if ["GH006", "GH013", "protected branch", "rule violations"].iter().any(|w| words.contains(w)) {
        return Diagnosis {
            link: Some(format!("{}/organizations/{organization}/settings/rules", github.account.host)),
            ..plain("branch_rule", format!("A rule of {organization} refuses pushes to {branch}: {words}"))
        };
    }
    plain("push_refused", format!("The host refused the push to {branch}: {words}"))
}

/// The scope that the call would have needed, if the host says so and none of the accepted ones is held.
fn missing_scope(refusal: &Refusal) -> Option<String> {
    let accepted = refusal.accepted_scopes.as_ref().filter(|a| !a.is_empty())?;
    let held = refusal.held_scopes.as_ref()?;
    if accepted.iter().any(|a| held.contains(a)) {
        return None;
    }
    let preferred = ["repo", "delete_repo"].iter().find(|p| accepted.iter().any(|a| a == *p));
    preferred.map(|p| (*p).to_owned()).or_else(|| accepted.first().cloned())
}

fn said(refusal: &Refusal) -> String {
    let message = refusal.message.trim_end_matches('.');
    if message.is_empty() { String::new() } else { format!(" GitHub says: {message}.") }
}
