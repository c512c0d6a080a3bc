//! Why Azure DevOps refuses, told by the numbers in its messages: `TF401027`, `TF400813` and others.

use model::check::{CheckStage, Diagnosis};
use model::repository::Repository;

use super::AzureDevOps;
use crate::diagnosis::{of as generic, plain};
use crate::{Error, Refusal, Stranger};

/// Whether an address is a page to sign in at: `/_signin`, or the hosts that it leads to.
pub(super) fn signs_in(to: &str) -> bool {
    ["_signin", "login.microsoftonline.com", "login.live.com", ".vssps.visualstudio.com"]
        .iter()
        .any(|part| to.contains(part))
}

/// Whether a 404 is about a repository of a project that can be seen. A project that cannot be seen has
/// other numbers: `TF200016`, `VS800075` (both seen 2024 to 2026).
pub(super) fn of_repository(refusal: &Refusal) -> bool {
    refusal.message.contains("TF401019")
}

pub(super) fn other_identity(identity: &str, expected: &str) -> Diagnosis {
    plain(
        "other_identity",
        format!("The token belongs to {identity}, not to {expected}: everything will be done as {identity}."),
    )
}

/// Said when the account may delete, but not empty the recycle bin.
pub(super) fn in_recycle_bin(azure: &AzureDevOps, repository: &Repository) -> Diagnosis {
    plain(
        "kept_in_recycle_bin",
        format!(
            "Azure DevOps keeps {} in the recycle bin of the project {} for 30 days; its name is free again.",
            repository.full_name, azure.account.scope
        ),
    )
}

/// The diagnosis of a stage that was tried.
pub(super) fn of(azure: &AzureDevOps, stage: CheckStage, error: &Error) -> Diagnosis {
    let organization = azure.organization.page(&[]);
    match error {
        Error::Unusable { cause, .. } => of(azure, CheckStage::Clone, cause),
        Error::Unauthorized(r) | Error::Forbidden(r) | Error::NotFound(r)
            if r.message.contains("TF401027") =>
        {
            right_missing(azure, r)
        }
        Error::Unauthorized(r) | Error::Forbidden(r) | Error::Conflict(r)
            if r.message.contains("conditional access") || r.message.contains("VS403463") =>
        {
            plain(
                "conditional_access",
                format!(
                    "A conditional access policy of {organization} does not let the token in from here: let an administrator of the directory except the account, or Trueline's address.{}",
                    said(r)
                ),
            )
        }
        Error::Unauthorized(r) | Error::Forbidden(r) if names_a_user(r) && first(stage) => Diagnosis {
            link: Some(azure.organization.page(&["_settings", "users"])),
            ..plain(
                "organization_not_visible",
                format!(
                    "{organization} does not let this account in: it is no member there, or the token was made for \
                     another organization.{}",
                    said(r)
                ),
            )
        },
        Error::Unauthorized(r) if first(stage) => rejected(azure, &said(r)),
        Error::Stranger { what: Stranger::SignInPage, status, .. } if stage != CheckStage::Reach => {
            rejected(azure, &format!(" It answers with its page to sign in at (status {status})."))
        }
        Error::Net(net::Error::Redirected { to, .. }) if signs_in(to) => {
            rejected(azure, " It points to its page to sign in at.")
        }
        // After the token was accepted once, a call that is not shows what the token lacks.
        Error::Unauthorized(_) => scope_missing(azure, stage, error),
        Error::Forbidden(r) if !first(stage) && r.message.contains("TF400813") => {
            scope_missing(azure, stage, error)
        }
        Error::NotFound(r) if stage == CheckStage::Reach => no_organization(azure, &r.host),
        Error::Stranger { what: Stranger::Html, status: 404, host } => no_organization(azure, host),
        Error::NotFound(r) if stage == CheckStage::Scope || about_project(r) => project_not_visible(azure, r),
        Error::NotFound(r) if of_repository(r) => plain(
            "not_visible",
            format!(
                "{} does not see this repository of the project {}: it is gone, hidden from the account, or disabled.",
                azure.account.username, azure.account.scope
            ),
        ),
        Error::Unprocessable(r) if r.message.contains("out of range for this server") => plain(
            "server_too_old",
            format!("{} is older than Azure DevOps Server 2022.1, which is needed.{}", r.host, said(r)),
        ),
        Error::Rejected { refname, reason, remote_text } => refused_push(azure, refname, reason, remote_text),
        other => generic(other),
    }
}

/// The stages before which nothing was said of the token.
fn first(stage: CheckStage) -> bool {
    matches!(stage, CheckStage::Reach | CheckStage::Authenticate)
}

/// `TF400813: The user 'ann@acme.dev' is not authorized …`: the token is known, the user is not wanted. A token
/// that is not known has an empty name there.
fn names_a_user(refusal: &Refusal) -> bool {
    let message = &refusal.message;
    let user = message.split_once("TF400813").and_then(|(_, rest)| rest.split('\'').nth(1));
    user.is_some_and(|u| !u.is_empty() && !u.starts_with("aaaaaaaa-aaaa-") && !u.starts_with("00000000-"))
}

fn about_project(refusal: &Refusal) -> bool {
    ["TF200016", "VS800075"].iter().any(|number| refusal.message.contains(number))
}

pub(super) fn tokens_page(azure: &AzureDevOps) -> String {
    azure.organization.page(&["_usersSettings", "tokens"])
}

