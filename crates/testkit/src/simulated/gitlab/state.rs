//! What the simulated GitLab knows: users, groups with members, tokens, projects.

use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;

use serde_json::Value;

use super::super::git_http;
use super::super::host::Ground;

/// What a member may do, as the host counts it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Role {
    /// Sees the group, not the code of its private projects.
    Guest = 10,
    /// Reads.
    Reporter = 20,
    /// Writes.
    Developer = 30,
    /// Writes to protected branches, changes settings.
    Maintainer = 40,
    /// Deletes and archives.
    Owner = 50,
}

/// How far a token reaches.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Reach {
    /// All that its user may.
    Personal,
    /// One group.
    Group,
    /// One project.
    Project,
    /// Git only: a deploy token.
    Deploy,
}

/// Whether a token still works.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Ended {
    /// It works.
    No,
    /// Its time is over.
    Expired,
    /// Somebody took it back.
    Revoked,
}

/// A person or a bot.
#[derive(Clone, Debug)]
pub(super) struct User {
    pub(super) id: u64,
    pub(super) name: String,
    pub(super) bot: bool,
    /// Whether it administers the server, and so may everything without being a member.
    pub(super) administrator: bool,
    /// The number of its own namespace.
    pub(super) namespace: u64,
}

/// A group or subgroup.
#[derive(Clone, Debug)]
pub(super) struct Group {
    pub(super) id: u64,
    pub(super) full_path: String,
    pub(super) parent: Option<u64>,
    pub(super) members: HashMap<String, Role>,
    /// The least role that may create projects; none lets nobody.
    pub(super) creators: Option<Role>,
    /// What a rule says to every push to projects that are made from now on.
    pub(super) refusal: Option<Vec<String>>,
}

/// A token.
#[derive(Clone, Debug)]
pub(super) struct Token {
    pub(super) id: u64,
    pub(super) user: String,
    pub(super) scopes: Vec<String>,
    pub(super) expires_at: Option<String>,
    pub(super) ended: Ended,
    pub(super) reach: Reach,
}

/// A branch's protection: the least roles that may push and merge; `None` lets no one.
#[derive(Clone, Debug)]
pub(super) struct Protection {
    pub(super) branch: String,
    pub(super) push: Option<Role>,
}

/// A project.
#[derive(Clone, Debug)]
pub struct Project {
    /// Its number, which never changes.
    pub id: u64,
    /// Its path inside its namespace.
    pub path: String,
    /// The group or user that it belongs to: full path.
    pub namespace: String,
    /// Full paths that it had.
    pub former: Vec<String>,
    /// One line.
    pub description: Option<String>,
    /// `private`, `internal` or `public`.
    pub visibility: String,
    /// Whether it is read-only.
    pub archived: bool,
    /// Its default branch.
    pub default_branch: String,
    /// Its bare folder.
    pub folder: PathBuf,
    /// Whether it is marked to be deleted.
    pub marked: bool,
    pub(super) members: HashMap<String, Role>,
    pub(super) protections: Vec<Protection>,
    pub(super) push_rule: Option<Value>,
    pub(super) hidden: (u32, u32),
}

impl Project {
    /// Its path with its namespace's.
    pub fn full_path(&self) -> String {
        format!("{}/{}", self.namespace, self.path)
    }
}

/// How a host deletes projects.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Deleting {
    /// At once, as before version 18.
    AtOnce,
    /// It marks them first; for good on a second call.
    Marked,
    /// It marks them and allows nothing more, as gitlab.com does.
    Retained,
}

/// All that a simulated GitLab knows.
pub struct State {
    pub(super) users: HashMap<String, User>,
    pub(super) groups: BTreeMap<u64, Group>,
    pub(super) tokens: HashMap<String, Token>,
    pub(super) projects: BTreeMap<u64, Project>,
    pub(super) deleting: Deleting,
    /// Whether push rules exist, as on paid tiers.
    pub(super) paid: bool,
}

impl Default for State {
    fn default() -> Self {
        Self {
            users: HashMap::new(),
            groups: BTreeMap::new(),
            tokens: HashMap::new(),
            projects: BTreeMap::new(),
            deleting: Deleting::Marked,
            paid: true,
        }
    }
}

impl State {
    /// The group of that number or full path.
    pub(super) fn group(&self, id: &str) -> Option<&Group> {
        match id.parse() {
            Ok(number) => self.groups.get(&number),
            Err(_) => self.groups.values().find(|g| g.full_path.eq_ignore_ascii_case(id)),
        }
    }

