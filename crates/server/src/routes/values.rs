//! Values: read by viewers of the application's project, saved and taken in from Git by managers.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use control::values::New;
use model::EnvironmentId;
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
use crate::wire::values::{EffectiveValues, NewValues, SavedSecretValues, Values, ValuesImport};

/// Which values are meant.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Which {
    /// The environment whose override is meant; base values if left out.
    environment: Option<String>,
}

/// Which values are saved, and for which chart.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Target {
    /// The environment whose override is meant; base values if left out.
    environment: Option<String>,
    /// The version of an installed chart whose schema they have to meet; the deployed one if left out.
    version: Option<String>,
}

/// For what values are wanted.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct For {
    /// The environment; base values alone if left out.
    environment: Option<String>,
    /// The image; that of the environment's last deployment if left out.
    image: Option<String>,
}

async fn place(
    server: &Server,
    caller: &Caller,
    name: &str,
    which: &Which,
) -> Result<(Application, Option<EnvironmentId>), Problem> {
    let application = control::application::visible(&server.control, &caller.call, name).await?;
    let environment = match &which.environment {
        Some(name) => Some(control::environment::named(&server.control, name).await?.id),
        None => None,
    };
    Ok((application, environment))
}

/// Gives the newest version of the base values or of an override; null when there is none.
#[utoipa::path(get, path = "/applications/{name}/values", tag = "applications",
    params(("name", description = "The application's name"), Which),
    responses((status = OK, body = Option<Values>), (status = NOT_FOUND, body = ProblemBody)))]
pub(crate) async fn get(
    State(server): State<Shared>,
    caller: Caller,
    Path(name): Path<String>,
    Query(which): Query<Which>,
) -> Result<Tagged<Option<Values>>, Problem> {
    let (application, environment) = place(&server, &caller, &name, &which).await?;
    let reader = server.control.store.reader(&caller.call.actor);
    let latest = reader.latest_values(&application, Slot::plain(environment)).await?;
    let number = latest.as_ref().map_or(0, |v| v.number);
    Ok(tagged(StatusCode::OK, number, latest.map(|v| Values::new(v, which.environment.as_deref()))))
}

/// Saves a version of the base values or of an override, and secret values with it: all of it or nothing. `If-Match` holds the number of the version that was
/// read, `"0"` for none.
#[utoipa::path(put, path = "/applications/{name}/values", tag = "applications",
    params(("name" = String, Path, description = "The application's name"), Target,
    ("If-Match" = Option<String>, Header, description = "The number of the version that was read")),
    request_body = NewValues,
    responses((status = OK, body = Values), (status = FORBIDDEN, body = ProblemBody),
    (status = NOT_FOUND, body = ProblemBody), (status = PRECONDITION_FAILED, body = ProblemBody),
    (status = CONFLICT, body = ProblemBody),
    (status = UNPROCESSABLE_ENTITY, body = ProblemBody, description = "`invalid_values` with `problems`: path, line, column, message, layer")))]
pub(crate) async fn save(
    State(server): State<Shared>,
    caller: Caller,
    at: (Path<String>, Query<Target>),
    condition: Condition,
    Input(input): Input<NewValues>,
) -> Result<Tagged<Values>, Problem> {
    let (Path(name), Query(Target { environment, version })) = at;
    let expected = match condition {
        Condition::Any => None,
        Condition::Version(number) => Some(number),
        Condition::Absent => Some(0),
    };
    let NewValues { yaml, message, merge, secret_values } = input;
    let new = New {
        environment: environment.clone(),
        yaml,
        message,
        expected,
        version,
        merge: merge.map(Into::into),
        secrets: secret_values.into_iter().map(Into::into).collect(),
    };
    let saved = control::values::save(&server.control, &caller.call, &name, new).await?;
    let number = saved.values.number;
    let secrets = saved.secrets.into_iter();
    let secret_values = secrets.map(|(environment, v)| SavedSecretValues { environment, number: v.number });
    let values = Values {
        secret_values: secret_values.collect(),
        ..Values::new(saved.values, environment.as_deref())
    };
    Ok(tagged(StatusCode::OK, number, values))
}

/// Lists the versions of the base values or of an override, the newest first.
#[utoipa::path(get, path = "/applications/{name}/values/history", tag = "applications",
    params(("name", description = "The application's name"), Which, Slice),
    responses((status = OK, body = Page<Values>), (status = NOT_FOUND, body = ProblemBody)))]
pub(crate) async fn history(
    State(server): State<Shared>,
    caller: Caller,
    Path(name): Path<String>,
    Query(which): Query<Which>,
    Query(slice): Query<Slice>,
) -> Result<Json<Page<Values>>, Problem> {
    let (application, environment) = place(&server, &caller, &name, &which).await?;
    let reader = server.control.store.reader(&caller.call.actor);
    let listed = reader.values_history(&application, Slot::plain(environment), &slice.page()?).await?;
    Ok(Json(Page::of(listed, |v| Values::new(v, which.environment.as_deref()))))
}

/// Takes in what is on the branch after it was changed there by hand, with the author of that change. What was saved
/// and is not deployed yet is put on top of it as a version of its own.
#[utoipa::path(post, path = "/applications/{name}/values/import", tag = "applications",
    params(("name", description = "The application's name")), request_body = ValuesImport,
    responses((status = OK, body = Values), (status = FORBIDDEN, body = ProblemBody),
    (status = NOT_FOUND, body = ProblemBody), (status = CONFLICT, body = ProblemBody),
    (status = UNPROCESSABLE_ENTITY, body = ProblemBody)))]
pub(crate) async fn import(
    State(server): State<Shared>,
    caller: Caller,
    Path(name): Path<String>,
    Input(input): Input<ValuesImport>,
) -> Result<Tagged<Values>, Problem> {
    let environment = input.environment.as_deref();
    let taken =
        control::values::import(&server.control, &caller.call, &name, environment, input.replace).await?;
    Ok(tagged(StatusCode::OK, taken.number, Values::new(taken, environment)))
}

/// Gives the values that would be in force.
#[utoipa::path(get, path = "/applications/{name}/effective-values", tag = "applications",
    params(("name", description = "The application's name"), For),
    responses((status = OK, body = EffectiveValues), (status = NOT_FOUND, body = ProblemBody),
    (status = UNPROCESSABLE_ENTITY, body = ProblemBody)))]
pub(crate) async fn effective(
    State(server): State<Shared>,
    caller: Caller,
    Path(name): Path<String>,
    Query(wanted): Query<For>,
) -> Result<Json<EffectiveValues>, Problem> {
    let (environment, image) = (wanted.environment.as_deref(), wanted.image.as_deref());
    let yaml = control::values::effective(&server.control, &caller.call, &name, environment, image).await?;
    Ok(Json(EffectiveValues { yaml }))
}
