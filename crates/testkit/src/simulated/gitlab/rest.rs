//! GitLab's REST interface, as far as it is simulated. Every call checks token, scopes and role.

use serde_json::{Value, json};

use super::super::host::{Answer, Ground, Request};
use super::answers;
use super::projects;
use super::state::{Ended, Reach, State, Token};

/// What GitLab says in one line.
pub(super) fn message(status: u16, message: &str) -> Answer {
    Answer::new(status, json!({ "message": message }))
}

pub(super) fn not_found(what: &str) -> Answer {
    message(404, &format!("404 {what} Not Found"))
}

/// What every handler needs beside the state.
pub(super) struct Call<'a> {
    pub(super) ground: &'a Ground,
    pub(super) web: &'a str,
    pub(super) token: &'a Token,
    pub(super) request: &'a Request<'a>,
}

impl Call<'_> {
    pub(super) fn user(&self) -> &str {
        &self.token.user
    }

    fn holds(&self, scopes: &[&str]) -> bool {
        self.token.scopes.iter().any(|s| scopes.contains(&s.as_str()))
    }
}

pub(super) fn answer(state: &mut State, ground: &Ground, request: &Request<'_>) -> Answer {
    let web = ground.web.as_str();
    let Some(presented) = request.presented else { return message(401, "401 Unauthorized") };
    // lib/api/api_guard.rb: each end of a token has its own words (also seen on gitlab.com, September 2026).
    let token = match state.tokens.get(&presented.secret) {
        // A deploy token has no interface at all (docs.gitlab.com, deploy tokens).
        Some(token) if token.reach != Reach::Deploy => token.clone(),
        _ => return message(401, "401 Unauthorized"),
    };
    match token.ended {
        Ended::No => {}
        Ended::Expired => {
            return invalid("Token is expired. You can either do re-authorization or token refresh.");
        }
        Ended::Revoked => return invalid("Token was revoked. You have to re-authorize from the user."),
    }
    let call = Call { ground, web, token: &token, request };
    if let Some(refusal) = lacking(&call) {
        return refusal;
    }
    route(state, &call)
}

fn invalid(why: &str) -> Answer {
    Answer::new(401, json!({ "error": "invalid_token", "error_description": why }))
}

/// The refusal of a token whose scopes are not enough for the call.
fn lacking(call: &Call<'_>) -> Option<Answer> {
    let read: &[&str] = match call.request.segments.as_slice() {
        ["personal_access_tokens", "self"] => return None,
        ["user" | "version" | "metadata"] => &["api", "read_api", "read_user"],
        _ => &["api", "read_api"],
    };
    let accepted: &[&str] = if call.request.method == "GET" { read } else { &["api"] };
    (!call.holds(accepted)).then(|| {
        Answer::new(
            403,
            json!({
                "error": "insufficient_scope",
                "error_description": "The request requires higher privileges than provided by the access token.",
                "scope": accepted.join(" "),
            }),
        )
    })
}

fn route(state: &mut State, call: &Call<'_>) -> Answer {
    let web = call.web;
    match (call.request.method, call.request.segments.as_slice()) {
        ("GET", ["user"]) => match state.users.get(call.user()) {
            Some(user) => Answer::new(200, answers::user(web, user)),
            None => message(401, "401 Unauthorized"),
        },
        ("GET", ["version" | "metadata"]) => {
            let kas = json!({ "enabled": false, "externalUrl": null, "version": null });
            Answer::new(
                200,
                json!({ "version": "18.5.1-ee", "revision": "a1b2c3d4", "kas": kas, "enterprise": true }),
            )
        }
        ("GET", ["personal_access_tokens", "self"]) => Answer::new(200, answers::token(state, call.token)),
        ("GET", ["groups"]) => {
            let groups = state.groups.values().filter(|g| state.sees_group(call.user(), g));
            paged(call, groups.map(|g| (g.id, answers::group(web, g))).collect())
        }
        ("GET", ["groups", id]) => match seen_group(state, call, id) {
            Some(group) => Answer::new(200, answers::group(web, group)),
            None => not_found("Group"),
        },
        ("GET", ["groups", id, "projects"]) => match seen_group(state, call, id) {
            Some(group) => projects::of_group(state, call, group),
            None => not_found("Group"),
        },
        ("GET", ["groups", id, "members", "all", user]) => member(state, call, (id, user)),
        ("GET", ["namespaces", id]) => namespace(state, call, id),
        ("GET", ["projects"]) => projects::all(state, call),
        ("POST", ["projects"]) => projects::create(state, call),
        (_, ["projects", id, rest @ ..]) => projects::one(state, call, id, rest),
        _ => Answer::new(404, json!({ "error": "404 Not Found" })),
    }
}

