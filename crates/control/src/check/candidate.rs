//! The account that a check tries: read from what a person entered, sealed beside the check, opened again by
//! the worker.

mod sealed;

use std::sync::Arc;
use std::time::Duration;

use git::{Provider, Secrets};
use model::gitops_config::{Account, Deletion, GitopsConfig, RepositoryRules, RepositorySource, Visibility};
use model::provider::{CredentialKind, ProviderKind};
use model::repository::normalised;
use model::{FieldError, Outcome, Secret};

use super::TestName;
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
    /// What owns the repositories and where new ones go, by the names of the provider's fields:
    /// `organization`, `group`, `project`, `workspace`, `project_key`.
    pub scope: Vec<(&'static str, String)>,
    /// The kind of the credential.
    pub credential: Option<String>,
    /// The account's user name.
    pub username: String,
    /// The secret; none keeps the one that is stored.
    pub secret: Option<Secret>,
    /// Certificates of private authorities.
    pub ca_pem: Option<String>,
    /// The certificate that is shown to the host.
    pub client_certificate_pem: Option<String>,
    /// Its key; none keeps the one that is stored.
    pub client_key_pem: Option<Secret>,
    /// The address of the proxy that leads to the host.
    pub proxy: Option<String>,
    /// Its password; none keeps the one that is stored.
    pub proxy_password: Option<Secret>,
    /// The rules for repositories; none keeps those that are stored.
    pub rules: Option<RulesInput>,
    /// Whether new applications are to use it.
    pub activate: bool,
    /// The address of a repository that a check may write to, where repositories are not created.
    pub check_repository: Option<String>,
    /// How the check names its test repository.
    pub test_name: TestName,
    /// Words that a client of another system wants back; none keeps what is stored.
    pub kept: Option<String>,
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
    pub(crate) secrets: Secrets,
    /// What its check may do beside reading.
    pub(crate) trial: Trial,
    /// Words that a client of another system wants back.
    pub(crate) kept: Option<String>,
}

/// What a check may do beside reading.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Trial {
    /// Make a test repository of such a name, use it and delete it.
    Create(TestName),
    /// Push to a branch of its own in the repository at this address, and delete the branch.
    Branch(String),
    /// Nothing.
    Read,
    /// Nothing; the rules of a repository in use are read as well.
    Recheck,
}

impl Trial {
    fn read(rules: &RepositoryRules, input: &Input) -> Result<Self, FieldError> {
        let named = input.check_repository.as_deref().map(str::trim).filter(|url| !url.is_empty());
        match (rules.source, named) {
            (RepositorySource::PerApplication, None) => Ok(Self::Create(input.test_name)),
            (RepositorySource::PerApplication, Some(_)) => {
                let message = "Repositories are created here, so the check makes one of its own and deletes it: leave \
                               this empty, or choose to ask for a repository per application.";
                Err(FieldError::new("check_repository", "not_used", message))
            }
            (RepositorySource::Ask, None) => Ok(Self::Read),
            (RepositorySource::Ask, Some(url)) if normalised(url).is_some() && !url.contains('#') => {
                Ok(Self::Branch(url.to_owned()))
            }
            (RepositorySource::Ask, Some(url)) => {
                let message = format!(
                    "{url:?} is no address of a repository, such as https://github.com/acme/shop.git."
                );
                Err(FieldError::new("check_repository", "invalid", message))
            }
        }
    }
}

