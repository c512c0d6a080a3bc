//! A real Gitea for tests: one server per test process, an organisation and a user of its own per test.
//!
//! A test sees the server through a front of its own, which holds every request and answer against the
//! official descriptions of Gitea and Forgejo, can speak TLS, can lie below a path and breaks on demand.

mod front;
mod server;
mod wire;

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use serde_json::{Value, json};

use crate::contract::Counts;
use crate::simulated::fault::Fault;
use crate::simulated::host::Seen;
use crate::simulated::listener::{self, Listener};
use crate::tls::PrivateTls;

use front::Front;
use server::Server;

/// The scopes of a token that may do everything that Trueline needs in an organisation.
pub const SCOPES: &[&str] = &["write:repository", "write:organization", "read:user"];
/// The scopes of one that may do so in its user's own account.
pub const OWN_SCOPES: &[&str] = &["write:repository", "write:user"];
/// The password of every user.
const PASSWORD: &str = "gitea-password-1";

static NEXT: AtomicU32 = AtomicU32::new(1);

/// What a test has of the server.
#[derive(Clone)]
pub struct Gitea {
    /// The address of the front, as entered as host.
    pub url: String,
    /// Its authority's certificate, if it speaks TLS.
    pub ca_pem: Option<String>,
    /// The organisation.
    pub scope: String,
    /// The user that owns it.
    pub user: String,
    server: &'static Server,
    front: Arc<Front>,
    _listener: Arc<Listener>,
}

/// How a test sees the server.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// Whether the front speaks TLS, with a certificate of a private authority.
    pub tls: bool,
    /// The path below which the host lies, such as `/forge`; or nothing.
    pub prefix: String,
    /// Where the front listens; a free port otherwise.
    pub listen: Option<String>,
    /// The names of the organisation and of the user; such as no other test has otherwise.
    pub named: Option<(String, String)>,
}

/// What a member of an organisation may do.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Member {
    /// Read all repositories.
    Reader,
    /// Write to all repositories.
    Writer,
    /// Write to all repositories, and make new ones: those it may delete.
    Creator,
}

impl Gitea {
    /// An organisation and a user for the test `name`. Where Gitea was not built the test is skipped loudly,
    /// and there is none.
    pub async fn start(name: &str) -> Option<Self> {
        Self::with(name, Settings::default()).await
    }

    /// The same as told.
    ///
    /// # Panics
    /// When Gitea was built but does not start, or the address is in use.
    pub async fn with(name: &str, settings: Settings) -> Option<Self> {
        let tls = settings.tls.then(crate::tls::private);
        Self::with_tls(name, settings, tls).await
    }

    /// The same, with this certificate or without one.
    ///
    /// # Panics
    /// As [`Gitea::with`].
    pub async fn with_tls(name: &str, settings: Settings, tls: Option<PrivateTls>) -> Option<Self> {
        let Some(program) = crate::tools::gitea() else {
            crate::skip(name, "Gitea was not built (cargo xtask tools)");
            return None;
        };
        let server = server::running(&program);
        let (ca_pem, config) = tls.map(|t| (t.ca_pem, t.server)).unzip();
        let scheme = if config.is_some() { "https" } else { "http" };
        let make = |_| Arc::new(Front::new(server.address, &settings.prefix));
        let address = settings.listen.as_deref().unwrap_or("127.0.0.1:0");
        let (listener, front) = listener::listen(address, config, make).await.expect("the address is free");
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let named = settings.named;
        let (scope, user) = named.unwrap_or_else(|| (format!("acme-{number}"), format!("acme-bot-{number}")));
        let url = format!("{scheme}://{}{}", listener.address, settings.prefix);
        let gitea = Self { url, ca_pem, scope, user, server, front, _listener: Arc::new(listener) };
        gitea.add_user(&gitea.user);
        gitea.add_organization(&gitea.scope, &gitea.user);
        Some(gitea)
    }

    /// Adds an organisation that a user owns.
    pub fn add_organization(&self, name: &str, owner: &str) {
        self.must("POST", &format!("/admin/users/{owner}/orgs"), Some(json!({ "username": name })));
    }

    /// Adds a user.
    pub fn add_user(&self, name: &str) {
        let user = json!({
            "username": name, "email": format!("{name}@acme.dev"), "password": PASSWORD,
            "must_change_password": false,
        });
        self.must("POST", "/admin/users", Some(user));
    }

