//! GitHub's REST interface, as far as it is simulated. Every call checks token, scopes and membership.

use serde_json::{Value, json};

use super::super::host::{Answer, Ground, Request};
use super::state::{Account, Kind, Member, Repo, SingleSignOn, State, Token};
use super::{answers, branches};

/// What GitHub says in words.
pub(super) fn message(status: u16, message: &str) -> Answer {
    Answer::new(
        status,
        json!({ "message": message, "documentation_url": "https://docs.github.com/rest", "status": status.to_string() }),
    )
}

/// What GitHub says of what is absent or hidden.
pub(super) fn not_found(accepted: &str) -> Answer {
    message(404, "Not Found").with("x-accepted-oauth-scopes", accepted)
}

pub(super) fn answer(state: &mut State, ground: &Ground, request: &Request<'_>) -> Answer {
    let token = match request.presented {
        None => None,
        Some(presented) => match state.tokens.get(&presented.secret) {
            Some(token) if !token.expired => Some(token.clone()),
            // GitHub says the same of wrong, revoked and expired tokens (docs.github.com).
            _ => return message(401, "Bad credentials"),
        },
    };
    let mut answer = route(state, ground, request, token.as_ref());
    if let Some(token) = &token {
        if !token.fine {
            answer.headers.push(("x-oauth-scopes", token.scopes.join(", ")));
        }
        if let Some(expires) = &token.expires {
            answer.headers.push(("github-authentication-token-expiration", expires.clone()));
        }
    }
    answer
}

fn route(state: &mut State, ground: &Ground, request: &Request<'_>, token: Option<&Token>) -> Answer {
    let web = ground.web.as_str();
    let call = Call { ground, web, token };
    match (request.method, request.segments.as_slice()) {
        ("GET", ["meta"]) => Answer::new(200, json!({ "verifiable_password_authentication": false })),
        ("GET", ["rate_limit"]) => {
            let core = json!({ "limit": 5000, "remaining": ground.rate_left, "reset": 4_000_000_000_u64, "used": 5000 - ground.rate_left.min(5000) });
            Answer::new(200, json!({ "resources": { "core": core, "search": core }, "rate": core }))
        }
        ("GET", ["user"]) => match token.and_then(|t| state.account(&t.login)) {
            Some(account) => Answer::new(200, answers::public_user(web, account)),
            None => message(401, "Requires authentication"),
        },
        ("GET", ["users", login]) => match state.account(login) {
            Some(account) if visible(state, token, account) => {
                Answer::new(200, answers::public_user(web, account))
            }
            _ => not_found(""),
        },
        ("GET", ["orgs", login]) => organization(state, &call, login),
        ("GET", ["orgs", login, "repos"]) => match gate(state, token, login, Kind::Organization) {
            Err(answer) => answer,
            Ok(account) => list(state, &call, &account, request),
        },
        ("GET", ["users", login, "repos"]) => match gate(state, token, login, Kind::User) {
            Err(answer) => answer,
            Ok(account) => list(state, &call, &account, request),
        },
        ("GET", ["user", "memberships", "orgs", login]) => membership(state, &call, login),
        ("GET", ["user", "repos"]) => match token.and_then(|t| state.account(&t.login)).cloned() {
            Some(account) => list(state, &call, &account, request),
            None => message(401, "Requires authentication"),
        },
        ("POST", ["orgs", login, "repos"]) => match gate(state, token, login, Kind::Organization) {
            Err(answer) => answer,
            Ok(account) => create(state, &call, &account, request),
        },
        ("POST", ["user", "repos"]) => match token.and_then(|t| state.account(&t.login)).cloned() {
            Some(account) => create(state, &call, &account, request),
            None => message(401, "Requires authentication"),
        },
        ("GET", ["repositories", id]) => {
            let id = id.parse().unwrap_or_default();
            seen(state, &call, id).map_or_else(|| not_found("repo"), |repo| full(state, &call, &repo, 200))
        }
        ("GET", ["repos", owner, name, "rules", "branches", _]) => rules(state, &call, (owner, name), false),
        ("GET", ["repos", owner, name, "rulesets"]) => rules(state, &call, (owner, name), true),
        ("GET", ["repos", owner, name, "branches", _, "protection"]) => {
            branches::protection(state, &call, (owner, name))
        }
        ("GET", ["repos", owner, name, "branches", branch]) => {
            branches::branch(state, &call, (owner, name, branch))
        }
        (method, ["repos", owner, name]) => repository(state, &call, (method, owner, name), request),
        _ => message(404, "Not Found"),
    }
}

/// What every handler needs beside the state.
pub(super) struct Call<'a> {
    ground: &'a Ground,
    pub(super) web: &'a str,
    pub(super) token: Option<&'a Token>,
}

impl Call<'_> {
    fn holds(&self, scope: &str) -> bool {
        self.token.is_some_and(|t| t.holds(scope))
    }

    /// What a fine-grained token is told when it lacks a permission.
    pub(super) fn lacks(&self, permission: &str) -> Option<Answer> {
        let token =
            self.token.filter(|t| t.fine && !t.scopes.iter().any(|s| *s == permission.replace('=', ":")))?;
        debug_assert!(token.fine, "classic tokens have scopes");
        let answer = message(403, "Resource not accessible by personal access token");
        Some(answer.with("x-accepted-github-permissions", permission))
    }
}

