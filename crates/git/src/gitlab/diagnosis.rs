//! Why GitLab refuses, told by what it says beside the status: scopes, roles, kinds of tokens, its messages.

use model::check::{CheckStage, Diagnosis, Facts};
use model::provider::CredentialKind;

use super::{GitLab, wire};
use crate::diagnosis::{of as generic, other_identity, plain};
use crate::{Error, Refusal};

/// The least level that may create projects in a group: `project_creation_level` (docs.gitlab.com, groups API).
/// `None` when nobody may.
pub(super) fn creators(word: Option<&str>) -> Option<wire::Level> {
    match word {
        Some("noone" | "administrator") => None,
        Some("owner") => Some(wire::OWNER),
        Some("maintainer") => Some(wire::MAINTAINER),
        _ => Some(wire::DEVELOPER),
    }
}

/// What scopes, role and kind of the token already tell about a stage.
pub(super) fn foreseen(gitlab: &GitLab, stage: CheckStage, facts: &Facts) -> Option<Diagnosis> {
    let lacks = |wanted: &[&str]| {
        facts.scopes.as_ref().is_some_and(|held| !held.iter().any(|s| wanted.contains(&s.as_str())))
    };
    let level = gitlab.level.get().copied();
    let creators = gitlab.namespace.get().map(|n| n.creators);
    match stage {
        CheckStage::Create if gitlab.account.credential == CredentialKind::ProjectToken => {
            Some(project_token(gitlab))
        }
        CheckStage::Create | CheckStage::Delete if lacks(&["api"]) => {
            Some(scope_missing(gitlab, stage, "api"))
        }
        CheckStage::Create => match (level, creators) {
            (_, Some(None)) => Some(nobody_creates(gitlab)),
            (Some(level), Some(Some(least))) if level < least => Some(may_not_create(gitlab, "")),
            _ => None,
        },
        CheckStage::Delete => level.filter(|l| *l < wire::OWNER).map(|_| may_not_delete(gitlab, "")),
        // `api` holds both of these (docs.gitlab.com, scopes of access tokens).
        CheckStage::Clone => lacks(&["api", "write_repository", "read_repository"])
            .then(|| scope_missing(gitlab, stage, "write_repository")),
        CheckStage::Push => {
            lacks(&["api", "write_repository"]).then(|| scope_missing(gitlab, stage, "write_repository"))
        }
        CheckStage::Reach
        | CheckStage::Authenticate
        | CheckStage::Scope
        | CheckStage::List
        | CheckStage::Rules
        | CheckStage::PullRequest
        | CheckStage::Webhook => None,
    }
}

/// A token of another user; bots have names that nobody chose.
pub(super) fn remark(gitlab: &GitLab, facts: &Facts) -> Option<Diagnosis> {
    if gitlab.of_bot() { None } else { other_identity(facts, &gitlab.account.username) }
}

/// The diagnosis of a stage that was tried.
pub(super) fn of(gitlab: &GitLab, stage: CheckStage, error: &Error) -> Diagnosis {
    match error {
        Error::Unusable { cause, .. } => of(gitlab, CheckStage::Clone, cause),
        Error::Unauthorized(r) => rejected(gitlab, r),
        Error::Forbidden(r) if permission(r).is_some() => {
            permission_missing(gitlab, permission(r).unwrap_or_default())
        }
        Error::Forbidden(r) if r.accepted_scopes.is_some() => {
            scope_missing(gitlab, stage, wanted(r).unwrap_or("api"))
        }
        Error::NotFound(_) if matches!(stage, CheckStage::Scope | CheckStage::List) => not_visible(gitlab),
        Error::NotFound(_) if stage == CheckStage::Reach => plain(
            "not_a_git_host",
            format!(
                "{} answers, but not as a GitLab: check the address, and whether GitLab lies below a path there.",
                gitlab.account.host
            ),
        ),
        // Said for a role that is too low, and for a namespace that is not shown (GitLabPHP/Client issue 105).
        Error::Unprocessable(r)
            if stage == CheckStage::Create && r.message.contains("namespace: is not valid") =>
        {
            match gitlab.account.credential {
                CredentialKind::ProjectToken => project_token(gitlab),
                _ => may_not_create(gitlab, &said(r)),
            }
        }
        Error::Unprocessable(r) if stage == CheckStage::Create => plain(
            "refused",
            format!("Group {} does not take the new project.{}", gitlab.account.scope, said(r)),
        ),
        Error::Forbidden(r) | Error::NotFound(r) if stage == CheckStage::Create => {
            may_not_create(gitlab, &said(r))
        }
        Error::Forbidden(r) | Error::NotFound(r) if stage == CheckStage::Delete => {
            may_not_delete(gitlab, &said(r))
        }
        Error::Forbidden(r) if stage == CheckStage::Push => Diagnosis {
            missing: Some(wire::role(wire::DEVELOPER).into()),
            link: members_page(gitlab),
            ..plain(
                "role_missing",
                format!("{} may not push to {}.{}", gitlab.who(), gitlab.account.scope, said(r)),
            )
        },
        Error::Rejected { refname, reason, remote_text } => {
            refused_push(gitlab, refname, reason, remote_text)
        }
        other => generic(other),
    }
}

