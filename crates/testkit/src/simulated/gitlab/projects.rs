//! Projects: lists, creating, changing, archiving, the two steps of deleting, rules for branches and pushes.

use serde_json::{Value, json};

use super::super::host::Answer;
use super::answers;
use super::rest::{Call, message, not_found, paged};
use super::state::{Deleting, Group, Project, Role, State};

/// `GET /groups/{id}/projects`.
pub(super) fn of_group(state: &State, call: &Call<'_>, group: &Group) -> Answer {
    let deep = call.request.asked("include_subgroups") == Some("true");
    let below = format!("{}/", group.full_path);
    listed(state, call, |p| p.namespace == group.full_path || (deep && p.namespace.starts_with(&below)))
}

/// `GET /projects`.
pub(super) fn all(state: &State, call: &Call<'_>) -> Answer {
    let (owned, member) = (call.request.asked("owned"), call.request.asked("membership"));
    listed(state, call, |p| {
        let role = state.project_role(call.user(), p);
        (owned != Some("true") || role == Some(Role::Owner)) && (member != Some("true") || role.is_some())
    })
}

fn listed(state: &State, call: &Call<'_>, wanted: impl Fn(&Project) -> bool) -> Answer {
    let search = call.request.asked("search").map(str::to_lowercase);
    let items = state
        .projects
        .values()
        .filter(|p| p.hidden.0 == 0 && !p.marked && state.sees_project(call.user(), p) && wanted(p))
        .filter(|p| search.as_ref().is_none_or(|s| p.path.to_lowercase().contains(s)))
        .map(|p| (p.id, answers::project(state, call.web, p, None)))
        .collect();
    paged(call, items)
}

/// `POST /projects`.
pub(super) fn create(state: &mut State, call: &Call<'_>) -> Answer {
    let request = call.request;
    let Some(path) = request.text("path").or(request.text("name")) else {
        return Answer::new(
            400,
            json!({ "error": "name, path are missing, at least one parameter must be provided" }),
        );
    };
    let wanted = request.field("namespace_id").and_then(Value::as_u64);
    let Some(namespace) = allowed(state, call, wanted) else {
        // Also for a namespace that is not shown, and for a role that is too low (GitLabPHP/Client issue 105).
        return Answer::new(400, json!({ "message": { "namespace": ["is not valid"] } }));
    };
    let full = format!("{namespace}/{path}");
    if let Some(problem) = unfit(path) {
        return Answer::new(400, json!({ "message": { "path": [problem] } }));
    }
    if state.projects.values().any(|p| p.full_path().eq_ignore_ascii_case(&full)) {
        let taken = ["has already been taken"];
        let names = json!({ "project_namespace.name": taken, "name": taken, "path": taken });
        return Answer::new(400, json!({ "message": names }));
    }
    let visibility = request.text("visibility").unwrap_or("private");
    let project = state.add_project(call.ground, &namespace, path);
    project.visibility = visibility.to_owned();
    project.description = request.text("description").map(str::to_owned);
    let project = project.clone();
    Answer::new(201, answers::project(state, call.web, &project, None))
}

/// The namespace that the caller may create projects in.
fn allowed(state: &State, call: &Call<'_>, id: Option<u64>) -> Option<String> {
    let user = state.users.get(call.user())?;
    let Some(id) = id.filter(|id| *id != user.namespace) else {
        return (!user.bot).then(|| user.name.clone());
    };
    let group = state.groups.get(&id)?;
    let role = state.group_role(call.user(), group)?;
    (role >= group.creators?).then(|| group.full_path.clone())
}

/// What is wrong with a path (docs.gitlab.com, reserved names and rules for names).
fn unfit(path: &str) -> Option<&'static str> {
    let plain = path.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.'));
    let ends = path.ends_with(".git") || path.ends_with(".atom");
    if !plain || path.starts_with('-') || ends {
        return Some(
            "can contain only letters, digits, '_', '-' and '.'. Cannot start with '-', end in '.git' or end in '.atom'",
        );
    }
    let reserved =
        ["badges", "blame", "blob", "builds", "commits", "create", "edit", "files", "new", "raw", "tree"];
    reserved.contains(&path).then_some("is a reserved name")
}

