//! Simulated Git hosts: the real protocol on a real socket, real Git inside, stateful.

pub mod azure_devops;
pub mod bitbucket_cloud;
pub mod dialect;
pub mod fault;
pub mod git_http;
pub mod github;
pub mod gitlab;
pub mod host;
pub mod listener;
pub mod presented;
pub mod secondary;

pub use azure_devops::AzureDevOps;
pub use bitbucket_cloud::BitbucketCloud;
pub use fault::Fault;
pub use github::GitHub;
pub use gitlab::GitLab;
pub use host::Simulated;
