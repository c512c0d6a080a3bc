//! A chart repository as a person enters it: read, completed with stored secrets where these may go.

mod sealed;

use helm::repository::{Source, Trust, address};
use model::chart_repository::{ChartRepository, ChartRepositoryKind};
use model::{FieldError, Secret};
use store::SecretKind;

use crate::{Control, Error};

/// The most charts that are named for a registry.
const CHARTS: usize = 500;
/// The longest user name.
const USERNAME: usize = 500;

/// A chart repository as a person enters it. `None` and empty text stand for nothing; secrets that are left out
/// stay as they are stored.
#[derive(Default)]
pub struct Input {
    /// The address.
    pub url: String,
    /// The user name.
    pub username: String,
    /// The password or token.
    pub secret: Option<Secret>,
    /// Certificates of private authorities, PEM.
    pub ca_pem: Option<String>,
    /// The certificate that is shown to the server, PEM.
    pub client_certificate_pem: Option<String>,
    /// Its key.
    pub client_key_pem: Option<Secret>,
    /// The address of the proxy that leads to it.
    pub proxy: Option<String>,
    /// The password of the proxy's user.
    pub proxy_password: Option<Secret>,
    /// The charts of a registry that does not list its own.
    pub charts: Vec<String>,
}

/// A chart repository that can be looked at.
pub(super) struct Candidate {
    pub(super) repository: ChartRepository,
    pub(super) source: Source,
    /// What is to be kept.
    pub(super) secrets: [(SecretKind, Option<Secret>); 3],
    /// Fields of the secrets that were entered anew.
    pub(super) new_secrets: Vec<String>,
    /// Whether there was none of its name.
    pub(super) is_new: bool,
}

impl Candidate {
    /// Reads what was entered into `repository`, which has its name and times already.
    pub(super) async fn read(
        control: &Control,
        before: Option<&ChartRepository>,
        mut repository: ChartRepository,
        input: Input,
    ) -> Result<Self, Error> {
        let mut errors = Vec::new();
        let optional = |text: Option<String>| text.filter(|t| !t.trim().is_empty());
        match address(&input.url) {
            Ok((kind, url)) => {
                repository.kind = kind;
                repository.url = url.as_str().trim_end_matches('/').to_owned();
            }
            Err(error) => errors.push(field_error(&error)),
        }
        repository.username = input.username.trim().to_owned();
        if repository.username.len() > USERNAME || repository.username.chars().any(char::is_control) {
            let message = format!("A user name has at most {USERNAME} characters, without line breaks.");
            errors.push(FieldError::new("username", "invalid", message));
        }
        repository.ca_pem = optional(input.ca_pem);
        repository.client_certificate_pem = optional(input.client_certificate_pem);
        repository.proxy = optional(input.proxy).map(|proxy| proxy.trim().to_owned());
        repository.charts = charts(input.charts, repository.kind, &mut errors);
        let entered = |secret: Option<Secret>| secret.filter(|s| !s.is_empty());
        let (secret, key, proxy) =
            (entered(input.secret), entered(input.client_key_pem), entered(input.proxy_password));
        let given = [("secret", &secret), ("client_key_pem", &key), ("proxy_password", &proxy)];
        let new_secrets =
            given.into_iter().filter(|(_, s)| s.is_some()).map(|(field, _)| field.to_owned()).collect();
        // A stored secret is never sent to a new address, or by a new way.
        let same = before.filter(|b| b.same_address(&repository));
        let [old_secret, old_key, old_proxy] = match same {
            Some(before) => stored(control, before).await?,
            None => [None, None, None],
        };
        let secret = secret.or(old_secret);
        let key = if repository.client_certificate_pem.is_some() { key.or(old_key) } else { key };
        let proxy = if repository.proxy.is_some() { proxy.or(old_proxy) } else { proxy };
        if !repository.username.is_empty() && secret.is_none() {
            let message = match before {
                Some(_) => {
                    "The address, the user, the proxy or the trust has changed: enter the password again. A stored \
                     one is never sent to a new place."
                }
                None => "A password or token is needed for this user name.",
            };
            errors.push(FieldError::new("secret", "required", message));
        }
        // Without a user name, a secret that is stored goes with it; a new one is a token of its own.
        let secrets = [
            (SecretKind::ChartRepository, secret),
            (SecretKind::ChartRepositoryKey, key),
            (SecretKind::ChartRepositoryProxy, proxy),
        ];
        if !errors.is_empty() {
            return Err(Error::Invalid(errors));
        }
        let source = source_of(control, &repository, &secrets)?;
        for error in source.problems() {
            match error_of_field(&error) {
                Some(error) => errors.push(error),
                None => return Err(Error::Charts(error.into())),
            }
        }
        if !errors.is_empty() {
            return Err(Error::Invalid(errors));
        }
        Ok(Self { repository, source, secrets, new_secrets, is_new: before.is_none() })
    }
}

