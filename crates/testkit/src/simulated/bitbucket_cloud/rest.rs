//! Bitbucket Cloud's REST interface, as far as it is simulated. Every call checks token, scopes and role.

use serde_json::{Value, json};

use super::answers::{self, error, lacks, page};
use super::state::{Holder, Repo, Restriction, Role, State, Token, Workspace};
use crate::simulated::host::{Answer, Ground, Request};

/// What is said of a token that is wrong, ended, revoked, without scopes or sent in the wrong way.
const INVALID: &str = "Token is invalid, expired, or not supported for this endpoint.";
/// What is said of a repository that is absent or hidden.
const HIDDEN: &str = "You may not have access to this repository or it no longer exists in this workspace. If \
                      you think this repository exists and you have access, make sure you are authenticated.";

pub(super) fn answer(state: &mut State, ground: &Ground, request: &Request<'_>) -> Answer {
    let token = match request.presented {
        None => None,
        Some(presented) => match state.over_rest(presented) {
            Some(token) => Some(token),
            None => return error(401, INVALID),
        },
    };
    let call = Call { ground, request, token: token.as_ref() };
    let answer = route(state, &call).unwrap_or_else(|refusal| refusal);
    let Some(token) = token else { return answer };
    let kind = match token.holder {
        Holder::Account(_) | Holder::AppPassword => "api_token",
        Holder::Workspace(_) => "workspace_access_token",
        Holder::Project(..) => "project_access_token",
        Holder::Repository(..) => "repo_access_token",
    };
    answer.with("x-oauth-scopes", token.scopes.join(", ")).with("x-credential-type", kind)
}

fn route(state: &mut State, call: &Call<'_>) -> Result<Answer, Answer> {
    let web = &call.ground.web;
    match (call.request.method, call.request.segments.as_slice()) {
        ("GET", ["hook_events", "repository"]) => {
            let event = json!({
                "event": "repo:push", "category": "Repository", "label": "Push", "description": "A push",
            });
            Ok(page(web, call.request, vec![event]))
        }
        ("GET", ["user"]) => user(state, call),
        ("GET", ["workspaces", slug]) => {
            let found = call.workspace(state, slug, "read:workspace:bitbucket")?;
            Ok(Answer::new(200, answers::workspace(web, found)))
        }
        ("GET", ["workspaces", slug, "projects"]) => {
            let found = call.workspace(state, slug, "read:project:bitbucket")?;
            let all = found.projects.iter().map(|p| answers::project(web, slug, p));
            Ok(page(web, call.request, all.collect()))
        }
        ("GET", ["workspaces", slug, "projects", key]) => {
            let found = call.workspace(state, slug, "read:project:bitbucket")?;
            let project = found.projects.iter().find(|p| p.key == *key);
            let absent = || error(404, &format!("Project with key '{key}' not found."));
            Ok(Answer::new(200, answers::project(web, slug, project.ok_or_else(absent)?)))
        }
        ("GET", ["repositories", slug]) => list(state, call, slug),
        (_, ["repositories", slug, repository]) => one(state, call, (slug, repository)),
        (_, ["repositories", slug, repository, "branch-restrictions"]) => {
            restrictions(state, call, (slug, repository))
        }
        _ => Err(error(404, "Resource not found")),
    }
}

/// What every handler needs beside the state.
struct Call<'a> {
    ground: &'a Ground,
    request: &'a Request<'a>,
    token: Option<&'a Token>,
}

impl Call<'_> {
    /// Refuses a token that lacks the scope, in the spelling of the token's kind.
    fn scope(&self, scope: &str) -> Result<(), Answer> {
        let Some(token) = self.token else { return Ok(()) };
        let older = !matches!(token.holder, Holder::Account(_) | Holder::AppPassword);
        let scope = if older { older_scope(scope) } else { scope };
        if scope.is_empty() || holds(token, scope) { Ok(()) } else { Err(lacks(&token.scopes, scope)) }
    }

    fn workspace<'s>(&self, state: &'s State, slug: &str, scope: &str) -> Result<&'s Workspace, Answer> {
        self.scope(scope)?;
        let found = state.workspaces.get(slug).filter(|w| state.sees(self.token, w));
        found.ok_or_else(|| error(404, &format!("No workspace with identifier '{slug}'.")))
    }

    /// The name that Bitbucket puts into clone addresses.
    fn asker(&self) -> &str {
        match self.token.map(|t| &t.holder) {
            Some(Holder::Account(nickname)) => nickname,
            Some(Holder::Workspace(_) | Holder::Project(..) | Holder::Repository(..)) => "x-token-auth",
            Some(Holder::AppPassword) | None => "",
        }
    }

    fn full(&self, state: &State, id: u64, status: u16) -> Answer {
        Answer::new(status, answers::repository(&self.ground.web, state, &state.repos[&id], self.asker()))
    }
}