fn visible(state: &State, token: Option<&Token>, account: &Account) -> bool {
    account.sso != SingleSignOn::Hidden || token.is_some_and(|t| state.authorised(t, account))
}

/// The account, unless single sign-on or its absence stands in the way.
fn gate(state: &State, token: Option<&Token>, login: &str, kind: Kind) -> Result<Account, Answer> {
    let account = state.account(login).filter(|a| a.kind == kind).ok_or_else(|| not_found(""))?;
    let open = token.is_some_and(|t| state.authorised(t, account));
    let fine = token.is_some_and(|t| t.fine);
    if let Some(kind) = account.forbidden_kind.filter(|kind| kind.contains("fine-grained") == fine) {
        let text = format!("`{}` forbids access via {kind}. Please use a GitHub App.", account.login);
        return Err(message(403, &text));
    }
    match account.sso {
        SingleSignOn::Hidden if !open => Err(not_found("")),
        SingleSignOn::Named if !open => Err(message(
            403,
            "Resource protected by organization SAML enforcement. You must grant your Personal Access token \
             access to this organization.",
        )
        .with(
            "x-github-sso",
            format!("required; url=https://github.com/orgs/{}/sso?authorization_request=A", account.login),
        )),
        _ => Ok(account.clone()),
    }
}

fn organization(state: &State, call: &Call<'_>, login: &str) -> Answer {
    match gate(state, call.token, login, Kind::Organization) {
        Err(answer) => answer,
        Ok(account) => Answer::new(200, answers::organization(call.web, &account)),
    }
}

fn membership(state: &State, call: &Call<'_>, login: &str) -> Answer {
    let account = match gate(state, call.token, login, Kind::Organization) {
        Err(answer) => return answer,
        Ok(account) => account,
    };
    let enough = ["read:org", "user", "admin:org"];
    if call.token.is_some_and(|t| !t.fine && !enough.iter().any(|scope| t.holds(scope))) {
        let answer = message(403, "You need at least read:org scope or user scope to see your memberships.");
        return answer.with("x-accepted-oauth-scopes", enough.join(", "));
    }
    let user = call.token.and_then(|t| state.account(&t.login));
    let member = user.and_then(|user| account.members.get(&user.login));
    match (user, member) {
        (Some(user), Some(member)) => {
            Answer::new(200, answers::membership(call.web, &account, user, *member))
        }
        _ => not_found(""),
    }
}

fn list(state: &State, call: &Call<'_>, account: &Account, request: &Request<'_>) -> Answer {
    let (size, page) = (request.asked_number("per_page", 30).min(100), request.asked_number("page", 1));
    let repos: Vec<Value> = state
        .repos
        .values()
        .filter(|r| r.owner == account.login && r.hidden_rest == 0)
        .map(|r| (r, state.rights(call.token, r)))
        .filter(|(_, rights)| rights.0)
        .map(|(r, rights)| answers::repository(call.web, r, account, rights))
        .collect();
    let more = repos.len() > page * size;
    let items: Vec<Value> = repos.into_iter().skip((page - 1) * size).take(size).collect();
    let answer = Answer::new(200, Value::Array(items));
    if !more {
        return answer;
    }
    let path = request.segments.join("/");
    let next = format!("<{}/api/v3/{path}?per_page={size}&page={}>; rel=\"next\"", call.web, page + 1);
    answer.with("link", next)
}

fn create(state: &mut State, call: &Call<'_>, owner: &Account, request: &Request<'_>) -> Answer {
    let body = request.body.cloned().unwrap_or(Value::Null);
    let private = body.get("private").and_then(Value::as_bool).unwrap_or(false);
    if let Some(refusal) = call.lacks("administration=write") {
        return refusal;
    }
    let fine = call.token.is_some_and(|t| t.fine);
    if !(fine || call.holds("repo") || (!private && call.holds("public_repo"))) {
        return not_found("public_repo, repo");
    }
    let login = call.token.map(|t| t.login.clone()).unwrap_or_default();
    let member = owner.members.get(&login).copied();
    if owner.login != login && !matches!(member, Some(Member::Owner | Member::Creator)) {
        return message(403, "You need admin access to the organization before adding a repository to it.");
    }
    let Some(wanted) = body.get("name").and_then(Value::as_str) else {
        return message(422, "Invalid request.\n\n\"name\" wasn't supplied.");
    };
    // docs.github.com: other characters become hyphens, and the answer has the real name.
    let name: String = wanted
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-') { c } else { '-' })
        .take(100)
        .collect();
    let taken = state.repos.values().any(|r| r.owner == owner.login && r.name.eq_ignore_ascii_case(&name));
    if taken {
        return Answer::new(
            422,
            json!({
                "message": "Repository creation failed.",
                "errors": [{ "resource": "Repository", "code": "custom", "field": "name", "message": "name already exists on this account" }],
                "documentation_url": "https://docs.github.com/rest/repos/repos",
                "status": "422",
            }),
        );
    }
    let owner_login = owner.login.clone();
    let repo = state.create(call.ground, &owner_login, &name, private);
    if let Some(stored) = state.repos.get_mut(&repo.id) {
        stored.description = body.get("description").and_then(Value::as_str).map(str::to_owned);
    }
    let location = format!("{}/api/v3/repos/{owner_login}/{name}", call.web);
    let repo = state.repos[&repo.id].clone();
    full(state, call, &repo, 201).with("location", location)
}

