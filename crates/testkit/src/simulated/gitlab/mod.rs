//! A simulated GitLab: groups and subgroups with members and roles, tokens of all kinds with scopes, projects
//! with real Git inside, deletion in two steps.
//!
//! Facts are from docs.gitlab.com (18.x), from the open source of GitLab and from recordings; every request and
//! answer is held against GitLab's official description.

mod answers;
mod projects;
mod rest;
mod state;

use std::borrow::Cow;
use std::path::PathBuf;

use serde_json::{Value, json};

use super::git_http;
use super::host::{Answer, Dialect, GitAccess, Ground, Request, Simulated};

use crate::contract::Amendment;
pub use state::{Deleting, Ended, Project, Reach, Role, State};
use state::{Protection, Token};

const NULL: &str = "null in recorded answers";

/// Where the description is wrong.
const AMENDED: &[Amendment] = &[
    Amendment::Replaced {
        pointer: "/definitions/API_Entities_ProjectAccess/properties/access_level",
        with: r#"{"type":"integer"}"#,
        reason: "a number in every recorded answer",
    },
    Amendment::Replaced {
        pointer: "/definitions/API_Entities_GroupAccess/properties/access_level",
        with: r#"{"type":"integer"}"#,
        reason: "a number in every recorded answer",
    },
    Amendment::Replaced {
        pointer: "/definitions/API_Entities_ProjectAccess/properties/notification_level",
        with: r#"{"type":"integer"}"#,
        reason: "a number in every recorded answer",
    },
    Amendment::Replaced {
        pointer: "/definitions/API_Entities_GroupAccess/properties/notification_level",
        with: r#"{"type":"integer"}"#,
        reason: "a number in every recorded answer",
    },
    Amendment::Replaced {
        pointer: "/definitions/API_Entities_Group/properties/parent_id",
        with: r#"{"type":"integer","x-nullable":true}"#,
        reason: "a number for subgroups (docs.gitlab.com, groups)",
    },
    Amendment::Replaced {
        pointer: "/definitions/API_Entities_GroupDetail/properties/parent_id",
        with: r#"{"type":"integer","x-nullable":true}"#,
        reason: "a number for subgroups (docs.gitlab.com, groups)",
    },
    Amendment::Replaced {
        pointer: "/definitions/API_Entities_GroupDetail/properties/lfs_enabled",
        with: r#"{"type":"boolean"}"#,
        reason: "a boolean in recorded answers, and in the description of lists",
    },
    Amendment::Replaced {
        pointer: "/paths/~1api~1v4~1projects~1{id}/delete/parameters",
        with: r#"[{"in":"query","name":"permanently_remove","type":"boolean"},
                  {"in":"query","name":"full_path","type":"string"}]"#,
        reason: "since 16.x (docs.gitlab.com, delete a project); the description is of 17.10",
    },
    Amendment::Nullable { property: "project_access", reason: NULL },
    Amendment::Nullable { property: "group_access", reason: NULL },
    Amendment::Nullable { property: "avatar_url", reason: NULL },
    Amendment::Nullable { property: "readme_url", reason: NULL },
    Amendment::Nullable { property: "parent_id", reason: NULL },
    Amendment::Nullable { property: "marked_for_deletion_at", reason: NULL },
    Amendment::Nullable { property: "marked_for_deletion_on", reason: NULL },
    Amendment::Nullable { property: "expires_at", reason: "null for tokens of old servers" },
    Amendment::Nullable { property: "deploy_key_id", reason: NULL },
    Amendment::Nullable { property: "user_id", reason: NULL },
    Amendment::Nullable { property: "group_id", reason: NULL },
    Amendment::Nullable { property: "externalUrl", reason: NULL },
    Amendment::Nullable { property: "version", reason: NULL },
];

/// The simulated GitLab.
pub type GitLab = Simulated<State>;

