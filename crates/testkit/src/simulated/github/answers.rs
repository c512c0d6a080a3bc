//! Bodies of answers, complete enough to hold against GitHub's description.

use serde_json::{Map, Value, json};

use super::state::{Account, Kind, Member, Repo};

/// When everything in the simulated host was made.
const MADE_AT: &str = "2026-01-02T03:04:05Z";

/// An account as others see it inside other answers.
pub(super) fn simple_user(web: &str, account: &Account) -> Map<String, Value> {
    let login = &account.login;
    let api = format!("{web}/api/v3/users/{login}");
    let mut user = Map::new();
    let mut put = |key: &str, value: Value| user.insert(key.to_owned(), value);
    put("login", login.as_str().into());
    put("id", account.id.into());
    put("node_id", format!("U_{}", account.id).into());
    put("avatar_url", format!("{web}/avatars/{login}").into());
    put("gravatar_id", "".into());
    put("url", api.as_str().into());
    put("html_url", format!("{web}/{login}").into());
    for (key, tail) in [
        ("followers_url", "followers"),
        ("following_url", "following{/other_user}"),
        ("gists_url", "gists{/gist_id}"),
        ("starred_url", "starred{/owner}{/repo}"),
        ("subscriptions_url", "subscriptions"),
        ("organizations_url", "orgs"),
        ("repos_url", "repos"),
        ("events_url", "events{/privacy}"),
        ("received_events_url", "received_events"),
    ] {
        put(key, format!("{api}/{tail}").into());
    }
    put("type", if account.kind == Kind::Organization { "Organization" } else { "User" }.into());
    put("site_admin", false.into());
    user
}

/// `GET /users/{name}`, and `GET /user` as far as a token without `user` may see.
pub(super) fn public_user(web: &str, account: &Account) -> Value {
    let mut user = simple_user(web, account);
    for key in ["name", "company", "email", "hireable", "location", "bio"] {
        user.insert(key.to_owned(), Value::Null);
    }
    user.insert("blog".into(), "".into());
    for key in ["public_repos", "public_gists", "followers", "following"] {
        user.insert(key.to_owned(), 0.into());
    }
    user.insert("created_at".into(), MADE_AT.into());
    user.insert("updated_at".into(), MADE_AT.into());
    Value::Object(user)
}

/// An organization as other things name it.
fn simple_organization(web: &str, account: &Account) -> Map<String, Value> {
    let login = &account.login;
    let api = format!("{web}/api/v3/orgs/{login}");
    let told = json!({
        "login": login,
        "id": account.id,
        "node_id": format!("O_{}", account.id),
        "url": api,
        "repos_url": format!("{api}/repos"),
        "events_url": format!("{api}/events"),
        "hooks_url": format!("{api}/hooks"),
        "issues_url": format!("{api}/issues"),
        "members_url": format!("{api}/members{{/member}}"),
        "public_members_url": format!("{api}/public_members{{/member}}"),
        "avatar_url": format!("{web}/avatars/{login}"),
        "description": null,
    });
    told.as_object().cloned().unwrap_or_default()
}

/// `GET /orgs/{org}`.
pub(super) fn organization(web: &str, account: &Account) -> Value {
    let mut told = simple_organization(web, account);
    let more = json!({
        "html_url": format!("{web}/{}", account.login),
        "has_organization_projects": true,
        "has_repository_projects": true,
        "public_repos": 0,
        "public_gists": 0,
        "followers": 0,
        "following": 0,
        "type": "Organization",
        "created_at": MADE_AT,
        "updated_at": MADE_AT,
        "archived_at": null,
    });
    for part in [&more, &account.creating] {
        told.extend(part.as_object().cloned().unwrap_or_default());
    }
    Value::Object(told)
}

/// `GET /user/memberships/orgs/{org}`: an owner is its `admin`.
pub(super) fn membership(web: &str, organization: &Account, user: &Account, member: Member) -> Value {
    let api = format!("{web}/api/v3/orgs/{}", organization.login);
    json!({
        "url": format!("{api}/memberships/{}", user.login),
        "state": "active",
        "role": if member == Member::Owner { "admin" } else { "member" },
        "organization_url": api,
        "organization": simple_organization(web, organization),
        "user": simple_user(web, user),
        "permissions": { "can_create_repository": member != Member::Reader },
    })
}

