//! The rules of a branch that would refuse our commits: rulesets of repository and organization, and the older
//! protection of a branch.

use http::Method;
use model::check::Diagnosis;
use model::repository::Repository;
use serde::Deserialize;

use super::GitHub;
use crate::Error;
use crate::diagnosis::plain;
use crate::http::Answer;

/// The beginning of every message that we commit with.
const SUBJECT: &str = "Deploy ";

/// One rule in force, as `GET /repos/{owner}/{repo}/rules/branches/{branch}` gives it.
#[derive(Deserialize)]
struct Rule {
    #[serde(rename = "type", default)]
    kind: String,
    parameters: Option<Parameters>,
    ruleset_id: Option<u64>,
    ruleset_source: Option<String>,
}

/// What some kinds of rules are set to.
#[derive(Deserialize, Default)]
struct Parameters {
    operator: Option<String>,
    pattern: Option<String>,
    negate: Option<bool>,
}

/// A ruleset in the list of a repository's.
#[derive(Deserialize)]
struct Ruleset {
    id: u64,
    name: String,
    current_user_can_bypass: Option<String>,
}

/// The older protection; only who administers the repository may read it. Who else may push (`restrictions`) is left
/// out: administrators always may, whatever else is enforced on them (docs.github.com, about branch restrictions).
#[derive(Deserialize, Default)]
struct Protection {
    required_signatures: Option<Switch>,
    required_pull_request_reviews: Option<serde_json::Value>,
    required_status_checks: Option<StatusChecks>,
    lock_branch: Option<Switch>,
    enforce_admins: Option<Switch>,
}

/// The checks that must have passed for a commit; none is no demand.
#[derive(Deserialize, Default)]
struct StatusChecks {
    contexts: Option<Vec<String>>,
    checks: Option<Vec<serde_json::Value>>,
}

