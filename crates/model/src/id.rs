//! Typed identifiers. Each is a UUID of version 7, made where a clock may be read, and written as
//! lower-case hyphenated text.

use uuid::Uuid;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        pub struct $name(pub Uuid);

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.as_hyphenated().fmt(f)
            }
        }

        impl std::str::FromStr for $name {
            type Err = uuid::Error;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Uuid::parse_str(text).map(Self)
            }
        }
    )+};
}

ids! {
    /// Identifies one installation of Trueline; written into every repository's mark.
    InstallationId,
    /// Identifies a user.
    UserId,
    /// Identifies a sign-in session.
    SessionId,
    /// Identifies an API token.
    TokenId,
    /// Identifies a binding of a role to a subject.
    BindingId,
    /// Identifies a project.
    ProjectId,
    /// Identifies an environment.
    EnvironmentId,
    /// Identifies an age identity of the installation.
    AgeIdentityId,
    /// The work of sealing an environment of an application anew.
    ResealId,
    /// Identifies a GitOps configuration.
    GitopsConfigId,
    /// Identifies a check of a GitOps configuration.
    CheckId,
    /// Identifies an application.
    ApplicationId,
    /// Identifies one immutable version of values.
    ValuesId,
    /// Identifies a deployment; written into its commit as the trailer.
    DeploymentId,
    /// Identifies a cluster.
    ClusterId,
    /// Identifies a health rule.
    HealthRuleId,
    /// Identifies what an application has taken in a cluster.
    PlaceId,
    /// Identifies a chart repository.
    ChartRepositoryId,
    /// Identifies an audit entry.
    AuditId,
}
