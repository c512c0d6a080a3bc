//! Git hosts and Git repositories: the providers' interfaces, and fetch, commit and push.
//!
//! Owns every address of a Git host and every Git process. Knows nothing of the database, of Kubernetes or
//! of our own interface.

pub mod azure_devops;
pub mod bitbucket_cloud;
pub mod built_in;
pub mod change;
pub mod delta;
pub mod diagnosis;
pub mod error;
pub mod fetch;
mod folder;
pub mod git_server;
pub mod gitea;
pub mod github;
pub mod gitlab;
pub mod http;
pub mod input;
pub mod limits;
pub mod object;
pub mod pack;
mod pause;
pub mod pkt;
mod plan;
pub mod provider;
pub mod push;
pub mod refs;
pub mod remote;
mod round;
pub mod serve;
mod touched;
mod tree;
mod view;
pub mod writer;

pub use self::http::{HttpClient, Trust};
pub use change::{Change, Committed, Edit, Entry, Person, Refs, Snapshot};
pub use error::{Error, Refusal};
pub use net::{Certificate, Credential as GitCredential, ProxyFailure, Stranger, Unreached};
pub use provider::{BranchRules, NewRepository, Options, Permissions, Provider, Removed, Secrets, open};
pub use remote::Remote;
pub use touched::Touched;
pub use writer::{Remembered, Writers};

/// How Trueline names itself to Git hosts.
pub(crate) const AGENT: &str = concat!("trueline/", env!("CARGO_PKG_VERSION"));
