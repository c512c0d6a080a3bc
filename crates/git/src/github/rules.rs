//! The rulesets of repository and organization, as far as they are against our commits.

use http::Method;
use model::check::Diagnosis;
use model::layout;
use model::repository::Repository;
use regex::Regex;
use serde::Deserialize;

use super::{GitHub, protection};
use crate::diagnosis::plain;
use crate::http::Answer;
use crate::{BranchRules, Error};

/// Room that a path needs.
const PATH_ROOM: u64 = 200;
/// The ends of files that every deployment writes.
const ENDINGS: [&str; 4] = ["yaml", "md", "tpl", "gitattributes"];

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
    restricted_file_extensions: Option<Vec<String>>,
    max_file_path_length: Option<u64>,
}

/// A ruleset in the list of a repository's.
#[derive(Deserialize)]
struct Ruleset {
    id: u64,
    name: String,
    current_user_can_bypass: Option<String>,
}

/// What a rule has against our commits.
pub(super) struct Finding {
    /// A stable word.
    pub(super) code: &'static str,
    /// What the rule does, after its name.
    pub(super) what: String,
    /// Whether it surely refuses them.
    pub(super) sure: bool,
}

impl Finding {
    /// A rule that refuses our commits.
    pub(super) fn sure(code: &'static str, what: impl Into<String>) -> Self {
        Self { code, what: what.into(), sure: true }
    }

    /// A rule of which only a push tells.
    fn doubtful(code: &'static str, what: impl Into<String>) -> Self {
        Self { code, what: what.into(), sure: false }
    }
}

/// The rules that stand in the way. What the credential may not read is taken as absent.
pub(super) async fn of(github: &GitHub, repository: &Repository, branch: &str) -> Result<BranchRules, Error> {
    let rulesets = of_rulesets(github, &repository.full_name, branch).await?;
    Ok(rulesets.and(protection::of(github, repository, branch).await?))
}

async fn of_rulesets(github: &GitHub, full_name: &str, branch: &str) -> Result<BranchRules, Error> {
    let (owner, name) = crate::provider::found::split(full_name)?;
    let rules: Vec<Rule> = readable(github.get(&["repos", owner, name, "rules", "branches", branch]).await)?
        .map_or(Ok(Vec::new()), |answer| answer.json())?;
    let found: Vec<(Rule, Finding)> = rules
        .into_iter()
        .filter_map(|rule| Some((against(&rule, branch)?, rule)))
        .map(|(f, r)| (r, f))
        .collect();
    let mut rules = BranchRules::default();
    if found.is_empty() {
        return Ok(rules);
    }
    let call = github.ask(Method::GET, &["repos", owner, name, "rulesets"])?;
    let rulesets: Vec<Ruleset> = readable(github.http.call(&call).await.and_then(Answer::success))?
        .map_or(Ok(Vec::new()), |answer| answer.json())?;
    for (rule, finding) in found {
        let ruleset = rulesets.iter().find(|set| Some(set.id) == rule.ruleset_id);
        if ruleset.is_some_and(|set| {
            set.current_user_can_bypass.as_deref().is_some_and(|how| how == "always" || how == "exempt")
        }) {
            continue;
        }
        let place = place(github, full_name, rule.ruleset_source, ruleset);
        add(&mut rules, &finding, told(github, branch, place, &finding));
    }
    Ok(rules)
}

/// Adds what was found to the rules.
pub(super) fn add(rules: &mut BranchRules, finding: &Finding, told: Diagnosis) {
    if finding.sure { rules.refusing(told) } else { rules.doubtful(told) }
}

/// What the ruleset is called, and its page.
fn place(
    github: &GitHub,
    full_name: &str,
    source: Option<String>,
    ruleset: Option<&Ruleset>,
) -> (String, String) {
    let host = &github.account.host;
    match (ruleset, source) {
        (Some(set), Some(source)) if !source.contains('/') => (
            format!("The ruleset {:?} of {source}", set.name),
            format!("{host}/organizations/{source}/settings/rules/{}", set.id),
        ),
        (Some(set), _) => (
            format!("The ruleset {:?} of {full_name}", set.name),
            format!("{host}/{full_name}/settings/rules/{}", set.id),
        ),
        (None, source) => (
            format!("A ruleset of {}", source.as_deref().unwrap_or(full_name)),
            format!("{host}/{full_name}/rules"),
        ),
    }
}

/// A rule of this name with its page, as people are told of it.
pub(super) fn told(
    github: &GitHub,
    branch: &str,
    (name, link): (String, String),
    finding: &Finding,
) -> Diagnosis {
    let (user, what) = (&github.account.username, &finding.what);
    let sentence = format!("{name} {what} on {branch}: let {user} bypass it, or leave {branch} out of it.");
    Diagnosis { link: Some(link), ..plain(finding.code, sentence) }
}

