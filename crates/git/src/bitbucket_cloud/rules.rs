//! Branch restrictions that would refuse our commits.
//!
//! Of the many kinds only `push` stands in the way of a push; the `require_…_to_merge` kinds hold for pull
//! requests (developer.atlassian.com, branch restrictions, 2026). Who is named in a `push` restriction may
//! push all the same; an access token cannot be named in one (community.atlassian.com, 2023).

use model::check::Diagnosis;
use model::repository::Repository;

use super::{BitbucketCloud, repositories, wire};
use crate::diagnosis::plain;
use crate::{BranchRules, Error};

pub(super) async fn against(
    bitbucket: &BitbucketCloud,
    repository: &Repository,
    branch: &str,
) -> Result<BranchRules, Error> {
    let id = repositories::id(repository)?;
    let segments = ["repositories", bitbucket.workspace(), id, "branch-restrictions"];
    let restrictions: Vec<wire::Restriction> = bitbucket.pages(&segments).await?;
    let mut standing: Vec<_> = restrictions
        .into_iter()
        .filter(|r| r.kind == "push" && matches(r, branch, &repository.default_branch))
        .collect();
    if standing.is_empty() {
        return Ok(BranchRules::default());
    }
    if !bitbucket.uses_access_token() {
        let me: wire::User = bitbucket.get(&["user"]).await?.json()?;
        standing.retain(|r| r.users.iter().all(|u| u.uuid != me.uuid));
    }
    let page = format!("{}/admin", repository.web_url.trim_end_matches('/'));
    let mut against = BranchRules::default();
    for rule in &standing {
        let told = told(bitbucket, rule, branch, &page);
        // Who belongs to a group is told by no call of the present interface.
        if rule.groups.is_empty() || bitbucket.uses_access_token() {
            against.refusing(told);
        } else {
            against.doubtful(told);
        }
    }
    Ok(against)
}

fn told(bitbucket: &BitbucketCloud, rule: &wire::Restriction, branch: &str, page: &str) -> Diagnosis {
    let pattern = rule.pattern.as_deref().filter(|p| !p.is_empty()).or(rule.branch_type.as_deref());
    let pattern = pattern.unwrap_or(branch);
    let groups: Vec<_> = rule.groups.iter().filter_map(|g| g.name.as_deref().or(g.slug.as_deref())).collect();
    let people: Vec<_> = rule.users.iter().map(wire::User::name).collect();
    let named: Vec<_> = people.iter().chain(&groups).copied().collect();
    let whom = if named.is_empty() {
        "lets nobody push".to_owned()
    } else {
        format!("lets only {} push", named.join(", "))
    };
    let so = if bitbucket.uses_access_token() {
        "An access token cannot be excepted from it: use an API token, or a branch without it.".to_owned()
    } else if groups.is_empty() {
        format!("Add {} to it, or use another branch.", bitbucket.who())
    } else {
        format!(
            "Bitbucket does not tell whether {0} belongs to the group: if it does not, add {0} to it.",
            bitbucket.who()
        )
    };
    Diagnosis {
        link: Some(page.to_owned()),
        ..plain("branch_rule", format!("The branch restriction {pattern:?} {whom} to {branch}. {so}"))
    }
}

/// Whether a restriction holds for a branch.
fn matches(rule: &wire::Restriction, branch: &str, default: &str) -> bool {
    if rule.branch_match_kind == "branching_model" {
        // The development branch of the branching model is the main branch unless someone chose another; the
        // production branch is none unless chosen. The other types are prefixes.
        return match rule.branch_type.as_deref() {
            Some("development") => branch == default,
            Some(kind) => branch.strip_prefix(kind).is_some_and(|rest| rest.starts_with('/')),
            None => false,
        };
    }
    glob(rule.pattern.as_deref().unwrap_or_default().as_bytes(), branch.as_bytes())
}

/// Bitbucket's patterns: `*` stands for any characters, slashes included; `?` for one.
fn glob(pattern: &[u8], text: &[u8]) -> bool {
    let (mut p, mut t, mut star) = (0, 0, None);
    while t < text.len() {
        match pattern.get(p) {
            Some(b'*') => {
                star = Some((p, t));
                p += 1;
            }
            Some(&c) if c == b'?' || c == text[t] => {
                p += 1;
                t += 1;
            }
            _ => match star {
                Some((at, taken)) => {
                    star = Some((at, taken + 1));
                    p = at + 1;
                    t = taken + 1;
                }
                None => return false,
            },
        }
    }
    pattern[p..].iter().all(|c| *c == b'*')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn restrictions_hold_for_the_branches_of_their_pattern() {
        let rule = |kind: &str, pattern: &str| wire::Restriction {
            kind: "push".into(),
            branch_match_kind: kind.into(),
            branch_type: Some(pattern.into()),
            pattern: Some(pattern.into()),
            users: Vec::new(),
            groups: Vec::new(),
        };
        for (kind, pattern, branch, holds) in [
            ("glob", "main", "main", true),
            ("glob", "main", "maintenance", false),
            ("glob", "*", "environment/production", true),
            ("glob", "environment/*", "environment/production", true),
            ("glob", "release-?", "release-1", true),
            ("glob", "release-?", "release-10", false),
            ("glob", "*a*b", "xaxxb", true),
            ("glob", "*a*b", "xaxx", false),
            ("glob", "", "main", false),
            ("branching_model", "development", "main", true),
            ("branching_model", "development", "other", false),
            ("branching_model", "release", "release/1", true),
            ("branching_model", "production", "main", false),
        ] {
            assert_eq!(matches(&rule(kind, pattern), branch, "main"), holds, "{pattern} {branch}");
        }
    }
}
