//! A simulated GitHub: organizations and users, tokens with scopes, repositories with real Git inside.
//!
//! Serves the interface of github.com at its root and that of an Enterprise Server below `/api/v3`; every
//! request and answer is held against GitHub's official description.

mod answers;
mod branches;
mod rest;
mod state;

use std::collections::{HashMap, HashSet};
use std::path::PathBuf;

use super::host::{Answer, Dialect, GitAccess, Ground, Request, Simulated};

pub use super::host::Seen;
use state::{Account, Token};
pub use state::{Kind, Member, Repo, SingleSignOn, State};

/// The simulated GitHub.
pub type GitHub = Simulated<State>;

impl Dialect for State {
    const NAME: &'static str = "GitHub";
    const DESCRIPTION: &'static str = "github.trimmed.json";
    const UNLISTED: &'static [(&'static str, &'static str)] = &[
        ("GET /repositories/{id}", "works on the host since its first version, is in no description"),
        ("* 401", "a rejected token is described for few calls"),
        ("* 403", "single sign-on, missing rights and rate limits are described for few calls"),
        ("* 404", "what may not be seen is described for few calls"),
    ];
    const API: &'static str = "/api/v3";
    const SCOPES: &'static [&'static str] = &["repo", "delete_repo"];
    const RATE: u64 = 5000;
    const ETAGS: bool = true;
    const SCOPE_FIELD: &'static str = "organization";

    fn exceeded(&self) -> Answer {
        rest::message(
            403,
            "You have exceeded a secondary rate limit. Please wait a few minutes before you try again.",
        )
        .with("retry-after", "60")
    }

    fn rest(&mut self, ground: &Ground, request: &Request<'_>) -> Answer {
        rest::answer(self, ground, request)
    }

    fn git_access(&mut self, _: &Ground, access: &GitAccess<'_>) -> Result<PathBuf, Answer> {
        let refused = |status, message: &'static str| Err(Answer::text(status, "text/plain", message));
        let known = match access.presented {
            None => None,
            Some(presented) => match self.tokens.get(&presented.secret).filter(|t| !t.expired).cloned() {
                Some(token) => Some(token),
                None => return Err(unauthorized("Invalid username or token.")),
            },
        };
        let found = access.path.split_once('/').and_then(|(o, n)| self.repo(o, n)).cloned();
        let Some(repo) = found else { return refused(404, "Repository not found.\n") };
        let (pull, push, _) = self.rights(known.as_ref(), &repo);
        if known.is_none() && (!pull || access.pushing) {
            return Err(unauthorized("Authentication required."));
        }
        // Of a repository that a fine-grained token may know of, it is told the same when it may not read.
        if known.as_ref().is_some_and(|token| pull && token.fine && !token.holds("repo")) {
            return refused(403, "Write access to repository not granted.\n");
        }
        if !pull {
            return refused(404, "Repository not found.\n");
        }
        if repo.hidden_git > 0 {
            self.repos.get_mut(&repo.id).expect("it is there").hidden_git -= 1;
            return refused(404, "Repository not found.\n");
        }
        if access.pushing && repo.archived {
            return refused(403, "This repository was archived so it is read-only.\n");
        }
        if access.pushing && !push {
            return refused(403, "Write access to repository not granted.\n");
        }
        Ok(repo.path)
    }

    fn throttled(&self) -> Answer {
        rest::message(403, "API rate limit exceeded for user ID 1.")
    }

    fn rate_headers(&self, left: u64) -> Vec<(&'static str, String)> {
        vec![
            ("x-ratelimit-limit", "5000".to_owned()),
            ("x-ratelimit-remaining", left.to_string()),
            ("x-ratelimit-used", (5000 - left.min(5000)).to_string()),
            ("x-ratelimit-reset", "4000000000".to_owned()),
            ("x-ratelimit-resource", "core".to_owned()),
        ]
    }

    fn furnish(&mut self, ground: &Ground, scope: &str, user: &str) {
        self.add_account(ground, scope, Kind::Organization);
        self.add_account(ground, user, Kind::User);
        self.present(scope).members.insert(user.to_owned(), Member::Owner);
    }

    fn token(&mut self, _: &Ground, text: &str, user: &str, scopes: &[&str]) {
        let token = Token {
            login: user.to_owned(),
            scopes: scopes.iter().map(|s| (*s).to_owned()).collect(),
            expires: None,
            expired: false,
            authorised: HashSet::new(),
            fine: text.starts_with("github_pat_"),
        };
        self.tokens.insert(text.to_owned(), token);
    }

    fn expire(&mut self, text: &str) {
        self.tokens.get_mut(text).expect("the token").expired = true;
    }

    fn repositories(&self) -> Vec<String> {
        self.repos.values().map(|r| format!("{}/{}", r.owner, r.name)).collect()
    }

    fn rename(&mut self, scope: &str, name: &str, to: &str) {
        let id = self.repo(scope, name).expect("the repository").id;
        let repo = self.repos.get_mut(&id).expect("the repository");
        let former = std::mem::replace(&mut repo.name, to.to_owned());
        repo.former.push(former);
    }

    fn refuse_pushes(&mut self, scope: &str, lines: &[&str]) {
        self.present(scope).rule = Some(lines.iter().map(|l| (*l).to_owned()).collect());
    }
}

