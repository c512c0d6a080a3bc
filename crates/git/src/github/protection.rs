//! The older protection of a branch, as far as it is against our commits.
//!
//! Only who administers the repository may read it, and, since 2023, who holds a role of the organization's own that
//! edits it. Everybody who reads the repository is told that there is one, and which status checks it demands.

use model::check::Diagnosis;
use model::repository::Repository;
use serde::Deserialize;

use super::rules::{self, Finding, readable};
use super::{GitHub, wire};
use crate::diagnosis::plain;
use crate::provider::found;
use crate::{BranchRules, Error};

const STATUS_CHECKS: &str = "demands status checks before a commit is pushed";

/// The protection in full.
#[derive(Deserialize, Default)]
struct Protection {
    required_signatures: Option<Switch>,
    required_pull_request_reviews: Option<Reviews>,
    required_status_checks: Option<StatusChecks>,
    lock_branch: Option<Switch>,
    enforce_admins: Option<Switch>,
    /// Who may push, beside administrators.
    restrictions: Option<Named>,
}

/// The demand for pull requests.
#[derive(Deserialize, Default)]
struct Reviews {
    /// Who need not open one.
    bypass_pull_request_allowances: Option<Named>,
}

/// Accounts that a setting names.
#[derive(Deserialize, Default)]
struct Named {
    users: Option<Vec<User>>,
    teams: Option<Vec<Team>>,
    apps: Option<Vec<Team>>,
}

#[derive(Deserialize)]
struct User {
    login: Option<String>,
}

#[derive(Deserialize)]
struct Team {
    slug: Option<String>,
}

/// The checks that must have passed for a commit; none is no demand.
#[derive(Deserialize, Default)]
struct StatusChecks {
    contexts: Option<Vec<String>>,
    checks: Option<Vec<serde_json::Value>>,
    /// In what everybody is told: `off`, `non_admins` or `everyone`.
    enforcement_level: Option<String>,
}

#[derive(Deserialize, Default)]
struct Switch {
    enabled: Option<bool>,
}

impl Switch {
    fn on(switch: Option<&Self>) -> bool {
        switch.is_some_and(|s| s.enabled == Some(true))
    }
}

/// A branch as everybody who reads the repository is shown it.
#[derive(Deserialize)]
struct Branch {
    protection: Option<Outline>,
}

/// What everybody is told of a protection; rules of rulesets are no part of it.
#[derive(Deserialize)]
struct Outline {
    enabled: Option<bool>,
    required_status_checks: Option<StatusChecks>,
}

/// What the protection of a branch has against our commits.
pub(super) async fn of(github: &GitHub, repository: &Repository, branch: &str) -> Result<BranchRules, Error> {
    let (owner, name) = found::split(&repository.full_name)?;
    let protected = Protected { github, repository, branch };
    match github.get(&["repos", owner, name, "branches", branch, "protection"]).await {
        Ok(answer) => {
            let protection: Protection = answer.json()?;
            let administers = administers(github, repository).await?;
            Ok(protected.shown(&protection, github.login().await?, administers))
        }
        // An administrator is told "Branch not protected", or "Branch not found" before the first push; everybody else
        // "Not Found" (seen 2024).
        Err(Error::NotFound(r))
            if ["Branch not protected", "Branch not found"].contains(&r.message.as_str()) =>
        {
            Ok(BranchRules::default())
        }
        Err(Error::Forbidden(_) | Error::NotFound(_)) => protected.hidden().await,
        Err(error) => Err(error),
    }
}

/// Whether the account administers the repository.
async fn administers(github: &GitHub, repository: &Repository) -> Result<bool, Error> {
    let (owner, name) = found::split(&repository.full_name)?;
    let shown = github.get_if_shown(&["repos", owner, name]).await?;
    let held = shown.and_then(|found: wire::Repository| found.permissions).unwrap_or_default();
    Ok(held.admin.unwrap_or(false))
}

/// A branch that may be protected.
struct Protected<'a> {
    github: &'a GitHub,
    repository: &'a Repository,
    branch: &'a str,
}

