//! Azure DevOps' REST interface, as far as it is simulated: who is let in, and the calls of an organization.

use serde_json::{Value, json};

use super::super::host::{Answer, Ground, Request};
use super::answers::{self, error};
use super::state::{Door, State, Token};
use super::{ORGANIZATION, locations, repositories};

/// The newest version of the interface.
const NEWEST: (u32, u32) = (7, 2);

pub(super) fn answer(state: &mut State, ground: &Ground, request: &Request<'_>) -> Answer {
    // Addresses are the same in any case, but for names.
    let lower: Vec<String> = request.segments.iter().map(|s| s.to_lowercase()).collect();
    let lower: Vec<&str> = lower.iter().map(String::as_str).collect();
    match (request.method, lower.as_slice()) {
        ("OPTIONS", ["_apis"] | [ORGANIZATION, "_apis"]) => return locations::options(None),
        ("OPTIONS", [ORGANIZATION, "_apis", area] | ["_apis", area]) => {
            return locations::options(Some(area));
        }
        ("GET", ["_apis", "resourceareas", id]) if request.asked("accountName").is_some() => {
            let base = format!("{}/{ORGANIZATION}", ground.web);
            return locations::areas(&base, request, Some(id));
        }
        ("GET", ["_signin"]) => return page(200),
        (_, [ORGANIZATION, ..] | ["_apis", ..] | [_, "_apis", ..]) => {}
        _ => return not_there(),
    }
    let (base, below) = match lower.as_slice() {
        [ORGANIZATION, below @ ..] => (format!("{}/{ORGANIZATION}", ground.web), below),
        all => (ground.web.clone(), all),
    };
    if let Some(refusal) = version_refused(state, request) {
        return refusal;
    }
    let Some(token) = request.presented.and_then(|p| state.known(&p.secret)).cloned() else {
        return sent_away(state, ground, request);
    };
    if state.outsiders.contains(&token.user) {
        return answers::unauthorized(&token.user);
    }
    let call = Call { ground, base, token: &token, request };
    match (request.method, below) {
        ("GET", ["_apis", "connectiondata"]) => Answer::new(200, answers::connection(&token.user)),
        ("GET", ["_apis", "resourceareas"]) => locations::areas(&call.base, request, None),
        ("GET", ["_apis", "resourceareas", id]) => locations::areas(&call.base, request, Some(id)),
        ("GET", ["_apis", "projects"]) => projects(state, &call),
        ("GET", ["_apis", "projects", name]) => project(state, &call, name),
        ("GET", ["_apis", "permissions", _, bits]) => permissions(state, &call, bits),
        (_, ["_apis", "git", rest @ ..]) => repositories::answer(state, &call, None, rest),
        (_, [project, "_apis", "git", rest @ ..]) => repositories::answer(state, &call, Some(project), rest),
        _ => not_there(),
    }
}

/// A call of an account that was let in.
pub(super) struct Call<'a> {
    pub(super) ground: &'a Ground,
    /// The organization's address, in the form that was asked.
    pub(super) base: String,
    pub(super) token: &'a Token,
    pub(super) request: &'a Request<'a>,
}

fn not_there() -> Answer {
    Answer::text(
        404,
        "text/html; charset=utf-8",
        "<!DOCTYPE html><html><body>The resource cannot be found.</body></html>",
    )
}

fn page(status: u16) -> Answer {
    let page = "<!DOCTYPE html><html><head><title>Azure DevOps Services | Sign In</title></head><body>\
                <form action=\"/_signin\"></form></body></html>";
    Answer::text(status, "text/html; charset=utf-8", page)
}

/// What happens to those whose token is not taken: 401 where a change is wanted, else the page to sign in at.
fn sent_away(state: &State, ground: &Ground, request: &Request<'_>) -> Answer {
    if matches!(request.method, "PATCH" | "PUT" | "DELETE") {
        return answers::unauthorized("");
    }
    match state.door {
        Door::Page => page(203),
        Door::Redirect => {
            Answer::empty(302).with("location", format!("{}/_signin?realm=dev.azure.com", ground.web))
        }
    }
}

/// The version comes in the query or in `Accept`; what changes something has to name one.
fn version_refused(state: &State, request: &Request<'_>) -> Option<Answer> {
    let accept = request.headers.get("accept").and_then(|v| v.to_str().ok()).unwrap_or_default();
    let in_accept = accept.split(';').find_map(|part| part.trim().strip_prefix("api-version="));
    let Some(version) = request.asked("api-version").or(in_accept) else {
        let message = format!(
            "No api-version was supplied for the \"{}\" request. The version must be supplied either as part of \
             the Accept header (e.g. \"application/json; api-version=1.0\") or as a query parameter (e.g. \
             \"?api-version=1.0\").",
            request.method
        );
        return (request.method != "GET").then(|| error(400, "VssVersionNotSpecifiedException", &message));
    };
    let number = version.split('-').next().unwrap_or_default();
    let (major, minor) = number.split_once('.').unwrap_or((number, "0"));
    let asked = (major.parse().unwrap_or(u32::MAX), minor.parse().unwrap_or(0));
    let newest = state.newest.unwrap_or(NEWEST);
    let message = format!(
        "The requested REST API version of {number} is out of range for this server. The latest REST API version \
         this server supports is {}.{}.",
        newest.0, newest.1
    );
    (asked > newest).then(|| error(400, "VssVersionOutOfRangeException", &message))
}

fn projects(state: &State, call: &Call<'_>) -> Answer {
    if !call.token.holds("vso.code") {
        return answers::unauthorized(&call.token.user);
    }
    let seen: Vec<Value> = state
        .projects
        .values()
        .filter(|p| p.members.contains_key(&call.token.user))
        .map(|p| answers::project_reference(&call.base, p))
        .collect();
    // Pages: `$top`, then `continuationToken`, which is the number of those that were shown.
    let from: usize = call.request.asked("continuationToken").and_then(|t| t.parse().ok()).unwrap_or(0);
    let size = call.request.asked_number("$top", 100);
    let more = seen.len() > from + size;
    let shown: Vec<Value> = seen.into_iter().skip(from).take(size).collect();
    let answer = Answer::new(200, answers::list(shown));
    if more { answer.with("x-ms-continuationtoken", (from + size).to_string()) } else { answer }
}

fn project(state: &State, call: &Call<'_>, name: &str) -> Answer {
    if !call.token.holds("vso.code") {
        return answers::unauthorized(&call.token.user);
    }
    match state.project(name).filter(|p| p.members.contains_key(&call.token.user)) {
        Some(project) => Answer::new(200, answers::project(&call.base, project)),
        None => answers::no_project(name),
    }
}

/// Whether the caller has rights on `repoV2/{project}/{repository}`.
fn permissions(state: &State, call: &Call<'_>, bits: &str) -> Answer {
    let asked = call.request.asked("tokens").unwrap_or_default();
    let bits: u32 = bits.parse().unwrap_or(0);
    let held = |path: &str| {
        let project = path.split('/').nth(1).unwrap_or_default();
        let rights = state.project(project).and_then(|p| p.members.get(&call.token.user).copied());
        let Some(rights) = rights else { return false };
        [
            (4, rights.contribute),
            (16, rights.contribute),
            (128, rights.bypass),
            (256, rights.create),
            (512, rights.delete),
        ]
        .iter()
        .all(|(bit, has)| bits & bit == 0 || *has)
    };
    let found: Vec<Value> = asked.split(',').map(|path| json!(held(path))).collect();
    Answer::new(200, answers::list(found))
}