impl StatusChecks {
    fn any(&self) -> bool {
        self.contexts.as_ref().is_some_and(|all| !all.is_empty())
            || self.checks.as_ref().is_some_and(|all| !all.is_empty())
    }
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

/// The rules that stand in the way. What the credential may not read is taken as absent.
pub(super) async fn of(
    github: &GitHub,
    repository: &Repository,
    branch: &str,
) -> Result<Vec<Diagnosis>, Error> {
    let (owner, name) = crate::provider::found::split(&repository.full_name)?;
    let rules: Vec<Rule> = readable(github.get(&["repos", owner, name, "rules", "branches", branch]).await)?
        .map_or(Ok(Vec::new()), |answer| answer.json())?;
    let mut found: Vec<(Option<Rule>, &str, String)> = Vec::new();
    for rule in rules {
        if let Some((code, what)) = refuses(&rule, branch) {
            found.push((Some(rule), code, what));
        }
    }
    let protection = github.get(&["repos", owner, name, "branches", branch, "protection"]).await;
    if let Some(answer) = readable(protection)? {
        found.extend(protected(&answer.json()?));
    }
    if found.is_empty() {
        return Ok(Vec::new());
    }
    let rulesets: Vec<Ruleset> = if found.iter().any(|(rule, ..)| rule.is_some()) {
        let call = github.ask(Method::GET, &["repos", owner, name, "rulesets"])?;
        readable(github.http.call(&call).await.and_then(Answer::success))?
            .map_or(Ok(Vec::new()), |answer| answer.json())?
    } else {
        Vec::new()
    };
    let told = found.into_iter().filter_map(|(rule, code, what)| {
        let ruleset = rule.as_ref().and_then(|r| rulesets.iter().find(|set| Some(set.id) == r.ruleset_id));
        if ruleset.is_some_and(|set| set.current_user_can_bypass.as_deref() == Some("always")) {
            return None;
        }
        Some(told(github, &repository.full_name, branch, (rule, ruleset), (code, &what)))
    });
    Ok(told.collect())
}

fn told(
    github: &GitHub,
    full_name: &str,
    branch: &str,
    (rule, ruleset): (Option<Rule>, Option<&Ruleset>),
    (code, what): (&str, &str),
) -> Diagnosis {
    let host = &github.account.host;
    let source = rule.and_then(|rule| rule.ruleset_source);
    let (of, link) = match (ruleset, source) {
        (Some(set), Some(source)) if !source.contains('/') => (
            format!("The ruleset {:?} of {source}", set.name),
            format!("{host}/organizations/{source}/settings/rules/{}", set.id),
        ),
        (Some(set), _) => (
            format!("The ruleset {:?} of {full_name}", set.name),
            format!("{host}/{full_name}/settings/rules/{}", set.id),
        ),
        (None, Some(source)) => (format!("A ruleset of {source}"), format!("{host}/{full_name}/rules")),
        (None, None) => {
            (format!("The protection of {branch}"), format!("{host}/{full_name}/settings/branches"))
        }
    };
    let user = &github.account.username;
    let sentence = format!("{of} {what} on {branch}: let {user} bypass it, or leave {branch} out of it.");
    Diagnosis { link: Some(link), ..plain(code, sentence) }
}

/// What may be read; nothing where the host hides it.
fn readable(answer: Result<Answer, Error>) -> Result<Option<Answer>, Error> {
    match answer {
        Ok(answer) => Ok(Some(answer)),
        Err(Error::Forbidden(_) | Error::NotFound(_)) => Ok(None),
        Err(error) => Err(error),
    }
}

/// What a rule demands that our commits do not have (docs.github.com, available rules for rulesets, 2026).
fn refuses(rule: &Rule, branch: &str) -> Option<(&'static str, String)> {
    let none = Parameters::default();
    let parameters = rule.parameters.as_ref().unwrap_or(&none);
    let pattern = parameters.pattern.as_deref().unwrap_or_default();
    let operator = parameters.operator.as_deref().unwrap_or_default();
    let wants = format!("{} {pattern:?}", operator.replace('_', " "));
    let not = if parameters.negate == Some(true) { "not " } else { "" };
    match rule.kind.as_str() {
        "required_signatures" => Some(("rule_signed_commits", "demands signed commits".into())),
        "pull_request" => Some(("rule_pull_request", "demands a pull request for every change".into())),
        "merge_queue" => Some(("rule_pull_request", "lets changes in through its merge queue only".into())),
        "required_status_checks" => {
            Some(("rule_status_checks", "demands status checks before a commit is pushed".into()))
        }
        "update" => Some(("rule_update", "lets nobody change what is".into())),
        "creation" => Some(("rule_creation", "lets nobody make a branch".into())),
        "commit_message_pattern" if !parameters.holds(SUBJECT) => {
            Some(("rule_commit_message", format!("demands commit messages that {not}{wants}")))
        }
        "branch_name_pattern" if !parameters.holds(branch) => {
            Some(("rule_branch_name", format!("demands branch names that {not}{wants}")))
        }
        "commit_author_email_pattern" => {
            Some(("rule_author_email", format!("demands addresses of authors that {not}{wants}")))
        }
        "committer_email_pattern" => {
            Some(("rule_committer_email", format!("demands addresses of committers that {not}{wants}")))
        }
        _ => None,
    }
}

impl Parameters {
    /// Whether a text surely fits. Expressions are not evaluated here: a person has to look.
    fn holds(&self, text: &str) -> bool {
        let pattern = self.pattern.as_deref().unwrap_or_default();
        let fits = match self.operator.as_deref() {
            Some("starts_with") => text.starts_with(pattern),
            Some("ends_with") => text.ends_with(pattern),
            Some("contains") => text.contains(pattern),
            _ => return false,
        };
        fits != (self.negate == Some(true))
    }
}

fn protected(protection: &Protection) -> Vec<(Option<Rule>, &'static str, String)> {
    // Administrators are let through unless they are included; what reads this is an administrator.
    if !Switch::on(protection.enforce_admins.as_ref()) && !Switch::on(protection.lock_branch.as_ref()) {
        return Vec::new();
    }
    let mut found = Vec::new();
    if Switch::on(protection.required_signatures.as_ref()) {
        found.push((None, "rule_signed_commits", "demands signed commits".to_owned()));
    }
    if protection.required_pull_request_reviews.as_ref().is_some_and(|reviews| !reviews.is_null()) {
        found.push((None, "rule_pull_request", "demands a pull request for every change".to_owned()));
    }
    if protection.required_status_checks.as_ref().is_some_and(StatusChecks::any) {
        let what = "demands status checks before a commit is pushed".to_owned();
        found.push((None, "rule_status_checks", what));
    }
    if Switch::on(protection.lock_branch.as_ref()) {
        found.push((None, "rule_update", "lets nobody change what is".to_owned()));
    }
    found
}