/// The scope's older spelling, which access tokens have; the workspace itself needs none of those.
pub(super) fn older_scope(scope: &str) -> &str {
    match scope {
        "read:user:bitbucket" => "account",
        "read:project:bitbucket" => "project",
        "read:repository:bitbucket" => "repository",
        "write:repository:bitbucket" => "repository:write",
        "admin:repository:bitbucket" => "repository:admin",
        "delete:repository:bitbucket" => "repository:delete",
        "read:workspace:bitbucket" => "",
        other => other,
    }
}

/// Whether a token holds a scope. Those of API tokens contain no other; of the older ones `repository` is part
/// of `repository:write` and of `project`.
pub(super) fn holds(token: &Token, scope: &str) -> bool {
    let has = |s: &str| token.scopes.iter().any(|h| h == s);
    has(scope) || (scope == "repository" && (has("repository:write") || has("project")))
}

fn user(state: &State, call: &Call<'_>) -> Result<Answer, Answer> {
    match call.token.map(|t| &t.holder) {
        Some(Holder::Account(nickname)) => {
            call.scope("read:user:bitbucket")?;
            let user = state.users.get(nickname).ok_or_else(|| error(401, INVALID))?;
            Ok(Answer::new(200, answers::user(user)))
        }
        // An access token belongs to nobody.
        Some(Holder::Workspace(_) | Holder::Project(..) | Holder::Repository(..)) => {
            Err(error(403, "Forbidden"))
        }
        Some(Holder::AppPassword) | None => Err(error(401, INVALID)),
    }
}

fn list(state: &mut State, call: &Call<'_>, slug: &str) -> Result<Answer, Answer> {
    call.workspace(state, slug, "read:repository:bitbucket")?;
    let wanted = call.request.asked("q").and_then(|q| q.strip_prefix("uuid=\"")?.strip_suffix('"'));
    let shown = |state: &State, r: &Repo| {
        let rights = state.rights(call.token, r);
        let role = match call.request.asked("role") {
            Some("admin" | "owner") => rights.admin,
            Some("contributor") => rights.write,
            _ => rights.read,
        };
        r.workspace == slug && r.hidden.0 == 0 && role && wanted.is_none_or(|w| r.uuid() == w)
    };
    state.repos.values_mut().for_each(Repo::settle_main);
    let web = &call.ground.web;
    let found = state.repos.values().filter(|r| shown(state, r));
    let items = found.map(|r| answers::repository(web, state, r, call.asker())).collect();
    Ok(page(web, call.request, items))
}

/// The repository, if the caller sees it by now; each look uses up creation lag.
fn seen(state: &mut State, call: &Call<'_>, (slug, segment): (&str, &str)) -> Result<Repo, Answer> {
    let found = state.repo(slug, segment).cloned().ok_or_else(|| error(404, HIDDEN))?;
    if !state.rights(call.token, &found).read {
        return Err(error(404, HIDDEN));
    }
    let repo = state.repos.get_mut(&found.id).expect("it is there");
    if repo.hidden.0 > 0 {
        repo.hidden.0 -= 1;
        return Err(error(404, HIDDEN));
    }
    repo.settle_main();
    Ok(repo.clone())
}