impl Dialect for State {
    const NAME: &'static str = "GitLab";
    const DESCRIPTION: &'static str = "gitlab.trimmed.json";
    const UNLISTED: &'static [(&'static str, &'static str)] = &[
        (
            "GET /api/v4/groups/{id}/members/all/{id}",
            "the description was cut to projects and groups themselves",
        ),
        ("GET /api/v4/projects/{id}/push_rule", "of paid tiers, which the open description leaves out"),
        ("POST /api/v4/projects/{id}/archive", "the description was cut; docs.gitlab.com, projects"),
        ("POST /api/v4/projects/{id}/unarchive", "the description was cut; docs.gitlab.com, projects"),
        ("* 301", "a path that a project gave up leads to its number"),
        ("* 400", "refused input is described for few calls"),
        ("* 401", "a rejected token is described for few calls"),
        ("* 403", "missing scopes and roles are described for few calls"),
        ("* 404", "what may not be seen is described for few calls"),
        ("* 429", "rate limits are described for no call"),
    ];
    const AMENDED: &'static [Amendment] = AMENDED;
    const API: &'static str = "/api/v4";
    const SCOPES: &'static [&'static str] = &["api", "write_repository"];
    const RATE: u64 = 2000;
    const SCOPE_FIELD: &'static str = "group";

    fn described(path: &str) -> Cow<'_, str> {
        Cow::Borrowed(path)
    }

    fn rest(&mut self, ground: &Ground, request: &Request<'_>) -> Answer {
        rest::answer(self, ground, request)
    }

    fn git_access(&mut self, _: &Ground, access: &GitAccess<'_>) -> Result<PathBuf, Answer> {
        let refused = |status, words: &'static str| Err(Answer::text(status, "text/plain", words));
        let denied = || {
            Answer::text(401, "text/plain", "HTTP Basic: Access denied.\n")
                .with("www-authenticate", "Basic realm=\"GitLab\"")
        };
        const HIDDEN: &str =
            "The project you were looking for could not be found or you don't have permission to view it.\n";
        let token =
            access.presented.and_then(|p| self.tokens.get(&p.secret)).filter(|t| t.ended == Ended::No);
        let Some(token) = token.cloned() else { return Err(denied()) };
        let holds = |scopes: &[&str]| token.scopes.iter().any(|s| scopes.contains(&s.as_str()));
        let Some(project) = self.project(access.path).cloned() else { return refused(404, HIDDEN) };
        let role = self.project_role(&token.user, &project);
        if !self.sees_project(&token.user, &project) || project.hidden.1 > 0 {
            if let Some(stored) = self.projects.get_mut(&project.id) {
                stored.hidden.1 = stored.hidden.1.saturating_sub(1);
            }
            return refused(404, HIDDEN);
        }
        // `api` holds both (docs.gitlab.com, scopes of access tokens).
        if access.pushing && !holds(&["api", "write_repository"]) {
            return refused(403, "You are not allowed to push code to this project.\n");
        }
        if !holds(&["api", "write_repository", "read_repository"]) {
            return refused(403, "You are not allowed to download code from this project.\n");
        }
        if project.visibility == "private" && role < Some(Role::Reporter) {
            return refused(403, "You are not allowed to download code from this project.\n");
        }
        if access.pushing && project.archived {
            return refused(403, "You can't push code to an archived project.\n");
        }
        if access.pushing && role < Some(Role::Developer) {
            return refused(403, "You are not allowed to push code to this project.\n");
        }
        Ok(project.folder)
    }

    fn throttled(&self) -> Answer {
        Answer::text(429, "text/plain", "Retry later\n").with("retry-after", "60")
    }

    fn rate_headers(&self, left: u64) -> Vec<(&'static str, String)> {
        vec![
            ("ratelimit-limit", Self::RATE.to_string()),
            ("ratelimit-observed", Self::RATE.saturating_sub(left).to_string()),
            ("ratelimit-remaining", left.to_string()),
            ("ratelimit-reset", "4000000000".to_owned()),
            ("ratelimit-name", "throttle_authenticated_api".to_owned()),
        ]
    }

    fn furnish(&mut self, ground: &Ground, scope: &str, user: &str) {
        self.add_user(ground, user, false);
        self.add_group(ground, scope);
        self.group_mut(scope).members.insert(user.to_owned(), Role::Owner);
    }

    fn token(&mut self, ground: &Ground, text: &str, user: &str, scopes: &[&str]) {
        self.add_token(ground, text, (user, Reach::Personal), scopes);
    }

    fn expire(&mut self, text: &str) {
        self.tokens.get_mut(text).expect("the token").ended = Ended::Expired;
    }

    fn repositories(&self) -> Vec<String> {
        self.projects.values().map(Project::full_path).collect()
    }

    fn rename(&mut self, scope: &str, name: &str, to: &str) {
        let id = self.project(&format!("{scope}/{name}")).expect("the project").id;
        let project = self.projects.get_mut(&id).expect("the project");
        let before = project.full_path();
        project.path = to.to_owned();
        project.former.push(before);
    }

    fn refuse_pushes(&mut self, scope: &str, lines: &[&str]) {
        self.group_mut(scope).refusal = Some(lines.iter().map(|l| (*l).to_owned()).collect());
    }
}

impl State {
    fn add_token(&mut self, ground: &Ground, text: &str, (user, reach): (&str, Reach), scopes: &[&str]) {
        let token = Token {
            id: ground.number(),
            user: user.to_owned(),
            scopes: scopes.iter().map(|s| (*s).to_owned()).collect(),
            expires_at: None,
            ended: Ended::No,
            reach,
        };
        self.tokens.insert(text.to_owned(), token);
    }
}

impl GitLab {
    /// Adds a user.
    pub fn user(&self, name: &str) {
        self.with(|state, ground| state.add_user(ground, name, false));
    }

