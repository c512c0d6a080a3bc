//! The handlers: each reads the client's form, calls a use case of Trueline and gives back the client's form.
//!
//! The client knows one row per provider. Trueline may have several accounts of one: then the active one is
//! shown, else the newest.

use std::collections::HashMap;

use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::http::{HeaderMap, Method, StatusCode, header};
use control::gitops_config::{Expected, Saved};
use control::{Call, Error};
use model::gitops_config::{Alias, GitopsConfig, RepositorySource};
use model::role::{Role, Scope};
use model::{FieldError, GitopsConfigId};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use store::Page;

use super::answer::Envelope;
use super::client::{Client, same_origin, set_cookie};
use super::row::{Kind, Row, RowInput, invalid};
use super::stages::Stages;
use crate::authentication::Origin;
use crate::error::Problem;
use crate::input::{BODY_LIMIT, Path, Query};
use crate::server::{Server, Shared};
use crate::wire::secret::Secret;

type Answer<T> = Result<Envelope<T>, Problem>;

/// Name and password.
#[derive(Deserialize)]
struct SignIn {
    username: String,
    password: Secret,
}

/// What a sign-in gives beside the cookie.
#[derive(Serialize)]
pub(crate) struct SignedIn {
    token: String,
}

/// `POST /orchestrator/api/v1/session`: signs in; sets the cookie and gives the same secret for the header.
pub(crate) async fn sign_in(
    State(server): State<Shared>,
    origin: Origin,
    headers: HeaderMap,
    body: Body,
) -> Result<(HeaderMap, Envelope<SignedIn>), Problem> {
    same_origin(&server, &Method::POST, &headers)?;
    let input: SignIn = read(body)?;
    server.limits.take(&input.username, origin.address)?;
    let from = (origin.address.to_string(), origin.request);
    let password = input.password.into();
    let opened =
        control::session::sign_in(&server.control, (&from.0, &from.1), &input.username, password).await?;
    let mut headers = HeaderMap::new();
    headers.insert(header::SET_COOKIE, set_cookie(&server, &opened.secret));
    Ok((headers, Envelope(SignedIn { token: opened.secret.reveal().to_owned() })))
}

/// `GET /orchestrator/gitops/config`: one row per provider, the newest first.
pub(crate) async fn list(State(server): State<Shared>, Client(call): Client) -> Answer<Vec<Row>> {
    let known = Known::read(&server, &call).await?;
    let shown: Vec<_> = Kind::ALL.into_iter().filter_map(|kind| Some(known.shown(kind)?.id)).collect();
    let rows = known.configs.iter().filter(|config| shown.contains(&config.id));
    Ok(Envelope(rows.filter_map(|config| known.row(config)).collect()))
}

/// `GET /orchestrator/gitops/config/{id}`.
pub(crate) async fn by_id(
    State(server): State<Shared>,
    Client(call): Client,
    Path(number): Path<String>,
) -> Answer<Row> {
    let known = Known::read(&server, &call).await?;
    let number = number.parse().map_err(|_| invalid("id", format!("{number:?} is no number.")))?;
    let config = known.numbered(number)?;
    known.row(config).map(Envelope).ok_or_else(|| unknown(&format!("of the id {number}")))
}

/// Which provider is asked for.
#[derive(Deserialize)]
pub(crate) struct Asked {
    provider: Option<String>,
}

/// `GET /orchestrator/gitops/config-by-provider?provider=GITHUB`.
pub(crate) async fn by_provider(
    State(server): State<Shared>,
    Client(call): Client,
    Query(asked): Query<Asked>,
) -> Answer<Row> {
    call.require(Role::Administrator, Scope::Installation)?;
    let kind = Kind::parse(asked.provider.as_deref())?;
    let known = Known::read(&server, &call).await?;
    let row = known.shown(kind).and_then(|config| known.row(config));
    row.map(Envelope).ok_or_else(|| unknown(&format!("of {}", kind.as_str())))
}

