//! Lists in parts: items and a cursor that says where the next part begins.

use serde::Serialize;
use store::Listed;
use utoipa::ToSchema;

/// One part of a list.
#[derive(Serialize, ToSchema)]
pub(crate) struct Page<T> {
    /// The items.
    pub(crate) items: Vec<T>,
    /// The cursor of the next part; null at the end.
    pub(crate) next: Option<String>,
}

impl<T> Page<T> {
    /// A part of a list in its form for the wire.
    pub(crate) fn of<U>(listed: Listed<U>, form: impl FnMut(U) -> T) -> Self {
        Self { items: listed.items.into_iter().map(form).collect(), next: listed.next }
    }

    /// A list that is never long: all of it.
    pub(crate) fn whole(items: Vec<T>) -> Self {
        Self { items, next: None }
    }
}
