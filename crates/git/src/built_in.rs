//! The Git host inside Trueline: bare repositories in the data folder, served by the same process.
//!
//! Owns the folder and what is known of each repository. Serving them is left to `serve`, rights to the room
//! that knows users.

mod leftovers;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use async_trait::async_trait;
use model::Secret;
use model::check::{CheckStage, Diagnosis, Facts};
use model::gitops_config::RepositoryRules;
use model::repository::{Repository, normalised};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::provider::{NewRepository, Options, Permissions, Provider, Removed};
use crate::serve::{GitProgram, ServeLimits};
use crate::{Error, GitCredential, HttpClient, Remote, Trust};

pub use leftovers::{Swept, sweep};

/// Default branch of repositories made here.
const DEFAULT_BRANCH: &str = "main";
/// The file in a bare repository that holds what is known of it.
const FACTS: &str = "trueline.json";

/// Where the built-in host keeps its repositories and how this process reaches it.
#[derive(Clone)]
pub struct BuiltInHost {
    /// The folder of the bare repositories.
    pub folder: PathBuf,
    /// The `git` program; looked for where programs usually lie when it is not named.
    pub git: Option<PathBuf>,
    /// Where this process serves itself, such as `http://127.0.0.1:8080`.
    pub loopback_url: String,
    /// Where people clone from, without slash at the end.
    pub public_url: String,
    /// The user name that goes with `token`.
    pub username: String,
    /// Opens every repository; made anew at each start.
    pub token: Secret,
}

impl std::fmt::Debug for BuiltInHost {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("BuiltInHost").field("folder", &self.folder).finish_non_exhaustive()
    }
}

/// What is known of a repository, kept inside it so that it travels with it.
#[derive(Serialize, Deserialize, Clone)]
struct Kept {
    id: String,
    #[serde(default)]
    archived: bool,
}

/// The built-in host as a provider.
pub struct BuiltIn {
    host: Arc<BuiltInHost>,
    http: HttpClient,
}

impl BuiltIn {
    /// Prepares it; touches nothing.
    pub fn new(host: BuiltInHost, options: &Options) -> Result<Self, Error> {
        Ok(Self { host: Arc::new(host), http: HttpClient::new(&Trust::default(), options.limits.clone())? })
    }

    async fn git(&self) -> Result<GitProgram, Error> {
        GitProgram::find(self.host.git.as_deref(), ServeLimits::default()).await
    }

    fn describe(&self, name: &str, kept: &Kept) -> Repository {
        let url = format!("{}/git/{name}.git", self.host.public_url.trim_end_matches('/'));
        Repository {
            id: kept.id.clone(),
            full_name: name.to_owned(),
            clone_url: url,
            // It has no pages.
            web_url: String::new(),
            default_branch: DEFAULT_BRANCH.into(),
        }
    }

    /// The present name of a repository and what is known of it.
    async fn by_id(&self, id: &str) -> Result<Option<(String, Kept)>, Error> {
        let folder = self.host.folder.clone();
        let id = id.to_owned();
        blocking(move || {
            for name in names(&folder)? {
                let kept = read(&path_of(&folder, &name)?)?;
                if let Some(kept) = kept.filter(|k| k.id == id) {
                    return Ok(Some((name, kept)));
                }
            }
            Ok(None)
        })
        .await
    }

    async fn must(&self, id: &str) -> Result<(String, Kept), Error> {
        self.by_id(id).await?.ok_or_else(|| {
            Error::NotFound(Box::new(crate::Refusal {
                host: "The built-in Git host".into(),
                status: 404,
                request: format!("repository {id}"),
                ..crate::Refusal::default()
            }))
        })
    }
}

/// Whether a repository of the built-in host takes no more pushes. `repository` is its bare folder.
pub fn is_archived(repository: &Path) -> Result<bool, Error> {
    Ok(read(repository)?.is_some_and(|k| k.archived))
}