    /// Makes a user a member of the organisation.
    pub fn add_member(&self, name: &str, member: Member) {
        let team = json!({
            "name": format!("team-{}", NEXT.fetch_add(1, Ordering::Relaxed)),
            "permission": if member == Member::Reader { "read" } else { "write" },
            "includes_all_repositories": true,
            "can_create_org_repo": member == Member::Creator,
            "units": ["repo.code"],
        });
        let team = self.must("POST", &format!("/orgs/{}/teams", self.scope), Some(team));
        self.must("PUT", &format!("/teams/{}/members/{name}", team["id"]), None);
    }

    /// A new token of the user.
    pub fn token(&self, scopes: &[&str]) -> String {
        self.token_of(&self.user, scopes)
    }

    /// A new token of a user.
    pub fn token_of(&self, user: &str, scopes: &[&str]) -> String {
        let name = format!("token-{}", NEXT.fetch_add(1, Ordering::Relaxed));
        let token = json!({ "name": name, "scopes": scopes });
        let made = self.must("POST", &format!("/users/{user}/tokens"), Some(token));
        made["sha1"].as_str().expect("a token has its text").to_owned()
    }

    /// The names of all repositories of the organisation and of the user, with owner.
    pub fn repositories(&self) -> Vec<String> {
        let owners = [&self.scope, &self.user];
        let lists = owners.map(|owner| self.must("GET", &format!("/users/{owner}/repos?limit=50"), None));
        let names = lists.iter().filter_map(Value::as_array).flatten();
        names.map(|r| r["full_name"].as_str().expect("it has a name").to_owned()).collect()
    }

    /// Changes a repository's settings, as its owner would on the host's page.
    pub fn edit(&self, owner: &str, name: &str, settings: &Value) {
        self.must("PATCH", &format!("/repos/{owner}/{name}"), Some(settings.clone()));
    }

    /// Renames a repository of the organisation.
    pub fn rename(&self, owner: &str, name: &str, to: &str) {
        self.edit(owner, name, &json!({ "name": to }));
    }

    /// Protects branches of a repository of the organisation.
    pub fn protect(&self, name: &str, rule: &Value) {
        self.must("POST", &format!("/repos/{}/{name}/branch_protections", self.scope), Some(rule.clone()));
    }

    /// Calls the interface as the administrator, past the front.
    ///
    /// # Panics
    /// When the answer is no success.
    pub fn must(&self, method: &str, path: &str, body: Option<Value>) -> Value {
        let (status, answer) = self.server.call(method, path, body.as_ref());
        assert!((200..300).contains(&status), "{method} {path} {body:?}: {status} {answer}");
        answer
    }

    /// Lets the next `times` calls that begin with `on` (`GET /user`, `POST /orgs`, or nothing for all) fail.
    pub fn fault(&self, on: &str, fault: Fault, times: usize) {
        self.front.faults.plan(on, fault, times);
    }

    /// Takes all faults back.
    pub fn clear_faults(&self) {
        self.front.faults.clear();
    }

    /// The calls seen so far: of this test alone.
    pub fn seen(&self) -> Vec<Seen> {
        self.front.seen.lock().expect("not poisoned").clone()
    }

    /// What Gitea's description says of the calls so far; `None` where it is not at hand.
    pub fn contract(&self) -> Option<Counts> {
        self.front.contracts.first().map(|(_, contract)| contract.counts())
    }

    /// Fails the test if a request or an answer breaks a description; prints the counts.
    pub fn assert_contract(&self) {
        if self.front.contracts.is_empty() {
            crate::skip("contracts: Gitea", "the official descriptions are not at hand");
        }
        for (name, contract) in &self.front.contracts {
            let counts = contract.counts();
            eprintln!("{name}: {}", counts.line());
            assert!(counts.invalid.is_empty(), "{name}: {:#?}", counts.invalid);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn every_test_has_an_organization_of_its_own() {
        let below = Settings { prefix: "/forge".into(), ..Settings::default() };
        let Some(one) = Gitea::start("gitea: an organisation per test").await else { return };
        let Some(other) = Gitea::with("gitea: below a path", below).await else {
            return;
        };
        one.must("POST", &format!("/orgs/{}/repos", one.scope), Some(json!({ "name": "shop" })));
        assert_eq!(one.repositories(), [format!("{}/shop", one.scope)]);
        assert_eq!(other.repositories(), Vec::<String>::new());
        let token = one.token(SCOPES);
        assert_eq!(token.len(), 40, "{token}");
        assert!(one.seen().is_empty());
    }
}
