//! What the simulated GitHub knows: accounts, tokens, repositories.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::PathBuf;

use serde_json::Value;

use super::super::git_http;
use super::super::host::Ground;

/// Whether an account is a person's or an organization.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// A person or a bot.
    User,
    /// An organization.
    Organization,
}

/// What a member of an organization may do.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Member {
    /// Everything.
    Owner,
    /// Read and write repositories, and create some.
    Creator,
    /// Only see the organization.
    Reader,
}

/// How an organization hides from tokens that are not authorised for its single sign-on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SingleSignOn {
    /// It has none.
    Off,
    /// It answers 403 and names the page to authorise at.
    Named,
    /// It answers 404.
    Hidden,
}

/// An account.
#[derive(Clone, Debug)]
pub(super) struct Account {
    /// Its number.
    pub id: u64,
    /// Its name.
    pub login: String,
    /// Its kind.
    pub kind: Kind,
    /// Who belongs to it.
    pub members: HashMap<String, Member>,
    /// How it hides.
    pub sso: SingleSignOn,
    /// What its members may create, as the interface gives it to owners.
    pub creating: Value,
    /// The protection of all branches of its repositories, as the interface gives it; null for none.
    pub protection: Value,
    /// Whether that is shown to all members, as a role of the organization's own may have it.
    pub protection_shown: bool,
    /// Whether members may delete repositories.
    pub deleting: bool,
    /// The rules for branches of its repositories, as the interface gives them, each with its ruleset's name.
    pub rules: Vec<(String, Value)>,
    /// The kind of token that it takes none of, in the host's words.
    pub forbidden_kind: Option<&'static str>,
    /// What a rule for branches says to every push, if there is one.
    pub rule: Option<Vec<String>>,
}

/// A token.
#[derive(Clone, Debug)]
pub(super) struct Token {
    /// Whose it is.
    pub login: String,
    /// What it may do.
    pub scopes: Vec<String>,
    /// When it ends, as the host's header says it.
    pub expires: Option<String>,
    /// Whether it has ended.
    pub expired: bool,
    /// The organizations that it is authorised for.
    pub authorised: HashSet<String>,
    /// Whether it is a fine-grained one, whose scopes are permissions such as `contents:write`.
    pub fine: bool,
}

impl Token {
    /// Whether it holds a scope, or the permission that stands for it.
    pub(super) fn holds(&self, scope: &str) -> bool {
        let has = |wanted: &str| self.scopes.iter().any(|s| s == wanted);
        match (self.fine, scope) {
            (false, scope) => has(scope),
            (true, "delete_repo") => has("administration:write"),
            (true, "push") => has("contents:write"),
            (true, "repo") => has("contents:write") || has("contents:read"),
            (true, _) => false,
        }
    }
}

/// A repository.
#[derive(Clone, Debug)]
pub struct Repo {
    /// Its number, which never changes.
    pub id: u64,
    /// Who owns it.
    pub owner: String,
    /// Its name.
    pub name: String,
    /// Names that it had.
    pub former: Vec<String>,
    /// One line.
    pub description: Option<String>,
    /// Whether only members see it.
    pub private: bool,
    /// Whether it is read-only.
    pub archived: bool,
    /// Its default branch.
    pub default_branch: String,
    /// Its bare folder.
    pub path: PathBuf,
    /// Calls that still do not see it over REST.
    pub hidden_rest: u32,
    /// Calls that still do not see it over Git.
    pub hidden_git: u32,
}

/// All that a simulated GitHub knows.
#[derive(Debug, Default)]
pub struct State {
    /// Accounts by lower-case name.
    pub(super) accounts: HashMap<String, Account>,
    /// Tokens by text.
    pub(super) tokens: HashMap<String, Token>,
    /// Repositories by number.
    pub(super) repos: BTreeMap<u64, Repo>,
}

impl State {
    /// The account of that name.
    pub(super) fn account(&self, login: &str) -> Option<&Account> {
        self.accounts.get(&login.to_lowercase())
    }

    /// The repository of that name; also under a former name, if no other has taken it.
    pub(super) fn repo(&self, owner: &str, name: &str) -> Option<&Repo> {
        let of_owner = || self.repos.values().filter(|r| r.owner.eq_ignore_ascii_case(owner));
        of_owner()
            .find(|r| r.name.eq_ignore_ascii_case(name))
            .or_else(|| of_owner().find(|r| r.former.iter().any(|f| f.eq_ignore_ascii_case(name))))
    }

    /// Pull, push and admin of a token for a repository, scopes and single sign-on included.
    pub(super) fn rights(&self, token: Option<&Token>, repo: &Repo) -> (bool, bool, bool) {
        let Some(token) = token else { return (!repo.private, false, false) };
        let holds = |scope: &str| token.holds(scope);
        let Some(owner) = self.account(&repo.owner) else { return (false, false, false) };
        let member = owner.members.get(&token.login).copied();
        let own = owner.login == token.login;
        let open = self.authorised(token, owner);
        // The metadata of its repositories is shown to every fine-grained token.
        let reads = holds("repo") || token.fine;
        let pull = !repo.private || (reads && open && (own || member.is_some()));
        let writer = open && (own || matches!(member, Some(Member::Owner | Member::Creator)));
        let master = open && (own || member == Some(Member::Owner) || (writer && owner.deleting));
        let scope = holds("repo") || (!repo.private && holds("public_repo"));
        if token.fine {
            return (pull, writer && holds("push"), master && holds("delete_repo"));
        }
        (pull, writer && scope, master && scope)
    }

    /// Whether single sign-on does not stand in the way.
    pub(super) fn authorised(&self, token: &Token, owner: &Account) -> bool {
        owner.sso == SingleSignOn::Off || token.authorised.contains(&owner.login)
    }

    /// Makes a repository with its bare folder.
    pub(super) fn create(&mut self, ground: &Ground, owner: &str, name: &str, private: bool) -> Repo {
        let id = ground.number();
        let path = ground.folder.join(format!("{id}.git"));
        git_http::init(&path, &ground.default_branch);
        let rule = self.account(owner).and_then(|a| a.rule.clone());
        if let Some(lines) = rule {
            git_http::refuse_pushes(&path, &lines.iter().map(String::as_str).collect::<Vec<_>>());
        }
        let repo = Repo {
            id,
            owner: owner.to_owned(),
            name: name.to_owned(),
            former: Vec::new(),
            description: None,
            private,
            archived: false,
            default_branch: ground.default_branch.clone(),
            path,
            hidden_rest: ground.lag.0,
            hidden_git: ground.lag.1,
        };
        self.repos.insert(id, repo.clone());
        repo
    }
}