/// The bare folder of a repository of the built-in host; refuses names that would lead out of `folder`.
pub fn path_of(folder: &Path, name: &str) -> Result<PathBuf, Error> {
    let valid = !name.is_empty()
        && name.len() <= 100
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'))
        && !name.starts_with('.')
        && !name.contains("..");
    if !valid {
        return Err(Error::Input {
            field: "repository",
            code: "invalid_name",
            sentence: format!("{name:?} is not the name of a repository: letters, digits, hyphens."),
        });
    }
    Ok(folder.join(format!("{name}.git")))
}

fn names(folder: &Path) -> Result<Vec<String>, Error> {
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(source) => return Err(at(folder, source)),
    };
    let mut names = Vec::new();
    for entry in entries {
        let entry = entry.map_err(|e| at(folder, e))?;
        let name = entry.file_name();
        if let Some(name) = name.to_str().and_then(|n| n.strip_suffix(".git")).filter(|n| !n.starts_with('.'))
        {
            names.push(name.to_owned());
        }
    }
    names.sort();
    Ok(names)
}

fn read(repository: &Path) -> Result<Option<Kept>, Error> {
    let path = repository.join(FACTS);
    let bytes = match std::fs::read(&path) {
        Ok(bytes) => bytes,
        Err(e) if matches!(e.kind(), std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory) => {
            return Ok(None);
        }
        Err(source) => return Err(at(&path, source)),
    };
    serde_json::from_slice(&bytes)
        .map(Some)
        .map_err(|e| at(&path, std::io::Error::new(std::io::ErrorKind::InvalidData, e)))
}

/// Replaces the file at once, so that a crash leaves the old or the new one.
fn write(repository: &Path, kept: &Kept) -> Result<(), Error> {
    let path = repository.join(FACTS);
    let new = repository.join(format!("{FACTS}.new"));
    let bytes = serde_json::to_vec(kept).map_err(|e| Error::Bug(e.to_string()))?;
    std::fs::write(&new, bytes).and_then(|()| std::fs::rename(&new, &path)).map_err(|e| at(&path, e))
}

fn at(path: &Path, source: std::io::Error) -> Error {
    Error::Folder { path: path.display().to_string(), source: source.into() }
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Error> + Send + 'static,
) -> Result<T, Error> {
    tokio::task::spawn_blocking(work).await.map_err(|e| Error::Bug(e.to_string()))?
}

#[async_trait]
impl Provider for BuiltIn {
    fn title(&self, stage: CheckStage) -> String {
        match stage {
            CheckStage::Reach => "Find the git program and the folder".into(),
            CheckStage::Authenticate => "Sign in with the start token".into(),
            CheckStage::Scope => "See the folder of repositories".into(),
            CheckStage::List => "List the repositories".into(),
            CheckStage::Create => "Create a test repository".into(),
            CheckStage::Clone => "Read it over Git".into(),
            CheckStage::Rules => "Read the rules for its branch".into(),
            CheckStage::Push => "Commit and push".into(),
            CheckStage::PullRequest => "Open and close a pull request".into(),
            CheckStage::Webhook => "Create and delete a webhook".into(),
            CheckStage::Delete => "Delete the test repository".into(),
        }
    }

    async fn reach(&self) -> Result<(), Error> {
        self.git().await?;
        let folder = self.host.folder.clone();
        blocking(move || std::fs::create_dir_all(&folder).map_err(|e| at(&folder, e))).await
    }

    async fn authenticate(&self) -> Result<Facts, Error> {
        Ok(Facts {
            identity: Some("trueline".into()),
            default_branch: Some(DEFAULT_BRANCH.into()),
            ..Facts::default()
        })
    }

    async fn scope(&self) -> Result<Facts, Error> {
        Ok(Facts::default())
    }

    async fn list(&self) -> Result<(), Error> {
        let folder = self.host.folder.clone();
        blocking(move || names(&folder).map(drop)).await
    }

    fn foreseen(&self, _: CheckStage, _: &Facts, _: &RepositoryRules) -> Option<Diagnosis> {
        None
    }

    fn remark(&self, _: &Facts) -> Option<Diagnosis> {
        None
    }

