//! A simulated Azure DevOps: the organization `acme`, projects, tokens with scopes and rights, repositories
//! with real Git inside.
//!
//! What the host's own page does (renaming, policies) is done by the methods here. The organization is served
//! below `/acme`, as at dev.azure.com, and at the root, as at acme.visualstudio.com; answers echo the form that
//! was asked.

mod answers;
mod locations;
mod repositories;
mod rest;
mod state;

use std::borrow::Cow;
use std::path::PathBuf;

use serde_json::{Value, json};

use super::host::{Answer, Dialect, GitAccess, Ground, Request, Simulated};

pub use state::{Door, Repo, Rights, State};
use state::{Project, Token, guid};

/// The organization that the host has.
pub const ORGANIZATION: &str = "acme";
/// The area of projects.
const CORE: &str = "79134c72-4a58-4b42-976c-04e7115f32bf";

/// The simulated Azure DevOps.
pub type AzureDevOps = Simulated<State>;

impl Dialect for State {
    const NAME: &'static str = "Azure DevOps";
    const DESCRIPTION: &'static str = "azure-devops.trimmed.json";
    const UNLISTED: &'static [(&'static str, &'static str)] = &[
        (
            "GET /_apis/resourceAreas/{id}",
            "which organizations there are, asked without a credential: described in prose only",
        ),
        ("GET /{organization}/_apis/resourceAreas/{id}", "discovery is in no description"),
        ("GET /{organization}/_apis/permissions/{namespace}/{bits}", "in the description of another area"),
        ("GET /{organization}/{project}/_apis/git/policy/configurations", "left out by the cut"),
        ("GET /{server}/{collection}/_apis/resourceAreas/{id}", "a Server's, below a path"),
        ("GET /_signin", "a page for people"),
        ("GET /{organization}/_apis/connectionData 400", "a version that a Server lacks"),
        ("* 203", "the page to sign in at is in no description"),
        ("* 302", "nor is the way to it"),
        ("* 429", "throttling is described in prose"),
    ];
    const API: &'static str = "";
    const SCOPES: &'static [&'static str] = &["vso.code_manage"];
    const RATE: u64 = 20_000;
    const SCOPE_FIELD: &'static str = "project";

    /// The description has only the address form that names the organization in the path.
    fn described(path: &str) -> Cow<'_, str> {
        let mut segments = path.trim_start_matches('/').split('/');
        let (first, second) = (segments.next().unwrap_or_default(), segments.next().unwrap_or_default());
        let discovery = first == "_apis" && second == "resourceAreas";
        if first != "acme" && !discovery && (first == "_apis" || second == "_apis") {
            Cow::Owned(format!("/acme{path}"))
        } else {
            Cow::Borrowed(path)
        }
    }

    fn entered_host(web: &str) -> String {
        format!("{web}/{ORGANIZATION}")
    }

    fn rest(&mut self, ground: &Ground, request: &Request<'_>) -> Answer {
        rest::answer(self, ground, request)
    }

    fn git_access(&mut self, _: &Ground, access: &GitAccess<'_>) -> Result<PathBuf, Answer> {
        let text = |status, words: String| Err(Answer::text(status, "text/plain; charset=utf-8", words));
        let Some(token) = access.presented.and_then(|p| self.known(&p.secret)).cloned() else {
            return Err(Answer::empty(401)
                .with("www-authenticate", "Bearer authorization_uri=https://login.microsoftonline.com/")
                .with("www-authenticate", "Basic realm=\"https://tfsprodcus.visualstudio.com/\""));
        };
        let parts: Vec<&str> = access.path.split('/').collect();
        // Both forms of the address; a repository that is called as its project may leave the project out.
        let (project, name) = match parts[..] {
            [ORGANIZATION, project, "_git", name] | [project, "_git", name] => (project, name),
            ["_git", name] => (name, name),
            _ => return text(404, answers::no_repository_words(access.path)),
        };
        let member = self.project(project).and_then(|p| Some((p.id.clone(), *p.members.get(&token.user)?)));
        let found = member.and_then(|(id, rights)| Some((self.repo(&id, name)?.clone(), rights)));
        let Some((repo, rights)) = found.filter(|(repo, _)| !repo.disabled) else {
            return text(404, answers::no_repository_words(name));
        };
        if repo.hidden_git > 0 {
            self.repos.get_mut(&repo.id).expect("it is there").hidden_git -= 1;
            return text(404, answers::no_repository_words(name));
        }
        if !token.holds(if access.pushing { "vso.code_write" } else { "vso.code" }) {
            return Err(answers::unauthorized(&token.user));
        }
        if access.pushing && !rights.contribute {
            // Git shows it as `remote: TF401027: …` before its own words about 403.
            return Err(answers::lacks("GenericContribute", &token.user, "repository"));
        }
        Ok(repo.path)
    }

    fn throttled(&self) -> Answer {
        let message = "TF400733: The request has been canceled: Request was blocked due to exceeding usage of \
                       resource 'Concurrency' in namespace 'User'.";
        answers::error(429, "RequestBlockedException", message).with("retry-after", "60")
    }

    fn rate_headers(&self, left: u64) -> Vec<(&'static str, String)> {
        let mut headers = Vec::new();
        if let Some(seconds) = self.delay {
            headers.push(("retry-after", seconds.to_string()));
            headers.push(("x-ratelimit-delay", seconds.to_string()));
        }
        // Told only to those who come near to the limit.
        if left < Self::RATE / 10 {
            headers.push(("x-ratelimit-resource", "global".to_owned()));
            headers.push(("x-ratelimit-limit", Self::RATE.to_string()));
            headers.push(("x-ratelimit-remaining", left.to_string()));
            headers.push(("x-ratelimit-reset", "4000000000".to_owned()));
        }
        headers
    }

    fn furnish(&mut self, ground: &Ground, scope: &str, user: &str) {
        let project = Project {
            id: guid(ground),
            name: scope.to_owned(),
            state: "wellFormed",
            members: [(user.to_owned(), Rights::ADMINISTRATOR)].into(),
            policies: Vec::new(),
            rule: None,
        };
        self.projects.insert(scope.to_lowercase(), project);
    }

    fn token(&mut self, _: &Ground, text: &str, user: &str, scopes: &[&str]) {
        let scopes = scopes.iter().map(|s| (*s).to_owned()).collect();
        self.tokens.insert(text.to_owned(), Token { user: user.to_owned(), scopes, expired: false });
    }

    fn expire(&mut self, text: &str) {
        self.tokens.get_mut(text).expect("the token").expired = true;
    }

    fn repositories(&self) -> Vec<String> {
        let name = |r: &Repo| self.project(&r.project).map(|p| format!("{}/{}", p.name, r.name));
        self.repos.values().filter_map(name).collect()
    }

    fn kept(&self) -> Vec<String> {
        self.bin.values().map(|r| r.name.clone()).collect()
    }

    fn rename(&mut self, scope: &str, name: &str, to: &str) {
        let project = self.project(scope).expect("the project").id.clone();
        let id = self.repo(&project, name).expect("the repository").id.clone();
        self.repos.get_mut(&id).expect("the repository").name = to.to_owned();
    }

    fn refuse_pushes(&mut self, scope: &str, lines: &[&str]) {
        self.present(scope).rule = Some(lines.iter().map(|l| (*l).to_owned()).collect());
    }
}

