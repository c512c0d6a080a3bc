//! The calls about the repositories of a project.

use serde_json::{Value, json};

use super::super::host::Answer;
use super::ORGANIZATION;
use super::answers::{self, error};
use super::rest::Call;
use super::state::{Project, Repo, Rights, State};

/// No object.
const ZERO: &str = "0000000000000000000000000000000000000000";

pub(super) fn answer(state: &mut State, call: &Call<'_>, project: Option<&str>, rest: &[&str]) -> Answer {
    if !call.token.holds("vso.code") {
        return answers::unauthorized(&call.token.user);
    }
    let Some(name) = project else { return anywhere(state, call, rest) };
    let found = state.project(name).and_then(|p| Some((p.clone(), *p.members.get(&call.token.user)?)));
    let Some((project, rights)) = found else { return answers::no_project(name) };
    let writes = call.request.method != "GET";
    let needed = if matches!(rest, [_, _, "refs"]) { "vso.code_write" } else { "vso.code_manage" };
    if writes && !call.token.holds(needed) {
        return answers::unauthorized(&call.token.user);
    }
    let place = Place { project: &project, rights };
    match (call.request.method, rest) {
        ("GET", ["repositories"]) => list(state, call, &project),
        ("POST", ["repositories"]) => create(state, call, &place),
        ("GET", ["policy", "configurations"]) => policies(call, &project),
        (_, ["recyclebin", "repositories", rest @ ..]) => recycle_bin(state, call, &place, rest),
        (_, ["repositories", name, rest @ ..]) => match state.repo(&project.id, name).cloned() {
            Some(repo) => of_one(state, call, &place, (&repo, rest)),
            None => answers::no_repository(name),
        },
        _ => error(404, "VssResourceNotFoundException", "The controller for this path was not found."),
    }
}

/// Where a call goes, and what its account may do there.
struct Place<'a> {
    project: &'a Project,
    rights: Rights,
}

/// Calls that name no project: a repository is known by its GUID alone.
fn anywhere(state: &mut State, call: &Call<'_>, rest: &[&str]) -> Answer {
    match (call.request.method, rest) {
        ("GET", ["repositories"]) => {
            let seen = |p: &&Project| p.members.contains_key(&call.token.user);
            let all = state.projects.values().filter(seen).flat_map(|p| shown(state, call, p)).collect();
            Answer::new(200, answers::list(all))
        }
        ("POST", ["repositories"]) => {
            let named = call.request.body.and_then(|b| b.pointer("/project/id")).and_then(Value::as_str);
            let named = named.or_else(|| {
                call.request.body.and_then(|b| b.pointer("/project/name")).and_then(Value::as_str)
            });
            // At the root, `/acme/_apis` is about the project acme.
            let named = named.or_else(|| state.project(ORGANIZATION).map(|p| p.name.as_str()));
            match named.map(str::to_owned) {
                Some(project) => answer(state, call, Some(&project), rest),
                None => error(400, "ArgumentNullException", "Value cannot be null. Parameter name: project"),
            }
        }
        (_, ["repositories", id, ..]) => match state.repos.get(*id).map(|r| r.project.clone()) {
            Some(project) => answer(state, call, Some(&project), rest),
            None => answers::no_repository(id),
        },
        _ => error(404, "VssResourceNotFoundException", "The controller for this path was not found."),
    }
}

fn shown(state: &State, call: &Call<'_>, project: &Project) -> Vec<Value> {
    let of_project = state.repos.values().filter(|r| r.project == project.id);
    of_project.map(|r| answers::repository(&call.base, r, project)).collect()
}

fn list(state: &State, call: &Call<'_>, project: &Project) -> Answer {
    Answer::new(200, answers::list(shown(state, call, project)))
}

fn create(state: &mut State, call: &Call<'_>, place: &Place<'_>) -> Answer {
    if !place.rights.create {
        return answers::lacks("CreateRepository", &call.token.user, "project");
    }
    let Some(name) = call.request.text("name").filter(|n| !n.trim().is_empty()) else {
        return error(400, "ArgumentNullException", "Value cannot be null. Parameter name: name");
    };
    if name.chars().count() > 64 || name.contains(['/', '\\', ':', '*', '?', '"', '<', '>', '|']) {
        let message = format!("TF400898: The Git repository name {name} is not valid.");
        return error(400, "InvalidGitRepositoryNameException", &message);
    }
    if state.repo(&place.project.id, name).is_some() {
        let message = format!("TF400948: A Git repository with the name {name} already exists.");
        return error(409, "GitRepositoryNameAlreadyExistsException", &message);
    }
    let repo = state.create(call.ground, &place.project.id, name);
    Answer::new(201, answers::repository(&call.base, &repo, place.project))
}

fn of_one(state: &mut State, call: &Call<'_>, place: &Place<'_>, (repo, rest): (&Repo, &[&str])) -> Answer {
    let enabling = call.request.method == "PATCH" && call.request.field("isDisabled").is_some();
    if repo.disabled && !enabling {
        return answers::no_repository(&repo.name);
    }
    match (call.request.method, rest) {
        ("GET", []) => Answer::new(200, answers::repository(&call.base, repo, place.project)),
        ("PATCH", []) => change(state, call, place, repo),
        ("DELETE", []) => delete(state, call, place, repo),
        ("GET", ["refs"]) => refs(call, repo),
        ("POST", ["refs"]) => update_refs(call, place, repo),
        _ => error(404, "VssResourceNotFoundException", "The controller for this path was not found."),
    }
}

