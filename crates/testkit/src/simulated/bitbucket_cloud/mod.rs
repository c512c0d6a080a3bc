//! A simulated Bitbucket Cloud: workspaces with projects, API tokens and access tokens, repositories with real
//! Git inside. Its interface is below `/2.0`; every request and answer is held against the official
//! description.

mod answers;
mod controls;
mod rest;
mod state;

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use super::host::{Answer, Dialect, GitAccess, Ground, Request, Simulated};
use crate::contract::Amendment;
pub use controls::scopes;
use rest::{holds, older_scope};
use state::{Holder, Project, Restriction, Token, Workspace, email, uuid};
pub use state::{Repo, Role, State};

const AMENDED: &[Amendment] = &[
    Amendment::Replaced {
        pointer: "/components/schemas/error/properties/error/properties/detail",
        with: "{}",
        reason: "an object with the scopes in public reports of 2019 to 2026, a text elsewhere",
    },
    Amendment::Replaced {
        pointer: "/components/schemas/error/properties/error/properties/fields",
        with: r#"{"type":"object"}"#,
        reason: "named in the chapter on errors, left out of the schema",
    },
    Amendment::Replaced {
        pointer: "/components/schemas/repository/allOf/1/properties/mainbranch",
        with: r##"{"allOf":[{"$ref":"#/components/schemas/branch"}],"nullable":true}"##,
        reason: "null while the repository is empty",
    },
];

/// The simulated Bitbucket Cloud.
pub type BitbucketCloud = Simulated<State>;

impl Dialect for State {
    const NAME: &'static str = "Bitbucket Cloud";
    const DESCRIPTION: &'static str = "bitbucket.trimmed.json";
    const UNLISTED: &'static [(&'static str, &'static str)] = &[
        ("?pagelen", "described once for all lists, in the chapter on paging"),
        ("?page", "part of the links to next pages only, described with paging"),
        ("* 400", "described for few calls"),
        ("* 403", "a missing scope is described for few calls"),
        ("* 429", "rate limits are described for no call"),
    ];
    const AMENDED: &'static [Amendment] = AMENDED;
    const API: &'static str = "/2.0";
    const SCOPE_FIELD: &'static str = "workspace";
    const SCOPES: &'static [&'static str] = &[
        "read:user:bitbucket",
        "read:workspace:bitbucket",
        "read:project:bitbucket",
        "read:repository:bitbucket",
        "write:repository:bitbucket",
        "admin:repository:bitbucket",
        "delete:repository:bitbucket",
    ];
    const RATE: u64 = 1000;

    fn rest(&mut self, ground: &Ground, request: &Request<'_>) -> Answer {
        rest::answer(self, ground, request)
    }

    fn git_access(&mut self, _: &Ground, access: &GitAccess<'_>) -> Result<PathBuf, Answer> {
        let refused = |status, message: &str| Err(Answer::text(status, "text/plain", message));
        let token = match access.presented {
            None => None,
            Some(presented) => match self.over_git(presented) {
                Some(token) => Some(token),
                None => return Err(self.not_signed_in(&presented.secret)),
            },
        };
        let hidden = "You may not have access to this repository or it no longer exists in this workspace.\n";
        let found = access.path.split_once('/').and_then(|(w, s)| self.repo(w, s)).cloned();
        let Some(repo) = found else { return refused(404, hidden) };
        let rights = self.rights(token.as_ref(), &repo);
        if token.is_none() && (!rights.read || access.pushing) {
            return Err(unauthorized());
        }
        if !rights.read {
            return refused(404, hidden);
        }
        if let Some(token) = &token {
            let write = access.pushing;
            let scope = if write { "write:repository:bitbucket" } else { "read:repository:bitbucket" };
            if !holds(token, scope) && !holds(token, older_scope(scope)) {
                return refused(403, "Your credentials lack one or more required privilege scopes.\n");
            }
        }
        let stored = self.repos.get_mut(&repo.id).expect("it is there");
        if stored.hidden.1 > 0 {
            stored.hidden.1 -= 1;
            return refused(404, hidden);
        }
        stored.settle_main();
        if !access.pushing {
            return Ok(repo.path);
        }
        if !rights.write {
            return refused(403, "You do not have write access to this repository.\n");
        }
        if self.workspaces[&repo.workspace].over_plan {
            return refused(
                402,
                "The workspace has exceeded its user limit and this repository is restricted to read-only \
                 access.\n",
            );
        }
        self.restrict(&repo, token.as_ref());
        Ok(repo.path)
    }

    fn throttled(&self) -> Answer {
        answers::error(429, "Rate limit for this resource has been exceeded")
    }

    /// What is left is not told, only whether it is little (support.atlassian.com, 2026).
    fn rate_headers(&self, left: u64) -> Vec<(&'static str, String)> {
        vec![
            ("x-ratelimit-limit", Self::RATE.to_string()),
            ("x-ratelimit-resource", "api-repositories".to_owned()),
            ("x-ratelimit-nearlimit", (left < Self::RATE / 5).to_string()),
        ]
    }

    fn furnish(&mut self, ground: &Ground, scope: &str, user: &str) {
        self.add_user(ground, user);
        let made = |key: &str, created_on: &str| Project {
            key: key.to_owned(),
            uuid: uuid(ground.number()),
            created_on: created_on.to_owned(),
            closed: false,
        };
        let workspace = Workspace {
            slug: scope.to_owned(),
            uuid: uuid(ground.number()),
            members: HashMap::from([(user.to_owned(), Role::Owner)]),
            // Lists come in the order of names, not of age.
            projects: vec![
                made("OPS", "2023-08-09T10:11:12.000000+00:00"),
                made("PLAT", "2021-02-03T04:05:06.000000+00:00"),
            ],
            rule: None,
            over_plan: false,
        };
        self.workspaces.insert(scope.to_owned(), workspace);
    }

    fn entered_host(_: &str) -> String {
        "https://bitbucket.org".to_owned()
    }

    fn entered_username(user: &str) -> String {
        email(user)
    }

    fn git_username(_: &str) -> String {
        "x-bitbucket-api-token-auth".to_owned()
    }

    fn settings(web: &str) -> Vec<(&'static str, String)> {
        vec![("TRUELINE_BITBUCKET_API", format!("{web}{}", Self::API))]
    }

    /// A text that begins with `ATCTT` becomes an access token of the user's workspace, one that begins with
    /// `ATBB` an app password, any other an API token.
    fn token(&mut self, _: &Ground, text: &str, user: &str, scopes: &[&str]) {
        let own = || {
            let mut all = self.workspaces.values();
            all.find(|w| w.members.get(user) == Some(&Role::Owner)).expect("a workspace").slug.clone()
        };
        let (holder, older) = match text {
            t if t.starts_with("ATCTT") => (Holder::Workspace(own()), true),
            t if t.starts_with("ATBB") => (Holder::AppPassword, true),
            _ => (Holder::Account(user.to_owned()), false),
        };
        let spelt = |s: &&str| if older { older_scope(s).to_owned() } else { (*s).to_owned() };
        let scopes = scopes.iter().map(spelt).filter(|s| !s.is_empty() && s != "account").collect();
        self.tokens.insert(text.to_owned(), Token { holder, scopes, expired: false });
    }

    fn expire(&mut self, text: &str) {
        self.tokens.get_mut(text).expect("the token").expired = true;
    }

    fn repositories(&self) -> Vec<String> {
        self.repos.values().map(|r| format!("{}/{}", r.workspace, r.slug)).collect()
    }

    fn rename(&mut self, scope: &str, name: &str, to: &str) {
        let id = self.repo(scope, name).expect("the repository").id;
        self.repos.get_mut(&id).expect("the repository").slug = to.to_owned();
    }

    fn refuse_pushes(&mut self, scope: &str, lines: &[&str]) {
        self.workspace(scope).rule = Some(lines.iter().map(|l| (*l).to_owned()).collect());
    }
}

