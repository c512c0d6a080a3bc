//! Making a cluster what Git says: server-side applies in order, with an inventory, and pruning with guards.
//!
//! Everything that can be refused without writing is refused before anything is written. Every step may be repeated:
//! an apply that was cut off is simply done again.

use model::Secret;

mod anew;
mod compare;
pub mod drift;
mod guard;
mod held;
mod hook_end;
mod hook_left;
mod hook_run;
mod hooks;
mod kinds;
mod leaving;
mod meant;
mod namespaces;
mod outcome;
mod plan;
mod prune;
mod pruning;
mod refusal;
pub mod remove;
mod retain;
mod run;
mod secret;
mod send;
mod wait;
mod waits;
mod wave;

pub use guard::{Adopt, Consent, Guard, Reason, Waiting};
pub use hook_run::Ran;
pub use hooks::{Change, HookEvent};
pub use outcome::{Event, Outcome};
pub use prune::Stays;
pub use run::apply;
pub use waits::Waits;

/// What is applied together: an application in one environment. Has no `Debug`: it holds a key.
#[derive(Clone)]
pub struct Release {
    /// Its name, as in Helm.
    pub name: String,
    /// Its namespace: of objects that name none, and of the inventory.
    pub namespace: String,
    /// What tells it from another of the same name: of another Trueline, or made anew.
    pub id: String,
    /// Others that it goes on for: releases of this name that nobody has any more, but for what they left in the
    /// cluster.
    pub former: Vec<String>,
    /// What the hashes in the inventory are keyed with, so that nobody who reads them can try passwords against
    /// them; with another key everything is applied anew.
    pub key: Secret,
}
