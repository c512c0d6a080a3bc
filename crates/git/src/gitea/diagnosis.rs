//! Why a Gitea or Forgejo refuses, told by its messages: they name the scope that a call asks for.

use model::check::{CheckStage, Diagnosis, Facts};
use model::gitops_config::{RepositoryRules, Visibility};

use super::{Gitea, Owner, scopes};
use crate::diagnosis::{of as generic, plain, said};
use crate::{Error, Refusal, Stranger};

/// What the scopes held already tell about a stage.
pub(super) fn foreseen(
    gitea: &Gitea,
    stage: CheckStage,
    facts: &Facts,
    rules: &RepositoryRules,
) -> Option<Diagnosis> {
    let held = facts.scopes.as_ref()?;
    let needed: &[&str] = match (stage, gitea.owner.get()) {
        (CheckStage::Create, Some(Owner::User)) => &["write:user", "write:repository"],
        (CheckStage::Create, _) => &["write:organization"],
        (CheckStage::Clone, _) => &["read:repository"],
        (CheckStage::Push | CheckStage::Delete, _) => &["write:repository"],
        _ => &[],
    };
    if let Some(missing) = needed.iter().find(|scope| !scopes::holds(held, scope)) {
        return Some(scope_missing(gitea, stage, missing));
    }
    let public_only = held.iter().any(|scope| scope == "public-only");
    (stage == CheckStage::Create && public_only && rules.visibility == Visibility::Private).then(|| {
        Diagnosis {
            missing: Some("access to private repositories".into()),
            link: Some(gitea.tokens_page()),
            ..plain(
                "scope_missing",
                "The token reaches public repositories only, and the new ones are private.",
            )
        }
    })
}

fn scope_missing(gitea: &Gitea, stage: CheckStage, scope: &str) -> Diagnosis {
    let owner = &gitea.account.scope;
    let sentence = match stage {
        CheckStage::Authenticate => format!("The token may not tell whose it is: it lacks {scope}."),
        CheckStage::Scope | CheckStage::List => format!("The token cannot see {owner}: it lacks {scope}."),
        CheckStage::Create => format!("The token cannot create repositories in {owner}: it lacks {scope}."),
        CheckStage::Clone => format!("The token cannot read repositories: it lacks {scope}."),
        CheckStage::Push => format!("The token cannot write to repositories: it lacks {scope}."),
        CheckStage::Delete => format!("The token cannot delete repositories: it lacks {scope}."),
        _ => format!("The token lacks {scope}."),
    };
    Diagnosis {
        missing: Some(scope.to_owned()),
        link: Some(gitea.tokens_page()),
        ..plain("scope_missing", sentence)
    }
}

/// The diagnosis of a stage that was tried.
pub(super) fn of(gitea: &Gitea, stage: CheckStage, error: &Error) -> Diagnosis {
    let (user, owner) = (&gitea.account.username, &gitea.account.scope);
    match error {
        Error::Unusable { cause, .. } => of(gitea, CheckStage::Clone, cause),
        Error::Unauthorized(r) => Diagnosis {
            link: Some(gitea.tokens_page()),
            ..plain(
                "token_rejected",
                format!(
                    "{} does not accept the token of {user}: it is wrong, expired or revoked.{}",
                    r.host,
                    said(r)
                ),
            )
        },
        Error::Forbidden(r) if scopes::told(r).is_some() => {
            let required = scopes::told(r).map(|told| told.required).unwrap_or_default();
            scope_missing(gitea, stage, required.first().map_or("a scope", String::as_str))
        }
        Error::NotFound(_) if matches!(stage, CheckStage::Scope | CheckStage::List | CheckStage::Create) => {
            plain(
                "organization_not_visible",
                format!(
                    "{user} cannot see {owner}: the name is wrong, or it is private and {user} is no member."
                ),
            )
        }
        Error::Forbidden(r) if stage == CheckStage::Create => not_created(gitea, r),
        // "user should be the owner of the repo", of 1.26 too; 404 only where the repository is hidden.
        Error::Forbidden(r) if stage == CheckStage::Delete => Diagnosis {
            missing: Some("administrator of the repository".into()),
            link: Some(gitea.page(&format!("org/{owner}/teams"))),
            ..plain("role_missing", format!("{user} may not delete repositories in {owner}.{}", said(r)))
        },
        Error::Unprocessable(r) if stage == CheckStage::Create => {
            plain("refused", format!("{owner} does not take the new repository.{}", said(r)))
        }
        Error::Stranger { what: Stranger::Html | Stranger::NotJson | Stranger::OtherJson, .. }
        | Error::NotFound(_)
            if stage == CheckStage::Reach =>
        {
            elsewhere(gitea)
        }
        Error::Rejected { refname, reason, remote_text } => refused_push(gitea, refname, reason, remote_text),
        other => generic(other),
    }
}

fn not_created(gitea: &Gitea, refusal: &Refusal) -> Diagnosis {
    let (user, owner) = (&gitea.account.username, &gitea.account.scope);
    // "The owner has reached maximum limit of N repositories" (services/repository, 1.26).
    if refusal.message.contains("limit") {
        return plain(
            "quota_reached",
            format!(
                "{owner} has as many repositories as the host allows it: delete some, or let an administrator raise the limit.{}",
                said(refusal)
            ),
        );
    }
    Diagnosis {
        missing: Some("right to create repositories".into()),
        link: Some(gitea.page(&format!("org/{owner}/teams"))),
        ..plain("role_missing", format!("{user} may not create repositories in {owner}.{}", said(refusal)))
    }
}

/// Something answers, but the interface is not where the address says.
fn elsewhere(gitea: &Gitea) -> Diagnosis {
    let host = gitea.account.host.trim_end_matches('/');
    let path = gitea.web.path().trim_matches('/');
    let hint = match path.rsplit('/').next().filter(|part| !part.is_empty()) {
        None => "check the address. If it lies below a path, the path is part of it.".to_owned(),
        Some(last) => {
            let shorter = host.trim_end_matches(last).trim_end_matches('/');
            format!("if you open it at {shorter}, enter that; {last:?} may be the organization.")
        }
    };
    plain("not_a_git_host", format!("{host} answers, but not as Gitea or Forgejo does: {hint}"))
}

fn refused_push(gitea: &Gitea, refname: &str, reason: &str, remote_text: &str) -> Diagnosis {
    let branch = refname.trim_start_matches("refs/heads/");
    let lines: Vec<&str> = remote_text
        .lines()
        .map(|line| line.trim().trim_start_matches("error:").trim())
        .filter(|line| !line.is_empty())
        .collect();
    let words = if lines.is_empty() { reason.to_owned() } else { lines.join(" ") };
    // "Not allowed to push to protected branch main"; signed commits asked for in an empty repository end in
    // "Internal Server Error" (both of 1.26.0, seen 2026-11).
    let rule = ["protected", "Not allowed to push", "signed"].iter().any(|w| words.contains(w));
    let code = if rule { "branch_rule" } else { "push_refused" };
    let link = Some(gitea.page(&gitea.account.scope));
    Diagnosis { link, ..plain(code, format!("The host refused the push to {branch}: {words}")) }
}
