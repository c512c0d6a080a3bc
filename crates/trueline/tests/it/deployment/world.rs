//! The world that deployments are told in: a program with an account at a host and an application.

use std::path::PathBuf;

use model::{Secret, Timestamp};
use serde_json::{Value, json};
use store::Store;
use testkit::git_cli::GitCli;
use testkit::gitea::{Gitea, SCOPES};
use testkit::simulated::GitHub;

use super::{DEPLOYMENTS, SHOP, TOKEN};
use crate::client::{Answer, Client};
use crate::program::{Database, Program};

/// A program with an account at a host, a project, two environments and the application `shop`.
pub(crate) struct World {
    /// The simulated host; the real Gitea, or else the built-in one, when there is none.
    pub(crate) host: Option<GitHub>,
    /// The real Gitea, and a token that may do everything in its organisation.
    pub(crate) gitea: Option<(Gitea, String)>,
    pub(crate) program: Program,
    pub(crate) admin: Client,
    pub(crate) cli: GitCli,
}

impl World {
    pub(crate) async fn new(database: Database) -> Self {
        let host = GitHub::acme(TOKEN).await;
        let account = json!({
            "provider": "github", "host": host.url, "organization": "acme", "username": "acme-bot",
            "secret": TOKEN,
        });
        Self::at(database, Some(host), account).await
    }

    pub(crate) async fn built_in(database: Database) -> Self {
        Self::at(database, None, json!({ "provider": "built-in" })).await
    }

    pub(crate) async fn at(database: Database, host: Option<GitHub>, account: Value) -> Self {
        let program = Program::start(database).await;
        let admin = program.admin().await;
        let creating = admin.clone().with("if-none-match", "*");
        creating.put("/api/v1/gitops-configs/acme", &account).await.expect(201);
        let world = Self { host, gitea: None, program, admin, cli: GitCli::new() };
        world.furnish().await;
        world
    }

    /// A world at the real Gitea; none where that was not built.
    pub(crate) async fn gitea(database: Database, test: &str) -> Option<Self> {
        let gitea = Gitea::start(test).await?;
        let token = gitea.token(SCOPES);
        let account = json!({
            "provider": "gitea", "host": gitea.url, "organization": gitea.scope, "username": gitea.user,
            "secret": token,
        });
        let world = Self::at(database, None, account).await;
        Some(Self { gitea: Some((gitea, token)), ..world })
    }

    pub(crate) fn github(&self) -> &GitHub {
        self.host.as_ref().expect("this story is told at GitHub")
    }

    pub(crate) async fn furnish(&self) {
        self.admin.post("/api/v1/projects", &json!({ "name": "web" })).await.expect(201);
        for name in ["production", "staging"] {
            self.admin.post("/api/v1/environments", &json!({ "name": name })).await.expect(201);
        }
        let shop = json!({ "name": "shop", "project": "web" });
        self.admin.post("/api/v1/applications", &shop).await.expect(201);
    }

    pub(crate) async fn request(&self, environment: &str, image: &str) -> Answer {
        self.admin.post(DEPLOYMENTS, &json!({ "environment": environment, "image": image })).await
    }

    /// Deploys and waits for the end.
    pub(crate) async fn deploy(&self, environment: &str, image: &str) -> Value {
        let asked = self.request(environment, image).await.expect(202);
        self.ended(&asked["number"]).await
    }

    pub(crate) async fn stored(&self, environment: &str, image: &str) -> Value {
        let ended = self.deploy(environment, image).await;
        assert_eq!(ended["end"], "stored", "{ended:#}");
        ended
    }

    pub(crate) async fn ended(&self, number: &Value) -> Value {
        let path = format!("{DEPLOYMENTS}/{number}");
        let said = std::sync::Mutex::new(Value::Null);
        let ended = testkit::poll("the deployment ends", || async {
            let deployment = self.admin.get(&path).await.expect(200);
            let mut said = said.lock().expect("no holder panics");
            if *said != deployment {
                // Shown when the story fails: what it waited for.
                println!("deployment {number}: {deployment}");
                said.clone_from(&deployment);
            }
            (!deployment["end"].is_null()).then_some(deployment)
        });
        ended.await
    }

    pub(crate) async fn failed(&self, environment: &str, image: &str, code: &str) -> Value {
        let ended = self.deploy(environment, image).await;
        assert_eq!((&ended["end"], &ended["failure"]["code"]), (&json!("failed"), &json!(code)), "{ended:#}");
        ended
    }

    pub(crate) async fn save(&self, environment: Option<&str>, yaml: &str) {
        let query = environment.map(|e| format!("?environment={e}")).unwrap_or_default();
        let path = format!("{SHOP}/values{query}");
        let known = self.admin.get(&path).await.expect(200)["number"].as_i64().unwrap_or(0);
        let change = json!({ "yaml": yaml, "message": "" });
        self.admin.clone().with("if-match", &format!("\"{known}\"")).put(&path, &change).await.expect(200);
    }