fn rejected(gitlab: &GitLab, r: &Refusal) -> Diagnosis {
    let (host, who) = (&r.host, gitlab.who());
    let link = Some(tokens_page(gitlab));
    if let Some(name) = gitlab.unusable {
        return Diagnosis {
            missing: Some("personal, group or project access token".into()),
            link,
            ..plain(
                "credential_kind_unfit",
                format!(
                    "This is {name}: it cannot use GitLab's interface. A personal, group or project access \
                     token is needed; they begin with glpat-."
                ),
            )
        };
    }
    // lib/api/api_guard.rb says how the token ended; a token that never was gets "401 Unauthorized".
    let (code, what) = if r.message.contains("expired") {
        ("token_expired", "it has expired")
    } else if r.message.contains("revoked") {
        ("token_revoked", "it was revoked")
    } else {
        ("token_rejected", "it is wrong, expired or revoked")
    };
    let whose = if who == "the token" { who.to_owned() } else { format!("the token of {who}") };
    Diagnosis { link, ..plain(code, format!("{host} does not accept {whose}: {what}.{}", said(r))) }
}

fn scope_missing(gitlab: &GitLab, stage: CheckStage, scope: &str) -> Diagnosis {
    let group = &gitlab.account.scope;
    let sentence = match stage {
        CheckStage::Authenticate | CheckStage::Scope | CheckStage::List => {
            format!("The token cannot use GitLab's interface: it lacks the scope {scope}.")
        }
        CheckStage::Delete => {
            format!("The token cannot delete projects in {group}: it lacks the scope {scope}.")
        }
        CheckStage::Clone => format!("The token cannot read {group} over Git: it lacks the scope {scope}."),
        CheckStage::Push => format!("The token cannot push to {group}: it lacks the scope {scope}."),
        CheckStage::Reach
        | CheckStage::Create
        | CheckStage::Rules
        | CheckStage::PullRequest
        | CheckStage::Webhook => {
            format!("The token can read {group} but not create projects: it lacks the scope {scope}.")
        }
    };
    Diagnosis {
        missing: Some(scope.into()),
        link: Some(tokens_page(gitlab)),
        ..plain("scope_missing", sentence)
    }
}

/// What a fine-grained token lacks, in the host's words: "This operation requires a fine-grained personal access token
/// with the following project permissions: [Project: Read]" (`insufficient_granular_scope`, 18.10 and later, seen 2026).
fn permission(refusal: &Refusal) -> Option<&str> {
    let (_, rest) = refusal.message.split_once("fine-grained personal access token with the following")?;
    let (_, rest) = rest.split_once('[')?;
    rest.split(']').next().filter(|named| !named.is_empty())
}

fn permission_missing(gitlab: &GitLab, permission: &str) -> Diagnosis {
    Diagnosis {
        missing: Some(permission.to_owned()),
        link: Some(tokens_page(gitlab)),
        ..plain(
            "permission_missing",
            format!(
                "The token is a fine-grained one and lacks {permission}. Its permissions cannot be changed: make a \
                 new one that has it for {}, or a token with the scope api.",
                gitlab.account.scope
            ),
        )
    }
}

/// Of the scopes that would do, the one that is asked for on the page.
fn wanted(refusal: &Refusal) -> Option<&str> {
    let accepted = refusal.accepted_scopes.as_ref()?;
    let named = ["api", "write_repository"].into_iter().find(|p| accepted.iter().any(|a| a == p));
    named.or_else(|| accepted.first().map(String::as_str))
}

fn not_visible(gitlab: &GitLab) -> Diagnosis {
    let (who, group) = (gitlab.who(), &gitlab.account.scope);
    let why = match gitlab.account.credential {
        CredentialKind::GroupToken => {
            "the path or number is wrong, or the token was made in another group: it sees its own group and \
             those below it only."
        }
        CredentialKind::ProjectToken => {
            "the path or number is wrong, or the token's project lies elsewhere: it sees its own project and \
             the groups above it only."
        }
        _ => "the path or number is wrong, or the account is no member of it.",
    };
    Diagnosis {
        link: Some(tokens_page(gitlab)),
        ..plain("group_not_visible", format!("{who} cannot see group {group}: {why}"))
    }
}

