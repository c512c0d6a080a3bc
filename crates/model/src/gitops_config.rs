//! GitOps configurations: one Git account each, as entered on the page.

use crate::provider::{CredentialKind, ProviderKind};
use crate::{CheckId, GitopsConfigId, Name, Timestamp};

/// One provider account. Its secret is kept apart and never part of this.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct GitopsConfig {
    /// Its identity.
    pub id: GitopsConfigId,
    /// Its name, unique in the installation.
    pub name: Name,
    /// Where it is and how it is reached.
    pub account: Account,
    /// The rules for repositories.
    pub rules: RepositoryRules,
    /// Whether new applications use it; at most one configuration is active.
    pub active: bool,
    /// The check that it was saved by.
    pub check: Option<CheckId>,
    /// Who saved it last.
    pub saved_by: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was saved last.
    pub saved_at: Timestamp,
    /// Counts changes; the `ETag`.
    pub version: i64,
}

/// What clients of another system know a configuration by.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Alias {
    /// A small number, never given to another configuration.
    pub number: i64,
    /// Words of theirs that they want back, as they sent them; empty when there are none.
    pub kept: String,
}

/// How a Git account is reached.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Account {
    /// The kind of the host.
    pub provider: ProviderKind,
    /// The host's address without a trailing slash, such as `https://github.com`; empty for the built-in host.
    pub host: String,
    /// What owns the repositories, in the host's own terms: organization or user account, group, project,
    /// workspace; empty where there is nothing to name.
    pub scope: String,
    /// The key of the project that new repositories are put in, where the host has such projects.
    pub project_key: Option<String>,
    /// The kind of the credential.
    pub credential: CredentialKind,
    /// The account's user name; empty where none is asked for.
    pub username: String,
    /// Certificates (PEM) trusted beside the system's, for hosts with a private authority.
    pub ca_pem: Option<String>,
    /// The certificate (PEM) that is shown to the host; its key is a secret, kept apart.
    pub client_certificate_pem: Option<String>,
    /// The address of the proxy that leads to the host; its password is a secret, kept apart.
    pub proxy: Option<String>,
}

impl Account {
    /// Whether a secret that was stored for `self` may be sent to `other`: only if nothing that decides where
    /// it goes has changed.
    pub fn same_address(&self, other: &Self) -> bool {
        self.provider == other.provider
            && self.host == other.host
            && self.ca_pem == other.ca_pem
            && self.client_certificate_pem == other.client_certificate_pem
            && self.proxy == other.proxy
    }
}

/// The rules for the repositories of a configuration.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RepositoryRules {
    /// Where an application's repository comes from.
    pub source: RepositorySource,
    /// Prefix of the names of repositories that Trueline creates, without the hyphen.
    pub prefix: String,
    /// Default branch of new repositories; `None` leaves it to the host, else `main`.
    pub default_branch: Option<String>,
    /// Who can see repositories that Trueline creates.
    pub visibility: Visibility,
    /// What happens to a repository when its application goes.
    pub deletion: Deletion,
    /// Name and address of the committer of all commits.
    pub committer_name: String,
    /// See `committer_name`.
    pub committer_email: String,
}

macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $word:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
        pub enum $name {
            $($(#[$vdoc])* $variant),+
        }

        impl $name {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$variant),+];

            /// The word on the wire, in the database and on the command line.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }

            /// Reads the word.
            pub fn parse(text: &str) -> Option<Self> {
                match text { $($word => Some(Self::$variant),)+ _ => None }
            }
        }
    };
}
pub(crate) use words;

words! {
    /// Where an application's repository comes from.
    RepositorySource {
        /// One repository per application, created by Trueline.
        PerApplication = "per-application",
        /// Each application names a repository that exists.
        Ask = "ask",
    }
}

words! {
    /// Who can see a repository.
    Visibility {
        /// Only who was given access.
        Private = "private",
        /// Everybody.
        Public = "public",
    }
}

words! {
    /// What happens to a repository when its application goes.
    Deletion {
        /// It stays as it is.
        Keep = "keep",
        /// It becomes read-only.
        Archive = "archive",
        /// It is deleted.
        Delete = "delete",
    }
}
