//! The kinds of Git hosts and of credentials, and how the page describes them.
//!
//! The one description of what a person has to enter; page and command line are drawn from it.

mod azure_devops;
mod bitbucket_cloud;
mod built_in;
mod git;
mod gitea;
mod github;
mod gitlab;

/// The kind of a Git host.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum ProviderKind {
    /// github.com, or a GitHub Enterprise Server.
    GitHub,
    /// gitlab.com, or a GitLab of one's own.
    GitLab,
    /// dev.azure.com, or a collection of an Azure DevOps Server.
    AzureDevOps,
    /// bitbucket.org.
    BitbucketCloud,
    /// Gitea or Forgejo.
    Gitea,
    /// A server that has nothing but Git over HTTP.
    Git,
    /// The Git host inside Trueline.
    BuiltIn,
}

impl ProviderKind {
    /// All kinds, in the order of the page.
    pub const ALL: [Self; 7] = [
        Self::GitHub,
        Self::GitLab,
        Self::AzureDevOps,
        Self::BitbucketCloud,
        Self::Gitea,
        Self::Git,
        Self::BuiltIn,
    ];

    /// The kind's word on the wire, in the database and on the command line.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::GitHub => "github",
            Self::GitLab => "gitlab",
            Self::AzureDevOps => "azure-devops",
            Self::BitbucketCloud => "bitbucket-cloud",
            Self::Gitea => "gitea",
            Self::Git => "git",
            Self::BuiltIn => "built-in",
        }
    }

    /// Reads the kind's word.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|k| k.as_str() == text)
    }

    /// The kind's description for people.
    pub fn describe(self) -> &'static ProviderDescription {
        match self {
            Self::GitHub => &github::DESCRIPTION,
            Self::GitLab => &gitlab::DESCRIPTION,
            Self::AzureDevOps => &azure_devops::DESCRIPTION,
            Self::BitbucketCloud => &bitbucket_cloud::DESCRIPTION,
            Self::Gitea => &gitea::DESCRIPTION,
            Self::Git => &git::DESCRIPTION,
            Self::BuiltIn => &built_in::DESCRIPTION,
        }
    }
}

/// The kind of a credential.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum CredentialKind {
    /// GitHub: a classic personal access token.
    ClassicToken,
    /// GitHub: a fine-grained personal access token.
    FineGrainedToken,
    /// GitLab: a personal access token.
    PersonalToken,
    /// GitLab: a group access token.
    GroupToken,
    /// GitLab: a project access token.
    ProjectToken,
    /// Azure DevOps: a personal access token of one organization.
    OrganizationToken,
    /// Bitbucket Cloud: a token of an Atlassian account.
    ApiToken,
    /// Bitbucket Cloud: a token of a workspace, a project or a repository.
    AccessToken,
    /// Gitea and Forgejo: an access token.
    Token,
    /// A server without an interface: what Git is given.
    Password,
    /// The built-in host: nothing is asked for.
    None,
}

impl CredentialKind {
    /// All kinds.
    pub const ALL: [Self; 11] = [
        Self::ClassicToken,
        Self::FineGrainedToken,
        Self::PersonalToken,
        Self::GroupToken,
        Self::ProjectToken,
        Self::OrganizationToken,
        Self::ApiToken,
        Self::AccessToken,
        Self::Token,
        Self::Password,
        Self::None,
    ];

    /// The kind's word on the wire, in the database and on the command line.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ClassicToken => "classic-token",
            Self::FineGrainedToken => "fine-grained-token",
            Self::PersonalToken => "personal-token",
            Self::GroupToken => "group-token",
            Self::ProjectToken => "project-token",
            Self::OrganizationToken => "organization-token",
            Self::ApiToken => "api-token",
            Self::AccessToken => "access-token",
            Self::Token => "token",
            Self::Password => "password",
            Self::None => "none",
        }
    }

    /// Reads the kind's word.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|k| k.as_str() == text)
    }
}

/// Everything that page and command line need to ask for an account of one kind.
#[derive(Debug)]
pub struct ProviderDescription {
    /// The kind.
    pub kind: ProviderKind,
    /// The name people know it by.
    pub label: &'static str,
    /// Whether it stands in the first row of the page; the others stand behind *Other*.
    pub prominent: bool,
    /// The host's address.
    pub host: HostDescription,
    /// The fields beside host and secret, in order.
    pub fields: &'static [FieldDescription],
    /// The credentials it takes; the first is the default.
    pub credentials: &'static [CredentialDescription],
    /// Whether repositories can be created there; without it each application names its own.
    pub creates: bool,
    /// Whether repositories can be made read-only there.
    pub archives: bool,
    /// The host's page about what is entered here.
    pub docs_url: &'static str,
}

impl ProviderDescription {
    /// The field that names what owns the repositories; the built-in host and a server without an interface
    /// have none.
    pub fn scope(&self) -> Option<&'static FieldDescription> {
        self.fields.iter().find(|f| f.scope)
    }

    /// The credential of a kind, if the host takes it.
    pub fn credential(&self, kind: CredentialKind) -> Option<&'static CredentialDescription> {
        self.credentials.iter().find(|c| c.kind == kind)
    }
}

/// How the host's address is asked for.
#[derive(Debug)]
pub struct HostDescription {
    /// Label of the field.
    pub label: &'static str,
    /// The address offered; empty when there is none to ask for.
    pub default: &'static str,
    /// Whether the field is closed until the switch is used.
    pub fixed: bool,
    /// Text of the switch that opens the field; empty when there is none.
    pub switch: &'static str,
    /// One sentence under the field.
    pub hint: &'static str,
}

/// One field of the form.
#[derive(Debug)]
pub struct FieldDescription {
    /// The field's name on the wire.
    pub name: &'static str,
    /// Its label, in the provider's own spelling.
    pub label: &'static str,
    /// Whether it has to be filled in.
    pub required: bool,
    /// Whether it names what owns the repositories; at most one field of a kind does.
    pub scope: bool,
    /// One sentence under the field.
    pub hint: &'static str,
    /// The page behind *Learn more*.
    pub docs_url: &'static str,
}

/// One kind of credential of a provider.
#[derive(Debug)]
pub struct CredentialDescription {
    /// The kind.
    pub kind: CredentialKind,
    /// Its name on the page.
    pub label: &'static str,
    /// Label of the secret's field; empty when no secret is asked for.
    pub secret_label: &'static str,
    /// Whether the user name is asked for beside the secret.
    pub username: bool,
    /// How secrets of this kind begin, where the host gives them a prefix.
    pub prefixes: &'static [&'static str],
    /// One sentence that explains what it is.
    pub hint: &'static str,
    /// The host's page where one is made; `{host}` stands for the host's address.
    pub create_url: &'static str,
    /// The scopes, with what each is for.
    pub scopes: &'static [ScopeDescription],
}

/// One scope of a credential.
#[derive(Debug)]
pub struct ScopeDescription {
    /// The host's word for it.
    pub name: &'static str,
    /// What Trueline needs it for.
    pub purpose: &'static str,
    /// How much it is needed.
    pub need: Need,
}

/// How much a scope is needed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Need {
    /// Nothing works without it.
    Required,
    /// Needed for one feature only.
    Optional,
    /// Asked for by other tools; Trueline does not need it.
    NotNeeded,
}
