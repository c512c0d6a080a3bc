//! The policies of a branch that would refuse our commits.

use http::Method;
use model::check::Diagnosis;
use model::repository::Repository;

use super::repositories::checked;
use super::wire::{Listed, Policy};
use super::{AzureDevOps, Right, VERSION};
use crate::diagnosis::plain;
use crate::{BranchRules, Error};

/// Pages of policies that are read.
const PAGES: usize = 10;

/// Policies of pushes, by the ids that they have in every organization (learn.microsoft.com, policy types).
const AUTHOR_EMAIL: &str = "77ed4bd3-b063-4689-934a-175e4d0a78d7";
const FILE_PATHS: &str = "51c78909-e838-41a2-9496-c647091e3c61";
const PATH_LENGTH: &str = "001a79cf-fda1-4c4e-9e7c-bac40ee5ead8";
const FILE_SIZE: &str = "2e26e725-8201-4edd-8bf5-978563c34a80";

/// Policies of pull requests: while one of them is required, nothing can be pushed to the branch.
const PULL_REQUEST: [&str; 7] = [
    "fa4e907d-c16b-4a4c-9dfa-4906e5d171dd", // minimum number of reviewers
    "fd2167ab-b0be-447a-8ec8-39368250530e", // required reviewers
    "0609b952-1397-4640-95ec-e00a01b2c241", // build
    "c6a1889d-b943-4856-b76f-9e46bb6b0df2", // comment requirements
    "40e92b44-2fe1-4dd6-b3d8-74a9c21d0c6e", // work item linking
    "fa4e907d-c16b-4a4c-9dfa-4916e5d171ab", // merge strategy
    "cbdc66da-9728-4af8-aada-9a5a32e4a226", // status
];

/// Paths as Trueline writes them; longer ones are rare.
const PATHS: [&str; 7] = [
    "/README.md",
    "/.gitattributes",
    "/.trueline/application.yaml",
    "/values.yaml",
    "/environments/production/override.yaml",
    "/environments/production/chart/templates/_helpers.tpl",
    "/environments/production/rendered/manifests/shop/deployment.apps.shop.yaml",
];
/// Room that a path needs.
const PATH_ROOM: u64 = 200;
/// Bytes that a file may have to have: a large chart's definitions.
const FILE_ROOM: u64 = 1024 * 1024;

impl AzureDevOps {
    /// The policies in force for a branch, from the project down.
    pub(super) async fn policies(&self, repository: &Repository, branch: &str) -> Result<BranchRules, Error> {
        let id = checked(&repository.id)?;
        let link = self.organization.page(&[&self.account.scope, "_settings", "repositories"])
            + &format!("?repo={id}&_a=policiesMid");
        let mut found = BranchRules::default();
        for policy in self.policies_of(id, branch).await? {
            match refusing(&policy, branch) {
                None => {}
                Some(rule) if in_doubt(&policy) => found.doubtful(rule),
                Some(rule) => found.refusing(rule),
            }
        }
        if found.is_empty() {
            return Ok(found);
        }
        let project = self.project().await?.id.clone();
        let exempt = self.may(Right::BypassPolicies, &project, id).await? == Some(true);
        Ok(if exempt { BranchRules::default() } else { found.linked(&link) })
    }

    async fn policies_of(&self, id: &str, branch: &str) -> Result<Vec<Policy>, Error> {
        let mut policies = Vec::new();
        let mut token: Option<String> = None;
        for _ in 0..PAGES {
            let mut call = self.ask(Method::GET, &self.git(&["policy", "configurations"]), VERSION)?;
            let refname = format!("refs/heads/{branch}");
            call.url.query_pairs_mut().append_pair("repositoryId", id).append_pair("refName", &refname);
            if let Some(token) = &token {
                call.url.query_pairs_mut().append_pair("continuationToken", token);
            }
            let answer = self.http.call(&call).await?.success()?;
            policies.extend(answer.json::<Listed<Policy>>()?.value);
            token = answer.header("x-ms-continuationtoken").map(str::to_owned);
            if token.is_none() {
                break;
            }
        }
        Ok(policies)
    }
}

/// What a policy would refuse.
fn refusing(policy: &Policy, branch: &str) -> Option<Diagnosis> {
    if !policy.is_enabled || !policy.is_blocking || policy.is_deleted {
        return None;
    }
    let kind = policy.kind.id.to_lowercase();
    let settings = &policy.settings;
    match kind.as_str() {
        AUTHOR_EMAIL => {
            let patterns = settings.author_email_patterns.clone().unwrap_or_default().join(", ");
            Some(plain(
                "author_email_rule",
                format!(
                    "Only commits whose author's e-mail address matches {patterns} are accepted: the addresses \
                     of Trueline's users have to match."
                ),
            ))
        }
        FILE_PATHS => {
            let patterns = settings.filename_patterns.as_deref().unwrap_or_default();
            let path = PATHS.into_iter().find(|path| blocked(patterns, path))?;
            Some(plain(
                "path_rule",
                format!("Paths that match {} are refused; Trueline writes {path}.", patterns.join(", ")),
            ))
        }
        PATH_LENGTH => {
            let most = settings.max_path_length.filter(|most| *most < PATH_ROOM)?;
            Some(plain(
                "path_length_rule",
                format!("Paths longer than {most} characters are refused; Trueline needs up to {PATH_ROOM}."),
            ))
        }
        FILE_SIZE => {
            let most = settings.maximum_git_blob_size_in_bytes.filter(|most| *most < FILE_ROOM)?;
            Some(plain(
                "file_size_rule",
                format!("Files larger than {most} bytes are refused; a chart's files can be larger."),
            ))
        }
        kind if PULL_REQUEST.contains(&kind) => {
            let name = policy.kind.display_name.as_deref().unwrap_or("a policy");
            let count = settings.minimum_approver_count.map(|n| format!(" ({n})")).unwrap_or_default();
            Some(Diagnosis {
                missing: Some("Bypass policies when pushing".into()),
                ..plain(
                    "pull_request_required",
                    format!(
                        "{branch} takes changes by pull request only, by the policy \"{name}\"{count}: choose \
                         another branch, take the policy back, or give the account the right to bypass it."
                    ),
                )
            })
        }
        _ => None,
    }
}

