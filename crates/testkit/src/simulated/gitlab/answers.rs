//! Bodies of answers, complete enough to hold against GitLab's description.

use serde_json::{Value, json};

use super::state::{Ended, Group, Project, Protection, Role, State, Token, User};

/// When everything in the simulated host was made.
const MADE_AT: &str = "2026-01-02T03:04:05.000Z";
/// The day at which marked projects go.
const GONE_ON: &str = "2026-12-24";

pub(super) fn user(web: &str, user: &User) -> Value {
    let mut told = json!({
        "id": user.id,
        "username": user.name,
        "name": user.name,
        "state": "active",
        "locked": false,
        "avatar_url": null,
        "web_url": format!("{web}/{}", user.name),
        "created_at": MADE_AT,
        "bio": "",
        "bot": user.bot,
        "email": format!("{}@acme.dev", user.name),
        "can_create_group": !user.bot,
        "can_create_project": true,
        "two_factor_enabled": false,
    });
    // Nobody else is told.
    if user.administrator {
        told["is_admin"] = true.into();
    }
    told
}

pub(super) fn token(state: &State, token: &Token) -> Value {
    json!({
        "id": token.id,
        "name": "trueline",
        "revoked": token.ended == Ended::Revoked,
        "created_at": MADE_AT,
        "description": "",
        "scopes": token.scopes,
        "user_id": state.users.get(&token.user).map_or(0, |u| u.id),
        "last_used_at": MADE_AT,
        "active": token.ended == Ended::No,
        "expires_at": token.expires_at,
    })
}

pub(super) fn group(web: &str, group: &Group) -> Value {
    json!({
        "id": group.id,
        "web_url": format!("{web}/groups/{}", group.full_path),
        "name": last(&group.full_path),
        "path": last(&group.full_path),
        "description": "",
        "visibility": "private",
        "project_creation_level": match group.creators {
            None => "noone",
            Some(Role::Owner) => "owner",
            Some(Role::Maintainer) => "maintainer",
            Some(_) => "developer",
        },
        "subgroup_creation_level": "maintainer",
        "lfs_enabled": true,
        "avatar_url": null,
        "request_access_enabled": true,
        "full_name": group.full_path.replace('/', " / "),
        "full_path": group.full_path,
        "created_at": MADE_AT,
        "parent_id": group.parent,
    })
}

pub(super) fn member(web: &str, user: &User, role: Role) -> Value {
    json!({
        "id": user.id,
        "username": user.name,
        "name": user.name,
        "state": "active",
        "web_url": format!("{web}/{}", user.name),
        "access_level": role as u8,
        "expires_at": null,
        "membership_state": "active",
    })
}

/// A user's or group's namespace, in full and as it stands inside a project.
pub(super) fn namespace(state: &State, web: &str, full_path: &str) -> Value {
    let group = state.group(full_path);
    let id = group.map(|g| g.id).or_else(|| state.users.get(full_path).map(|u| u.namespace));
    json!({
        "id": id,
        "name": last(full_path),
        "path": last(full_path),
        "kind": if group.is_some() { "group" } else { "user" },
        "full_path": full_path,
        "parent_id": group.and_then(|g| g.parent),
        "web_url": if group.is_some() { format!("{web}/groups/{full_path}") } else { format!("{web}/{full_path}") },
    })
}

/// A project; with `role`, as one that asks alone for it sees it.
pub(super) fn project(state: &State, web: &str, project: &Project, asker: Option<&str>) -> Value {
    let full = project.full_path();
    let empty = std::fs::read_dir(project.folder.join("refs/heads")).is_ok_and(|d| d.count() == 0)
        && !project.folder.join("packed-refs").exists();
    let mut out = json!({
        "id": project.id,
        "description": project.description.clone().unwrap_or_default(),
        "name": project.path,
        "name_with_namespace": full.replace('/', " / "),
        "path": project.path,
        "path_with_namespace": full,
        "created_at": MADE_AT,
        "default_branch": project.default_branch,
        "tag_list": [],
        "topics": [],
        "ssh_url_to_repo": format!("git@localhost:{full}.git"),
        "http_url_to_repo": format!("{web}/{full}.git"),
        "web_url": format!("{web}/{full}"),
        "readme_url": null,
        "forks_count": 0,
        "avatar_url": null,
        "star_count": 0,
        "last_activity_at": MADE_AT,
        "namespace": namespace(state, web, &project.namespace),
        "_links": {
            "self": format!("{web}/api/v4/projects/{}", project.id),
            "members": format!("{web}/api/v4/projects/{}/members", project.id),
            "repo_branches": format!("{web}/api/v4/projects/{}/repository/branches", project.id),
        },
        "empty_repo": empty,
        "archived": project.archived,
        "visibility": project.visibility,
        "repository_object_format": "sha1",
        "issues_enabled": true,
        "merge_requests_enabled": true,
        "wiki_enabled": true,
        "jobs_enabled": true,
        "snippets_enabled": true,
        "lfs_enabled": true,
        "creator_id": 1,
        "import_status": "none",
        "open_issues_count": 0,
        "updated_at": MADE_AT,
        "shared_with_groups": [],
        "merge_method": "merge",
        "marked_for_deletion_at": project.marked.then_some(GONE_ON),
        "marked_for_deletion_on": project.marked.then_some(GONE_ON),
    });
    if let Some(user) = asker {
        let group = state.group(&project.namespace).and_then(|g| state.group_role(user, g));
        let own = project.members.get(user).copied();
        let own = own.or((project.namespace == user).then_some(Role::Owner));
        let access =
            |role: Option<Role>| role.map(|r| json!({ "access_level": r as u8, "notification_level": 3 }));
        out["permissions"] = json!({ "project_access": access(own), "group_access": access(group) });
    }
    out
}

pub(super) fn protection(id: usize, protection: &Protection) -> Value {
    let level = |role: Option<Role>| {
        json!({
            "id": id,
            "access_level": role.map_or(0, |r| r as u8),
            "access_level_description": role.map_or("No one".to_owned(), |r| format!("{r:?}s")),
            "deploy_key_id": null,
            "user_id": null,
            "group_id": null,
        })
    };
    json!({
        "id": id,
        "name": protection.branch,
        "push_access_levels": [level(protection.push)],
        "merge_access_levels": [level(Some(Role::Maintainer))],
        "allow_force_push": false,
        "unprotect_access_levels": [],
        "code_owner_approval_required": false,
        "inherited": false,
    })
}

fn last(full_path: &str) -> &str {
    full_path.rsplit('/').next().unwrap_or(full_path)
}