/// The repository, if the caller sees it by now; each look uses up creation lag.
fn seen(state: &mut State, call: &Call<'_>, id: u64) -> Option<Repo> {
    let rights = state.rights(call.token, state.repos.get(&id)?);
    let repo = state.repos.get_mut(&id)?;
    if repo.hidden_rest > 0 {
        repo.hidden_rest -= 1;
        return None;
    }
    rights.0.then(|| repo.clone())
}

fn full(state: &State, call: &Call<'_>, repo: &Repo, status: u16) -> Answer {
    match state.account(&repo.owner) {
        Some(owner) => {
            let rights = state.rights(call.token, repo);
            Answer::new(status, answers::repository(call.web, repo, owner, rights))
        }
        None => message(404, "Not Found"),
    }
}

fn repository(
    state: &mut State,
    call: &Call<'_>,
    (method, owner, name): (&str, &str, &str),
    request: &Request<'_>,
) -> Answer {
    let found = state.repo(owner, name).map(|r| (r.id, r.name.clone()));
    let Some((id, present)) = found else { return not_found("repo") };
    let Some(repo) = seen(state, call, id) else { return not_found("repo") };
    let rights = state.rights(call.token, &repo);
    if !present.eq_ignore_ascii_case(name) {
        let to = format!("{}/api/v3/repositories/{id}", call.web);
        let status = if method == "GET" { 301 } else { 307 };
        let body = json!({ "message": "Moved Permanently", "url": to, "documentation_url": "https://docs.github.com/rest" });
        return Answer::new(status, body).with("location", to);
    }
    if let ("PATCH" | "DELETE", Some(refusal)) = (method, call.lacks("administration=write")) {
        return refusal;
    }
    match method {
        "GET" => full(state, call, &repo, 200),
        "PATCH" if !rights.2 => message(403, "Must have admin rights to Repository."),
        "PATCH" => change(state, call, &repo, request),
        "DELETE" if !call.holds("delete_repo") => message(403, "Must have admin rights to Repository.")
            .with("x-accepted-oauth-scopes", "delete_repo"),
        "DELETE" if !rights.2 => message(403, "Organization members cannot delete repositories."),
        "DELETE" => {
            state.repos.remove(&id);
            let _ = std::fs::remove_dir_all(&repo.path);
            Answer::empty(204)
        }
        _ => message(404, "Not Found"),
    }
}

/// The rules for the branches of a repository, or the rulesets that they are in.
fn rules(state: &State, call: &Call<'_>, (owner, name): (&str, &str), sets: bool) -> Answer {
    let found = state.repo(owner, name).filter(|repo| state.rights(call.token, repo).0);
    let Some(account) = found.and_then(|repo| state.account(&repo.owner)) else { return not_found("repo") };
    let each = account.rules.iter().enumerate().map(|(i, (ruleset, rule))| {
        let id = i + 1;
        if sets {
            let source =
                json!({ "source_type": "Organization", "source": account.login, "enforcement": "active" });
            return merged(source, json!({ "id": id, "name": ruleset, "target": "branch" }));
        }
        let source = json!({ "ruleset_source_type": "Organization", "ruleset_source": account.login });
        merged(merged(rule.clone(), source), json!({ "ruleset_id": id }))
    });
    Answer::new(200, Value::Array(each.collect()))
}

fn merged(mut one: Value, other: Value) -> Value {
    if let (Some(one), Value::Object(other)) = (one.as_object_mut(), other) {
        one.extend(other);
    }
    one
}

fn change(state: &mut State, call: &Call<'_>, repo: &Repo, request: &Request<'_>) -> Answer {
    let body = request.body.cloned().unwrap_or(Value::Null);
    if let Some(stored) = state.repos.get_mut(&repo.id) {
        if stored.archived && body.get("archived") != Some(&Value::Bool(false)) {
            return message(403, "Repository was archived so is read-only.");
        }
        if let Some(archived) = body.get("archived").and_then(Value::as_bool) {
            stored.archived = archived;
        }
        if let Some(branch) = body.get("default_branch").and_then(Value::as_str) {
            stored.default_branch = branch.to_owned();
        }
        if let Some(name) = body.get("name").and_then(Value::as_str) {
            let former = std::mem::replace(&mut stored.name, name.to_owned());
            stored.former.push(former);
        }
    }
    let repo = state.repos[&repo.id].clone();
    full(state, call, &repo, 200)
}
