//! Rules for branches, as far as they refuse our commits: unsigned, pushed straight to the branch.

use model::check::Diagnosis;
use model::layout;

use super::glob;
use super::wire::{Branch, Rule};
use crate::diagnosis::plain;

/// Whom a rule is held against.
pub(super) struct Pusher<'a> {
    /// The account's user name.
    pub(super) user: &'a str,
    /// The branch's name.
    pub(super) branch: &'a str,
    /// The branch as the host shows it, if it is there already.
    pub(super) shown: Option<&'a Branch>,
    /// The page of the repository's rules.
    pub(super) link: String,
}

/// The rule in force for a branch: the first that matches, by priority, plain names before patterns
/// (models/git/protected_branch_list.go, 1.26).
pub(super) fn in_force<'a>(rules: &'a [Rule], branch: &str) -> Option<&'a Rule> {
    let special = |rule: &Rule| glob::is_special(name(rule));
    let mut matching: Vec<&Rule> = rules
        .iter()
        .filter(|rule| match special(rule) {
            true => glob::matches(name(rule), branch, &['/']),
            false => name(rule).eq_ignore_ascii_case(branch),
        })
        .collect();
    matching.sort_by_key(|rule| (rule.priority, special(rule)));
    matching.first().copied()
}

fn name(rule: &Rule) -> &str {
    if rule.rule_name.is_empty() { &rule.branch_name } else { &rule.rule_name }
}

/// What a rule has against our commits.
pub(super) fn against(rule: &Rule, pusher: &Pusher<'_>) -> Vec<Diagnosis> {
    let (user, branch) = (pusher.user, pusher.branch);
    let protection = format!("The rule {} of the repository", name(rule));
    let mut found = Vec::new();
    let mut add = |code: &str, sentence: String| {
        found.push(Diagnosis { link: Some(pusher.link.clone()), ..plain(code, sentence) });
    };
    if rule.require_signed_commits {
        add(
            "signed_commits_required",
            format!(
                "{protection} wants signed commits on {branch}; Trueline's commits are not signed. Take the demand out of the rule."
            ),
        );
    }
    let unprotected = patterns(&rule.unprotected_file_patterns);
    let spared = !unprotected.is_empty() && ours().iter().all(|path| touches(&unprotected, path));
    if !rule.enable_push && !spared {
        let approvals = match rule.required_approvals {
            0 => String::new(),
            1 => " with one approval".to_owned(),
            n => format!(" with {n} approvals"),
        };
        add(
            "pull_request_required",
            format!(
                "{protection} takes changes of {branch} by pull request{approvals} only; Trueline pushes to it. Allow {user} to push."
            ),
        );
    } else if rule.enable_push && rule.enable_push_whitelist && !spared && !listed(rule, pusher) {
        add(
            "push_not_allowed",
            format!(
                "{protection} lets only those push to {branch} whom it names; {user} is not among them. Add {user} to its list."
            ),
        );
    }
    let protected = patterns(&rule.protected_file_patterns);
    if let Some(path) = ours().into_iter().find(|path| touches(&protected, path)) {
        add(
            "files_protected",
            format!(
                "{protection} protects files that Trueline writes, such as {path}. Take their pattern out of the rule."
            ),
        );
    }
    found
}

/// Whether the account is on the list. Membership in teams is known for branches that are there; for others the
/// push will tell.
fn listed(rule: &Rule, pusher: &Pusher<'_>) -> bool {
    let named = rule.push_whitelist_usernames.iter().flatten().any(|u| u.eq_ignore_ascii_case(pusher.user));
    let teams = rule.push_whitelist_teams.as_ref().is_some_and(|teams| !teams.is_empty());
    named || pusher.shown.and_then(|b| b.user_can_push).unwrap_or(teams)
}

