//! Why Bitbucket Cloud refuses, told by what it says beside the status: the scopes in `error.detail`, its
//! messages, and what the token looks like.

use model::check::{CheckStage, Diagnosis, Facts};

use super::{BitbucketCloud, Shape};
use crate::diagnosis::{of as generic, plain};
use crate::{Error, Refusal};

/// Where API tokens are made and listed.
const TOKENS_PAGE: &str = "https://id.atlassian.com/manage-profile/security/api-tokens";
const ACCESS_TOKENS_PAGE: &str = "https://support.atlassian.com/bitbucket-cloud/docs/access-tokens/";
const RESTRICTIONS_PAGE: &str = "https://support.atlassian.com/bitbucket-cloud/docs/use-branch-permissions/";

/// A right in both spellings: an API token's scope, and an access token's.
#[derive(Clone, Copy)]
struct Right(&'static str, &'static str);

const READ: Right = Right("read:repository:bitbucket", "repository");
const WRITE: Right = Right("write:repository:bitbucket", "repository:write");
const ADMIN: Right = Right("admin:repository:bitbucket", "repository:admin");
const DELETE: Right = Right("delete:repository:bitbucket", "repository:delete");
const PROJECT: Right = Right("read:project:bitbucket", "project");
const WORKSPACE: Right = Right("read:workspace:bitbucket", "account");

impl Right {
    fn name(self, bitbucket: &BitbucketCloud) -> &'static str {
        if bitbucket.uses_access_token() { self.1 } else { self.0 }
    }

    /// No scope of an API token contains another. Of the older ones `repository:write` contains
    /// `repository`, and so does `project`; `repository:admin` contains neither (developer.atlassian.com).
    fn held(self, scopes: &[String]) -> bool {
        let older: &[&str] = match self.1 {
            "repository" => &["repository", "repository:write", "project", "pullrequest"],
            other => &[other],
        };
        scopes.iter().any(|s| s == self.0 || older.contains(&s.as_str()))
    }
}

/// What the scopes held already tell about a stage.
pub(super) fn foreseen(bitbucket: &BitbucketCloud, stage: CheckStage, facts: &Facts) -> Option<Diagnosis> {
    let missing = unheld(bitbucket, stage, facts.scopes.as_ref()?);
    (!missing.is_empty()).then(|| scope_missing(bitbucket, stage, &missing))
}

/// The scopes that a stage needs and the token does not hold.
fn unheld(bitbucket: &BitbucketCloud, stage: CheckStage, held: &[String]) -> Vec<String> {
    let access = bitbucket.uses_access_token();
    let needed: &[Right] = match stage {
        // The older scopes have none for the workspace, and the project is only looked for if it may be.
        CheckStage::Scope if access => &[],
        CheckStage::Scope => &[WORKSPACE, PROJECT],
        CheckStage::List | CheckStage::Clone => &[READ],
        CheckStage::Create => &[ADMIN],
        CheckStage::Push => &[WRITE],
        CheckStage::Rules => &[ADMIN],
        CheckStage::Delete => &[DELETE],
        CheckStage::Reach | CheckStage::Authenticate | CheckStage::PullRequest | CheckStage::Webhook => &[],
    };
    needed.iter().filter(|r| !r.held(held)).map(|r| r.name(bitbucket).to_owned()).collect()
}

fn scope_missing(bitbucket: &BitbucketCloud, stage: CheckStage, missing: &[String]) -> Diagnosis {
    let workspace = bitbucket.workspace();
    let cannot = match stage {
        CheckStage::Authenticate => "cannot tell whose it is".to_owned(),
        CheckStage::Scope if missing.len() > 1 => {
            format!("cannot see the workspace {workspace} and its projects")
        }
        CheckStage::Scope if missing.iter().any(|m| m.contains("project")) => {
            format!("cannot see the projects of {workspace}")
        }
        CheckStage::Scope => format!("cannot see the workspace {workspace}"),
        CheckStage::List => format!("cannot list the repositories of {workspace}"),
        CheckStage::Create => format!("cannot create repositories in {workspace}"),
        CheckStage::Clone => format!("cannot read repositories of {workspace}"),
        CheckStage::Push => format!("cannot push to repositories of {workspace}"),
        CheckStage::Rules => "cannot read the branch restrictions".to_owned(),
        CheckStage::Delete => format!(
            "cannot delete repositories in {workspace}, which is only needed to clean up after a check and for \
             the deletion rule \"delete\""
        ),
        CheckStage::Reach | CheckStage::PullRequest | CheckStage::Webhook => "cannot do this".to_owned(),
    };
    // Scopes are fixed when a token is made (support.atlassian.com).
    let sentence = format!(
        "The token {cannot}: it lacks {}. No scope contains another, and a token's scopes cannot be changed: \
         make a new one.",
        missing.join(" and ")
    );
    Diagnosis {
        missing: Some(missing.join(", ")),
        link: Some(tokens_page(bitbucket)),
        ..plain("scope_missing", sentence)
    }
}