    /// The bare folder of the application's repository at the host.
    pub(crate) fn bare(&self) -> PathBuf {
        self.bare_of("gitops-shop").expect("the repository")
    }

    pub(crate) fn bare_of(&self, name: &str) -> Option<PathBuf> {
        match (&self.host, &self.gitea) {
            (Some(host), _) => host.find("acme", name).map(|found| found.path),
            (None, Some((gitea, token))) => self.mirror(gitea, token, name),
            (None, None) => {
                let path = self.program.data().join(format!("repositories/{name}.git"));
                path.is_dir().then_some(path)
            }
        }
    }

    /// What the real Gitea has of a repository now, in a folder of its own.
    fn mirror(&self, gitea: &Gitea, token: &str, name: &str) -> Option<PathBuf> {
        let full = format!("{}/{name}", gitea.scope);
        if !gitea.repositories().contains(&full) {
            return None;
        }
        let folder = self.cli.folder().join(format!("{name}.git"));
        if folder.exists() {
            std::fs::remove_dir_all(&folder).expect("it can be removed");
        }
        let url = at_gitea(gitea, token, name);
        self.cli.run(self.cli.folder(), &["clone", "--quiet", "--mirror", &url, &format!("{name}.git")]);
        Some(folder)
    }

    /// Stops the program and opens its database.
    pub(crate) async fn store(&mut self) -> Store {
        self.program.stop().await;
        let mut settings = store::Settings::new(self.program.data());
        if let Database::Postgres(database) = self.program.database() {
            settings.postgres = Some(Secret::new(database.url.clone()));
        }
        Store::open(settings).await.expect("the program let go of it")
    }

    /// Lets go of the database and starts the program again.
    pub(crate) async fn start_again(&mut self, store: Store) {
        store.close().await;
        drop(store);
        self.program.restart().await;
        self.admin = self.program.admin().await;
    }

    /// Lets the program forget all files of deployments that ended, as it does with old ones in time.
    pub(crate) async fn forget_files(&mut self) {
        let store = self.store().await;
        let all = Timestamp(0)..Timestamp(i64::MAX);
        let collected = store.collect_blobs(0, all).await.expect("files can be given up");
        assert!(collected.blobs > 0, "there was nothing to forget");
        self.start_again(store).await;
    }

    /// The names of all repositories at the host.
    pub(crate) fn repositories(&self) -> Vec<String> {
        let mut names = match (&self.host, &self.gitea) {
            (Some(host), _) => host.repositories(),
            (None, Some((gitea, _))) => gitea.repositories(),
            (None, None) => {
                let entries = std::fs::read_dir(self.program.data().join("repositories")).expect("a folder");
                let name = |e: std::fs::DirEntry| {
                    e.file_name().to_string_lossy().trim_end_matches(".git").to_owned()
                };
                entries.map(|entry| format!("acme/{}", name(entry.expect("readable")))).collect()
            }
        };
        names.sort();
        names
    }

    /// Renames a repository as its owner would, behind Trueline's back.
    pub(crate) fn rename(&self, name: &str, to: &str) {
        match (&self.host, &self.gitea) {
            (Some(host), _) => host.rename("acme", name, to),
            (None, Some((gitea, _))) => gitea.rename(&gitea.scope, name, to),
            (None, None) => {
                let folder = self.program.data().join("repositories");
                std::fs::rename(folder.join(format!("{name}.git")), folder.join(format!("{to}.git")))
                    .expect("moved");
            }
        }
    }

    pub(crate) fn clone(&self, name: &str) -> PathBuf {
        self.clone_of("gitops-shop", name)
    }

    /// A clone of a repository, to which can be pushed.
    pub(crate) fn clone_of(&self, repository: &str, name: &str) -> PathBuf {
        let url = match &self.gitea {
            Some((gitea, token)) => at_gitea(gitea, token, repository),
            None => self.bare_of(repository).expect("the repository").to_string_lossy().into_owned(),
        };
        self.cli.clone(&url, name)
    }

    /// Commits on `main`, oldest first: subjects.
    pub(crate) fn subjects(&self, branch: &str) -> Vec<String> {
        let out = self.cli.run(&self.bare(), &["log", "--reverse", "--format=%s", branch]);
        out.lines().map(str::to_owned).collect()
    }

    /// Changes a file by hand and pushes it.
    pub(crate) fn edit(&self, name: &str, path: &str, text: &str) {
        let work = self.clone(name);
        self.cli.commit(&work, &[(path, text)], "By hand");
        self.cli.run(&work, &["push", "--quiet", "origin", "HEAD"]);
    }
}

/// The address of a repository at the real Gitea, with what opens it.
fn at_gitea(gitea: &Gitea, token: &str, name: &str) -> String {
    let (scheme, rest) = gitea.url.split_once("://").expect("an address");
    format!("{scheme}://{}:{token}@{rest}/{}/{name}.git", gitea.user, gitea.scope)
}