/// `POST /orchestrator/gitops/config`: checks and saves a new row, which becomes the active one.
pub(crate) async fn create(State(server): State<Shared>, Client(call): Client, body: Body) -> Answer<Stages> {
    call.require(Role::Administrator, Scope::Installation)?;
    let input: RowInput = read(body)?;
    let kind = Kind::parse(input.provider.as_deref())?;
    let known = Known::read(&server, &call).await?;
    if known.shown(kind).is_some() {
        let detail = "gitops provider already exists";
        return Err(Problem::new(StatusCode::CONFLICT, "provider_exists", detail));
    }
    let account = input.read(kind, None, true)?;
    let name = known.free_name(kind);
    let saved = control::gitops_config::save(&server.control, &call, (&name, account), Expected::Absent);
    let saved = saved.await.map_err(|error| in_fields_of(kind, error))?;
    told(&server, &call, saved, kind).await
}

/// `PUT /orchestrator/gitops/config`: checks and saves a row that is there.
pub(crate) async fn change(State(server): State<Shared>, Client(call): Client, body: Body) -> Answer<Stages> {
    call.require(Role::Administrator, Scope::Installation)?;
    let input: RowInput = read(body)?;
    let kind = Kind::parse(input.provider.as_deref())?;
    let known = Known::read(&server, &call).await?;
    let number = input.id.ok_or_else(|| invalid("id", "The id of the row is needed.".into()))?;
    let config = known.numbered(number)?;
    if Kind::of(config.account.provider) != Some(kind) {
        return Err(invalid("provider", format!("The row {number} is one of another provider.")));
    }
    let activate = input.active == Some(true);
    if config.active && !activate {
        let detail = "This is the only active configuration: activate another one instead.";
        return Err(Problem::new(StatusCode::CONFLICT, "only_active", detail));
    }
    let account = input.read(kind, Some(config), activate)?;
    let expected = Expected::Version(config.version);
    let name = config.name.to_string();
    let saved = control::gitops_config::save(&server.control, &call, (&name, account), expected);
    let saved = saved.await.map_err(|error| in_fields_of(kind, error))?;
    told(&server, &call, saved, kind).await
}

/// `POST /orchestrator/gitops/validate`: checks a row and saves nothing.
pub(crate) async fn validate(
    State(server): State<Shared>,
    Client(call): Client,
    body: Body,
) -> Answer<Stages> {
    call.require(Role::Administrator, Scope::Installation)?;
    let input: RowInput = read(body)?;
    let kind = Kind::parse(input.provider.as_deref())?;
    let known = Known::read(&server, &call).await?;
    let before = match input.id {
        // Some clients send 0 for a row that there is not.
        None | Some(0) => known.shown(kind),
        Some(number) => Some(known.numbered(number)?),
    };
    let before = before.filter(|config| Kind::of(config.account.provider) == Some(kind));
    let account = input.read(kind, before, false)?;
    let name = before.map_or_else(|| known.free_name(kind), |config| config.name.to_string());
    let check = control::gitops_config::try_out(&server.control, &call, &name, Some(account));
    let check = check.await.map_err(|error| in_fields_of(kind, error))?;
    Ok(Envelope(Stages::of(&check, kind)))
}

/// Whether deploying is possible.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Configured {
    exists: bool,
    allow_custom_repository: bool,
}

/// `GET /orchestrator/gitops/configured`: for everybody who has signed in.
pub(crate) async fn configured(State(server): State<Shared>, Client(_): Client) -> Answer<Configured> {
    let active = server.control.store.active_gitops_config().await?;
    let asks = active.as_ref().is_some_and(|c| c.rules.source == RepositorySource::Ask);
    Ok(Envelope(Configured { exists: active.is_some(), allow_custom_repository: asks }))
}

/// Any other address below `/orchestrator`.
pub(crate) async fn nothing() -> Problem {
    Problem::new(StatusCode::NOT_FOUND, "not_found", "There is nothing at this address.")
}