impl State {
    /// What Git says to a credential that is not accepted: 410 to an app password, 401 to others.
    fn not_signed_in(&self, secret: &str) -> Answer {
        let gone = self.tokens.get(secret).is_some_and(|t| t.holder == Holder::AppPassword);
        if gone {
            let message = "CHANGE-3222 - App passwords have been removed from Bitbucket Cloud.\n";
            return Answer::text(410, "text/plain", message);
        }
        unauthorized()
    }

    /// Lets Git itself refuse the branches that the pusher may not push to.
    fn restrict(&self, repo: &Repo, token: Option<&Token>) {
        if repo.restrictions.is_empty() {
            return;
        }
        let uuid = match token.map(|t| &t.holder) {
            Some(Holder::Account(nickname)) => self.users.get(nickname).map(|u| u.uuid.clone()),
            _ => None,
        };
        let standing = repo
            .restrictions
            .iter()
            .filter(|r| r.kind == "push" && uuid.as_ref().is_none_or(|u| !r.users.contains(u)));
        install(&repo.path, standing);
    }
}

fn install<'a>(path: &Path, standing: impl Iterator<Item = &'a Restriction>) {
    use std::os::unix::fs::PermissionsExt as _;
    let refuse = "echo \"Permission denied to update branch ${1#refs/heads/}.\" >&2; exit 1";
    let arms: String = standing.map(|r| format!("refs/heads/{}) {refuse};;\n", r.pattern)).collect();
    let hooks = path.join("hooks");
    std::fs::create_dir_all(&hooks).expect("a folder for hooks");
    let hook = hooks.join("update");
    std::fs::write(&hook, format!("#!/bin/sh\ncase \"$1\" in\n{arms}*) exit 0;;\nesac\n")).expect("a hook");
    std::fs::set_permissions(&hook, std::fs::Permissions::from_mode(0o755)).expect("an executable hook");
}

fn unauthorized() -> Answer {
    Answer::text(401, "text/plain", "You may not have access to this repository or it no longer exists.\n")
        .with("www-authenticate", "Basic realm=\"Bitbucket.org HTTP\"")
}