fn one(state: &mut State, call: &Call<'_>, (slug, segment): (&str, &str)) -> Result<Answer, Answer> {
    let method = call.request.method;
    let scope = match method {
        "GET" => "read:repository:bitbucket",
        "POST" | "PUT" => "admin:repository:bitbucket",
        "DELETE" => "delete:repository:bitbucket",
        _ => return Err(error(405, "Method not allowed")),
    };
    if call.token.is_some() {
        call.workspace(state, slug, scope)?;
    }
    if method == "POST" || (method == "PUT" && state.repo(slug, segment).is_none()) {
        return create(state, call, (slug, segment));
    }
    let repo = seen(state, call, (slug, segment))?;
    match method {
        "GET" => Ok(call.full(state, repo.id, 200)),
        _ if !state.rights(call.token, &repo).admin => {
            Err(error(403, "Your credentials do not have admin access to this repository."))
        }
        "PUT" => {
            let stored = state.repos.get_mut(&repo.id).expect("it is there");
            if let Some(text) = call.request.text("description") {
                stored.description = text.to_owned();
            }
            Ok(call.full(state, repo.id, 200))
        }
        _ => {
            state.repos.remove(&repo.id);
            let _ = std::fs::remove_dir_all(&repo.path);
            // With a kind of content for none, which the official client relies on.
            Ok(Answer::empty(204).with("content-type", "text/html; charset=utf-8"))
        }
    }
}

fn create(state: &mut State, call: &Call<'_>, (slug, name): (&str, &str)) -> Result<Answer, Answer> {
    let token = call.token.ok_or_else(|| error(401, INVALID))?;
    let workspace = state.workspaces[slug].clone();
    let named = call.request.field("project").and_then(|p| p.get("key")).and_then(Value::as_str);
    let project = match named {
        Some(key) => workspace.projects.iter().find(|p| p.key == key),
        None => workspace.projects.iter().min_by_key(|p| p.created_on.clone()),
    };
    let project = project.ok_or_else(|| error(400, "A project with this key does not exist."))?;
    let role = match &token.holder {
        Holder::Account(nickname) => workspace.members.get(nickname).copied(),
        Holder::Workspace(_) => Some(Role::Owner),
        Holder::Project(_, key) => (*key == project.key).then_some(Role::Owner),
        Holder::Repository(..) | Holder::AppPassword => None,
    };
    match role {
        Some(Role::Owner) => {}
        Some(Role::Collaborator) if !project.closed => {}
        Some(_) | None => return Err(error(400, "You can't create repositories under this project")),
    }
    let fits = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-_.".contains(&b);
    if name.len() > 62 || !name.bytes().all(fits) {
        return Err(error(400, "Invalid slug."));
    }
    if state.repo(slug, name).is_some() {
        let message = "Repository with this Slug and Owner already exists.";
        let fields = json!({ "name": ["You already have a repository with this name."] });
        let body = json!({ "type": "error", "error": { "message": message, "fields": fields } });
        return Err(Answer::new(400, body));
    }
    let id = state.create(call.ground, slug, name, &project.key);
    let stored = state.repos.get_mut(&id).expect("it was made");
    stored.description = call.request.text("description").unwrap_or_default().to_owned();
    stored.private = call.request.field("is_private").and_then(Value::as_bool).unwrap_or(true);
    // 200, where others answer 201.
    Ok(call.full(state, id, if call.request.method == "PUT" { 201 } else { 200 }))
}

fn restrictions(state: &mut State, call: &Call<'_>, at: (&str, &str)) -> Result<Answer, Answer> {
    call.workspace(state, at.0, "admin:repository:bitbucket")?;
    let repo = seen(state, call, at)?;
    if !state.rights(call.token, &repo).admin {
        return Err(error(403, "You do not have admin access to this repository."));
    }
    match call.request.method {
        "GET" => {
            let items = repo.restrictions.iter().map(|r| answers::restriction(state, r)).collect();
            Ok(page(&call.ground.web, call.request, items))
        }
        "POST" => {
            let list = |key: &str, of: &str| -> Vec<String> {
                let items = call.request.field(key).and_then(Value::as_array);
                items.into_iter().flatten().filter_map(|i| i.get(of)?.as_str().map(str::to_owned)).collect()
            };
            let rule = Restriction {
                id: call.ground.number(),
                kind: call.request.text("kind").unwrap_or_default().to_owned(),
                pattern: call.request.text("pattern").unwrap_or_default().to_owned(),
                users: list("users", "uuid"),
                groups: list("groups", "slug"),
            };
            let body = answers::restriction(state, &rule);
            state.repos.get_mut(&repo.id).expect("it is there").restrictions.push(rule);
            Ok(Answer::new(201, body))
        }
        _ => Err(error(405, "Method not allowed")),
    }
}