pub(super) fn tokens_page(bitbucket: &BitbucketCloud) -> String {
    if bitbucket.uses_access_token() { ACCESS_TOKENS_PAGE } else { TOKENS_PAGE }.to_owned()
}

/// The diagnosis of a stage that was tried.
pub(super) fn of(bitbucket: &BitbucketCloud, stage: CheckStage, error: &Error) -> Diagnosis {
    match error {
        Error::Unusable { cause, .. } => of(bitbucket, CheckStage::Clone, cause),
        Error::Unauthorized(r) => rejected(bitbucket, r),
        // Git answers 410 to app passwords (users' reports of 2026; the notices say 401 or 410).
        Error::Gone(r) if bitbucket.shape == Shape::AppPassword || r.message.contains("app password") => {
            app_password()
        }
        Error::Forbidden(r) | Error::NotFound(r) if !lacking(r).is_empty() => {
            // A stage may make several calls: the host names what the first one lacks.
            let mut missing = lacking(r);
            for more in unheld(bitbucket, stage, r.held_scopes.as_deref().unwrap_or_default()) {
                if !missing.contains(&more) {
                    missing.push(more);
                }
            }
            scope_missing(bitbucket, stage, &missing)
        }
        // Over Git only the sentence comes, without the lists.
        Error::Forbidden(r) if r.message.contains("privilege scopes") => {
            let right = if stage == CheckStage::Push { WRITE } else { READ };
            scope_missing(bitbucket, stage, &[right.name(bitbucket).to_owned()])
        }
        Error::NotFound(r) if stage == CheckStage::Scope && r.request.contains("/projects/") => {
            project_not_visible(bitbucket)
        }
        Error::NotFound(r)
            if matches!(stage, CheckStage::Scope | CheckStage::List)
                || r.message.contains("No workspace with identifier") =>
        {
            workspace_not_visible(bitbucket, r)
        }
        Error::Forbidden(r) if matches!(stage, CheckStage::Scope | CheckStage::List) => {
            workspace_not_visible(bitbucket, r)
        }
        Error::Unprocessable(r) | Error::Forbidden(r) | Error::NotFound(r) if stage == CheckStage::Create => {
            not_created(bitbucket, r)
        }
        Error::Forbidden(r) | Error::NotFound(r) if stage == CheckStage::Delete => Diagnosis {
            missing: Some("admin of the repository".into()),
            link: Some(people_page(bitbucket)),
            ..plain(
                "role_missing",
                format!(
                    "{} may not delete repositories in {}.{}",
                    bitbucket.who(),
                    bitbucket.workspace(),
                    said(r)
                ),
            )
        },
        // 402: the workspace has more people than its plan allows, and all is read-only (bitbucket.org, 2026).
        Error::Unexpected(r) if r.status == 402 => plan_limit(bitbucket, r),
        Error::Rejected { refname, reason, remote_text } => refused_push(refname, reason, remote_text),
        other => generic(other),
    }
}

fn rejected(bitbucket: &BitbucketCloud, r: &Refusal) -> Diagnosis {
    let host = &r.host;
    let diagnosis =
        |code, sentence| Diagnosis { link: Some(tokens_page(bitbucket)), ..plain(code, sentence) };
    match (bitbucket.shape, bitbucket.uses_access_token()) {
        (Shape::AppPassword, _) => app_password(),
        (Shape::ApiToken, true) => diagnosis(
            "other_credential",
            format!(
                "{host} does not accept the token: it begins with ATATT, so it is an API token, and was sent as \
                 an access token. Choose \"API token\" and enter the account's e-mail address."
            ),
        ),
        (Shape::AccessToken, false) => diagnosis(
            "other_credential",
            format!(
                "{host} does not accept the token: it begins with ATCTT, so it is an access token, and was sent \
                 as an API token. Choose \"Access token\"."
            ),
        ),
        (_, true) => diagnosis(
            "token_rejected",
            format!(
                "{host} does not accept the access token: it is wrong, expired or revoked. Those of workspaces \
                 and projects end with the Premium plan.{}",
                said(r)
            ),
        ),
        (_, false) => diagnosis(
            "token_rejected",
            format!(
                "{host} does not accept the token for {}: the token is wrong, expired, revoked or made without \
                 scopes, or the e-mail address is another account's.{}",
                bitbucket.who(),
                said(r)
            ),
        ),
    }
}

/// What is said of an app password, whoever meets it first.
pub(crate) const APP_PASSWORD: &str = "This is an app password. Bitbucket Cloud removed app passwords on \
                                       2026-07-28: create an API token with scopes instead.";

