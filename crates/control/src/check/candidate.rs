//! The account that a check tries: read from what a person entered, sealed beside the check, opened again by
//! the worker.

use std::sync::Arc;
use std::time::Duration;

use git::{Provider, Trust};
use model::gitops_config::{Account, Deletion, GitopsConfig, RepositoryRules, RepositorySource, Visibility};
use model::provider::{CredentialKind, ProviderKind};
use model::{FieldError, Outcome, Secret};
use serde::{Deserialize, Serialize};
use store::SecretKind;

use crate::{Control, Error, Refusal};

/// The longest text of a committer's name or address.
const COMMITTER_LIMIT: usize = 200;
/// The longest prefix of repositories' names.
const PREFIX_LIMIT: usize = 30;

/// An account as a person enters it. `None` and empty text stand for the default.
#[derive(Default)]
pub struct Input {
    /// The kind of the host.
    pub provider: String,
    /// The host's address.
    pub host: String,
    /// The organization or user account.
    pub organization: String,
    /// The kind of the credential.
    pub credential: Option<String>,
    /// The account's user name.
    pub username: String,
    /// The secret; none keeps the one that is stored.
    pub secret: Option<Secret>,
    /// Certificates of private authorities.
    pub ca_pem: Option<String>,
    /// The rules for repositories; none keeps those that are stored.
    pub rules: Option<RulesInput>,
    /// Whether new applications are to use it.
    pub activate: bool,
}

/// Rules for repositories as a person enters them; `None` stands for what is stored, else the default.
#[derive(Default)]
pub struct RulesInput {
    /// Where repositories come from.
    pub source: Option<RepositorySource>,
    /// Prefix of their names.
    pub prefix: Option<String>,
    /// Their default branch; empty leaves it to the host.
    pub default_branch: Option<String>,
    /// Who sees them.
    pub visibility: Option<Visibility>,
    /// What happens to them when their application goes.
    pub deletion: Option<Deletion>,
    /// Who commits.
    pub committer_name: Option<String>,
    /// The committer's address.
    pub committer_email: Option<String>,
}

/// An account that can be tried.
#[derive(Clone)]
pub(crate) struct Candidate {
    pub(crate) account: Account,
    pub(crate) rules: RepositoryRules,
    pub(crate) secret: Option<Secret>,
}

impl Candidate {
    /// Reads what was entered; where no secret was, takes the stored one if it may go where it is to go.
    pub(crate) async fn read(
        control: &Control,
        before: Option<&GitopsConfig>,
        input: Input,
    ) -> Result<Self, Error> {
        let mut errors = Vec::new();
        let rules = rules(before.map(|b| &b.rules), input.rules.unwrap_or_default(), &mut errors);
        let entered = input.secret.filter(|s| !s.is_empty());
        let account = account(
            (&input.provider, input.credential.as_deref()),
            [&input.host, &input.organization, &input.username],
            input.ca_pem,
            &mut errors,
        );
        if let Some(Err(error)) = entered.as_ref().map(git::input::secret) {
            errors.push(error);
        }
        let (Some(account), []) = (account, errors.as_slice()) else { return Err(Error::Invalid(errors)) };
        let secret = match (account.credential, entered) {
            (CredentialKind::None, _) => None,
            (CredentialKind::ClassicToken, Some(secret)) => Some(secret),
            (CredentialKind::ClassicToken, None) => Some(Self::kept(control, before, &account).await?),
        };
        Ok(Self { account, rules, secret })
    }

    /// The stored secret, if it may be sent to the account's address.
    async fn kept(
        control: &Control,
        before: Option<&GitopsConfig>,
        account: &Account,
    ) -> Result<Secret, Error> {
        let Some(before) = before else {
            return Err(Error::field("secret", "required", "A token is needed."));
        };
        let stored = control.store.secret(SecretKind::GitopsConfig, &before.id.to_string()).await?;
        match stored {
            Some(secret) if before.account.same_address(account) => Ok(secret),
            _ => Err(Error::Refused(Box::new(Refusal {
                outcome: Outcome::Invalid,
                code: "secret_required",
                sentence:
                    "The address or its certificates changed: enter the token again. A stored secret is \
                           never sent to a new address."
                        .into(),
                link: None,
            }))),
        }
    }