impl Candidate {
    /// Reads what was entered; where no secret was, takes the stored one if it may go where it is to go.
    pub(crate) async fn read(
        control: &Control,
        before: Option<&GitopsConfig>,
        mut input: Input,
    ) -> Result<Self, Error> {
        let mut errors = Vec::new();
        let entered_rules = input.rules.take().unwrap_or_default();
        let creating = entered_rules.source == Some(RepositorySource::PerApplication);
        let mut rules = rules(before.map(|b| &b.rules), entered_rules, &mut errors);
        let entered = Secrets {
            token: input.secret.clone().filter(|s| !s.is_empty()),
            client_key_pem: input.client_key_pem.clone().filter(|s| !s.is_empty()),
            proxy_password: input.proxy_password.clone().filter(|s| !s.is_empty()),
        };
        let kept = input.kept.clone();
        let provider = ProviderKind::parse(&input.provider);
        if let Some(provider) = provider.filter(|provider| !provider.describe().creates) {
            if creating {
                errors.push(uncreatable(provider));
            }
            rules.source = RepositorySource::Ask;
        }
        let trial = noted(Trial::read(&rules, &input), &mut errors);
        let account = account(input, &mut errors);
        if let Some(Err(error)) = entered.token.as_ref().map(git::input::secret) {
            errors.push(error);
        }
        if let Some(provider) = provider.filter(|p| !p.describe().archives)
            && rules.deletion == Deletion::Archive
        {
            errors.push(unarchivable("repositories.deletion", provider));
        }
        if let (Some(account), Some(token)) = (&account, &entered.token)
            && let Err(error) = git::input::token(account.provider, token)
        {
            errors.push(error);
        }
        let (Some(account), Some(trial), []) = (account, trial, errors.as_slice()) else {
            return Err(Error::Invalid(errors));
        };
        let secrets = Self::completed(control, before, &account, entered).await?;
        for error in git::provider::trust(&account, &secrets).problems() {
            let net::Error::Input { field, code, sentence } = error else {
                return Err(Error::Git(error.into()));
            };
            errors.push(FieldError::new(field, code, sentence));
        }
        if errors.is_empty() {
            Ok(Self { account, rules, secrets, trial, kept })
        } else {
            Err(Error::Invalid(errors))
        }
    }

    /// What was entered, together with what is stored and may be sent to the account's address.
    async fn completed(
        control: &Control,
        before: Option<&GitopsConfig>,
        account: &Account,
        entered: Secrets,
    ) -> Result<Secrets, Error> {
        let same = before.filter(|b| b.account.same_address(account));
        let stored = match same {
            Some(before) => {
                let stored = crate::hosts::secrets(control, before).await;
                stored.map_err(|error| Error::about(error, "GitOps configuration", before.name.as_str()))?
            }
            None => Secrets::default(),
        };
        let token = match (entered.token.or(stored.token), before) {
            _ if account.credential == CredentialKind::None => None,
            (Some(token), _) => Some(token),
            (None, None) => return Err(Error::field("secret", "required", "A token is needed.")),
            (None, Some(_)) => return Err(secret_required()),
        };
        let client_key_pem = match &account.client_certificate_pem {
            Some(_) => entered.client_key_pem.or(stored.client_key_pem),
            // Without its certificate it is an error, which is told.
            None => entered.client_key_pem,
        };
        let proxy_password = match &account.proxy {
            Some(_) => entered.proxy_password.or(stored.proxy_password),
            None => entered.proxy_password,
        };
        Ok(Secrets { token, client_key_pem, proxy_password })
    }

    /// A configuration as it is stored.
    pub(crate) async fn stored(control: &Control, config: &GitopsConfig) -> Result<Self, Error> {
        let secrets = crate::hosts::secrets(control, config).await?;
        let (account, rules) = (config.account.clone(), config.rules.clone());
        let trial = match rules.source {
            RepositorySource::PerApplication => Trial::Create(TestName::default()),
            RepositorySource::Ask => Trial::Read,
        };
        Ok(Self { account, rules, secrets, trial, kept: None })
    }

    /// The host, with bounds that fit into a check.
    pub(crate) fn open(&self, control: &Control) -> Result<Arc<dyn Provider>, Error> {
        let mut options = control.settings.hosts.clone();
        let limits = &mut options.limits;
        limits.connect = limits.connect.min(Duration::from_secs(5));
        limits.attempt = limits.attempt.min(Duration::from_secs(10));
        limits.total = limits.total.min(Duration::from_secs(15));
        limits.retry_after = limits.retry_after.min(Duration::from_secs(5));
        git::open(&self.account, self.secrets.clone(), &options).map_err(|error| match error {
            git::Error::Input { field, code, sentence } => Error::field(field, code, sentence),
            error => Error::Git(error),
        })
    }
}

