//! Why GitHub refuses, told by what it says beside the status: scopes, single sign-on, its messages.

use model::check::{CheckStage, Diagnosis, Facts};
use model::gitops_config::{RepositoryRules, Visibility};
use model::provider::CredentialKind;

use super::{GitHub, Owner};
use crate::diagnosis::{of as generic, plain};
use crate::{Error, Refusal};

/// What the scopes held already tell about a stage.
pub(super) fn foreseen(
    github: &GitHub,
    stage: CheckStage,
    facts: &Facts,
    rules: &RepositoryRules,
) -> Option<Diagnosis> {
    if stage == CheckStage::Create && github.owner.get() == Some(&Owner::OtherUser) {
        return Some(generic(&github.other_user()));
    }
    // Of a fine-grained token nothing is known before it is tried.
    let scopes = facts.scopes.as_ref()?;
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

/// What Git needs of a fine-grained token.
const CONTENTS: &str = "Contents: Read and write";

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

pub(super) fn tokens_page(github: &GitHub) -> String {
    let page = match github.account.credential {
        CredentialKind::FineGrainedToken => "personal-access-tokens",
        _ => "tokens",
    };
    format!("{}/settings/{page}", github.account.host)
}

/// The diagnosis of a stage that was tried.
pub(super) fn of(github: &GitHub, stage: CheckStage, error: &Error) -> Diagnosis {
    let account = &github.account;
    let (user, organization) = (&account.username, &account.scope);
    match error {
        Error::Unusable { cause, .. } => unusable(github, cause),
        Error::Unauthorized(r) => token_rejected(github, r),
        Error::Forbidden(r) | Error::NotFound(r) if r.sso_url.is_some() => Diagnosis {
            link: r.sso_url.clone(),
            ..plain(
                "single_sign_on_required",
                format!(
                    "{user} cannot see {organization}: the token is not authorised for its single sign-on."
                ),
            )
        },
        Error::Forbidden(r) if r.message.contains("forbids access via a") => kind_forbidden(github, r),
        Error::Forbidden(r) | Error::NotFound(r) if missing_permission(github, stage, r).is_some() => {
            permission_missing(github, &missing_permission(github, stage, r).unwrap_or_default())
        }
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
        Error::Forbidden(r) | Error::NotFound(r)
            if matches!(stage, CheckStage::Create | CheckStage::Delete) =>
        {
            may_not(github, stage, &said(r))
        }
        Error::NotFound(_) if stage == CheckStage::Reach => {
            let words = "answers, but not as a GitHub Enterprise Server: check the address.";
            plain("not_a_git_host", format!("{} {words}", account.host))
        }
        Error::Unprocessable(r) if stage == CheckStage::Create => {
            plain("refused", format!("{organization} does not take the new repository.{}", said(r)))
        }
        Error::Rejected { refname, reason, remote_text } => {
            refused_push(github, refname, reason, remote_text)
        }
        other => generic(other),
    }
}

/// The account's role does not let it create, or delete, repositories.
pub(super) fn may_not(github: &GitHub, stage: CheckStage, said: &str) -> Diagnosis {
    let (user, organization) = (&github.account.username, &github.account.scope);
    let (does, missing) = match stage {
        CheckStage::Delete => ("delete", "admin of the repository"),
        _ => ("create", "right to create repositories"),
    };
    Diagnosis {
        missing: Some(missing.into()),
        link: Some(format!(
            "{}/organizations/{organization}/settings/member_privileges",
            github.account.host
        )),
        ..plain("role_missing", format!("{user} may not {does} repositories in {organization}.{said}"))
    }
}

fn token_rejected(github: &GitHub, refusal: &Refusal) -> Diagnosis {
    let (host, user) = (&refusal.host, &github.account.username);
    let sentence = format!(
        "{host} does not accept the token of {user}: it is wrong, expired or revoked.{}",
        said(refusal)
    );
    Diagnosis { link: Some(tokens_page(github)), ..plain("token_rejected", sentence) }
}

/// A repository that was made and that Git does not show.
fn unusable(github: &GitHub, cause: &Error) -> Diagnosis {
    let told = of(github, CheckStage::Clone, cause);
    let timed_out = matches!(cause, Error::Net(net::Error::Unreachable { .. }));
    if !timed_out || github.account.credential != CredentialKind::FineGrainedToken {
        return told;
    }
    // Git hides a repository from a token for which it was not chosen.
    let lacking = permission_missing(github, CONTENTS);
    Diagnosis {
        sentence: format!("{} Either GitHub is slow, or: {}", told.sentence, lacking.sentence),
        ..lacking
    }
}

/// The organization or its enterprise takes no tokens of this kind, or only short-lived ones: "`acme` forbids access
/// via a personal access token (classic)", "… via a fine-grained personal access token" (seen 2024).
fn kind_forbidden(github: &GitHub, refusal: &Refusal) -> Diagnosis {
    let organization = &github.account.scope;
    let other = match github.account.credential {
        CredentialKind::FineGrainedToken => "Choose a classic token, or ask its owners to allow this kind.",
        _ => "Choose a fine-grained token, or ask its owners to allow this kind.",
    };
    Diagnosis {
        link: Some(format!(
            "{}/organizations/{organization}/settings/personal-access-tokens",
            github.account.host
        )),
        ..plain(
            "token_kind_forbidden",
            format!("{organization} does not allow tokens of this kind.{} {other}", said(refusal)),
        )
    }
}

/// The permission that a fine-grained token lacks: as the host names it, else the one that the stage needs.
fn missing_permission(github: &GitHub, stage: CheckStage, refusal: &Refusal) -> Option<String> {
    if github.account.credential != CredentialKind::FineGrainedToken {
        return None;
    }
    let named = refusal.accepted_permissions.as_ref().filter(|all| !all.is_empty()).map(|all| {
        let each: Vec<String> = all.iter().map(|permission| in_words(permission)).collect();
        // Reading alone would be of no use.
        if each.iter().any(|words| words.starts_with("Contents:")) {
            return CONTENTS.to_owned();
        }
        each.join(" and ")
    });
    let needed = || match stage {
        CheckStage::Create | CheckStage::Delete => Some("Administration: Read and write".to_owned()),
        CheckStage::Clone | CheckStage::Push => Some(CONTENTS.to_owned()),
        _ => None,
    };
    // Git itself names none: "Write access to repository not granted." (seen 2024).
    named.or_else(|| (refusal.status == 403 || stage != CheckStage::Create).then(needed).flatten())
}

/// `pull_requests=write` as the page of the token has it.
fn in_words(permission: &str) -> String {
    let (name, level) = permission.split_once('=').unwrap_or((permission, ""));
    let mut words = name.replace('_', " ");
    if let Some(first) = words.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    let level = if level == "write" { "Read and write" } else { "Read-only" };
    format!("{words}: {level}")
}

fn permission_missing(github: &GitHub, permission: &str) -> Diagnosis {
    let (host, organization) = (&github.account.host, &github.account.scope);
    Diagnosis {
        code: "permission_missing".into(),
        sentence: format!(
            "The token lacks the permission {permission} for {organization}: its resource owner has to be \
             {organization}, with all repositories chosen; and where {organization} approves tokens first, it may \
             still be pending."
        ),
        missing: Some(permission.to_owned()),
        link: Some(format!("{host}/settings/personal-access-tokens")),
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
