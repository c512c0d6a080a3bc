//! What the simulated Azure DevOps knows: one organization, its projects, tokens, repositories.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::PathBuf;

use serde_json::Value;

use super::super::git_http;
use super::super::host::Ground;

/// What a user may do in a project.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Rights {
    /// Contribute, and create branches.
    pub contribute: bool,
    /// Create repository.
    pub create: bool,
    /// Delete or disable repository.
    pub delete: bool,
    /// Bypass policies when pushing.
    pub bypass: bool,
    /// Remove from the recycle bin for good.
    pub purge: bool,
}

impl Rights {
    /// An administrator of the project, whom policies hold all the same.
    pub const ADMINISTRATOR: Self =
        Self { contribute: true, create: true, delete: true, bypass: false, purge: true };
    /// A reader.
    pub const READER: Self =
        Self { contribute: false, create: false, delete: false, bypass: false, purge: false };
}

/// How the host sends one away whose token it does not take.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Door {
    /// 203 with a page to sign in at.
    #[default]
    Page,
    /// 302 to such a page.
    Redirect,
}

/// A project.
#[derive(Clone, Debug)]
pub(super) struct Project {
    pub id: String,
    pub name: String,
    pub state: &'static str,
    /// Its members by name.
    pub members: HashMap<String, Rights>,
    /// Its policies as they are answered.
    pub policies: Vec<Value>,
    /// What a rule says to every push, if there is one.
    pub rule: Option<Vec<String>>,
}

/// A token.
#[derive(Clone, Debug)]
pub(super) struct Token {
    pub user: String,
    pub scopes: Vec<String>,
    pub expired: bool,
}

impl Token {
    /// Whether the token holds a scope, or one that contains it (learn.microsoft.com, scopes of OAuth).
    pub(super) fn holds(&self, scope: &str) -> bool {
        let enough: &[&str] = match scope {
            "vso.code" => &["vso.code", "vso.code_write", "vso.code_manage", "vso.code_full"],
            "vso.code_write" => &["vso.code_write", "vso.code_manage", "vso.code_full"],
            _ => &["vso.code_manage", "vso.code_full"],
        };
        self.scopes.iter().any(|held| enough.contains(&held.as_str()))
    }
}

/// A repository.
#[derive(Clone, Debug)]
pub struct Repo {
    /// Its GUID, which never changes.
    pub id: String,
    /// The GUID of its project.
    pub project: String,
    /// Its name.
    pub name: String,
    /// Whether it is disabled: hidden from Git and from being asked for by name or id.
    pub disabled: bool,
    /// Its bare folder.
    pub path: PathBuf,
    /// Calls that still do not see it over Git.
    pub hidden_git: u32,
}

/// All of it.
#[derive(Debug, Default)]
pub struct State {
    /// Projects by lower-case name.
    pub(super) projects: BTreeMap<String, Project>,
    /// Tokens by text.
    pub(super) tokens: HashMap<String, Token>,
    /// Users that do not belong to the organization.
    pub(super) outsiders: HashSet<String>,
    /// Repositories by GUID.
    pub(super) repos: BTreeMap<String, Repo>,
    /// Deleted ones.
    pub(super) bin: BTreeMap<String, Repo>,
    /// How one is sent away.
    pub(super) door: Door,
    /// Seconds that the host asks to wait beside good answers.
    pub(super) delay: Option<u64>,
    /// The newest version of the interface that the host has, for Servers.
    pub(super) newest: Option<(u32, u32)>,
}

/// A GUID that no other thing has.
pub(super) fn guid(ground: &Ground) -> String {
    let number = ground.number();
    format!("{number:08x}-5e1f-4a2b-8c3d-{number:012x}")
}

impl State {
    /// The project of that name or GUID.
    pub(super) fn project(&self, name: &str) -> Option<&Project> {
        self.projects
            .get(&name.to_lowercase())
            .or_else(|| self.projects.values().find(|p| p.id.eq_ignore_ascii_case(name)))
    }

    /// The project, to be changed.
    pub(super) fn present(&mut self, name: &str) -> &mut Project {
        self.projects.get_mut(&name.to_lowercase()).expect("the project")
    }

    /// The repository of that name or GUID, disabled ones included.
    pub(super) fn repo(&self, project: &str, name: &str) -> Option<&Repo> {
        let mut of_project = self.repos.values().filter(|r| r.project == project);
        of_project.find(|r| r.name.eq_ignore_ascii_case(name) || r.id.eq_ignore_ascii_case(name))
    }

    /// The token and its user, if the host takes it.
    pub(super) fn known(&self, secret: &str) -> Option<&Token> {
        self.tokens.get(secret).filter(|t| !t.expired)
    }

    /// Makes a repository with its bare folder.
    pub(super) fn create(&mut self, ground: &Ground, project: &str, name: &str) -> Repo {
        let id = guid(ground);
        let path = ground.folder.join(format!("{id}.git"));
        git_http::init(&path, &ground.default_branch);
        let rule = self.projects.values().find(|p| p.id == project).and_then(|p| p.rule.clone());
        if let Some(lines) = rule {
            git_http::refuse_pushes(&path, &lines.iter().map(String::as_str).collect::<Vec<_>>());
        }
        let repo = Repo {
            id: id.clone(),
            project: project.to_owned(),
            name: name.to_owned(),
            disabled: false,
            path,
            hidden_git: ground.lag.1,
        };
        self.repos.insert(id, repo.clone());
        repo
    }
}

impl Repo {
    /// Its branches and their tips.
    pub(super) fn branches(&self) -> Vec<(String, String)> {
        let heads = self.path.join("refs/heads");
        let loose = std::fs::read_dir(&heads).is_ok_and(|mut entries| entries.next().is_some());
        if !loose && !self.path.join("packed-refs").is_file() {
            return Vec::new();
        }
        let format = "--format=%(refname) %(objectname)";
        let text = self.git(&["for-each-ref", format, "refs/heads"]).unwrap_or_default();
        text.lines()
            .filter_map(|l| l.split_once(' ').map(|(name, id)| (name.to_owned(), id.to_owned())))
            .collect()
    }

    /// Its default branch: none while it is empty, else the one that was pushed first.
    pub(super) fn default_branch(&self) -> Option<String> {
        let branches = self.branches();
        let head = std::fs::read_to_string(self.path.join("HEAD")).unwrap_or_default();
        let head = head.trim().strip_prefix("ref: ").unwrap_or_default().to_owned();
        let found = branches.iter().find(|(name, _)| *name == head).or(branches.first());
        found.map(|(name, _)| name.clone())
    }

    /// Runs Git in the repository; its output, or none when it fails.
    pub(super) fn git(&self, arguments: &[&str]) -> Option<String> {
        let done = std::process::Command::new("git")
            .arg("-C")
            .arg(&self.path)
            .args(arguments)
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("HOME", "/nonexistent")
            .output()
            .expect("the git program can be run");
        done.status.success().then(|| String::from_utf8_lossy(&done.stdout).into_owned())
    }
}