impl State {
    fn add_account(&mut self, ground: &Ground, login: &str, kind: Kind) {
        let account = Account {
            id: ground.number(),
            login: login.to_owned(),
            kind,
            members: HashMap::new(),
            sso: SingleSignOn::Off,
            creating: serde_json::Value::Null,
            protection: serde_json::Value::Null,
            protection_shown: false,
            deleting: true,
            rules: Vec::new(),
            forbidden_kind: None,
            rule: None,
        };
        self.accounts.insert(login.to_lowercase(), account);
    }

    fn present(&mut self, login: &str) -> &mut Account {
        self.accounts.get_mut(&login.to_lowercase()).expect("the account")
    }
}

impl GitHub {
    /// Adds an account.
    pub fn account(&self, login: &str, kind: Kind) {
        self.with(|state, ground| state.add_account(ground, login, kind));
    }

    /// Makes a user a member of an organization.
    pub fn member(&self, organization: &str, user: &str, as_: Member) {
        self.with(|state, _| state.present(organization).members.insert(user.to_owned(), as_));
    }

    /// Sets how an organization hides from tokens that are not authorised.
    pub fn single_sign_on(&self, organization: &str, sso: SingleSignOn) {
        self.with(|state, _| state.present(organization).sso = sso);
    }

    /// Forbids members to delete repositories, owners excepted.
    pub fn forbid_deleting(&self, organization: &str) {
        self.with(|state, _| state.present(organization).deleting = false);
    }

    /// Sets what members of an organization may create: `members_can_create_private_repositories` and the like.
    pub fn creating(&self, organization: &str, settings: serde_json::Value) {
        self.with(|state, _| state.present(organization).creating = settings);
    }

    /// Protects all branches of an organization's repositories in the older way.
    pub fn protect(&self, organization: &str, protection: serde_json::Value) {
        self.with(|state, _| state.present(organization).protection = protection);
    }

    /// Shows that protection to all members, not to administrators alone.
    pub fn show_protection(&self, organization: &str) {
        self.with(|state, _| state.present(organization).protection_shown = true);
    }

    /// Adds a rule for all branches of an organization's repositories, in a ruleset of this name.
    pub fn branch_rule(&self, organization: &str, ruleset: &str, rule: serde_json::Value) {
        self.with(|state, _| state.present(organization).rules.push((ruleset.to_owned(), rule)));
    }

    /// Lets an organization take no tokens of a kind: `a personal access token (classic)` or `a fine-grained
    /// personal access token`.
    pub fn forbid_kind(&self, organization: &str, kind: &'static str) {
        self.with(|state, _| state.present(organization).forbidden_kind = Some(kind));
    }

    /// Says when a token ends, in the host's form `2026-12-01 09:30:00 UTC`.
    pub fn token_expires(&self, text: &str, at: &str) {
        self.with(|state, _| state.tokens.get_mut(text).expect("the token").expires = Some(at.to_owned()));
    }

    /// Makes a repository.
    pub fn repository(&self, owner: &str, name: &str, private: bool) -> Repo {
        self.with(|state, ground| state.create(ground, owner, name, private))
    }

    /// A repository by its present name.
    pub fn find(&self, owner: &str, name: &str) -> Option<Repo> {
        self.with(|state, _| state.repo(owner, name).cloned())
    }
}

fn unauthorized(message: &'static str) -> Answer {
    Answer::text(401, "text/plain", message).with("www-authenticate", "Basic realm=\"GitHub\"")
}
