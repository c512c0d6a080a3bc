//! The form of a candidate inside its sealed row; exists only on the way there and back.

use git::Secrets;
use model::Secret;
use model::gitops_config::{Account, Deletion, RepositoryRules, RepositorySource, Visibility};
use model::provider::{CredentialKind, ProviderKind};
use serde::{Deserialize, Serialize};

use super::{Candidate, Trial};
use crate::Error;

impl Candidate {
    /// Its form for the sealed row.
    pub(crate) fn sealed(&self) -> Result<Secret, Error> {
        let (account, rules) = (&self.account, &self.rules);
        let open = |secret: &Option<Secret>| secret.as_ref().map(|s| s.reveal().to_owned());
        let form = Form {
            provider: account.provider.as_str().into(),
            host: account.host.clone(),
            scope: account.scope.clone(),
            project_key: account.project_key.clone(),
            credential: account.credential.as_str().into(),
            username: account.username.clone(),
            ca_pem: account.ca_pem.clone(),
            client_certificate_pem: account.client_certificate_pem.clone(),
            proxy: account.proxy.clone(),
            source: rules.source.as_str().into(),
            prefix: rules.prefix.clone(),
            default_branch: rules.default_branch.clone(),
            visibility: rules.visibility.as_str().into(),
            deletion: rules.deletion.as_str().into(),
            committer_name: rules.committer_name.clone(),
            committer_email: rules.committer_email.clone(),
            secret: open(&self.secrets.token),
            client_key_pem: open(&self.secrets.client_key_pem),
            proxy_password: open(&self.secrets.proxy_password),
        };
        serde_json::to_string(&form).map(Secret::new).map_err(|e| Error::Bug(format!("candidate: {e}")))
    }

    /// Reads it back.
    pub(crate) fn unsealed(secret: &Secret) -> Result<Self, Error> {
        let form: Form = serde_json::from_str(secret.reveal())
            .map_err(|_| Error::Bug("the candidate of a check cannot be read".into()))?;
        form.read().ok_or_else(|| Error::Bug("the candidate of a check has an unknown word".into()))
    }
}

#[derive(Serialize, Deserialize)]
struct Form {
    provider: String,
    host: String,
    scope: String,
    project_key: Option<String>,
    credential: String,
    username: String,
    ca_pem: Option<String>,
    client_certificate_pem: Option<String>,
    proxy: Option<String>,
    source: String,
    prefix: String,
    default_branch: Option<String>,
    visibility: String,
    deletion: String,
    committer_name: String,
    committer_email: String,
    secret: Option<String>,
    client_key_pem: Option<String>,
    proxy_password: Option<String>,
}

impl Form {
    fn read(self) -> Option<Candidate> {
        Some(Candidate {
            account: Account {
                provider: ProviderKind::parse(&self.provider)?,
                host: self.host,
                scope: self.scope,
                project_key: self.project_key,
                credential: CredentialKind::parse(&self.credential)?,
                username: self.username,
                ca_pem: self.ca_pem,
                client_certificate_pem: self.client_certificate_pem,
                proxy: self.proxy,
            },
            rules: RepositoryRules {
                source: RepositorySource::parse(&self.source)?,
                prefix: self.prefix,
                default_branch: self.default_branch,
                visibility: Visibility::parse(&self.visibility)?,
                deletion: Deletion::parse(&self.deletion)?,
                committer_name: self.committer_name,
                committer_email: self.committer_email,
            },
            secrets: Secrets {
                token: self.secret.map(Secret::new),
                client_key_pem: self.client_key_pem.map(Secret::new),
                proxy_password: self.proxy_password.map(Secret::new),
            },
            // What is written to was decided, and stored with the check.
            trial: Trial::Read,
            kept: None,
        })
    }
}