/// Whether it depends on who deploys, or on the chart, what a policy refuses.
fn in_doubt(policy: &Policy) -> bool {
    matches!(policy.kind.id.to_lowercase().as_str(), AUTHOR_EMAIL | FILE_SIZE)
}

/// Whether patterns refuse a path: the last one that matches decides, and `!` lets through.
fn blocked(patterns: &[String], path: &str) -> bool {
    let mut refused = false;
    for pattern in patterns {
        let (allows, pattern) = match pattern.strip_prefix('!') {
            Some(rest) => (true, rest),
            None => (false, pattern.as_str()),
        };
        if matches(pattern.as_bytes(), path.as_bytes()) {
            refused = !allows;
        }
    }
    refused
}

/// Whether a pattern with `*` and `?` matches a whole path; one without a slash at its start matches any end.
fn matches(pattern: &[u8], path: &[u8]) -> bool {
    let anchored = matches!(pattern.first(), Some(b'/' | b'*'));
    let (mut p, mut t) = (0, 0);
    let mut star: Option<(usize, usize)> = if anchored { None } else { Some((0, 0)) };
    while t < path.len() {
        match pattern.get(p) {
            Some(b'*') => {
                star = Some((p + 1, t));
                p += 1;
            }
            Some(c) if *c == b'?' || c.eq_ignore_ascii_case(&path[t]) => {
                p += 1;
                t += 1;
            }
            _ => match star {
                Some((after, from)) => {
                    star = Some((after, from + 1));
                    p = after;
                    t = from + 1;
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
    use proptest::prelude::*;

    fn policy(kind: &str, settings: &str) -> Policy {
        let text = format!(
            r#"{{"isEnabled":true,"isBlocking":true,"type":{{"id":"{kind}","displayName":"Named"}},"settings":{settings}}}"#
        );
        serde_json::from_str(&text).unwrap()
    }

    #[test]
    fn each_policy_that_refuses_has_its_words() {
        for (kind, settings, code, word) in [
            (PULL_REQUEST[0], r#"{"minimumApproverCount":2,"scope":[]}"#, "pull_request_required", "(2)"),
            (PULL_REQUEST[2], r#"{"buildDefinitionId":5}"#, "pull_request_required", "\"Named\""),
            (AUTHOR_EMAIL, r#"{"authorEmailPatterns":["*@acme.dev"]}"#, "author_email_rule", "*@acme.dev"),
            (FILE_PATHS, r#"{"filenamePatterns":["*.yaml"]}"#, "path_rule", "application.yaml"),
            (PATH_LENGTH, r#"{"maxPathLength":80}"#, "path_length_rule", "80 characters"),
            (FILE_SIZE, r#"{"maximumGitBlobSizeInBytes":1000}"#, "file_size_rule", "1000 bytes"),
        ] {
            let told = refusing(&policy(kind, settings), "main").unwrap();
            assert_eq!(told.code, code);
            assert!(told.sentence.contains(word), "{told:?}");
        }
    }

    #[test]
    fn policies_that_refuse_nothing_of_ours_are_left_out() {
        for (kind, settings) in [
            (FILE_PATHS, r#"{"filenamePatterns":["*.exe","/bin/*"]}"#),
            (FILE_PATHS, r#"{"filenamePatterns":["*.yaml","!*.yaml"]}"#),
            (PATH_LENGTH, r#"{"maxPathLength":4096}"#),
            (FILE_SIZE, r#"{"maximumGitBlobSizeInBytes":104857600}"#),
            ("0517f88d-4ec5-4343-9d26-9930ebd53069", "{}"),
        ] {
            assert_eq!(refusing(&policy(kind, settings), "main"), None, "{kind} {settings}");
        }
        let mut off = policy(PULL_REQUEST[0], "{}");
        off.is_enabled = false;
        assert_eq!(refusing(&off, "main"), None);
        let mut optional = policy(PULL_REQUEST[0], "{}");
        optional.is_blocking = false;
        assert_eq!(refusing(&optional, "main"), None);
    }

    #[test]
    fn patterns_match_as_the_host_says() {
        for (pattern, path, want) in [
            ("/README.md", "/README.md", true),
            ("/readme.md", "/README.md", true),
            ("README.md", "/README.md", true),
            ("/environments/*", "/environments/a/b.yaml", true),
            ("*.tpl", "/chart/_helpers.tpl", true),
            ("/value?.yaml", "/values.yaml", true),
            ("/values", "/values.yaml", false),
            ("/docs/*", "/values.yaml", false),
        ] {
            assert_eq!(matches(pattern.as_bytes(), path.as_bytes()), want, "{pattern} {path}");
        }
    }

    proptest! {
        #[test]
        fn no_pattern_breaks_the_match(pattern in "[a/*?.!]{0,12}", path in "[a/.]{0,16}") {
            let _ = blocked(std::slice::from_ref(&pattern), &path);
            prop_assert!(matches(b"*", path.as_bytes()));
        }
    }
}