fn error_of_field(error: &helm::repository::NetError) -> Option<FieldError> {
    match error {
        helm::repository::NetError::Input { field, code, sentence } => {
            Some(FieldError::new(*field, code, sentence.clone()))
        }
        _ => None,
    }
}

fn field_error(error: &helm::Error) -> FieldError {
    let code = match error {
        helm::Error::Address { code, .. } => code,
        _ => "invalid",
    };
    let wrong = FieldError::new("url", code, error.to_string());
    match error.suggestion() {
        Some(meant) => wrong.suggest(meant),
        None => wrong,
    }
}

fn charts(entered: Vec<String>, kind: ChartRepositoryKind, errors: &mut Vec<FieldError>) -> Vec<String> {
    let charts: Vec<String> =
        entered.iter().map(|c| c.trim().trim_matches('/').to_owned()).filter(|c| !c.is_empty()).collect();
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '_' | '.' | '/');
    if kind == ChartRepositoryKind::Http && !charts.is_empty() {
        let message = "Only of a registry (oci://) charts are named: this repository lists its own.";
        errors.push(FieldError::new("charts", "not_needed", message));
    }
    if charts.len() > CHARTS {
        errors.push(FieldError::new("charts", "too_many", format!("At most {CHARTS} charts are named.")));
    }
    if let Some(bad) = charts.iter().find(|c| c.len() > 250 || !c.chars().all(plain)) {
        let message =
            format!("{bad:?} is no chart of a registry: lower-case letters, digits and - _ . / are allowed.");
        errors.push(FieldError::new("charts", "invalid", message));
    }
    charts
}

/// What is stored for a repository as the person saw it.
async fn stored(control: &Control, before: &ChartRepository) -> Result<[Option<Secret>; 3], Error> {
    let stored = control.store.chart_repository_secrets(before).await;
    stored.map_err(|error| Error::about(error, super::NOUN, before.name.as_str()))
}

/// The source of a stored repository. Nothing is sent yet.
///
/// # Errors
/// [`store::Error::Stale`] when it was saved or deleted since it was read: newer secrets never go to an older address.
pub(super) async fn source(control: &Control, repository: &ChartRepository) -> Result<Source, Error> {
    let [secret, key, proxy] = control.store.chart_repository_secrets(repository).await?;
    let secrets = [
        (SecretKind::ChartRepository, secret),
        (SecretKind::ChartRepositoryKey, key),
        (SecretKind::ChartRepositoryProxy, proxy),
    ];
    source_of(control, repository, &secrets)
}

fn source_of(
    control: &Control,
    repository: &ChartRepository,
    secrets: &[(SecretKind, Option<Secret>); 3],
) -> Result<Source, Error> {
    let [(_, secret), (_, key), (_, proxy)] = secrets.clone();
    let (_, url) = address(&repository.url)?;
    Ok(Source {
        kind: repository.kind,
        url,
        username: repository.username.clone(),
        secret,
        trust: Trust {
            ca_pem: repository.ca_pem.clone(),
            client_certificate_pem: repository.client_certificate_pem.clone(),
            client_key_pem: key,
            proxy: repository.proxy.clone(),
            proxy_password: proxy,
            alias: None,
        },
        private: control.settings.private_addresses.clone(),
    })
}
