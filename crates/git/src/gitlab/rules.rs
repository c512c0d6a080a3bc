//! Protected branches and push rules that would refuse our commits.

use http::Method;
use model::check::Diagnosis;
use model::layout;
use regex::Regex;
use serde::de::DeserializeOwned;

use super::{GitLab, wire};
use crate::diagnosis::plain;
use crate::{BranchRules, Error};

/// The most protections that are read of a project.
const PROTECTIONS: usize = 200;

/// Files that every deployment writes.
const FILES: [&str; 4] =
    [".trueline/application.yaml", "values.yaml", "environments/production/release.yaml", "README.md"];

/// The rules of the branch that would refuse our commits.
pub(super) async fn of(gitlab: &GitLab, id: &str, branch: &str) -> Result<BranchRules, Error> {
    let (alone, of_pushes) = (["projects", id], ["projects", id, "push_rule"]);
    let (project, protections, rule) = tokio::join!(
        gitlab.get(&alone),
        protections(gitlab, id),
        if_there::<Option<wire::PushRule>>(gitlab, &of_pushes),
    );
    let project: wire::Project = project?.json()?;
    let protected: Vec<Diagnosis> = protection(gitlab, &project, &protections?, branch).into_iter().collect();
    let mut against = BranchRules::from(protected);
    // Push rules are of paid tiers: elsewhere the call is not there (404), and a Developer may not read them
    // (403). No rules: null.
    if let Some(rule) = rule?.flatten() {
        // The first branch that is pushed becomes the default of an empty project.
        let default = project.default_branch.as_deref().unwrap_or(branch) == branch;
        let link = format!("{}/-/settings/repository#js-push-rules", project.web_url);
        against = against.and(pushes(&rule, branch, default).linked(&link));
    }
    Ok(against)
}

async fn protections(gitlab: &GitLab, id: &str) -> Result<Vec<wire::ProtectedBranch>, Error> {
    let mut call = gitlab.ask(Method::GET, &["projects", id, "protected_branches"])?;
    call.url.query_pairs_mut().append_pair("per_page", "100");
    match gitlab.http.pages(call, PROTECTIONS).await {
        Err(Error::Forbidden(_) | Error::NotFound(_)) => Ok(Vec::new()),
        other => other,
    }
}

async fn if_there<T: DeserializeOwned>(gitlab: &GitLab, segments: &[&str]) -> Result<Option<T>, Error> {
    match gitlab.get(segments).await {
        Ok(answer) => answer.json().map(Some),
        Err(Error::Forbidden(_) | Error::NotFound(_)) => Ok(None),
        Err(error) => Err(error),
    }
}

/// The protection that keeps the account from pushing to the branch. Of several that fit, the most lenient
/// counts (docs.gitlab.com, protected branches).
fn protection(
    gitlab: &GitLab,
    project: &wire::Project,
    protections: &[wire::ProtectedBranch],
    branch: &str,
) -> Option<Diagnosis> {
    let fitting: Vec<_> = protections.iter().filter(|p| fits(&p.name, branch)).collect();
    // An administrator is no member and may push everywhere.
    let (false, Some(level)) = (fitting.is_empty(), project.level()) else { return None };
    let user = gitlab.user.get().copied();
    let allows = |access: &wire::PushAccess| match (access.user_id, access.group_id, access.deploy_key_id) {
        (Some(id), ..) => Some(id) == user,
        // Whether the account belongs to that group is not known here: the push itself will tell.
        (_, Some(_), _) => true,
        (_, _, Some(_)) => false,
        // 0 stands for "No one".
        _ => access.access_level.is_some_and(|least| least > 0 && level >= least),
    };
    let accesses = || fitting.iter().flat_map(|p| p.push_access_levels.iter().flatten());
    if accesses().any(allows) {
        return None;
    }
    let least = accesses().filter_map(|a| a.access_level.filter(|l| *l > 0)).min();
    let link = Some(format!("{}/-/settings/repository#js-protected-branches-settings", project.web_url));
    let name = &project.path_with_namespace;
    Some(match least {
        Some(least) => Diagnosis {
            missing: Some(wire::role(least).into()),
            link,
            ..plain(
                "branch_protected",
                format!(
                    "{branch} of {name} is protected: {} may push to it, and {} is {} there.",
                    plural(least),
                    gitlab.who(),
                    wire::role(level)
                ),
            )
        },
        None => Diagnosis {
            missing: Some("Allowed to push and merge".into()),
            link,
            ..plain(
                "merge_request_required",
                format!(
                    "{branch} of {name} is protected: no one may push to it, changes come by merge requests only."
                ),
            )
        },
    })
}