/// Keeps a value, or notes what is wrong with it.
fn noted<T>(result: Result<T, FieldError>, errors: &mut Vec<FieldError>) -> Option<T> {
    result.map_err(|e| errors.push(e)).ok()
}

/// The error of asking for an archive where the host has none.
pub(crate) fn unarchivable(field: &str, provider: ProviderKind) -> FieldError {
    FieldError::new(
        field,
        "archive_not_offered",
        format!("{} cannot archive a repository: choose keep or delete.", provider.describe().label),
    )
}

/// The error of asking for a repository per application where the host has no interface that makes them.
fn uncreatable(provider: ProviderKind) -> FieldError {
    let message = format!(
        "A {} has no interface that creates repositories, so each application names one that is there: choose ask.",
        provider.describe().label
    );
    FieldError::new("repositories.source", "create_not_offered", message)
        .suggest(RepositorySource::Ask.as_str())
}

fn secret_required() -> Error {
    Error::Refused(Box::new(Refusal {
        outcome: Outcome::Invalid,
        code: "secret_required",
        sentence:
            "The address, its certificates or its proxy changed: enter the token again. A stored secret \
                   is never sent to a new address."
                .into(),
        link: None,
    }))
}

fn account(input: Input, errors: &mut Vec<FieldError>) -> Option<Account> {
    let kinds = || ProviderKind::ALL.map(ProviderKind::as_str).join(", ");
    let Some(provider) = ProviderKind::parse(&input.provider) else {
        let message = format!("{:?} is no kind of Git host; there are {}.", input.provider, kinds());
        errors.push(FieldError::new("provider", "unknown_provider", message));
        return None;
    };
    let offered = provider.describe().credentials;
    let credential = match input.credential.as_deref().filter(|c| !c.is_empty()) {
        None => offered.first().map(|c| c.kind),
        Some(word) => offered.iter().map(|c| c.kind).find(|kind| kind.as_str() == word),
    };
    if credential.is_none() {
        let words: Vec<_> = offered.iter().map(|c| c.kind.as_str()).collect();
        let message = format!("{} takes: {}.", provider.describe().label, words.join(", "));
        errors.push(FieldError::new("credential", "unknown_credential", message));
    }
    let text = |given: Option<String>| given.map(|t| t.trim().to_owned()).filter(|t| !t.is_empty());
    let host = noted(git::input::host(provider, &input.host), errors);
    let (scope, project_key) = scope(provider, &input.scope, errors);
    let kind = credential.or_else(|| offered.first().map(|c| c.kind))?;
    let username = noted(git::input::username(provider, kind, &input.username), errors);
    let ca_pem = text(input.ca_pem);
    let networked = provider != ProviderKind::BuiltIn;
    Some(Account {
        provider,
        host: host?,
        scope: scope?,
        project_key,
        credential: credential?,
        username: username?,
        ca_pem: ca_pem.filter(|_| networked),
        client_certificate_pem: text(input.client_certificate_pem).filter(|_| networked),
        proxy: text(input.proxy).filter(|_| networked),
    })
}

/// What owns the repositories, and the key of the project that new ones are put in. A field of another kind of
/// host is an error: what was meant by it is not known.
fn scope(
    provider: ProviderKind,
    given: &[(&'static str, String)],
    errors: &mut Vec<FieldError>,
) -> (Option<String>, Option<String>) {
    let description = provider.describe();
    let entered = |name: &str| given.iter().find(|(n, _)| *n == name).map_or("", |(_, text)| text.as_str());
    for (name, text) in given {
        let known = description.fields.iter().any(|f| f.name == *name);
        if !known && !text.trim().is_empty() && !description.fields.is_empty() {
            let asked: Vec<_> = description.scope().map(|f| f.name).into_iter().collect();
            let message = format!("{} has no {name}: {} is asked for.", description.label, asked.join(", "));
            errors.push(FieldError::new(*name, "other_provider", message));
        }
    }
    let scope = match description.scope() {
        Some(field) => noted(git::input::scope(provider, entered(field.name)), errors),
        None => Some(String::new()),
    };
    let key = noted(git::input::project_key(provider, entered("project_key")), errors).flatten();
    (scope, key)
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