    /// A configuration as it is stored.
    pub(crate) async fn stored(control: &Control, config: &GitopsConfig) -> Result<Self, Error> {
        let secret = control.store.secret(SecretKind::GitopsConfig, &config.id.to_string()).await?;
        Ok(Self { account: config.account.clone(), rules: config.rules.clone(), secret })
    }

    /// The host, with bounds that fit into a check.
    pub(crate) fn open(&self, control: &Control) -> Result<Arc<dyn Provider>, Error> {
        let mut options = control.settings.hosts.clone();
        let limits = &mut options.limits;
        limits.connect = limits.connect.min(Duration::from_secs(5));
        limits.attempt = limits.attempt.min(Duration::from_secs(10));
        limits.total = limits.total.min(Duration::from_secs(15));
        limits.retry_after = limits.retry_after.min(Duration::from_secs(5));
        git::open(&self.account, self.secret.clone(), &options).map_err(|error| match error {
            git::Error::Input { field, code, sentence } => Error::field(field, code, sentence),
            error => Error::Git(error),
        })
    }

    /// Its form for the sealed row.
    pub(crate) fn sealed(&self) -> Result<Secret, Error> {
        let (account, rules) = (&self.account, &self.rules);
        let form = Form {
            provider: account.provider.as_str().into(),
            host: account.host.clone(),
            organization: account.organization.clone(),
            credential: account.credential.as_str().into(),
            username: account.username.clone(),
            ca_pem: account.ca_pem.clone(),
            source: rules.source.as_str().into(),
            prefix: rules.prefix.clone(),
            default_branch: rules.default_branch.clone(),
            visibility: rules.visibility.as_str().into(),
            deletion: rules.deletion.as_str().into(),
            committer_name: rules.committer_name.clone(),
            committer_email: rules.committer_email.clone(),
            secret: self.secret.as_ref().map(|s| s.reveal().to_owned()),
        };
        serde_json::to_string(&form).map(Secret::new).map_err(|e| Error::Bug(format!("candidate: {e}")))
    }

    /// Reads it back.
    pub(crate) fn unsealed(secret: &Secret) -> Result<Self, Error> {
        let form: Form = serde_json::from_str(secret.reveal())
            .map_err(|_| Error::Bug("the candidate of a check cannot be read".into()))?;
        let read = || {
            Some(Self {
                account: Account {
                    provider: ProviderKind::parse(&form.provider)?,
                    host: form.host.clone(),
                    organization: form.organization.clone(),
                    credential: CredentialKind::parse(&form.credential)?,
                    username: form.username.clone(),
                    ca_pem: form.ca_pem.clone(),
                },
                rules: RepositoryRules {
                    source: RepositorySource::parse(&form.source)?,
                    prefix: form.prefix.clone(),
                    default_branch: form.default_branch.clone(),
                    visibility: Visibility::parse(&form.visibility)?,
                    deletion: Deletion::parse(&form.deletion)?,
                    committer_name: form.committer_name.clone(),
                    committer_email: form.committer_email.clone(),
                },
                secret: form.secret.clone().map(Secret::new),
            })
        };
        read().ok_or_else(|| Error::Bug("the candidate of a check has an unknown word".into()))
    }
}

/// A candidate inside its sealed row; exists only on the way there and back.
#[derive(Serialize, Deserialize)]
struct Form {
    provider: String,
    host: String,
    organization: String,
    credential: String,
    username: String,
    ca_pem: Option<String>,
    source: String,
    prefix: String,
    default_branch: Option<String>,
    visibility: String,
    deletion: String,
    committer_name: String,
    committer_email: String,
    secret: Option<String>,
}

/// Keeps a value, or notes what is wrong with it.
fn noted<T>(result: Result<T, FieldError>, errors: &mut Vec<FieldError>) -> Option<T> {
    result.map_err(|e| errors.push(e)).ok()
}