    /// Lets a user administer the server.
    pub fn administrator(&self, name: &str) {
        self.with(|state, _| state.users.get_mut(name).expect("the user").administrator = true);
    }

    /// Adds a group, and those above it; gives its number.
    pub fn group(&self, full_path: &str) -> u64 {
        self.with(|state, ground| state.add_group(ground, full_path))
    }

    /// Makes a user a member of a group.
    pub fn member(&self, group: &str, user: &str, role: Role) {
        self.with(|state, _| state.group_mut(group).members.insert(user.to_owned(), role));
    }

    /// Takes a user out of a group.
    pub fn stranger(&self, group: &str, user: &str) {
        self.with(|state, _| state.group_mut(group).members.remove(user));
    }

    /// Sets the least role that may create projects in a group; `None` lets nobody.
    pub fn creators(&self, group: &str, role: Option<Role>) {
        self.with(|state, _| state.group_mut(group).creators = role);
    }

    /// Adds a group access token: the token of a bot that is a member of the group.
    pub fn group_token(&self, text: &str, group: &str, role: Role, scopes: &[&str]) {
        self.with(|state, ground| {
            let bot = format!("group_{}_bot_{}", state.group(group).expect("the group").id, ground.number());
            state.add_user(ground, &bot, true);
            state.group_mut(group).members.insert(bot.clone(), role);
            state.add_token(ground, text, (&bot, Reach::Group), scopes);
        });
    }

    /// Adds a project access token: the token of a bot that is a member of the one project.
    pub fn project_token(&self, text: &str, project: u64, role: Role, scopes: &[&str]) {
        self.with(|state, ground| {
            let bot = format!("project_{project}_bot_{}", ground.number());
            state.add_user(ground, &bot, true);
            state.projects.get_mut(&project).expect("the project").members.insert(bot.clone(), role);
            state.add_token(ground, text, (&bot, Reach::Project), scopes);
        });
    }

    /// Adds a deploy token of a user's reach: it has no interface, only Git.
    pub fn deploy_token(&self, text: &str, user: &str) {
        self.with(|state, ground| {
            state.add_token(ground, text, (user, Reach::Deploy), &["read_repository", "write_repository"]);
        });
    }

    /// Says on which day a token ends, such as `2026-12-01`.
    pub fn token_expires(&self, text: &str, day: &str) {
        self.with(|state, _| {
            state.tokens.get_mut(text).expect("the token").expires_at = Some(day.to_owned())
        });
    }

    /// Takes a token back.
    pub fn revoke(&self, text: &str) {
        self.with(|state, _| state.tokens.get_mut(text).expect("the token").ended = Ended::Revoked);
    }

    /// Sets how projects are deleted.
    pub fn deleting(&self, how: Deleting) {
        self.with(|state, _| state.deleting = how);
    }

    /// Makes a project.
    pub fn project(&self, namespace: &str, path: &str) -> Project {
        self.with(|state, ground| state.add_project(ground, namespace, path).clone())
    }

    /// A project by number or present full path.
    pub fn find(&self, id: &str) -> Option<Project> {
        self.with(|state, _| state.project(id).cloned())
    }

    /// Protects branches (a name or a pattern with `*`) of a project: the least role that may push; `None`
    /// lets no one, and Git then refuses every push.
    pub fn protect(&self, project: u64, branch: &str, push: Option<Role>) {
        self.with(|state, _| {
            let project = state.projects.get_mut(&project).expect("the project");
            project.protections.push(Protection { branch: branch.to_owned(), push });
            if push.is_none() {
                let line = "GitLab: You are not allowed to push code to protected branches on this project.";
                git_http::refuse_pushes(&project.folder, &[line]);
            }
        });
    }

    /// Sets fields of a project's push rule, such as `{"reject_unsigned_commits": true}`.
    pub fn push_rule(&self, project: u64, fields: Value) {
        let mut rule = json!({
            "id": 1,
            "project_id": project,
            "created_at": "2026-01-02T03:04:05.000Z",
            "commit_message_regex": "",
            "commit_message_negative_regex": null,
            "branch_name_regex": null,
            "author_email_regex": "",
            "file_name_regex": "",
            "deny_delete_tag": false,
            "member_check": false,
            "prevent_secrets": false,
            "max_file_size": 0,
            "commit_committer_check": false,
            "commit_committer_name_check": false,
            "reject_unsigned_commits": false,
            "reject_non_dco_commits": false,
        });
        if let (Value::Object(rule), Value::Object(fields)) = (&mut rule, fields) {
            rule.extend(fields);
        }
        self.with(|state, _| state.projects.get_mut(&project).expect("the project").push_rule = Some(rule));
    }

    /// Takes the features of paid tiers away.
    pub fn free_tier(&self) {
        self.with(|state, _| state.paid = false);
    }
}