impl Protected<'_> {
    fn page(&self) -> String {
        format!("{}/{}/settings/branches", self.github.account.host, self.repository.full_name)
    }

    fn told(&self, code: &str, sentence: String) -> Diagnosis {
        Diagnosis { link: Some(self.page()), ..plain(code, sentence) }
    }

    fn finding(&self, rules: &mut BranchRules, finding: &Finding) {
        let place = (format!("The protection of {}", self.branch), self.page());
        rules::add(rules, finding, rules::told(self.github, self.branch, place, finding));
    }

    /// What is told by a protection that is shown.
    fn shown(&self, protection: &Protection, user: &str, administers: bool) -> BranchRules {
        let mut rules = BranchRules::default();
        let restrictions =
            protection.restrictions.as_ref().filter(|named| !administers && !named.names(user));
        if let Some(named) = restrictions {
            // Administrators may always push, whatever else is enforced on them (docs.github.com, about protected
            // branches, 2026).
            let branch = self.branch;
            let whom = named.in_words("administrators");
            let told = format!("The protection of {branch} lets only {whom} push to it: add {user} to them.");
            let told = self.told("rule_push_restricted", told);
            if named.may_contain() { rules.doubtful(told) } else { rules.refusing(told) }
        }
        for finding in protection.against(user, administers) {
            self.finding(&mut rules, &finding);
        }
        rules
    }

    /// What is told to everybody who reads the repository.
    async fn hidden(&self) -> Result<BranchRules, Error> {
        let mut rules = BranchRules::default();
        let (owner, name) = found::split(&self.repository.full_name)?;
        let (github, branch) = (self.github, self.branch);
        let Some(shown) = readable(github.get(&["repos", owner, name, "branches", branch]).await)? else {
            return Ok(rules);
        };
        let outline = shown.json::<Branch>()?.protection.filter(|p| p.enabled == Some(true));
        let Some(outline) = outline else { return Ok(rules) };
        let checks = outline.required_status_checks.filter(StatusChecks::any);
        let (user, full_name) = (&github.account.username, &self.repository.full_name);
        match checks {
            Some(checks) if checks.of_everybody() || !administers(github, self.repository).await? => {
                self.finding(&mut rules, &Finding::sure("rule_status_checks", STATUS_CHECKS));
            }
            _ => rules.doubtful(self.told(
                "rules_hidden",
                format!(
                    "{branch} of {full_name} is protected, and GitHub shows the protection to administrators only: \
                     a push may be refused. Let an administrator look whether {user} may push there."
                ),
            )),
        }
        Ok(rules)
    }
}

impl StatusChecks {
    fn any(&self) -> bool {
        self.enforcement_level.as_deref() != Some("off")
            && (self.contexts.as_ref().is_some_and(|all| !all.is_empty())
                || self.checks.as_ref().is_some_and(|all| !all.is_empty()))
    }

    /// Whether administrators are asked for them as well.
    fn of_everybody(&self) -> bool {
        self.enforcement_level.as_deref() == Some("everyone")
    }
}

impl Protection {
    fn against(&self, user: &str, administers: bool) -> Vec<Finding> {
        let (locked, enforced) = (self.lock_branch.as_ref(), self.enforce_admins.as_ref());
        // Administrators are let through unless they are included; what locks a branch holds for them as well.
        if administers && !Switch::on(enforced) && !Switch::on(locked) {
            return Vec::new();
        }
        let mut found = Vec::new();
        if Switch::on(self.required_signatures.as_ref()) {
            found.push(Finding::sure("rule_signed_commits", "demands signed commits"));
        }
        if let Some(reviews) = &self.required_pull_request_reviews {
            let none = Named::default();
            let spared = reviews.bypass_pull_request_allowances.as_ref().unwrap_or(&none);
            let what = "demands a pull request for every change".to_owned();
            if !spared.names(user) {
                found.push(Finding { code: "rule_pull_request", what, sure: !spared.may_contain() });
            }
        }
        if self.required_status_checks.as_ref().is_some_and(StatusChecks::any) {
            found.push(Finding::sure("rule_status_checks", STATUS_CHECKS));
        }
        if Switch::on(locked) {
            found.push(Finding::sure("rule_update", "lets nobody change what is"));
        }
        found
    }
}

impl Named {
    fn names(&self, user: &str) -> bool {
        let users = self.users.as_deref().unwrap_or_default();
        users.iter().any(|named| named.login.as_deref().is_some_and(|login| login.eq_ignore_ascii_case(user)))
    }

    /// Whether an account that is not named may be meant: who belongs to a team is told to other scopes than ours.
    fn may_contain(&self) -> bool {
        self.teams.as_ref().is_some_and(|teams| !teams.is_empty())
    }

    /// Everybody who is named, after those who always are.
    fn in_words(&self, always: &str) -> String {
        let users = self.users.iter().flatten().filter_map(|user| user.login.clone());
        let slugs = |word: &'static str, all: &Option<Vec<Team>>| -> Vec<String> {
            let slugs = all.iter().flatten().filter_map(|each| each.slug.as_deref());
            slugs.map(|slug| format!("the {word} {slug}")).collect()
        };
        let (teams, apps) = (slugs("team", &self.teams), slugs("app", &self.apps));
        let all: Vec<String> =
            std::iter::once(always.to_owned()).chain(users).chain(teams).chain(apps).collect();
        all.join(", ")
    }
}