/// What may be read; nothing where the host hides it.
pub(super) fn readable(answer: Result<Answer, Error>) -> Result<Option<Answer>, Error> {
    match answer {
        Ok(answer) => Ok(Some(answer)),
        Err(Error::Forbidden(_) | Error::NotFound(_)) => Ok(None),
        Err(error) => Err(error),
    }
}

/// What a rule demands that our commits do not have, or may not have (docs.github.com, available rules for rulesets,
/// 2026).
fn against(rule: &Rule, branch: &str) -> Option<Finding> {
    let none = Parameters::default();
    let parameters = rule.parameters.as_ref().unwrap_or(&none);
    let wants = parameters.in_words();
    let sure = |code, what: &str| Some(Finding::sure(code, what));
    match rule.kind.as_str() {
        "required_signatures" => sure("rule_signed_commits", "demands signed commits"),
        "pull_request" => sure("rule_pull_request", "demands a pull request for every change"),
        "merge_queue" => sure("rule_pull_request", "lets changes in through its merge queue only"),
        "required_status_checks" => {
            sure("rule_status_checks", "demands status checks before a commit is pushed")
        }
        "required_deployments" => {
            sure("rule_deployments", "demands deployments by GitHub before a commit is pushed")
        }
        "workflows" => sure("rule_workflows", "demands that workflows pass before a commit is pushed"),
        "code_scanning" => sure("rule_code_scanning", "demands code scanning before a commit is pushed"),
        "update" => sure("rule_update", "lets nobody change what is"),
        "creation" => sure("rule_creation", "lets nobody make a branch"),
        "commit_message_pattern" => {
            let messages = layout::example_messages();
            let messages: Vec<&str> = messages.iter().map(|message| message.trim_end()).collect();
            parameters.finding(
                "rule_commit_message",
                format!("demands that commit messages {wants}"),
                &messages,
            )
        }
        "branch_name_pattern" => parameters.finding(
            "rule_branch_name",
            format!("demands that names of branches {wants}"),
            &[branch],
        ),
        // Authors are those who deploy, and the committer is as it was entered.
        "commit_author_email_pattern" => {
            let what = format!("demands that the addresses of authors, Trueline's users, {wants}");
            Some(Finding::doubtful("rule_author_email", what))
        }
        "committer_email_pattern" => {
            let what = format!("demands that the committer's address {wants}");
            Some(Finding::doubtful("rule_committer_email", what))
        }
        "file_extension_restriction" => parameters.ending().map(|ending| {
            Finding::sure(
                "rule_file_extension",
                format!("refuses files that end with .{ending}, as Trueline's do,"),
            )
        }),
        "max_file_path_length" => {
            parameters.max_file_path_length.filter(|most| *most < PATH_ROOM).map(|most| {
                let what = format!(
                    "refuses paths longer than {most} characters, and Trueline may need up to {PATH_ROOM},"
                );
                Finding::doubtful("rule_path_length", what)
            })
        }
        _ => None,
    }
}

impl Parameters {
    /// What a pattern asks for, after the word for what it is about.
    fn in_words(&self) -> String {
        let verb = match self.operator.as_deref().unwrap_or_default() {
            "starts_with" => "start with",
            "ends_with" => "end with",
            "contains" => "contain",
            _ => "match",
        };
        let not = if self.negate == Some(true) { "do not " } else { "" };
        format!("{not}{verb} {:?}", self.pattern.as_deref().unwrap_or_default())
    }

    /// Whether a text fits; `None` where that cannot be told here.
    fn holds(&self, text: &str) -> Option<bool> {
        let pattern = self.pattern.as_deref().unwrap_or_default();
        let fits = match self.operator.as_deref()? {
            "starts_with" => text.starts_with(pattern),
            "ends_with" => text.ends_with(pattern),
            "contains" => text.contains(pattern),
            "regex" => Regex::new(pattern).ok()?.is_match(text),
            _ => return None,
        };
        Some(fits != (self.negate == Some(true)))
    }

    /// What a pattern has against texts that are ours.
    fn finding(&self, code: &'static str, what: String, ours: &[&str]) -> Option<Finding> {
        let held: Vec<Option<bool>> = ours.iter().map(|text| self.holds(text)).collect();
        if held.contains(&Some(false)) {
            return Some(Finding::sure(code, what));
        }
        held.contains(&None).then(|| Finding::doubtful(code, what))
    }

    /// The end of our files that is refused.
    fn ending(&self) -> Option<&'static str> {
        let refused = self.restricted_file_extensions.as_deref().unwrap_or_default();
        let refused: Vec<&str> =
            refused.iter().map(|end| end.trim_start_matches('*').trim_start_matches('.')).collect();
        ENDINGS.into_iter().find(|ending| refused.iter().any(|end| end.eq_ignore_ascii_case(ending)))
    }
}
