//! One repository for Git itself: where it is and what it is shown.

use crate::{Error, GitCredential, HttpClient, Refs};

/// The address of a repository and what opens it.
#[derive(Clone)]
pub struct Remote {
    url: String,
}

impl Remote {
    /// Prepares a remote; sends nothing.
    pub fn new(url: &str, _credential: GitCredential, _http: HttpClient) -> Result<Self, Error> {
        Ok(Self { url: url.to_owned() })
    }

    /// The repository's branches.
    pub async fn refs(&self) -> Result<Refs, Error> {
        Err(Error::Bug(format!("{} cannot be read yet", self.url)))
    }
}