/// The configurations and what the client knows them by.
struct Known {
    /// The newest first.
    configs: Vec<GitopsConfig>,
    aliases: HashMap<GitopsConfigId, Alias>,
}

impl Known {
    async fn read(server: &Server, call: &Call) -> Result<Self, Problem> {
        let aliases = control::gitops_config::aliases(&server.control, call).await?;
        let reader = server.control.store.reader(&call.actor);
        let (mut configs, mut page) = (Vec::new(), Page::first());
        loop {
            let listed = reader.gitops_configs(&page).await?;
            configs.extend(listed.items);
            match listed.next {
                Some(next) => page.cursor = Some(next),
                None => break,
            }
        }
        configs.sort_by_key(|config| std::cmp::Reverse((config.created_at, config.id)));
        Ok(Self { configs, aliases })
    }

    /// The one that is shown for a provider: the active one, else the newest.
    fn shown(&self, kind: Kind) -> Option<&GitopsConfig> {
        let mut of = self.configs.iter().filter(|c| Kind::of(c.account.provider) == Some(kind));
        of.clone().find(|c| c.active).or_else(|| of.next())
    }

    fn numbered(&self, number: i64) -> Result<&GitopsConfig, Problem> {
        let known = |config: &&GitopsConfig| self.aliases.get(&config.id).is_some_and(|a| a.number == number);
        self.configs.iter().find(known).ok_or_else(|| unknown(&format!("of the id {number}")))
    }

    fn row(&self, config: &GitopsConfig) -> Option<Row> {
        let kind = Kind::of(config.account.provider)?;
        Some(Row::of(config.clone(), kind, self.aliases.get(&config.id)))
    }

    /// A name for the first configuration of a provider: the client has none.
    fn free_name(&self, kind: Kind) -> String {
        let taken = |name: &String| self.configs.iter().any(|c| c.name.as_str() == name);
        let names = std::iter::once(kind.word().to_owned());
        let mut names = names.chain((2..).map(|n| format!("{}-{n}", kind.word())));
        names.find(|name| !taken(name)).unwrap_or_default()
    }
}

/// The report of a save, whether it was one or not.
async fn told(server: &Server, call: &Call, saved: Saved, kind: Kind) -> Answer<Stages> {
    let check = match saved {
        Saved::Refused(check) => *check,
        Saved::Stored { config, .. } => {
            let reader = server.control.store.reader(&call.actor);
            let check = match config.check {
                Some(check) => reader.check(check).await?,
                None => None,
            };
            check.ok_or_else(|| Error::Bug("a configuration was saved without its check".into()))?
        }
    };
    Ok(Envelope(Stages::of(&check, kind)))
}

/// Names fields as the client does.
fn in_fields_of(kind: Kind, error: Error) -> Problem {
    match error {
        Error::Invalid(errors) => {
            let named = errors.into_iter().map(|e| FieldError { field: kind.field(&e.field), ..e }).collect();
            Error::Invalid(named).into()
        }
        Error::Refused(refusal) if refusal.code == "secret_required" => {
            Error::field("token", refusal.code, refusal.sentence).into()
        }
        error => error.into(),
    }
}

fn unknown(which: &str) -> Problem {
    let detail = format!("There is no GitOps configuration {which}.");
    Problem::new(StatusCode::NOT_FOUND, "not_found", detail)
}

type Body = Result<Bytes, BytesRejection>;

/// Reads a body, whatever media type its sender wrote on it.
fn read<T: DeserializeOwned>(body: Body) -> Result<T, Problem> {
    let body = body.map_err(|rejection| {
        let detail = format!("The body could not be read; it may have at most {BODY_LIMIT} bytes.");
        Problem::new(rejection.status(), "bad_body", detail).cause(rejection.body_text())
    })?;
    let mut reader = serde_json::Deserializer::from_slice(&body);
    serde_path_to_error::deserialize(&mut reader).map_err(|error| {
        let field = error.path().to_string();
        invalid(if field == "." { "" } else { &field }, format!("{}.", error.inner()))
    })
}
