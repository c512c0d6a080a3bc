//! What the simulated Bitbucket Cloud knows: accounts, workspaces with their projects, tokens, repositories.

use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;

use crate::simulated::git_http;
use crate::simulated::host::Ground;
use crate::simulated::presented::{Presented, Scheme};

/// What a person may do in a workspace.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Role {
    /// Everything.
    Owner,
    /// Read and write repositories, and create some in projects that are open for it.
    Collaborator,
    /// Only read.
    Reader,
}

/// An Atlassian account.
#[derive(Clone, Debug)]
pub(super) struct User {
    pub nickname: String,
    pub email: String,
    pub uuid: String,
}

/// A project of a workspace.
#[derive(Clone, Debug)]
pub(super) struct Project {
    pub key: String,
    pub uuid: String,
    pub created_on: String,
    /// Whether only owners create repositories in it.
    pub closed: bool,
}

/// A workspace.
#[derive(Clone, Debug)]
pub(super) struct Workspace {
    pub slug: String,
    pub uuid: String,
    pub members: HashMap<String, Role>,
    pub projects: Vec<Project>,
    /// What a hook says to every push.
    pub rule: Option<Vec<String>>,
    /// Whether it has more people than its plan allows, which makes all of it read-only.
    pub over_plan: bool,
}

/// Whose a token is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Holder {
    /// An account's API token.
    Account(String),
    /// An account's app password, which nothing takes any more.
    AppPassword,
    /// A workspace's access token.
    Workspace(String),
    /// A project's access token: workspace and key.
    Project(String, String),
    /// A repository's access token: workspace and number.
    Repository(String, u64),
}

/// A token.
#[derive(Clone, Debug)]
pub(super) struct Token {
    pub holder: Holder,
    pub scopes: Vec<String>,
    pub expired: bool,
}

/// A restriction of branches by their names.
#[derive(Clone, Debug)]
pub(super) struct Restriction {
    pub id: u64,
    pub kind: String,
    pub pattern: String,
    /// Who is excepted, by uuid.
    pub users: Vec<String>,
    /// The groups that are excepted.
    pub groups: Vec<String>,
}

/// A repository.
#[derive(Clone, Debug)]
pub struct Repo {
    /// Its number; the uuid is made of it.
    pub id: u64,
    /// Its workspace.
    pub workspace: String,
    /// Its name in addresses.
    pub slug: String,
    /// Its project's key.
    pub project: String,
    /// One line.
    pub description: String,
    /// Whether only members see it.
    pub private: bool,
    /// Its main branch, once one was pushed.
    pub main: Option<String>,
    /// Its bare folder.
    pub path: PathBuf,
    pub(super) restrictions: Vec<Restriction>,
    /// Calls that still do not see it over REST, and over Git.
    pub(super) hidden: (u32, u32),
}

impl Repo {
    /// Its uuid, in braces.
    pub fn uuid(&self) -> String {
        uuid(self.id)
    }

    /// The first branch that was pushed is the main branch, and stays it.
    pub(super) fn settle_main(&mut self) {
        if self.main.is_some() {
            return;
        }
        let listed = std::process::Command::new("git")
            .arg("-C")
            .arg(&self.path)
            .args(["for-each-ref", "--format=%(refname:short)", "refs/heads"])
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .output()
            .expect("the git program can be run");
        let names = String::from_utf8_lossy(&listed.stdout).into_owned();
        if let Some(first) = names.lines().next() {
            std::fs::write(self.path.join("HEAD"), format!("ref: refs/heads/{first}\n")).expect("its HEAD");
            self.main = Some(first.to_owned());
        }
    }
}

/// All of it.
#[derive(Debug, Default)]
pub struct State {
    pub(super) users: HashMap<String, User>,
    pub(super) workspaces: BTreeMap<String, Workspace>,
    pub(super) tokens: HashMap<String, Token>,
    pub(super) repos: BTreeMap<u64, Repo>,
}

/// The uuid made of a number, in braces.
pub(super) fn uuid(number: u64) -> String {
    format!("{{5ca1ab1e-0000-4000-8000-{number:012x}}}")
}

/// What a caller may do with a repository.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Rights {
    pub read: bool,
    pub write: bool,
    pub admin: bool,
}

impl State {
    pub(super) fn add_user(&mut self, ground: &Ground, nickname: &str) {
        let user =
            User { nickname: nickname.to_owned(), email: email(nickname), uuid: uuid(ground.number()) };
        self.users.entry(nickname.to_owned()).or_insert(user);
    }

