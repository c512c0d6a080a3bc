//! Branches and their older protection, as far as they are simulated.

use serde_json::{Value, json};

use super::super::host::Answer;
use super::answers;
use super::rest::{Call, message, not_found};
use super::state::{Repo, State};

/// The older protection of a branch, which administrators of its repository are shown, and those whose role edits it.
pub(super) fn protection(state: &State, call: &Call<'_>, (owner, name): (&str, &str)) -> Answer {
    if let Some(refusal) = call.lacks("administration=write") {
        return refusal;
    }
    let repo = state.repo(owner, name);
    let account = repo.and_then(|repo| state.account(&repo.owner));
    let (Some(repo), Some(account)) = (repo, account) else { return not_found("repo") };
    let (pull, _, admin) = state.rights(call.token, repo);
    match &account.protection {
        _ if !(admin || (pull && account.protection_shown)) => not_found("repo"),
        Value::Null => message(404, "Branch not protected"),
        protection => Answer::new(200, protection.clone()),
    }
}

/// A branch, with what everybody who reads the repository is told of its protection.
pub(super) fn branch(state: &State, call: &Call<'_>, (owner, name, branch): (&str, &str, &str)) -> Answer {
    let found = state.repo(owner, name).filter(|repo| state.rights(call.token, repo).0);
    let Some((repo, account)) = found.and_then(|repo| Some((repo, state.account(&repo.owner)?))) else {
        return not_found("repo");
    };
    let Some(tip) = tip(repo, branch) else { return message(404, "Branch not found") };
    let protection = &account.protection;
    let everybody = protection["enforce_admins"]["enabled"] == true;
    let checks = match &protection["required_status_checks"] {
        Value::Null => json!({ "enforcement_level": "off", "contexts": [], "checks": [] }),
        checks => json!({
            "enforcement_level": if everybody { "everyone" } else { "non_admins" },
            "contexts": checks["contexts"], "checks": checks["checks"],
        }),
    };
    let outline = json!({ "enabled": !protection.is_null(), "required_status_checks": checks });
    Answer::new(200, answers::branch(call.web, (repo, account), (branch, &tip), &outline))
}

fn tip(repo: &Repo, branch: &str) -> Option<String> {
    let done = std::process::Command::new("git")
        .args(["rev-parse", "--verify", "--quiet", &format!("refs/heads/{branch}")])
        .current_dir(&repo.path)
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .output()
        .expect("the git program can be run");
    done.status.success().then(|| String::from_utf8_lossy(&done.stdout).trim().to_owned())
}