/// A repository in full; `rights` are pull, push and admin of the one who asks.
pub(super) fn repository(web: &str, repo: &Repo, owner: &Account, rights: (bool, bool, bool)) -> Value {
    let full_name = format!("{}/{}", owner.login, repo.name);
    let api = format!("{web}/api/v3/repos/{full_name}");
    let mut out = Map::new();
    let mut put = |key: &str, value: Value| out.insert(key.to_owned(), value);
    put("id", repo.id.into());
    put("node_id", format!("R_{}", repo.id).into());
    put("name", repo.name.as_str().into());
    put("full_name", full_name.as_str().into());
    put("owner", Value::Object(simple_user(web, owner)));
    put("private", repo.private.into());
    put("visibility", if repo.private { "private" } else { "public" }.into());
    put("html_url", format!("{web}/{full_name}").into());
    put("description", repo.description.clone().map_or(Value::Null, Value::String));
    put("fork", false.into());
    put("url", api.as_str().into());
    for (key, tail) in LINKS {
        put(key, format!("{api}/{tail}").into());
    }
    put("clone_url", format!("{web}/{full_name}.git").into());
    put("git_url", format!("git://{}/{full_name}.git", web.split("://").nth(1).unwrap_or_default()).into());
    put("ssh_url", format!("git@localhost:{full_name}.git").into());
    put("svn_url", format!("{web}/{full_name}").into());
    for key in ["homepage", "language", "license", "mirror_url"] {
        put(key, Value::Null);
    }
    for key in [
        "forks",
        "forks_count",
        "open_issues",
        "open_issues_count",
        "stargazers_count",
        "watchers",
        "watchers_count",
        "network_count",
        "subscribers_count",
        "size",
    ] {
        put(key, 0.into());
    }
    for key in ["has_issues", "has_projects", "has_wiki", "has_pages", "has_discussions", "has_downloads"] {
        put(key, false.into());
    }
    put("archived", repo.archived.into());
    put("disabled", false.into());
    put("default_branch", repo.default_branch.as_str().into());
    for key in ["pushed_at", "created_at", "updated_at"] {
        put(key, MADE_AT.into());
    }
    let (pull, push, admin) = rights;
    put(
        "permissions",
        json!({ "admin": admin, "maintain": admin, "push": push, "triage": push, "pull": pull }),
    );
    Value::Object(out)
}

/// A branch with its tip, and with what is told of its protection.
pub(super) fn branch(
    web: &str,
    (repo, owner): (&Repo, &Account),
    (branch, tip): (&str, &str),
    protection: &Value,
) -> Value {
    let full_name = format!("{}/{}", owner.login, repo.name);
    let api = format!("{web}/api/v3/repos/{full_name}");
    let person = json!({ "name": "Trueline", "email": "trueline@localhost", "date": MADE_AT });
    let address = format!("{api}/branches/{branch}");
    json!({
        "name": branch,
        "commit": {
            "url": format!("{api}/commits/{tip}"),
            "sha": tip,
            "node_id": format!("C_{tip}"),
            "html_url": format!("{web}/{full_name}/commit/{tip}"),
            "comments_url": format!("{api}/commits/{tip}/comments"),
            "commit": {
                "url": format!("{api}/git/commits/{tip}"),
                "author": person, "committer": person, "message": "A commit", "comment_count": 0,
                "tree": { "sha": tip, "url": format!("{api}/git/trees/{tip}") },
            },
            "author": null, "committer": null, "parents": [],
        },
        "_links": { "html": format!("{web}/{full_name}/tree/{branch}"), "self": address },
        "protected": protection["enabled"],
        "protection": protection,
        "protection_url": format!("{address}/protection"),
    })
}

const LINKS: [(&str, &str); 37] = [
    ("archive_url", "{archive_format}{/ref}"),
    ("assignees_url", "assignees{/user}"),
    ("blobs_url", "git/blobs{/sha}"),
    ("branches_url", "branches{/branch}"),
    ("collaborators_url", "collaborators{/collaborator}"),
    ("comments_url", "comments{/number}"),
    ("commits_url", "commits{/sha}"),
    ("compare_url", "compare/{base}...{head}"),
    ("contents_url", "contents/{+path}"),
    ("contributors_url", "contributors"),
    ("deployments_url", "deployments"),
    ("downloads_url", "downloads"),
    ("events_url", "events"),
    ("forks_url", "forks"),
    ("git_commits_url", "git/commits{/sha}"),
    ("git_refs_url", "git/refs{/sha}"),
    ("git_tags_url", "git/tags{/sha}"),
    ("hooks_url", "hooks"),
    ("issue_comment_url", "issues/comments{/number}"),
    ("issue_events_url", "issues/events{/number}"),
    ("issues_url", "issues{/number}"),
    ("keys_url", "keys{/key_id}"),
    ("labels_url", "labels{/name}"),
    ("languages_url", "languages"),
    ("merges_url", "merges"),
    ("milestones_url", "milestones{/number}"),
    ("notifications_url", "notifications{?since,all,participating}"),
    ("pulls_url", "pulls{/number}"),
    ("releases_url", "releases{/id}"),
    ("stargazers_url", "stargazers"),
    ("statuses_url", "statuses/{sha}"),
    ("subscribers_url", "subscribers"),
    ("subscription_url", "subscription"),
    ("tags_url", "tags"),
    ("teams_url", "teams"),
    ("trees_url", "git/trees{/sha}"),
    ("temp_clone_url", ""),
];