fn seen_group<'a>(state: &'a State, call: &Call<'_>, id: &str) -> Option<&'a super::state::Group> {
    state.group(id).filter(|g| state.sees_group(call.user(), g))
}

fn member(state: &State, call: &Call<'_>, (group, user): (&str, &str)) -> Answer {
    let Some(group) = seen_group(state, call, group) else { return not_found("Group") };
    let known = state.users.values().find(|u| u.id.to_string() == user);
    match known.and_then(|u| Some((u, state.group_role(&u.name, group)?))) {
        Some((user, role)) => Answer::new(200, answers::member(call.web, user, role)),
        None => message(404, "404 Not found"),
    }
}

fn namespace(state: &State, call: &Call<'_>, id: &str) -> Answer {
    let group = seen_group(state, call, id).map(|g| g.full_path.clone());
    let own = (call.user().eq_ignore_ascii_case(id)).then(|| call.user().to_owned());
    match group.or(own) {
        Some(path) => Answer::new(200, answers::namespace(state, call.web, &path)),
        None => not_found("Namespace"),
    }
}

/// A page of a list: by number, or from an id on (`pagination=keyset`).
pub(super) fn paged(call: &Call<'_>, items: Vec<(u64, Value)>) -> Answer {
    let request = call.request;
    let (size, page) = (request.asked_number("per_page", 20).min(100), request.asked_number("page", 1));
    let path = request.segments.iter().map(|s| encoded(s)).collect::<Vec<_>>().join("/");
    let kept: String = request
        .query
        .iter()
        .filter(|(k, _)| !matches!(k.as_str(), "page" | "per_page" | "id_after"))
        .map(|(k, v)| format!("&{k}={}", encoded(v)))
        .collect();
    let link = |at: String| format!("<{}/api/v4/{path}?per_page={size}&{at}{kept}>; rel=\"next\"", call.web);
    let values = |items: &[(u64, Value)]| Value::Array(items.iter().map(|(_, v)| v.clone()).collect());
    if request.asked("pagination") == Some("keyset") {
        let after: u64 = request.asked("id_after").and_then(|t| t.parse().ok()).unwrap_or(0);
        let rest: Vec<(u64, Value)> = items.into_iter().filter(|(id, _)| *id > after).collect();
        let shown = &rest[..rest.len().min(size)];
        let answer = Answer::new(200, values(shown));
        return match shown.last() {
            Some((last, _)) if rest.len() > size => answer.with("link", link(format!("id_after={last}"))),
            _ => answer,
        };
    }
    let (total, begin) = (items.len(), ((page - 1) * size).min(items.len()));
    let shown = &items[begin..(begin + size).min(total)];
    let more = page * size < total;
    let answer = Answer::new(200, values(shown))
        .with("x-total", total.to_string())
        .with("x-total-pages", total.div_ceil(size).max(1).to_string())
        .with("x-page", page.to_string())
        .with("x-per-page", size.to_string())
        .with("x-prev-page", if page > 1 { (page - 1).to_string() } else { String::new() })
        .with("x-next-page", if more { (page + 1).to_string() } else { String::new() });
    if more { answer.with("link", link(format!("page={}", page + 1))) } else { answer }
}

fn encoded(text: &str) -> String {
    percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string()
}