/// What can be told without the rules: they are shown to administrators only, the branch to every reader.
pub(super) fn of_branch(pusher: &Pusher<'_>) -> Option<Diagnosis> {
    let shown = pusher.shown.filter(|b| b.protected && b.user_can_push == Some(false))?;
    let _ = shown;
    Some(Diagnosis {
        link: Some(pusher.link.clone()),
        ..plain(
            "push_not_allowed",
            format!(
                "A rule of the repository protects {}: {} may not push to it.",
                pusher.branch, pusher.user
            ),
        )
    })
}

/// Files that a deployment writes: one of each kind.
fn ours() -> Vec<String> {
    let rendered = format!("{}/deployment.yaml", layout::rendered("prod"));
    vec![
        layout::MARK.to_owned(),
        layout::BASE_VALUES.to_owned(),
        layout::override_values("prod"),
        layout::release("prod"),
        rendered,
    ]
}

fn patterns(text: &str) -> Vec<String> {
    text.to_lowercase().split(';').map(str::trim).filter(|p| !p.is_empty()).map(str::to_owned).collect()
}

fn touches(patterns: &[String], path: &str) -> bool {
    patterns.iter().any(|pattern| glob::matches(pattern, &path.to_lowercase(), &['.', '/']))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pusher<'a>(shown: Option<&'a Branch>) -> Pusher<'a> {
        Pusher { user: "acme-bot", branch: "main", shown, link: "https://git.acme.dev/x".into() }
    }

    fn open(name: &str) -> Rule {
        Rule { rule_name: name.into(), enable_push: true, ..Rule::default() }
    }

    fn codes(rule: &Rule) -> Vec<String> {
        against(rule, &pusher(None)).into_iter().map(|d| d.code).collect()
    }

    #[test]
    fn the_first_rule_that_matches_is_in_force() {
        let rules = [
            Rule { priority: 2, ..open("main") },
            Rule { priority: 1, ..open("ma*") },
            open("release/*"),
            Rule { priority: 2, ..open("**") },
        ];
        assert_eq!(in_force(&rules, "main").unwrap().rule_name, "ma*");
        assert_eq!(in_force(&rules[..1], "MAIN").unwrap().rule_name, "main");
        assert_eq!(in_force(&[open("*"), open("main")], "main").unwrap().rule_name, "main");
        assert_eq!(in_force(&rules, "x/y").unwrap().rule_name, "**");
        assert!(in_force(&rules[2..3], "main").is_none());
        let old = Rule { branch_name: "main".into(), ..Rule::default() };
        assert!(in_force(&[old], "main").is_some());
    }

    #[test]
    fn each_demand_has_its_own_word() {
        assert_eq!(codes(&open("main")), Vec::<String>::new());
        assert_eq!(
            codes(&Rule { require_signed_commits: true, ..open("main") }),
            ["signed_commits_required"]
        );
        assert_eq!(codes(&Rule { enable_push: false, ..open("main") }), ["pull_request_required"]);
        let spared = "**.yaml; .trueline/**";
        let rule = Rule { enable_push: false, unprotected_file_patterns: spared.into(), ..open("main") };
        assert_eq!(codes(&rule), Vec::<String>::new());
        let closed = Rule { enable_push_whitelist: true, ..open("main") };
        assert_eq!(codes(&closed), ["push_not_allowed"]);
        let named = Rule { push_whitelist_usernames: Some(vec!["Acme-Bot".into()]), ..closed.clone() };
        assert_eq!(codes(&named), Vec::<String>::new());
        let team = Rule { push_whitelist_teams: Some(vec!["bots".into()]), ..closed };
        assert_eq!(codes(&team), Vec::<String>::new(), "only the push can tell");
        let shut = Branch { user_can_push: Some(false), protected: true };
        assert_eq!(against(&team, &pusher(Some(&shut)))[0].code, "push_not_allowed");
        let files = Rule { protected_file_patterns: "*.lock; ENVIRONMENTS/**".into(), ..open("main") };
        assert_eq!(codes(&files), ["files_protected"]);
        assert_eq!(of_branch(&pusher(Some(&shut))).unwrap().code, "push_not_allowed");
        assert_eq!(of_branch(&pusher(None)), None);
    }
}