fn account(
    (provider, credential): (&str, Option<&str>),
    [host, organization, username]: [&str; 3],
    ca_pem: Option<String>,
    errors: &mut Vec<FieldError>,
) -> Option<Account> {
    let kinds = || ProviderKind::ALL.map(ProviderKind::as_str).join(", ");
    let Some(provider) = ProviderKind::parse(provider) else {
        let message = format!("{provider:?} is no kind of Git host; there are {}.", kinds());
        errors.push(FieldError::new("provider", "unknown_provider", message));
        return None;
    };
    let offered = provider.describe().credentials;
    let credential = match credential.filter(|c| !c.is_empty()) {
        None => offered.first().map(|c| c.kind),
        Some(word) => offered.iter().map(|c| c.kind).find(|kind| kind.as_str() == word),
    };
    if credential.is_none() {
        let words: Vec<_> = offered.iter().map(|c| c.kind.as_str()).collect();
        let message = format!("{} takes: {}.", provider.describe().label, words.join(", "));
        errors.push(FieldError::new("credential", "unknown_credential", message));
    }
    if provider == ProviderKind::BuiltIn {
        return Some(Account {
            provider,
            host: String::new(),
            organization: String::new(),
            credential: credential?,
            username: String::new(),
            ca_pem: None,
        });
    }
    let host = noted(git::input::host(provider, host), errors);
    let organization = noted(git::input::organization(organization), errors);
    let username = noted(git::input::username(username), errors);
    let ca_pem = ca_pem.filter(|pem| !pem.trim().is_empty());
    if let Err(git::Error::Input { field, code, sentence }) =
        (Trust { ca_pem: ca_pem.clone() }).certificates()
    {
        errors.push(FieldError::new(field, code, sentence));
    }
    let (host, organization, username) = (host?, organization?, username?);
    Some(Account { provider, host, organization, credential: credential?, username, ca_pem })
}

fn rules(
    before: Option<&RepositoryRules>,
    input: RulesInput,
    errors: &mut Vec<FieldError>,
) -> RepositoryRules {
    let defaults = RepositoryRules {
        source: RepositorySource::PerApplication,
        prefix: "gitops".into(),
        default_branch: None,
        visibility: Visibility::Private,
        deletion: Deletion::Keep,
        committer_name: "Trueline".into(),
        committer_email: "trueline@localhost".into(),
    };
    let before = before.cloned().unwrap_or(defaults);
    let mut wrong = |field: &str, code, message: &str| {
        errors.push(FieldError::new(format!("repositories.{field}"), code, message));
    };
    let prefix = input.prefix.map_or(before.prefix, |p| p.trim().to_owned());
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if prefix.len() > PREFIX_LIMIT
        || !prefix.chars().all(allowed)
        || prefix.starts_with('-')
        || prefix.ends_with('-')
    {
        wrong(
            "prefix",
            "invalid",
            "A prefix has at most 30 lower-case letters, digits and hyphens, such as gitops; it may be empty.",
        );
    }
    let default_branch = match input.default_branch {
        Some(branch) => Some(branch.trim().to_owned()).filter(|b| !b.is_empty()),
        None => before.default_branch,
    };
    if default_branch.as_deref().is_some_and(|b| git::refs::check_branch(b).is_err()) {
        wrong("default_branch", "invalid_branch", "Git does not take this as the name of a branch.");
    }
    let text = |given: Option<String>, kept: String| {
        given.map(|t| t.trim().to_owned()).filter(|t| !t.is_empty()).unwrap_or(kept)
    };
    let committer_name = text(input.committer_name, before.committer_name);
    let committer_email = text(input.committer_email, before.committer_email);
    let unfit =
        |t: &str| t.len() > COMMITTER_LIMIT || t.chars().any(|c| c.is_control() || matches!(c, '<' | '>'));
    if unfit(&committer_name) {
        wrong("committer_name", "invalid", "A name for commits has at most 200 characters, without < and >.");
    }
    if unfit(&committer_email) || !committer_email.contains('@') || committer_email.contains(' ') {
        wrong("committer_email", "invalid", "An e-mail address is needed, such as trueline@acme.dev.");
    }
    RepositoryRules {
        source: input.source.unwrap_or(before.source),
        prefix,
        default_branch,
        visibility: input.visibility.unwrap_or(before.visibility),
        deletion: input.deletion.unwrap_or(before.deletion),
        committer_name,
        committer_email,
    }
}