    pub(super) fn workspace(&mut self, slug: &str) -> &mut Workspace {
        self.workspaces.get_mut(slug).expect("the workspace")
    }

    /// The repository of that slug or uuid.
    pub(super) fn repo(&self, workspace: &str, segment: &str) -> Option<&Repo> {
        let mut all = self.repos.values().filter(|r| r.workspace == workspace);
        all.find(|r| r.slug == segment || r.uuid() == segment)
    }

    /// The token that was shown over REST; `None` for one that is not accepted in this way.
    pub(super) fn over_rest(&self, presented: &Presented) -> Option<Token> {
        let token = self.tokens.get(&presented.secret).filter(|t| !t.expired)?;
        let fits = match &token.holder {
            Holder::Account(nickname) => {
                let user = self.users.get(nickname)?;
                let name = presented.username.as_deref().unwrap_or_default();
                // The user name of Bitbucket is not taken over REST, and Bearer fails.
                presented.scheme == Scheme::Basic
                    && name.eq_ignore_ascii_case(&user.email)
                    // Made on the page without scopes: good for other products only.
                    && !token.scopes.is_empty()
            }
            Holder::AppPassword => false,
            Holder::Workspace(_) | Holder::Project(..) | Holder::Repository(..) => {
                presented.scheme == Scheme::Bearer
            }
        };
        fits.then(|| token.clone())
    }

    /// The token that was shown over Git.
    pub(super) fn over_git(&self, presented: &Presented) -> Option<Token> {
        let token = self.tokens.get(&presented.secret).filter(|t| !t.expired)?;
        let name = presented.username.as_deref().unwrap_or_default();
        let fits = match &token.holder {
            Holder::Account(nickname) => {
                let known = name == nickname.as_str() || name == "x-bitbucket-api-token-auth";
                known && !token.scopes.is_empty()
            }
            Holder::AppPassword => false,
            Holder::Workspace(_) | Holder::Project(..) | Holder::Repository(..) => {
                presented.scheme == Scheme::Bearer || name == "x-token-auth"
            }
        };
        fits.then(|| token.clone())
    }

    /// Whether the workspace is shown to the token's holder.
    pub(super) fn sees(&self, token: Option<&Token>, workspace: &Workspace) -> bool {
        match token.map(|t| &t.holder) {
            Some(Holder::Account(nickname)) => workspace.members.contains_key(nickname),
            Some(Holder::Workspace(slug) | Holder::Project(slug, _) | Holder::Repository(slug, _)) => {
                *slug == workspace.slug
            }
            Some(Holder::AppPassword) | None => false,
        }
    }

    /// What a token's holder may do with a repository; its scopes are looked at elsewhere.
    pub(super) fn rights(&self, token: Option<&Token>, repo: &Repo) -> Rights {
        let all = Rights { read: true, write: true, admin: true };
        let none = Rights { read: !repo.private, write: false, admin: false };
        match token.map(|t| &t.holder) {
            Some(Holder::Account(nickname)) => {
                let member = self.workspaces.get(&repo.workspace).and_then(|w| w.members.get(nickname));
                match member {
                    Some(Role::Owner) => all,
                    Some(Role::Collaborator) => Rights { admin: false, ..all },
                    Some(Role::Reader) => Rights { read: true, ..none },
                    None => none,
                }
            }
            Some(Holder::Workspace(slug)) if *slug == repo.workspace => all,
            Some(Holder::Project(slug, key)) if *slug == repo.workspace && *key == repo.project => all,
            Some(Holder::Repository(_, id)) if *id == repo.id => all,
            _ => none,
        }
    }

    pub(super) fn create(&mut self, ground: &Ground, workspace: &str, slug: &str, project: &str) -> u64 {
        let id = ground.number();
        let path = ground.folder.join(format!("{id}.git"));
        git_http::init(&path, &ground.default_branch);
        if let Some(lines) = self.workspaces.get(workspace).and_then(|w| w.rule.as_ref()) {
            git_http::refuse_pushes(&path, &lines.iter().map(String::as_str).collect::<Vec<_>>());
        }
        let repo = Repo {
            id,
            workspace: workspace.to_owned(),
            slug: slug.to_owned(),
            project: project.to_owned(),
            description: String::new(),
            private: true,
            main: None,
            path,
            restrictions: Vec::new(),
            hidden: ground.lag,
        };
        self.repos.insert(id, repo);
        id
    }
}

/// The e-mail address of an account.
pub(super) fn email(nickname: &str) -> String {
    if nickname.contains('@') { nickname.to_owned() } else { format!("{nickname}@acme.dev") }
}