fn may_not_create(gitlab: &GitLab, said: &str) -> Diagnosis {
    let namespace = gitlab.namespace.get();
    let least = namespace.and_then(|n| n.creators).unwrap_or(wire::DEVELOPER);
    let held = match gitlab.level.get() {
        Some(level) => format!("its role there is {}", wire::role(*level)),
        None => "its role there is too low".into(),
    };
    let guest = match gitlab.account.credential {
        // The page offers Guest first (docs.gitlab.com, group access tokens).
        CredentialKind::GroupToken => " New group access tokens are Guests unless another role is chosen.",
        _ => "",
    };
    Diagnosis {
        missing: Some(wire::role(least).into()),
        link: members_page(gitlab),
        ..plain(
            "role_missing",
            format!(
                "{} may not create projects in {}: {held}, {} is needed.{guest}{said}",
                gitlab.who(),
                gitlab.account.scope,
                wire::role(least)
            ),
        )
    }
}

fn nobody_creates(gitlab: &GitLab) -> Diagnosis {
    let group = &gitlab.account.scope;
    let link =
        gitlab.namespace.get().map(|n| format!("{}/groups/{}/-/edit", gitlab.account.host, n.full_path));
    Diagnosis {
        missing: Some("Roles allowed to create projects".into()),
        link,
        ..plain(
            "role_missing",
            format!(
                "Nobody may create projects in {group}: its setting \"Roles allowed to create projects\" says so."
            ),
        )
    }
}

fn may_not_delete(gitlab: &GitLab, said: &str) -> Diagnosis {
    let held = gitlab.level.get().map(|l| format!(": its role there is {}, Owner is needed", wire::role(*l)));
    Diagnosis {
        missing: Some(wire::role(wire::OWNER).into()),
        link: members_page(gitlab),
        ..plain(
            "role_missing",
            format!(
                "{} may not delete projects in {}{}. That is only needed to clean up after a check and for the \
                 deletion rule \"delete\".{said}",
                gitlab.who(),
                gitlab.account.scope,
                held.unwrap_or_else(|| ": the role Owner is needed".into())
            ),
        )
    }
}

fn project_token(gitlab: &GitLab) -> Diagnosis {
    Diagnosis {
        missing: Some("personal or group access token".into()),
        link: Some(tokens_page(gitlab)),
        ..plain(
            "credential_kind_unfit",
            format!(
                "A project access token works for its one project and cannot create projects in {}: use a \
                 personal or group access token, or the rule to ask for a repository per application.",
                gitlab.account.scope
            ),
        )
    }
}

/// What is said when the host keeps a project that was deleted.
pub(super) fn retained(gitlab: &GitLab, kept: &wire::Project) -> Diagnosis {
    let until = kept.gone_on().map(|day| format!(" until {day}")).unwrap_or_default();
    Diagnosis {
        link: Some(kept.web_url.clone()).filter(|url| !url.is_empty()),
        ..plain(
            "deletion_delayed",
            format!(
                "{} marked the project for deletion and keeps it as {}{until}: it does not delete at once. Its \
                 name is free again.",
                gitlab.account.host, kept.path_with_namespace
            ),
        )
    }
}

fn refused_push(gitlab: &GitLab, refname: &str, reason: &str, remote_text: &str) -> Diagnosis {
    let branch = refname.trim_start_matches("refs/heads/");
    let group = &gitlab.account.scope;
    let words = if remote_text.is_empty() { reason } else { remote_text };
    // Rules speak as a hook, in lines that begin with "GitLab:" (docs.gitlab.com, push rules).
    if ["GitLab:", "protected branch", "pre-receive hook declined"].iter().any(|w| words.contains(w)) {
        let words = words.replace("GitLab: ", "");
        return plain(
            "branch_rule",
            format!("A rule of {group} refuses pushes to {branch}: {}", words.trim()),
        );
    }
    plain("push_refused", format!("The host refused the push to {branch}: {words}"))
}

/// The page where tokens of this kind are made and seen.
pub(super) fn tokens_page(gitlab: &GitLab) -> String {
    let host = &gitlab.account.host;
    let group = gitlab.namespace.get().filter(|n| n.group).map(|n| n.full_path.clone());
    let entered = Some(gitlab.account.scope.clone()).filter(|s| !s.bytes().all(|b| b.is_ascii_digit()));
    match (gitlab.account.credential, group.or(entered)) {
        (CredentialKind::GroupToken, Some(group)) => {
            format!("{host}/groups/{group}/-/settings/access_tokens")
        }
        _ => format!("{host}/-/user_settings/personal_access_tokens"),
    }
}

/// The page where roles are given.
fn members_page(gitlab: &GitLab) -> Option<String> {
    let namespace = gitlab.namespace.get().filter(|n| n.group)?;
    Some(format!("{}/groups/{}/-/group_members", gitlab.account.host, namespace.full_path))
}

fn said(refusal: &Refusal) -> String {
    let message = refusal.message.trim_end_matches('.');
    if message.is_empty() { String::new() } else { format!(" GitLab says: {message}.") }
}