/// `/projects/{id}` and what is below it.
pub(super) fn one(state: &mut State, call: &Call<'_>, id: &str, rest: &[&str]) -> Answer {
    let Some(project) = state.project(id).cloned() else { return not_found("Project") };
    if !state.sees_project(call.user(), &project) {
        return not_found("Project");
    }
    if project.hidden.0 > 0 {
        state.projects.get_mut(&project.id).expect("it is there").hidden.0 -= 1;
        return not_found("Project");
    }
    let moved = id.parse::<u64>().is_err() && !project.full_path().eq_ignore_ascii_case(id);
    if moved && call.request.method == "GET" {
        let to = format!("{}/api/v4/projects/{}", call.web, project.id);
        return message(301, "This resource has been moved permanently").with("location", to);
    }
    let role = state.project_role(call.user(), &project);
    match (call.request.method, rest) {
        ("GET", []) => Answer::new(200, answers::project(state, call.web, &project, Some(call.user()))),
        ("PUT", []) => change(state, call, &project, role),
        ("DELETE", []) => delete(state, call, &project, role),
        ("POST", ["archive" | "unarchive"]) if role < Some(Role::Owner) => message(403, "403 Forbidden"),
        ("POST", ["archive" | "unarchive"]) => {
            let stored = state.projects.get_mut(&project.id).expect("it is there");
            stored.archived = rest == ["archive"];
            let stored = stored.clone();
            Answer::new(201, answers::project(state, call.web, &stored, None))
        }
        ("GET", ["protected_branches"]) if role < Some(Role::Developer) => message(403, "403 Forbidden"),
        ("GET", ["protected_branches"]) => {
            let items = project.protections.iter().enumerate();
            paged(call, items.map(|(i, p)| (i as u64 + 1, answers::protection(i + 1, p))).collect())
        }
        // Without a paid tier the call is not there at all.
        ("GET", ["push_rule"]) if !state.paid => Answer::new(404, json!({ "error": "404 Not Found" })),
        ("GET", ["push_rule"]) if role < Some(Role::Maintainer) => message(403, "403 Forbidden"),
        // "null" where there is none (seen on gitlab.com in public threads).
        ("GET", ["push_rule"]) => Answer::new(200, project.push_rule.unwrap_or(Value::Null)),
        _ => Answer::new(404, json!({ "error": "404 Not Found" })),
    }
}

fn change(state: &mut State, call: &Call<'_>, project: &Project, role: Option<Role>) -> Answer {
    if role < Some(Role::Maintainer) {
        return message(403, "403 Forbidden");
    }
    let stored = state.projects.get_mut(&project.id).expect("it is there");
    if let Some(branch) = call.request.text("default_branch") {
        stored.default_branch = branch.to_owned();
    }
    if let Some(text) = call.request.text("description") {
        stored.description = Some(text.to_owned());
    }
    if let Some(path) = call.request.text("path") {
        let before = stored.full_path();
        stored.path = path.to_owned();
        stored.former.push(before);
    }
    let stored = stored.clone();
    Answer::new(200, answers::project(state, call.web, &stored, None))
}

/// A flag as the interface takes it: in the query or the body, `True` as python-gitlab writes it too.
fn on(call: &Call<'_>, key: &str) -> bool {
    let asked = call.request.asked(key).is_some_and(|t| matches!(t.to_lowercase().as_str(), "true" | "1"));
    asked || call.request.field(key) == Some(&Value::Bool(true))
}

fn delete(state: &mut State, call: &Call<'_>, project: &Project, role: Option<Role>) -> Answer {
    if role < Some(Role::Owner) {
        return message(403, "403 Forbidden");
    }
    let accepted = || message(202, "202 Accepted");
    if on(call, "permanently_remove") {
        // lib/api/projects.rb and merge request 205572: never on gitlab.com, elsewhere as the administrator says.
        if state.deleting == Deleting::Retained {
            return message(400, "`permanently_remove` option is not available on this instance.");
        }
        if !project.marked {
            return message(400, "Project must be marked for deletion first.");
        }
        let named = call.request.asked("full_path").or(call.request.text("full_path"));
        if named != Some(project.full_path().as_str()) {
            return message(
                400,
                "`full_path` is incorrect. You must enter the complete path for the project.",
            );
        }
        state.remove_project(project.id);
        return accepted();
    }
    if state.deleting == Deleting::AtOnce {
        state.remove_project(project.id);
        return accepted();
    }
    if project.marked {
        return message(400, "Project has been already marked for deletion");
    }
    let stored = state.projects.get_mut(&project.id).expect("it is there");
    stored.marked = true;
    stored.archived = true;
    stored.path = format!("{}-deletion_scheduled-{}", stored.path, stored.id);
    accepted()
}