fn plural(level: wire::Level) -> String {
    match level {
        wire::OWNER.. => "only Owners".into(),
        _ => format!("only {}s and above", wire::role(level)),
    }
}

/// Whether a name or pattern with `*` means the branch.
fn fits(pattern: &str, branch: &str) -> bool {
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = branch.strip_prefix(first) else { return false };
    let mut open = false;
    for part in parts {
        open = true;
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    rest.is_empty()
        || (open && pattern.ends_with('*'))
        || (open && branch.ends_with(pattern.rsplit('*').next().unwrap_or_default()))
}

/// The push rules that our commits break, or may break.
fn pushes(rule: &wire::PushRule, branch: &str, default: bool) -> BranchRules {
    let mut against = BranchRules::default();
    switches(rule, &mut against);
    patterns(rule, branch, default, &mut against);
    people(rule, &mut against);
    against
}

fn rule(code: &str, missing: &str, sentence: impl Into<String>) -> Diagnosis {
    Diagnosis { missing: Some(missing.into()), ..plain(code, sentence) }
}

/// The rules that are on or off.
fn switches(rules: &wire::PushRule, against: &mut BranchRules) {
    if rules.reject_unsigned_commits == Some(true) {
        against.refusing(rule(
            "signed_commits_required",
            "Reject unsigned commits",
            "A push rule refuses commits without a signature, and Trueline does not sign: take it back for this \
             group.",
        ));
    }
    if rules.reject_non_dco_commits == Some(true) {
        against.refusing(rule(
            "message_rule",
            "Reject commits that are not DCO certified",
            "A push rule wants a line Signed-off-by in each message, which Trueline does not write: take it back \
             for this group.",
        ));
    }
}

/// The rules about who commits: whether they refuse depends on who deploys and on the committer that was entered, so
/// only a push tells.
fn people(rules: &wire::PushRule, against: &mut BranchRules) {
    if rules.member_check == Some(true) {
        against.doubtful(rule(
            "author_rule",
            "Check whether the commit author is a GitLab user",
            "A push rule wants every author to be a GitLab user: authors are those who deploy, by their address in \
             Trueline.",
        ));
    }
    if rules.commit_committer_check == Some(true) || rules.commit_committer_name_check == Some(true) {
        against.doubtful(rule(
            "author_rule",
            "Reject unverified users",
            "A push rule wants the committer to be the token's own account: enter its name and its verified address \
             as the committer of this configuration.",
        ));
    }
    if let Some(pattern) = rules.author_email_regex.as_deref().filter(|p| !p.is_empty() && *p != ".*") {
        against.doubtful(rule(
            "author_rule",
            "Commit author's email",
            format!(
                "A push rule wants addresses of authors and committers that match {pattern}: those of Trueline's \
                 users, and of the committer of this configuration."
            ),
        ));
    }
}

/// The rules that are patterns.
fn patterns(rules: &wire::PushRule, branch: &str, default: bool, against: &mut BranchRules) {
    let messages = layout::example_messages();
    let messages: Vec<&str> = messages.iter().map(String::as_str).collect();
    // The pattern, and the first text that breaks it.
    let breaks = |pattern: &Option<String>, texts: &[&str], wanted: bool| {
        let pattern = pattern.as_deref().filter(|p| !p.is_empty())?;
        // A pattern that cannot be read here is left to the host.
        let rule = Regex::new(pattern).ok()?;
        let broken = texts.iter().find(|text| rule.is_match(text) != wanted)?;
        Some((pattern.to_owned(), broken.lines().next().unwrap_or_default().to_owned()))
    };
    if let Some((pattern, ours)) = breaks(&rules.commit_message_regex, &messages, true) {
        against.refusing(rule(
            "message_rule",
            "Require expression in commit messages",
            format!("A push rule wants messages that match {pattern}, and ours, such as {ours:?}, do not."),
        ));
    }
    if let Some((pattern, ours)) = breaks(&rules.commit_message_negative_regex, &messages, false) {
        against.refusing(rule(
            "message_rule",
            "Reject expression in commit messages",
            format!("A push rule refuses messages that match {pattern}, as ours do, such as {ours:?}."),
        ));
    }
    // The default branch is let through whatever the pattern says (docs.gitlab.com, push rules).
    if !default && let Some((pattern, _)) = breaks(&rules.branch_name_regex, &[branch], true) {
        against.refusing(rule(
            "name_rule",
            "Branch name",
            format!("A push rule wants names of branches that match {pattern}, and {branch} does not."),
        ));
    }
    if let Some((pattern, file)) = breaks(&rules.file_name_regex, &FILES, false) {
        against.refusing(rule(
            "name_rule",
            "Prohibited file names",
            format!("A push rule refuses files whose names match {pattern}, as {file} of Trueline's does."),
        ));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_of_protected_branches_fit() {
        for (pattern, branch, want) in [
            ("main", "main", true),
            ("main", "maintenance", false),
            ("main*", "maintenance", true),
            ("*", "main", true),
            ("release/*", "release/1", true),
            ("release/*", "release", false),
            ("*-stable", "1-stable", true),
            ("*-stable", "1-stable-2", false),
            ("*-stable", "1-stable-stable", true),
            ("a*b*c", "axxbyyc", true),
            ("a*b*c", "axxbyyd", false),
        ] {
            assert_eq!(fits(pattern, branch), want, "{pattern} {branch}");
        }
    }

    #[test]
    fn push_rules_are_held_against_our_commits() {
        let words = |rules: Vec<Diagnosis>| rules.into_iter().map(|d| d.code).collect::<Vec<_>>();
        let codes = |rule: wire::PushRule, default| {
            let BranchRules { refuse, may_refuse } = pushes(&rule, "main", default);
            (words(refuse), words(may_refuse))
        };
        let text = |t: &str| Some(t.to_owned());
        let none = wire::PushRule::default;
        for (rule, default, want) in [
            (none(), true, &[][..]),
            (
                wire::PushRule { reject_unsigned_commits: Some(true), ..none() },
                true,
                &["signed_commits_required"],
            ),
            (wire::PushRule { reject_non_dco_commits: Some(true), ..none() }, true, &["message_rule"]),
            (wire::PushRule { commit_message_regex: text(r"^JIRA-\d+"), ..none() }, true, &["message_rule"]),
            (wire::PushRule { commit_message_regex: text("(?i)deploy"), ..none() }, true, &[]),
            // Rollbacks have another subject.
            (wire::PushRule { commit_message_regex: text("^Deploy "), ..none() }, true, &["message_rule"]),
            (wire::PushRule { commit_message_regex: text("("), ..none() }, true, &[]),
            (
                wire::PushRule { commit_message_negative_regex: text("Ann"), ..none() },
                true,
                &["message_rule"],
            ),
            (wire::PushRule { branch_name_regex: text("^env/"), ..none() }, true, &[]),
            (wire::PushRule { branch_name_regex: text("^env/"), ..none() }, false, &["name_rule"]),
            (wire::PushRule { file_name_regex: text("\\.ya?ml$"), ..none() }, true, &["name_rule"]),
            (wire::PushRule { file_name_regex: text("\\.exe$"), ..none() }, true, &[]),
        ] {
            assert_eq!(codes(rule, default).0, want);
        }
        // Whom they refuse depends on people.
        for rule in [
            wire::PushRule { author_email_regex: text("@acme.dev$"), ..none() },
            wire::PushRule { commit_committer_check: Some(true), ..none() },
            wire::PushRule { member_check: Some(true), ..none() },
        ] {
            assert_eq!(codes(rule, true), (vec![], vec!["author_rule".to_owned()]));
        }
    }
}