    pub(super) fn group_mut(&mut self, id: &str) -> &mut Group {
        let id = self.group(id).expect("the group").id;
        self.groups.get_mut(&id).expect("the group")
    }

    /// The project of that number or full path, former ones included.
    pub(super) fn project(&self, id: &str) -> Option<&Project> {
        if let Ok(number) = id.parse() {
            return self.projects.get(&number);
        }
        let fits = |path: &str| path.eq_ignore_ascii_case(id);
        self.projects
            .values()
            .find(|p| fits(&p.full_path()))
            .or_else(|| self.projects.values().find(|p| p.former.iter().any(|f| fits(f))))
    }

    /// What a user may do in a group, by membership there or above.
    pub(super) fn group_role(&self, user: &str, group: &Group) -> Option<Role> {
        let above = group.parent.and_then(|p| self.groups.get(&p)).and_then(|p| self.group_role(user, p));
        group.members.get(user).copied().max(above)
    }

    fn administers(&self, user: &str) -> bool {
        self.users.get(user).is_some_and(|user| user.administrator)
    }

    /// What a user may do in a project.
    pub(super) fn project_role(&self, user: &str, project: &Project) -> Option<Role> {
        if self.administers(user) {
            return Some(Role::Owner);
        }
        let group = self.groups.values().find(|g| g.full_path == project.namespace);
        let by_group = group.and_then(|g| self.group_role(user, g));
        let own = (project.namespace == user).then_some(Role::Owner);
        project.members.get(user).copied().max(by_group).max(own)
    }

    /// Whether a group is shown to a user: to members, and to those of a project below it.
    pub(super) fn sees_group(&self, user: &str, group: &Group) -> bool {
        let below = format!("{}/", group.full_path);
        self.administers(user)
            || self.group_role(user, group).is_some()
            || self.projects.values().any(|p| {
                let inside = p.namespace == group.full_path || p.namespace.starts_with(&below);
                inside && self.project_role(user, p).is_some()
            })
    }

    /// Whether a project is shown to a user.
    pub(super) fn sees_project(&self, user: &str, project: &Project) -> bool {
        project.visibility != "private" || self.project_role(user, project).is_some()
    }

    pub(super) fn add_user(&mut self, ground: &Ground, name: &str, bot: bool) {
        let (id, namespace) = (ground.number(), ground.number());
        let user = User { id, name: name.to_owned(), bot, administrator: false, namespace };
        self.users.entry(name.to_owned()).or_insert(user);
    }

    /// Adds a group and those above it.
    pub(super) fn add_group(&mut self, ground: &Ground, full_path: &str) -> u64 {
        if let Some(group) = self.group(full_path) {
            return group.id;
        }
        let parent = full_path.rsplit_once('/').map(|(above, _)| self.add_group(ground, above));
        let id = ground.number();
        let group = Group {
            id,
            full_path: full_path.to_owned(),
            parent,
            members: HashMap::new(),
            creators: Some(Role::Developer),
            refusal: None,
        };
        self.groups.insert(id, group);
        id
    }

    /// Makes a project with its bare folder.
    pub(super) fn add_project(&mut self, ground: &Ground, namespace: &str, path: &str) -> &mut Project {
        let id = ground.number();
        let folder = ground.folder.join(format!("{id}.git"));
        git_http::init(&folder, &ground.default_branch);
        let refusal = self.group(namespace).and_then(|g| g.refusal.clone());
        if let Some(lines) = refusal {
            git_http::refuse_pushes(&folder, &lines.iter().map(String::as_str).collect::<Vec<_>>());
        }
        let project = Project {
            id,
            path: path.to_owned(),
            namespace: namespace.to_owned(),
            former: Vec::new(),
            description: None,
            visibility: "private".to_owned(),
            archived: false,
            default_branch: ground.default_branch.clone(),
            folder,
            marked: false,
            members: HashMap::new(),
            protections: Vec::new(),
            push_rule: None,
            hidden: ground.lag,
        };
        self.projects.entry(id).or_insert(project)
    }

    pub(super) fn remove_project(&mut self, id: u64) {
        if let Some(project) = self.projects.remove(&id) {
            let _ = std::fs::remove_dir_all(&project.folder);
        }
    }
}