fn rejected(azure: &AzureDevOps, said: &str) -> Diagnosis {
    Diagnosis {
        link: Some(tokens_page(azure)),
        ..plain(
            "token_rejected",
            // learn.microsoft.com and the notes of sprint 270: no token for all organizations works after
            // 2026-12-01, and none could be made since 2026-03-15.
            format!(
                "{} does not accept the token of {}: it is wrong, expired or revoked, or made for another \
                 organization. Tokens for all accessible organizations end on 2026-12-01.{said}",
                azure.organization.page(&[]),
                azure.account.username
            ),
        )
    }
}

fn scope_missing(azure: &AzureDevOps, stage: CheckStage, error: &Error) -> Diagnosis {
    let project = &azure.account.scope;
    let (scope, cannot) = match stage {
        CheckStage::Create => ("Code (read, write & manage)", format!("create repositories in {project}")),
        CheckStage::Delete => ("Code (read, write & manage)", format!("delete repositories in {project}")),
        CheckStage::Push => ("Code (read & write)", format!("write to repositories of {project}")),
        CheckStage::Clone | CheckStage::Rules => ("Code (read)", format!("read repositories of {project}")),
        CheckStage::List => ("Code (read)", format!("list the repositories of {project}")),
        CheckStage::PullRequest | CheckStage::Webhook => {
            ("Code (read & write)", format!("do this in {project}"))
        }
        CheckStage::Reach | CheckStage::Authenticate | CheckStage::Scope => {
            ("Code (read)", format!("see the project {project}"))
        }
    };
    let words = match error {
        Error::Unauthorized(r) | Error::Forbidden(r) => said(r),
        _ => String::new(),
    };
    Diagnosis {
        missing: Some(scope.into()),
        link: Some(tokens_page(azure)),
        ..plain(
            "scope_missing",
            format!("The token was accepted, but cannot {cannot}: it lacks the scope {scope}.{words}"),
        )
    }
}

fn no_organization(azure: &AzureDevOps, host: &str) -> Diagnosis {
    let name = &azure.organization.name;
    plain(
        "organization_not_visible",
        format!(
            "{host} knows no organization or collection {name}: check the spelling in {}.",
            azure.organization.page(&[])
        ),
    )
}

fn project_not_visible(azure: &AzureDevOps, refusal: &Refusal) -> Diagnosis {
    let (user, project) = (&azure.account.username, &azure.account.scope);
    let state = refusal.message.split_once("is in the state ").map(|(_, state)| state.trim_end_matches('.'));
    let why = match state {
        Some(state) => format!("Azure DevOps says that it is {state}"),
        None => "the name is wrong, or the account has no access to it".into(),
    };
    Diagnosis {
        link: Some(azure.organization.page(&["_projects"])),
        ..plain(
            "project_not_visible",
            format!("{user} cannot see the project {project} in {}: {why}.", azure.organization.page(&[])),
        )
    }
}

/// `TF401027: You need the Git 'CreateRepository' permission to perform this action.`
fn right_missing(azure: &AzureDevOps, refusal: &Refusal) -> Diagnosis {
    let word = refusal.message.split('\'').nth(1).unwrap_or_default();
    let (right, cannot) = match word {
        "CreateRepository" => ("Create repository", "create repositories"),
        "DeleteRepository" => ("Delete or disable repository", "delete or disable repositories"),
        "RenameRepository" => ("Rename repository", "rename or disable repositories"),
        "GenericContribute" => ("Contribute", "push to repositories"),
        "CreateBranch" => ("Create branch", "create branches"),
        "GenericRead" => ("Read", "read repositories"),
        "ForcePush" => ("Force push", "rewrite branches"),
        "EditPolicies" => ("Edit policies", "edit policies"),
        other => (other, "do this"),
    };
    let (user, project) = (&azure.account.username, &azure.account.scope);
    Diagnosis {
        missing: Some(right.into()),
        link: Some(azure.organization.page(&[project, "_settings", "repositories"]) + "?_a=permissions"),
        ..plain(
            "role_missing",
            format!(
                "{user} may not {cannot} in the project {project}: the right \"{right}\" is missing; it is given \
                 in the project's settings, Repositories, Security."
            ),
        )
    }
}

fn refused_push(azure: &AzureDevOps, refname: &str, reason: &str, remote_text: &str) -> Diagnosis {
    let branch = refname.trim_start_matches("refs/heads/");
    let project = &azure.account.scope;
    let all = format!("{reason} {remote_text}");
    let words = if remote_text.is_empty() { reason } else { remote_text };
    let link = Some(azure.organization.page(&[project, "_settings", "repositories"]) + "?_a=policies");
    if all.contains("TF401027") {
        return right_missing(azure, &Refusal { message: all, ..Refusal::default() });
    }
    // TF402455: a policy wants pull requests. VS403702 and its neighbours: policies of pushes.
    if all.contains("TF402455") {
        return Diagnosis {
            missing: Some("Bypass policies when pushing".into()),
            link,
            ..plain("branch_rule", format!("A policy of {project} refuses pushes to {branch}: {words}"))
        };
    }
    if all.contains("VS4037") || all.contains("policy-specified patterns") {
        return Diagnosis {
            link,
            ..plain("branch_rule", format!("A policy of {project} refuses the commits: {words}"))
        };
    }
    plain("push_refused", format!("The host refused the push to {branch}: {words}"))
}

fn said(refusal: &Refusal) -> String {
    let message = refusal.message.trim_end_matches('.');
    if message.is_empty() { String::new() } else { format!(" Azure DevOps says: {message}.") }
}