impl AzureDevOps {
    /// Gives a user rights in a project, or takes them.
    pub fn member(&self, project: &str, user: &str, rights: Option<Rights>) {
        self.with(|state, _| match rights {
            Some(rights) => drop(state.present(project).members.insert(user.to_owned(), rights)),
            None => drop(state.present(project).members.remove(user)),
        });
    }

    /// Takes a user out of the organization; the user's tokens stay known.
    pub fn outsider(&self, user: &str) {
        self.with(|state, _| state.outsiders.insert(user.to_owned()));
    }

    /// How one is sent away whose token is not taken.
    pub fn door(&self, door: Door) {
        self.with(|state, _| state.door = door);
    }

    /// Lets the host be a Server that has versions of its interface up to this one.
    pub fn newest_version(&self, major: u32, minor: u32) {
        self.with(|state, _| state.newest = Some((major, minor)));
    }

    /// Lets good answers ask for a pause of so many seconds, as the host does before it refuses.
    pub fn delay(&self, seconds: Option<u64>) {
        self.with(|state, _| state.delay = seconds);
    }

    /// Adds a policy to a project's branches: its kind's id and name, and what it asks for.
    pub fn policy(&self, project: &str, (id, name): (&str, &str), blocking: bool, settings: &Value) {
        self.with(|state, ground| {
            let number = ground.number();
            let policy = json!({
                "id": number,
                "type": { "id": id, "displayName": name },
                "revision": 1,
                "isEnabled": true,
                "isBlocking": blocking,
                "isDeleted": false,
                "settings": settings,
                "url": format!("{}/{ORGANIZATION}/_apis/policy/Configurations/{number}", ground.web),
            });
            state.present(project).policies.push(policy);
        });
    }

    /// Puts a project into a state, such as `deleting`.
    pub fn project_state(&self, project: &str, to: &'static str) {
        self.with(|state, _| state.present(project).state = to);
    }

    /// Makes a repository.
    pub fn repository(&self, project: &str, name: &str) -> Repo {
        self.with(|state, ground| {
            let project = state.present(project).id.clone();
            state.create(ground, &project, name)
        })
    }

    /// Disables a repository, as its administrator would on the host's page.
    pub fn disable(&self, project: &str, name: &str) {
        self.with(|state, _| {
            let project = state.present(project).id.clone();
            let id = state.repo(&project, name).expect("the repository").id.clone();
            state.repos.get_mut(&id).expect("the repository").disabled = true;
        });
    }
}