fn change(state: &mut State, call: &Call<'_>, place: &Place<'_>, repo: &Repo) -> Answer {
    if call.request.field("isDisabled").is_some() && !place.rights.delete {
        return answers::lacks("DeleteRepository", &call.token.user, "repository");
    }
    if !place.rights.create {
        return answers::lacks("RenameRepository", &call.token.user, "repository");
    }
    let Some(stored) = state.repos.get_mut(&repo.id) else { return answers::no_repository(&repo.id) };
    if let Some(disabled) = call.request.field("isDisabled").and_then(Value::as_bool) {
        stored.disabled = disabled;
    }
    if let Some(name) = call.request.text("name") {
        stored.name = name.to_owned();
    }
    if let Some(branch) = call.request.text("defaultBranch") {
        stored.git(&["symbolic-ref", "HEAD", branch]);
    }
    Answer::new(200, answers::repository(&call.base, stored, place.project))
}

fn delete(state: &mut State, call: &Call<'_>, place: &Place<'_>, repo: &Repo) -> Answer {
    if !place.rights.delete {
        return answers::lacks("DeleteRepository", &call.token.user, "repository");
    }
    // By id only: a name is not taken here.
    let by_id = call.request.segments.last().is_some_and(|s| s.eq_ignore_ascii_case(&repo.id));
    if !by_id {
        return error(400, "ArgumentException", "A valid repository id has to be given.");
    }
    if let Some(repo) = state.repos.remove(&repo.id) {
        state.bin.insert(repo.id.clone(), repo);
    }
    Answer::empty(204)
}

fn recycle_bin(state: &mut State, call: &Call<'_>, place: &Place<'_>, rest: &[&str]) -> Answer {
    match (call.request.method, rest) {
        ("GET", []) => {
            let kept = state.bin.values().filter(|r| r.project == place.project.id);
            let kept = kept.map(|r| answers::deleted(&call.base, r, place.project)).collect();
            Answer::new(200, answers::list(kept))
        }
        ("DELETE", [id]) => match state.bin.get(*id) {
            None => answers::no_repository(id),
            Some(_) if !place.rights.purge => {
                answers::lacks("DeleteRepository", &call.token.user, "repository")
            }
            Some(repo) => {
                let _ = std::fs::remove_dir_all(&repo.path);
                state.bin.remove(*id);
                Answer::empty(204)
            }
        },
        ("PATCH", [id]) => match state.bin.remove(*id) {
            None => answers::no_repository(id),
            Some(repo) => {
                let body = answers::repository(&call.base, &repo, place.project);
                state.repos.insert(repo.id.clone(), repo);
                Answer::new(200, body)
            }
        },
        _ => error(404, "VssResourceNotFoundException", "The controller for this path was not found."),
    }
}

/// Policies, two a page so that pages have to be followed.
fn policies(call: &Call<'_>, project: &Project) -> Answer {
    let from: usize = call.request.asked("continuationToken").and_then(|t| t.parse().ok()).unwrap_or(0);
    let shown: Vec<Value> = project.policies.iter().skip(from).take(2).cloned().collect();
    let answer = Answer::new(200, answers::list(shown));
    if project.policies.len() > from + 2 {
        return answer.with("x-ms-continuationtoken", (from + 2).to_string());
    }
    answer
}

/// A filter matches by prefix; a branch that is missing is an empty list.
fn refs(call: &Call<'_>, repo: &Repo) -> Answer {
    let prefix = format!("refs/{}", call.request.asked("filter").unwrap_or_default());
    let person = json!({ "displayName": call.token.user, "id": "22157d54-1821-6536-a446-928b06348385" });
    let found = repo.branches().into_iter().filter(|(name, _)| name.starts_with(&prefix));
    let found = found.map(|(name, id)| json!({ "name": name, "objectId": id, "creator": person })).collect();
    Answer::new(200, answers::list(found))
}

/// Each update tells for itself how it went; the status says nothing.
fn update_refs(call: &Call<'_>, place: &Place<'_>, repo: &Repo) -> Answer {
    let updates = call.request.body.and_then(Value::as_array).cloned().unwrap_or_default();
    let one = |update: &Value| {
        let text = |key: &str| update.get(key).and_then(Value::as_str).unwrap_or_default();
        let (name, old, new) = (text("name"), text("oldObjectId"), text("newObjectId"));
        let now = repo.branches().into_iter().find(|(n, _)| n == name).map_or(ZERO.to_owned(), |(_, id)| id);
        let status = if !place.rights.contribute {
            "createBranchPermissionRequired"
        } else if !name.starts_with("refs/") {
            "invalidRefName"
        } else if now != old {
            "staleOldObjectId"
        } else {
            let done = match new {
                ZERO => repo.git(&["update-ref", "-d", name, old]),
                _ => repo.git(&["update-ref", name, new, old]),
            };
            if done.is_some() { "succeeded" } else { "unresolvableToCommit" }
        };
        json!({
            "repositoryId": repo.id,
            "name": name,
            "oldObjectId": old,
            "newObjectId": new,
            "isLocked": false,
            "updateStatus": status,
            "success": status == "succeeded",
        })
    };
    Answer::new(200, answers::list(updates.iter().map(one).collect()))
}