    async fn find_repository(&self, name: &str) -> Result<Option<Repository>, Error> {
        let path = path_of(&self.host.folder, name)?;
        let kept = blocking(move || read(&path)).await?;
        Ok(kept.map(|k| self.describe(name, &k)))
    }

    async fn repository_by_id(&self, id: &str) -> Result<Option<Repository>, Error> {
        Ok(self.by_id(id).await?.map(|(name, kept)| self.describe(&name, &kept)))
    }

    async fn repository_by_url(&self, url: &str) -> Result<Repository, Error> {
        let wrong = |code, sentence: String| Error::Input { field: "repository", code, sentence };
        let base = format!("{}/git", self.host.public_url.trim_end_matches('/'));
        let prefix = normalised(&base).map(|b| format!("{b}/")).unwrap_or_default();
        let path = normalised(url).ok_or_else(|| {
            wrong("invalid_address", format!("This is no address: {base}/shop.git would be right."))
        })?;
        let name = path.strip_prefix(&prefix).ok_or_else(|| {
            wrong("other_host", format!("The repository has to be on the built-in host: {base}/….git."))
        })?;
        self.find_repository(name).await?.ok_or_else(|| {
            wrong("repository_not_visible", format!("The built-in host has no repository {name}."))
        })
    }

    async fn permissions(&self, repository: &Repository) -> Result<Permissions, Error> {
        let (_, kept) = self.must(&repository.id).await?;
        Ok(Permissions { write: !kept.archived, administer: true, archived: kept.archived })
    }

    async fn create_repository(&self, new: &NewRepository) -> Result<Repository, Error> {
        let path = path_of(&self.host.folder, &new.name)?;
        let folder = self.host.folder.clone();
        let kept = Kept { id: Uuid::now_v7().to_string(), archived: false };
        // Made under another name and moved, so that a crash leaves no half repository under a real one.
        let making = folder.join(format!(".making-{}", kept.id));
        blocking(move || std::fs::create_dir_all(&folder).map_err(|e| at(&folder, e))).await?;
        self.git().await?.init_bare(&making, DEFAULT_BRANCH).await?;
        let (name, facts) = (new.name.clone(), kept.clone());
        blocking(move || {
            let done = write(&making, &facts).and_then(|()| {
                if path.exists() {
                    return Err(Error::RepositoryExists { name });
                }
                std::fs::rename(&making, &path).map_err(|e| at(&path, e))
            });
            if done.is_err() {
                let _ = std::fs::remove_dir_all(&making);
            }
            done
        })
        .await?;
        Ok(self.describe(&new.name, &kept))
    }

    async fn delete_repository(&self, repository: &Repository) -> Result<Removed, Error> {
        let Some((name, kept)) = self.by_id(&repository.id).await? else { return Ok(Removed::Gone) };
        let path = path_of(&self.host.folder, &name)?;
        let gone = self.host.folder.join(format!(".deleted-{}", kept.id));
        blocking(move || {
            std::fs::rename(&path, &gone).map_err(|e| at(&path, e))?;
            std::fs::remove_dir_all(&gone).map_err(|e| at(&gone, e))
        })
        .await?;
        Ok(Removed::Gone)
    }

    async fn archive_repository(&self, repository: &Repository) -> Result<(), Error> {
        let Some((name, kept)) = self.by_id(&repository.id).await? else { return Ok(()) };
        let path = path_of(&self.host.folder, &name)?;
        blocking(move || write(&path, &Kept { archived: true, ..kept })).await
    }

    fn remote(&self, repository: &Repository) -> Result<Remote, Error> {
        let url =
            format!("{}/git/{}.git", self.host.loopback_url.trim_end_matches('/'), repository.full_name);
        let credential =
            GitCredential::Basic { username: self.host.username.clone(), password: self.host.token.clone() };
        Remote::new(&url, credential, self.http.clone())
    }

    fn commit_url(&self, _: &Repository, _: &str) -> Option<String> {
        None
    }
}
