//! Secret values: their places are seen by viewers of the application's project, saved and taken in from Git by
//! managers. The values themselves are in no answer.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use control::secret_values::Change;
use model::application::Application;
use model::values::Slot;
use serde::Deserialize;
use utoipa::IntoParams;

use super::{Tagged, tagged};
use crate::authentication::Caller;
use crate::error::{Problem, ProblemBody};
use crate::input::{Condition, Input, Path, Query, Slice};
use crate::server::{Server, Shared};
use crate::wire::page::Page;
use crate::wire::secret_values::{SecretValues, SecretValuesChange, SecretValuesImport};

/// Which secret values are meant.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct In {
    /// The environment that they are for.
    environment: String,
}

async fn place(
    server: &Server,
    caller: &Caller,
    name: &str,
    wanted: &In,
) -> Result<(Application, Slot), Problem> {
    let application = control::application::visible(&server.control, &caller.call, name).await?;
    let environment = control::environment::named(&server.control, &wanted.environment).await?;
    Ok((application, Slot::Secrets(environment.id)))
}

/// Gives the newest version of an environment's secret values without any value; null when there is none.
#[utoipa::path(get, path = "/applications/{name}/secret-values", tag = "secrets",
    params(("name", description = "The application's name"), In),
    responses((status = OK, body = Option<SecretValues>), (status = NOT_FOUND, body = ProblemBody)))]
pub(crate) async fn get(
    State(server): State<Shared>,
    caller: Caller,
    Path(name): Path<String>,
    Query(wanted): Query<In>,
) -> Result<Tagged<Option<SecretValues>>, Problem> {
    let (application, slot) = place(&server, &caller, &name, &wanted).await?;
    let reader = server.control.store.reader(&caller.call.actor);
    let latest = reader.latest_values(&application, slot).await?;
    let number = latest.as_ref().map_or(0, |v| v.number);
    let form = latest.map(|v| SecretValues::new(v, &wanted.environment)).transpose()?;
    Ok(tagged(StatusCode::OK, number, form))
}

/// Saves a version of the secret values: what was there before, with the changes. `If-Match` holds the number
/// of the version that was read, `"0"` for none.
#[utoipa::path(put, path = "/applications/{name}/secret-values", tag = "secrets",
    params(("name" = String, Path, description = "The application's name"), In,
    ("If-Match" = Option<String>, Header, description = "The number of the version that was read")),
    request_body = SecretValuesChange,
    responses((status = OK, body = SecretValues), (status = FORBIDDEN, body = ProblemBody),
    (status = NOT_FOUND, body = ProblemBody), (status = PRECONDITION_FAILED, body = ProblemBody),
    (status = CONFLICT, body = ProblemBody), (status = UNPROCESSABLE_ENTITY, body = ProblemBody)))]
pub(crate) async fn save(
    State(server): State<Shared>,
    caller: Caller,
    at: (Path<String>, Query<In>),
    condition: Condition,
    Input(input): Input<SecretValuesChange>,
) -> Result<Tagged<SecretValues>, Problem> {
    let (Path(name), Query(wanted)) = at;
    let expected = match condition {
        Condition::Any => None,
        Condition::Version(number) => Some(number),
        Condition::Absent => Some(0),
    };
    let change = Change {
        environment: wanted.environment.clone(),
        set: input.set.map(Into::into),
        remove: input.remove,
        message: input.message,
        expected,
    };
    let saved = control::secret_values::save(&server.control, &caller.call, &name, change).await?;
    Ok(tagged(StatusCode::OK, saved.number, SecretValues::new(saved, &wanted.environment)?))
}

/// Lists the versions of the secret values without any value, the newest first.
#[utoipa::path(get, path = "/applications/{name}/secret-values/history", tag = "secrets",
    params(("name", description = "The application's name"), In, Slice),
    responses((status = OK, body = Page<SecretValues>), (status = NOT_FOUND, body = ProblemBody)))]
pub(crate) async fn history(
    State(server): State<Shared>,
    caller: Caller,
    Path(name): Path<String>,
    Query(wanted): Query<In>,
    Query(slice): Query<Slice>,
) -> Result<Json<Page<SecretValues>>, Problem> {
    let (application, slot) = place(&server, &caller, &name, &wanted).await?;
    let reader = server.control.store.reader(&caller.call.actor);
    let listed = reader.values_history(&application, slot, &slice.page()?).await?;
    let mut items = Vec::with_capacity(listed.items.len());
    for version in listed.items {
        items.push(SecretValues::new(version, &wanted.environment)?);
    }
    Ok(Json(Page { items, next: listed.next }))
}

/// Takes in the sealed file as it is on the branch after it was changed there by hand, with the author of that
/// change. A file that does not open here is refused: `foreign_recipient`, `mac_broken`, `not_sealed_with_sops`
/// and others say why.
#[utoipa::path(post, path = "/applications/{name}/secret-values/import", tag = "secrets",
    params(("name", description = "The application's name")), request_body = SecretValuesImport,
    responses((status = OK, body = SecretValues), (status = FORBIDDEN, body = ProblemBody),
    (status = NOT_FOUND, body = ProblemBody), (status = CONFLICT, body = ProblemBody)))]
pub(crate) async fn import(
    State(server): State<Shared>,
    caller: Caller,
    Path(name): Path<String>,
    Input(input): Input<SecretValuesImport>,
) -> Result<Tagged<SecretValues>, Problem> {
    let SecretValuesImport { environment, replace } = input;
    let taken =
        control::secret_values::import(&server.control, &caller.call, &name, &environment, replace).await?;
    Ok(tagged(StatusCode::OK, taken.number, SecretValues::new(taken, &environment)?))
}