fn app_password() -> Diagnosis {
    Diagnosis { link: Some(TOKENS_PAGE.into()), ..plain("app_password_removed", APP_PASSWORD) }
}

fn workspace_not_visible(bitbucket: &BitbucketCloud, r: &Refusal) -> Diagnosis {
    let (who, workspace) = (bitbucket.who(), bitbucket.workspace());
    let why = if bitbucket.uses_access_token() { "belongs to another one" } else { "is no member of it" };
    let subject = if bitbucket.uses_access_token() { "the token" } else { "the account" };
    Diagnosis {
        link: Some(format!("{}account/workspaces/", bitbucket.web)),
        ..plain(
            "workspace_not_visible",
            format!(
                "{who} cannot see the workspace {workspace}: the id is wrong, or {subject} {why}. The id is the \
                 first part of the workspace's address, not its name.{}",
                said(r)
            ),
        )
    }
}

fn project_not_visible(bitbucket: &BitbucketCloud) -> Diagnosis {
    let (who, workspace) = (bitbucket.who(), bitbucket.workspace());
    let key = bitbucket.account.project_key.as_deref().unwrap_or_default();
    Diagnosis {
        link: Some(format!("{}{workspace}/workspace/projects/", bitbucket.web)),
        ..plain(
            "project_not_visible",
            format!(
                "{who} cannot see a project {key} in {workspace}: the key is wrong, or the project is hidden from \
                 it. Leave the key empty to use the oldest project."
            ),
        )
    }
}

/// 400 stands for a missing right too (developer.atlassian.com, create a repository): the words decide.
fn not_created(bitbucket: &BitbucketCloud, r: &Refusal) -> Diagnosis {
    let (who, workspace) = (bitbucket.who(), bitbucket.workspace());
    let words = r.message.to_lowercase();
    let right =
        ["can't create", "cannot create", "permission", "privilege", "not allowed", "access", "admin"];
    let refused = r.status != 400 || right.iter().any(|w| words.contains(w));
    if !refused {
        return plain("refused", format!("{workspace} does not take the new repository.{}", said(r)));
    }
    let key = bitbucket.account.project_key.as_deref().or(bitbucket.oldest.get().map(String::as_str));
    let (place, hint, link) = match key {
        Some(key) => (
            format!("project {key} of {workspace}"),
            if bitbucket.account.project_key.is_none() { " Enter the key of another project." } else { "" },
            format!("{}{workspace}/workspace/projects/{key}", bitbucket.web),
        ),
        None => (workspace.to_owned(), " Enter the key of a project.", people_page(bitbucket)),
    };
    let one = if bitbucket.uses_access_token() {
        " A repository's own access token never may: use one of the project or the workspace."
    } else {
        ""
    };
    Diagnosis {
        missing: Some("right to create repositories in the project".into()),
        link: Some(link),
        ..plain(
            "role_missing",
            format!("{who} may not create repositories in {place}.{one}{}{hint}", said(r)),
        )
    }
}

fn people_page(bitbucket: &BitbucketCloud) -> String {
    format!("{}{}/workspace/settings", bitbucket.web, bitbucket.workspace())
}

fn plan_limit(bitbucket: &BitbucketCloud, r: &Refusal) -> Diagnosis {
    let workspace = bitbucket.workspace();
    Diagnosis {
        link: Some(format!("{}{workspace}/workspace/settings/plans", bitbucket.web)),
        ..plain(
            "plan_limit",
            format!(
                "The plan of {workspace} does not allow this; its repositories may be read-only until the plan is changed or people are taken out.{}",
                said(r)
            ),
        )
    }
}

fn refused_push(refname: &str, reason: &str, remote_text: &str) -> Diagnosis {
    let branch = refname.trim_start_matches("refs/heads/");
    let words = if remote_text.is_empty() { reason } else { remote_text };
    // "Permission denied to update branch main." (community.atlassian.com, 2023).
    if words.contains("Permission denied to update branch") || words.contains("branch restriction") {
        return Diagnosis {
            link: Some(RESTRICTIONS_PAGE.into()),
            ..plain(
                "branch_rule",
                format!("A branch restriction of the repository refuses pushes to {branch}: {words}"),
            )
        };
    }
    plain("push_refused", format!("The host refused the push to {branch}: {words}"))
}

/// The scopes that the call needs and the token lacks, in the host's spelling: all that are required, where
/// GitHub's list is one of alternatives.
fn lacking(refusal: &Refusal) -> Vec<String> {
    let (Some(required), Some(held)) = (&refusal.accepted_scopes, &refusal.held_scopes) else {
        return Vec::new();
    };
    required.iter().filter(|r| !held.contains(r)).cloned().collect()
}

fn said(refusal: &Refusal) -> String {
    let message = refusal.message.trim_end_matches('.');
    if message.is_empty() { String::new() } else { format!(" Bitbucket says: {message}.") }
}
