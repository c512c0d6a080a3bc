//! The kinds of Git hosts: seen by everyone signed in.

use axum::Json;
use model::provider::ProviderKind;

use crate::authentication::Caller;
use crate::error::{Problem, ProblemBody};
use crate::wire::page::Page;
use crate::wire::provider::Provider;

/// Lists the kinds of Git hosts, with what has to be entered for an account at each.
#[utoipa::path(get, path = "/providers", tag = "gitops", responses(
    (status = OK, body = Page<Provider>), (status = UNAUTHORIZED, body = ProblemBody)))]
pub(crate) async fn list(_caller: Caller) -> Result<Json<Page<Provider>>, Problem> {
    Ok(Json(Page::whole(ProviderKind::ALL.into_iter().map(|k| k.describe().into()).collect())))
}
