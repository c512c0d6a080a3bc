//! Bodies of answers, complete enough to hold against Bitbucket Cloud's description.

use serde_json::{Map, Value, json};

use super::state::{Project, Repo, Restriction, State, User, Workspace};
use crate::simulated::host::{Answer, Request};

/// When everything but projects was made.
const MADE_AT: &str = "2026-01-02T03:04:05.000000+00:00";

/// A refusal in Bitbucket's form.
pub(super) fn error(status: u16, message: &str) -> Answer {
    Answer::new(status, json!({ "type": "error", "error": { "message": message } }))
}

/// The refusal of a token that lacks scopes: 403 with both lists.
pub(super) fn lacks(held: &[String], required: &str) -> Answer {
    let detail = json!({ "granted": held, "required": [required] });
    let message = "Your credentials lack one or more required privilege scopes.";
    Answer::new(403, json!({ "type": "error", "error": { "message": message, "detail": detail } }))
        .with("x-accepted-oauth-scopes", required)
}

pub(super) fn user(user: &User) -> Value {
    json!({
        "type": "user",
        "uuid": user.uuid,
        "account_id": format!("557058:{}", user.nickname),
        "nickname": user.nickname,
        "display_name": user.nickname,
        "created_on": MADE_AT,
        "links": { "avatar": { "href": "https://avatar.acme.dev/1" } },
    })
}

pub(super) fn workspace(web: &str, workspace: &Workspace) -> Value {
    let Workspace { slug, uuid, .. } = workspace;
    json!({
        "type": "workspace",
        "uuid": uuid,
        "slug": slug,
        "name": slug,
        "is_private": true,
        "created_on": MADE_AT,
        "links": {
            "html": { "href": format!("{web}/{slug}/") },
            "self": { "href": format!("{web}/2.0/workspaces/{slug}") },
            "projects": { "href": format!("{web}/2.0/workspaces/{slug}/projects") },
            "repositories": { "href": format!("{web}/2.0/repositories/{slug}") },
        },
    })
}

pub(super) fn project(web: &str, workspace: &str, project: &Project) -> Value {
    let Project { key, uuid, created_on, .. } = project;
    json!({
        "type": "project",
        "uuid": uuid,
        "key": key,
        "name": format!("Project {key}"),
        "is_private": true,
        "created_on": created_on,
        "links": {
            "html": { "href": format!("{web}/{workspace}/workspace/projects/{key}") },
            "self": { "href": format!("{web}/2.0/workspaces/{workspace}/projects/{key}") },
        },
    })
}

/// A repository. The clone address has the account's name in it, as the real one has.
pub(super) fn repository(web: &str, state: &State, repo: &Repo, asker: &str) -> Value {
    let full = format!("{}/{}", repo.workspace, repo.slug);
    let api = format!("{web}/2.0/repositories/{full}");
    let (scheme, host) = web.split_once("://").unwrap_or(("https", web));
    let link = |tail: &str| json!({ "href": format!("{api}{tail}") });
    let at = if asker.is_empty() { String::new() } else { format!("{asker}@") };
    let mut out = Map::new();
    let mut put = |key: &str, value: Value| out.insert(key.to_owned(), value);
    put("type", "repository".into());
    put("uuid", repo.uuid().into());
    put("full_name", full.as_str().into());
    put("name", repo.slug.as_str().into());
    put("slug", repo.slug.as_str().into());
    put("scm", "git".into());
    put("is_private", repo.private.into());
    put("description", repo.description.as_str().into());
    put("created_on", MADE_AT.into());
    put("updated_on", MADE_AT.into());
    put("size", 0.into());
    put("language", "".into());
    put("has_issues", false.into());
    put("has_wiki", false.into());
    put("fork_policy", "no_public_forks".into());
    if let Some(workspace) = state.workspaces.get(&repo.workspace) {
        put("workspace", self::workspace(web, workspace));
        if let Some(found) = workspace.projects.iter().find(|p| p.key == repo.project) {
            put("project", project(web, &workspace.slug, found));
        }
    }
    let main = repo.main.as_ref().map(|name| json!({ "type": "branch", "name": name }));
    put("mainbranch", main.unwrap_or(Value::Null));
    let clone = [
        json!({ "name": "https", "href": format!("{scheme}://{at}{host}/{full}.git") }),
        json!({ "name": "ssh", "href": format!("git@{host}:{full}.git") }),
    ];
    put(
        "links",
        json!({
            "self": link(""),
            "html": { "href": format!("{web}/{full}") },
            "commits": link("/commits"),
            "branches": link("/refs/branches"),
            "hooks": link("/hooks"),
            "clone": clone,
        }),
    );
    Value::Object(out)
}

pub(super) fn restriction(state: &State, rule: &Restriction) -> Value {
    let users: Vec<Value> = state.users.values().filter(|u| rule.users.contains(&u.uuid)).map(user).collect();
    let groups: Vec<Value> =
        rule.groups.iter().map(|g| json!({ "type": "group", "name": g, "slug": g })).collect();
    json!({
        "type": "branchrestriction",
        "id": rule.id,
        "kind": rule.kind,
        "branch_match_kind": "glob",
        "pattern": rule.pattern,
        "users": users,
        "groups": groups,
    })
}

/// One page of a list, with the link to the next.
pub(super) fn page(web: &str, request: &Request<'_>, items: Vec<Value>) -> Answer {
    let size = request.asked_number("pagelen", 10).min(100);
    let number = request.asked_number("page", 1);
    let more = items.len() > number * size;
    let count = items.len();
    let values: Vec<Value> = items.into_iter().skip((number - 1) * size).take(size).collect();
    let mut body = json!({ "pagelen": size, "page": number, "size": count, "values": values });
    if more {
        let kept = request.query.iter().filter(|(k, _)| k != "page");
        let query: String = url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs(kept)
            .append_pair("page", &(number + 1).to_string())
            .finish();
        let path = request.segments.join("/");
        body["next"] = format!("{web}/2.0/{path}?{query}").into();
    }
    Answer::new(200, body)
}
