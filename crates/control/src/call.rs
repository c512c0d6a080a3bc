//! Who asks for a use case, from where, in which request.

use model::role::{Actor, Role, Scope};

use crate::{Error, IdempotencyKey};

/// The caller of a use case.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Call {
    /// Who asks.
    pub actor: Actor,
    /// The address that the request came from; empty for workers.
    pub origin: String,
    /// The id of the request, repeated in logs, problems and the audit; empty for workers.
    pub request: String,
    /// The key that the caller chose for this request, if it did.
    pub key: Option<IdempotencyKey>,
}

impl Call {
    /// The call of Trueline's own workers: everything is allowed, there is no request.
    pub fn system() -> Self {
        Self { actor: Actor::system(), origin: String::new(), request: String::new(), key: None }
    }

    /// The same call with the key that the caller chose for its request.
    pub fn keyed(mut self, key: Option<IdempotencyKey>) -> Self {
        self.key = key;
        self
    }

    /// Demands at least `needed` in `scope`, else [`Error::Forbidden`].
    ///
    /// For a thing inside a project ask [`Call::see`] first: what the actor may not see does not exist for it.
    pub fn require(&self, needed: Role, scope: Scope) -> Result<(), Error> {
        if self.actor.may(needed, scope) { Ok(()) } else { Err(Error::Forbidden { needed, scope }) }
    }

    /// Takes what was found if the actor is at least a viewer in `scope`, else says [`Error::NotFound`], in
    /// the same words as for a thing that does not exist.
    pub fn see<T>(
        &self,
        found: Option<T>,
        scope: impl FnOnce(&T) -> Scope,
        what: &'static str,
        name: &str,
    ) -> Result<T, Error> {
        found
            .filter(|thing| self.actor.may(Role::Viewer, scope(thing)))
            .ok_or_else(|| Error::not_found(what, name))
    }
}
