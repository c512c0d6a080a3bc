//! The audit: read by administrators.

use std::collections::HashMap;

use axum::Json;
use axum::extract::State;
use model::role::Role;
use serde::Deserialize;
use store::AuditFilter;
use utoipa::IntoParams;

use crate::authentication::Caller;
use crate::error::{Problem, ProblemBody};
use crate::input::{Query, Slice};
use crate::server::Shared;
use crate::wire::audit::AuditEntry;
use crate::wire::page::Page;

/// Which entries are wanted.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Filter {
    /// The actor's name.
    #[serde(default)]
    actor: String,
    /// The action or its beginning, such as `project`.
    #[serde(default)]
    action: String,
    /// A part of the subject.
    #[serde(default)]
    subject: String,
}

/// Lists entries, the newest first: all for administrators of the installation, those of their projects for
/// administrators of projects.
#[utoipa::path(get, path = "/audit", tag = "people", params(Filter, Slice), responses(
    (status = OK, body = Page<AuditEntry>), (status = FORBIDDEN, body = ProblemBody)))]
pub(crate) async fn list(
    State(server): State<Shared>,
    caller: Caller,
    Query(filter): Query<Filter>,
    Query(slice): Query<Slice>,
) -> Result<Json<Page<AuditEntry>>, Problem> {
    let actor = &caller.call.actor;
    if actor.projects(Role::Administrator).is_some_and(|projects| projects.is_empty()) {
        caller.call.require(Role::Administrator, model::role::Scope::Installation)?;
    }
    let reader = server.control.store.reader(actor);
    let filter = AuditFilter { actor: filter.actor, action: filter.action, subject: filter.subject };
    let listed = reader.audit(&filter, &slice.page()?).await?;
    let mut names = HashMap::new();
    for id in listed.items.iter().filter_map(|e| e.project) {
        if let std::collections::hash_map::Entry::Vacant(entry) = names.entry(id) {
            entry.insert(reader.project(id).await?.map(|p| p.name.to_string()));
        }
    }
    Ok(Json(Page::of(listed, |e| {
        let project = e.project.and_then(|id| names.get(&id).cloned().flatten());
        AuditEntry::new(e, project)
    })))
}
